"""Invoices that take stakes: searched, sorted, counted; queries only, over the rows of invoices."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import msgspec

from projections import facts
from projections.analytics.returns import YEAR
from projections.lifecycle import DAY, Status
from projections.query import CursorError, Query, address_number, digits, json_object, ratio, single

_LIMIT = 100
"""Items on the largest page."""

TENORS: Final = (30, 60, 90)
"""Upper ends of the buckets of days until due; the last bucket has none."""

Sort = Literal["newest", "yield", "due", "closing", "size"]

_DAYS = f"(t.due_at / {DAY} - applied.closed_at / {DAY})"
_GAIN = "((t.par - t.target)::numeric * 365)"
_COST = f"(t.target::numeric * {_DAYS})"
_LEFT = "(t.target - i.raised)"

assert YEAR == 365, "the yield below counts days as the registry does"  # noqa: S101

_ITEM = json_object(
    **facts.SUMMARY,
    ticket=digits("t.ticket"),
    min_raise=digits("t.min_raise"),
    fee_bps="t.fee_bps",
    late_bps="t.late_bps",
    late_cap_bps="t.late_cap_bps",
    grace="t.grace",
    needs_ack="t.needs_ack",
    investors="(SELECT count(*) FROM read.position AS h WHERE h.invoice = i.invoice)",
    days=_DAYS,
    discount=ratio("(t.face - t.target)::numeric", "t.face::numeric"),
    simple_yield=f"CASE WHEN {_DAYS} > 0 THEN {ratio(_GAIN, _COST)} END",
)


class _Order(msgspec.Struct, frozen=True):
    """A sort: the exact number it goes by, its SQL type, and whether the largest comes first."""

    key: str
    down: bool
    kind: str = "numeric"

    @property
    def beginning(self) -> str:
        """A cursor before every offer."""
        return f"{10**18 - 1}-{'f' * 64}" if self.down else f"-1-{'0' * 64}"


_ORDERS: Final[dict[Sort, _Order]] = {
    "newest": _Order("i.published_at", down=True, kind="bigint"),
    "yield": _Order(
        f"(CASE WHEN {_DAYS} > 0 THEN trunc({_GAIN} / {_COST}, 18) ELSE -1 END)", down=True
    ),
    "due": _Order("t.due_at", down=False, kind="bigint"),
    "closing": _Order("t.deadline", down=False, kind="bigint"),
    "size": _Order(f"{_LEFT}::numeric", down=True),
}


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody looks for. None: anything.

    `asset`, `seller`, `debtor`: addresses. `max_days`: due within so many days. `min_yield`: M02 a
    year, a decimal number such as "0.12". `min_remaining`: base units still wanted. `text`: the
    beginning of the invoice's id in hex, with or without INV-.
    """

    sort: Sort = "newest"
    asset: str | None = None
    seller: str | None = None
    debtor: str | None = None
    max_days: int | None = None
    min_yield: str | None = None
    min_remaining: int | None = None
    acknowledged: bool | None = None
    text: str | None = None


_ASSET = f"(%(asset)s::text IS NULL OR i.asset = {address_number('asset')})"
_TENOR = f"(%(max_days)s::int IS NULL OR {_DAYS} <= %(max_days)s::int)"
_ACKNOWLEDGED = (
    "(%(acknowledged)s::bool IS NULL OR (i.acknowledged_at IS NOT NULL) = %(acknowledged)s::bool)"
)
_OTHERS = f"""
    (%(seller)s::text IS NULL OR t.seller = {address_number("seller")})
    AND (%(debtor)s::text IS NULL OR t.debtor = {address_number("debtor")})
    AND (%(min_yield)s::numeric IS NULL
         OR ({_DAYS} > 0 AND {_GAIN} >= %(min_yield)s::numeric * {_COST}))
    AND (%(min_remaining)s::numeric IS NULL OR {_LEFT} >= %(min_remaining)s::numeric)
    AND (%(text)s::text IS NULL OR starts_with(encode(i.invoice, 'hex'), %(text)s::text))
"""
_OPEN = f"i.status = {Status.OPEN:d} AND applied.closed_at < t.deadline"
_FROM = "FROM read.invoice AS i JOIN read.terms AS t USING (invoice)"

_BUCKETS = "CASE " + " ".join(
    f"WHEN m.days <= {upper} THEN {upper}" for upper in TENORS
) + " END"  # fmt: skip

_MATCHES = f"""
    SELECT i.asset, {_DAYS} AS days, i.acknowledged_at IS NOT NULL AS acknowledged,
           {_ASSET} AS of_asset, {_TENOR} AS of_tenor, {_ACKNOWLEDGED} AS of_acknowledged
    {_FROM} WHERE {_OPEN} AND {_OTHERS}
"""

_COUNTS = single(f"""(
    WITH m AS MATERIALIZED ({_MATCHES})
    SELECT json_build_object(
        'total', (SELECT count(*) FROM m WHERE of_asset AND of_tenor AND of_acknowledged),
        'asset', (SELECT coalesce(json_agg(json_build_object(
                'value', (SELECT a.address FROM read.address AS a WHERE a.id = g.asset),
                'count', g.n) ORDER BY g.n DESC, g.asset), '[]'::json)
            FROM (SELECT asset, count(*) AS n FROM m WHERE of_tenor AND of_acknowledged
                  GROUP BY asset) AS g),
        'days', (SELECT coalesce(json_agg(json_build_object('up_to', g.upper, 'count', g.n)
                ORDER BY g.upper NULLS LAST), '[]'::json)
            FROM (SELECT {_BUCKETS} AS upper, count(*) AS n FROM m
                  WHERE of_asset AND of_acknowledged GROUP BY 1) AS g),
        'acknowledged', (SELECT json_build_object(
                'yes', count(*) FILTER (WHERE acknowledged),
                'no', count(*) FILTER (WHERE NOT acknowledged))
            FROM m WHERE of_asset AND of_tenor)
    )
)""")  # noqa: S608

_CURSOR = re.compile(r"(-?\d{1,40}(?:\.\d{1,18})?)-([0-9a-f]{64})")


def _statement(order: _Order) -> str:
    direction, compare = ("DESC", "<") if order.down else ("ASC", ">")
    page = f"""
        SELECT {_ITEM} AS item, {order.key} AS value, i.invoice
        {_FROM}
        WHERE {_OPEN} AND {_ASSET} AND {_TENOR} AND {_ACKNOWLEDGED} AND {_OTHERS}
          AND ({order.key}, i.invoice) {compare} (%(value)s::{order.kind}, %(invoice)s::bytea)
        ORDER BY {order.key} {direction}, i.invoice {direction}
        LIMIT %(limit)s::int
    """
    last = "(array_agg(page.value || '-' || encode(page.invoice, 'hex')))[%(limit)s::int]"
    return single(f"""
        SELECT json_build_object(
            'items', coalesce(json_agg(page.item), '[]'::json), 'next', {last}
        ) FROM ({page}) AS page
    """)  # noqa: S608


_STATEMENTS: Final = {sort: _statement(order) for sort, order in _ORDERS.items()}


def open_invoices(limit: int = 25, after: str | None = None, search: Search | None = None) -> Query:
    """A page of invoices that can be funded now; never null.

    `limit`: 1 to 100. `after`: the `next` of the page before; null there means the end. Raises
    CursorError for anything else, ValueError for a limit out of bounds.
    """
    if not 1 <= limit <= _LIMIT:
        raise ValueError(f"a page has 1 to {_LIMIT} items, not {limit}")
    search = search or Search()
    match = _CURSOR.fullmatch(_ORDERS[search.sort].beginning if after is None else after)
    if match is None:
        raise CursorError(f"{after!r} is no cursor of this list: start from the first page")
    place = {"value": match[1], "invoice": bytes.fromhex(match[2]), "limit": limit}
    return Query(_STATEMENTS[search.sort], _wishes(search) | place)


def facets(search: Search | None = None) -> Query:
    """Counts beside a search; never null.

    Each facet counts what its own values would show, all other wishes being kept.
    """
    return Query(_COUNTS, _wishes(search or Search()))


def _wishes(search: Search) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.structs.asdict(search)
    del values["sort"]
    if search.text is not None:
        values["text"] = search.text.strip().lower().removeprefix("inv-")
    return values

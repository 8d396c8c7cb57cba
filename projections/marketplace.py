"""Invoices that take stakes: searched, sorted, counted; queries only, over the rows of invoices."""

from __future__ import annotations

import functools
import re
from typing import Any, Final, Literal

import msgspec

from projections import facts
from projections.analytics.returns import YEAR
from projections.lifecycle import DAY, Status
from projections.query import CursorError, Query, address_number, digits, json_object, ratio, single

_LIMIT = 100
"""Items on the largest page."""

_STATEMENTS: Final = 256
"""Statements kept, one for each set of wishes."""

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


_WISHES: Final = {
    "asset": f"i.asset = {address_number('asset')}",
    "seller": f"t.seller = {address_number('seller')}",
    "debtor": f"t.debtor = {address_number('debtor')}",
    "max_days": f"{_DAYS} <= %(max_days)s::int",
    "min_yield": f"({_DAYS} > 0 AND {_GAIN} >= %(min_yield)s::numeric * {_COST})",
    "min_remaining": f"{_LEFT} >= %(min_remaining)s::numeric",
    "acknowledged": "(i.acknowledged_at IS NOT NULL) = %(acknowledged)s::bool",
    "text": "starts_with(encode(i.invoice, 'hex'), %(text)s::text)",
}
"""SQL for each wish of a search."""

_FACETS: Final = ("asset", "max_days", "acknowledged")
"""Wishes that have counts of their own."""

_OPEN = f"i.status = {Status.OPEN:d} AND applied.closed_at < t.deadline"
_FROM = "FROM read.invoice AS i JOIN read.terms AS t USING (invoice)"

_BUCKETS = "CASE " + " ".join(
    f"WHEN m.days <= {upper} THEN {upper}" for upper in TENORS
) + " END"  # fmt: skip


@functools.lru_cache(maxsize=_STATEMENTS)
def _counting(wished: frozenset[str]) -> str:
    """The statement that counts for these wishes."""
    facets = ", ".join(
        f"{_WISHES[one] if one in wished else 'true'} AS of_{one}" for one in _FACETS
    )
    others = " AND ".join([_OPEN, *(_WISHES[one] for one in sorted(wished.difference(_FACETS)))])
    matches = f"""
        SELECT i.asset, {_DAYS} AS days, i.acknowledged_at IS NOT NULL AS acknowledged, {facets}
        {_FROM} WHERE {others}
    """
    return single(f"""(
        WITH m AS MATERIALIZED ({matches})
        SELECT json_build_object(
            'total', (SELECT count(*) FROM m WHERE of_asset AND of_max_days AND of_acknowledged),
            'asset', (SELECT coalesce(json_agg(json_build_object(
                    'value', (SELECT a.address FROM read.address AS a WHERE a.id = g.asset),
                    'count', g.n) ORDER BY g.n DESC, g.asset), '[]'::json)
                FROM (SELECT asset, count(*) AS n FROM m WHERE of_max_days AND of_acknowledged
                      GROUP BY asset) AS g),
            'days', (SELECT coalesce(json_agg(json_build_object('up_to', g.upper, 'count', g.n)
                    ORDER BY g.upper NULLS LAST), '[]'::json)
                FROM (SELECT {_BUCKETS} AS upper, count(*) AS n FROM m
                      WHERE of_asset AND of_acknowledged GROUP BY 1) AS g),
            'acknowledged', (SELECT json_build_object(
                    'yes', count(*) FILTER (WHERE acknowledged),
                    'no', count(*) FILTER (WHERE NOT acknowledged))
                FROM m WHERE of_asset AND of_max_days)
        )
    )""")  # noqa: S608


_CURSOR = re.compile(r"(-?\d{1,40}(?:\.\d{1,18})?)-([0-9a-f]{64})")


@functools.lru_cache(maxsize=_STATEMENTS)
def _listing(sort: Sort, wished: frozenset[str]) -> str:
    """The statement of a page: only what is wished, so that one plan serves for all values.

    "value" is wished with a cursor: what comes after it.
    """
    order = _ORDERS[sort]
    direction, compare = ("DESC", "<") if order.down else ("ASC", ">")
    after = f"({order.key}, i.invoice) {compare} (%(value)s::{order.kind}, %(invoice)s::bytea)"
    wishes = _WISHES | {"value": after}
    page = f"""
        SELECT {_ITEM} AS item, {order.key} AS value, i.invoice
        {_FROM}
        WHERE {" AND ".join([_OPEN, *(wishes[one] for one in sorted(wished))])}
        ORDER BY {order.key} {direction}, i.invoice {direction}
        LIMIT %(limit)s::int
    """
    last = "(array_agg(page.value || '-' || encode(page.invoice, 'hex')))[%(limit)s::int]"
    return single(f"""
        SELECT json_build_object(
            'items', coalesce(json_agg(page.item), '[]'::json), 'next', {last}
        ) FROM ({page}) AS page
    """)  # noqa: S608


def open_invoices(limit: int = 25, after: str | None = None, search: Search | None = None) -> Query:
    """A page of invoices that can be funded now; never null.

    `limit`: 1 to 100. `after`: the `next` of the page before; null there means the end. Raises
    CursorError for anything else, ValueError for a limit out of bounds.
    """
    if not 1 <= limit <= _LIMIT:
        raise ValueError(f"a page has 1 to {_LIMIT} items, not {limit}")
    search = search or Search()
    wishes = _wishes(search)
    if after is not None:
        match = _CURSOR.fullmatch(after)
        if match is None:
            raise CursorError(f"{after!r} is no cursor of this list: start from the first page")
        wishes |= {"value": match[1], "invoice": bytes.fromhex(match[2])}
    wished = frozenset(wishes) - {"invoice"}
    return Query(_listing(search.sort, wished), wishes | {"limit": limit})


def facets(search: Search | None = None) -> Query:
    """Counts beside a search; never null.

    Each facet counts what its own values would show, all other wishes being kept.
    """
    wishes = _wishes(search or Search())
    return Query(_counting(frozenset(wishes)), wishes)


def _wishes(search: Search) -> dict[str, Any]:
    """What is wished, by name."""
    given = msgspec.structs.asdict(search)
    del given["sort"]
    values = {name: value for name, value in given.items() if value is not None}
    if "text" in values:
        values["text"] = values["text"].strip().lower().removeprefix("inv-")
    return values

"""Invoices that take stakes: queries only, over the rows of invoices."""

from __future__ import annotations

import re

from projections import facts
from projections.lifecycle import Status
from projections.query import CursorError, Query, digits, json_object, single

_LIMIT = 100
"""Items on the largest page."""

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
)

_PAGE = f"""
    SELECT {_ITEM} AS item, i.published_at, i.invoice
    FROM read.invoice AS i
    JOIN read.terms AS t USING (invoice)
    WHERE i.status = {Status.OPEN:d}
      AND (i.published_at, i.invoice) < (%(published_at)s::bigint, %(invoice)s::bytea)
      AND applied.closed_at < t.deadline
    ORDER BY i.published_at DESC, i.invoice DESC
    LIMIT %(limit)s::int
"""  # noqa: S608

_LAST = "(array_agg(page.published_at || '-' || encode(page.invoice, 'hex')))[%(limit)s::int]"

_OPEN = single(f"""
    SELECT json_build_object(
        'items', coalesce(json_agg(page.item), '[]'::json), 'next', {_LAST}
    ) FROM ({_PAGE}) AS page
""")  # noqa: S608

_CURSOR = re.compile(r"(\d{1,18})-([0-9a-f]{64})")
_BEGINNING = f"{10**18 - 1}-{'f' * 64}"


def open_invoices(limit: int = 25, after: str | None = None) -> Query:
    """A page of invoices that can be funded now, the newest first; never null.

    `limit`: 1 to 100. `after`: the `next` of the page before; null there means the end. Raises
    CursorError for anything else, ValueError for a limit out of bounds.
    """
    if not 1 <= limit <= _LIMIT:
        raise ValueError(f"a page has 1 to {_LIMIT} items, not {limit}")
    match = _CURSOR.fullmatch(_BEGINNING if after is None else after)
    if match is None:
        raise CursorError(f"{after!r} is no cursor of this list: start from the first page")
    published_at, invoice = match.groups()
    return Query(
        _OPEN,
        {"published_at": int(published_at), "invoice": bytes.fromhex(invoice), "limit": limit},
    )

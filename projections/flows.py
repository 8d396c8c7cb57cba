"""An address's own money on the ledger: paid and got, one line for each movement; queries only."""

from __future__ import annotations

from projections.payouts import Reason
from projections.query import (
    Query,
    address,
    address_number,
    digits,
    hexadecimal,
    json_list,
    json_object,
    ledger,
    name,
    single,
)

_WHO = address_number("holder")
_MOVES = f"""
    SELECT s.position, s.event_index, s.closed_at, s.invoice, i.asset,
           -s.amount::numeric AS amount, 'stake' AS kind
    FROM read.funding AS s JOIN read.invoice AS i USING (invoice) WHERE s.investor = {_WHO}
    UNION ALL
    SELECT o.position, o.event_index, o.closed_at, o.invoice, o.asset,
           o.amount::numeric, {name(Reason, "o.reason")}
    FROM read.money_out AS o WHERE o.entitled = {_WHO}
    UNION ALL
    SELECT p.position, p.event_index, p.closed_at, p.invoice, i.asset,
           -p.amount::numeric, 'payment'
    FROM read.payment AS p JOIN read.invoice AS i USING (invoice) WHERE p.payer = {_WHO}
"""  # noqa: S608  # our own constants; values travel as parameters

_ITEM = json_object(
    ledger=ledger("m.position"),
    time="m.closed_at",
    kind="m.kind",
    invoice=hexadecimal("m.invoice"),
    asset=address("m.asset"),
    amount=digits("m.amount"),
)
_WITHIN = """
    (%(invoice)s::bytea IS NULL OR m.invoice = %(invoice)s)
    AND m.closed_at >= %(since)s::bigint AND m.closed_at < %(until)s::bigint
"""
_FLOWS = single(
    json_list(f"""
        SELECT {_ITEM} AS item FROM ({_MOVES}) AS m WHERE {_WITHIN}
        ORDER BY m.position, m.event_index LIMIT %(limit)s::int
    """)  # noqa: S608
)
_MONTH = "to_char(to_timestamp(m.closed_at) AT TIME ZONE 'UTC', 'YYYY-MM')"
_MONTHS = single(
    json_list(f"""
        SELECT {json_object(month=_MONTH, flows="count(*)")} AS item
        FROM ({_MOVES}) AS m GROUP BY {_MONTH} ORDER BY {_MONTH} DESC
    """)  # noqa: S608
)
_EVER = (0, 2**62)


def of_address(
    holder: str, *, invoice: bytes | None = None, within: tuple[int, int] = _EVER, limit: int
) -> Query:
    """What an address paid (negative) and got, oldest first, at most `limit` of them.

    `within`: from the first Unix second up to, and without, the second.
    """
    since, until = within
    values = {"holder": holder, "invoice": invoice, "since": since, "until": until, "limit": limit}
    return Query(_FLOWS, values)


def months(holder: str) -> Query:
    """The months (UTC) in which an address had any, the newest first, with their number."""
    return Query(_MONTHS, {"holder": holder})

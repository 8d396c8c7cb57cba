"""What waits for an address on the ledger: as seller, payee, debtor and holder; queries only."""

from __future__ import annotations

from projections import facts
from projections.lifecycle import Status
from projections.positions import CLAIMABLE
from projections.query import (
    Query,
    address,
    address_number,
    digits,
    hexadecimal,
    json_list,
    json_object,
    single,
)

_ME = address_number("address")
_LIMIT = 200
_ACKNOWLEDGED = "(NOT t.needs_ack OR i.acknowledged_at IS NOT NULL)"
_TIME_LEFT = "applied.closed_at < t.deadline"
_PARTY = "FROM read.invoice AS i JOIN read.terms AS t USING (invoice)"
_POOLED = f"{_PARTY} LEFT JOIN read.pool AS p USING (invoice)"
_HELD = f"{_POOLED} JOIN read.position AS h USING (invoice)"

# kind, what it is about (amount, by when), from where, and when it waits
_KINDS: tuple[tuple[str, str, str, str, str], ...] = (
    ("publish", "t.target", "t.deadline", _PARTY,
     (f"t.seller = {_ME} AND i.status = {Status.CREATED:d} AND i.approved_at IS NOT NULL"
     f" AND {_ACKNOWLEDGED} AND {_TIME_LEFT}")),
    ("release", "i.raised", "t.due_at", _PARTY,
     (f"t.seller = {_ME} AND i.status = {Status.FUNDED:d}"
     " AND i.release_at <= applied.closed_at AND applied.closed_at < t.due_at"
     " AND applied.closed_at >= i.disputed_until")),
    ("claim-residual", "p.seller - p.seller_claimed", "NULL::bigint", _POOLED,
     f"i.payee = {_ME} AND p.seller > p.seller_claimed"),
    ("acknowledge", "t.face", "t.deadline", _PARTY,
     (f"t.debtor = {_ME} AND t.needs_ack AND i.acknowledged_at IS NULL"
     f" AND i.status = {Status.CREATED:d} AND {_TIME_LEFT}")),
    ("pay", facts.AMOUNT_DUE, "t.due_at", _PARTY,
     (f"t.debtor = {_ME} AND i.status IN ({Status.ACTIVE:d}, {Status.DEFAULTED:d})"
     f" AND ({facts.AMOUNT_DUE}) > 0")),
    ("claim", CLAIMABLE, "NULL::bigint", _HELD, f"h.holder = {_ME} AND ({CLAIMABLE}) > 0"),
    ("refund", "h.shares", "NULL::bigint", _HELD,
     f"h.holder = {_ME} AND i.status = {Status.REFUNDING:d} AND h.shares > 0"),
)  # fmt: skip

KINDS: tuple[str, ...] = tuple(kind for kind, *_ in _KINDS)
"""Each is the action of transactions that does it, in the order of the list."""

_ITEM = json_object(
    kind="w.kind",
    invoice=hexadecimal("w.invoice"),
    asset=address("w.asset"),
    amount=digits("w.amount"),
    due_by="w.due_by",
)
_ROWS = " UNION ALL ".join(
    f"""
        SELECT {place} AS place, '{kind}' AS kind, i.invoice, i.asset, {amount} AS amount,
               {due_by} AS due_by
        {source} WHERE {waits}
    """
    for place, (kind, amount, due_by, source, waits) in enumerate(_KINDS)
)
_OF = single(
    json_list(f"""
        SELECT {_ITEM} AS item FROM ({_ROWS}) AS w
        ORDER BY w.due_by NULLS LAST, w.place, w.invoice LIMIT {_LIMIT}
    """)  # noqa: S608
)

_SUM = json_object(asset=address("w.asset"), amount=digits("sum(w.amount)"))
_CLAIMABLE = single(
    json_list(f"""
        SELECT {_SUM} AS item FROM ({_ROWS}) AS w
        WHERE w.kind IN ('claim', 'claim-residual') GROUP BY w.asset ORDER BY w.asset
    """)  # noqa: S608
)


def of(who: str) -> Query:
    """What waits for an address, what is due first at the front, 200 at most; never null.

    `kind` is one of KINDS; `amount` in base units of `asset`; `due_by` Unix seconds or null.
    """
    return Query(_OF, {"address": who})


def claimable(who: str) -> Query:
    """What an address could claim now in each asset, all of it; never null.

    `amount` in base units of `asset`.
    """
    return Query(_CLAIMABLE, {"address": who})

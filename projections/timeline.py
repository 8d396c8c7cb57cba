"""What happened, in order: one line for each event of escrow and distributor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contracts import events
from contracts.wire import Address, Event
from projections.model import Big, Model, Record, Row, View
from projections.query import (
    Query,
    address,
    digits,
    hexadecimal,
    json_list,
    json_object,
    ledger,
    single,
)


class Activity(Row, frozen=True, array_like=True):
    """One event: `name` as on chain, who acted, how much (base units), in which transaction.

    `actor` is the address the event names as acting or concerned, if it names one.
    """

    position: int
    event_index: int
    contract: str
    name: str
    invoice: bytes | None
    actor: Address | None
    amount: Big | None
    closed_at: int
    tx_hash: bytes


ACTIVITY = Model("activity", Activity, key=("position", "event_index"), version=1, append_only=True)

TOKEN_EVENTS: frozenset[type[Event]] = frozenset(
    (events.Transfer, events.Mint, events.Burn, events.Approve)
)
"""They change nothing here: escrow and distributor tell the same. For reconciliation only."""

_SHOWN: dict[type[Event], tuple[str | None, str | None]] = {
    events.InvoiceCreated: ("seller", "face"),
    events.InvoiceApproved: ("verifier", None),
    events.InvoiceRejected: ("verifier", None),
    events.InvoicePublished: (None, None),
    events.InvoiceAcknowledged: ("debtor", None),
    events.EscrowFunded: ("investor", "amount"),
    events.FundingClosed: (None, "raised"),
    events.FundsReleased: ("payee", "amount"),
    events.PaymentRecorded: ("payer", "amount"),
    events.PaymentSettled: (None, "paid"),
    events.InvoiceDefaulted: (None, "outstanding"),
    events.InvoiceWrittenOff: (None, "shortfall"),
    events.FundingExpired: (None, "raised"),
    events.InvoiceCancelled: ("by", "raised"),
    events.StakeRefunded: ("investor", "amount"),
    events.DisputeOpened: ("by", None),
    events.DisputeResolved: (None, None),
    events.ShareTransferred: ("from_", "amount"),
    events.ShareBurned: ("from_", "amount"),
    events.PositionRecovered: ("from_", "shares"),
    events.PayeeChanged: ("to", None),
    events.PoolOpened: (None, "par_sold"),
    events.DistributionRecorded: (None, None),
    events.Payout: ("holder", "amount"),
    events.ResidualClaimed: ("payee", "amount"),
    events.FeesCollected: ("treasury", "amount"),
    events.OwnerProposed: ("owner", None),
    events.OwnerAccepted: ("owner", None),
    events.ParamsSet: (None, None),
    events.TreasurySet: ("treasury", None),
    events.TokenWasmSet: (None, None),
    events.TokenWasmCancelled: (None, None),
    events.MemberSet: ("addr", None),
    events.AssetSet: ("asset", None),
    events.RoleGranted: ("addr", None),
    events.RoleRevoked: ("addr", None),
    events.Paused: ("by", None),
    events.Unpaused: ("owner", None),
    events.UpgradeProposed: (None, None),
    events.UpgradeApplied: (None, None),
    events.UpgradeCancelled: (None, None),
    events.Skimmed: ("treasury", "amount"),
}
"""Which fields of an event are its actor and its amount."""


def _happened(_: View, record: Record, event: Any) -> Iterable[Activity]:
    actor, amount = _SHOWN[type(event)]
    yield Activity(
        position=record.position,
        event_index=record.index,
        contract=str(record.contract),
        name=event.NAME,
        invoice=getattr(event, "id", None),
        actor=getattr(event, actor) if actor else None,
        amount=getattr(event, amount) if amount else None,
        closed_at=record.mark.closed_at,
        tx_hash=record.tx_hash,
    )


def _follow(kinds: Iterable[type[Event]]) -> None:
    for kind in kinds:
        ACTIVITY.on(kind)(_happened)


_follow(_SHOWN)

_ITEM = {
    "event": "l.name",
    "contract": "l.contract",
    "actor": address("l.actor"),
    "amount": digits("l.amount"),
    "ledger": ledger("l.position"),
    "time": "l.closed_at",
    "tx_hash": hexadecimal("l.tx_hash"),
}

_ITEMS = f"""
    SELECT {json_object(**_ITEM)} AS item FROM read.activity AS l WHERE l.invoice = i.invoice
    ORDER BY l.position, l.event_index
"""  # noqa: S608

_OF_INVOICE = single(f"""
    SELECT {json_object(id=hexadecimal("i.invoice"), items=json_list(_ITEMS))}
    FROM read.invoice AS i WHERE i.invoice = %(id)s
""")  # noqa: S608

_BY_TRANSACTION = single(f"""
    SELECT {
    json_object(
        tx_hash="encode(%(tx_hash)s::bytea, 'hex')",
        ledger=ledger("min(l.position)"),
        time="min(l.closed_at)",
        items=f'''json_agg({json_object(**_ITEM, invoice=hexadecimal("l.invoice"))}
            ORDER BY l.position, l.event_index)''',
    )
}
    FROM read.activity AS l WHERE l.tx_hash = %(tx_hash)s HAVING count(*) > 0
""")  # noqa: S608

_PLACED = json_object(
    **_ITEM,
    invoice=hexadecimal("l.invoice"),
    position="l.position",
    index="l.event_index",
)

_LATER = f"""
    SELECT {_PLACED} AS item FROM read.activity AS l
    WHERE l.position >= ((%(after)s::bigint + 1) << 32)
    ORDER BY l.position, l.event_index LIMIT %(limit)s
"""  # noqa: S608

_SINCE = single(json_list(_LATER))

_APPLIED = single("SELECT json_build_object('ledger', applied.ledger, 'time', applied.closed_at)")


def of_invoice(invoice: bytes) -> Query:
    """What happened to an invoice, oldest first; null for an unknown id."""
    return Query(_OF_INVOICE, {"id": invoice})


def by_transaction(tx_hash: bytes) -> Query:
    """What a transaction did; null if no event of it is folded (it failed, or not yet)."""
    return Query(_BY_TRANSACTION, {"tx_hash": tx_hash})


def since(ledger: int, limit: int) -> Query:
    """At most `limit` events of later ledgers than `ledger`, oldest first; never null.

    Each with its `position` and `index`, which order all events for all time.
    """
    return Query(_SINCE, {"after": ledger, "limit": limit})


def applied() -> Query:
    """How far everything is folded: never null."""
    return Query(_APPLIED, {})

"""What happened, in order: one line for each event of escrow and distributor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contracts import events
from contracts.wire import Address, Event
from projections.model import Big, Model, Record, Row, View


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

TOKEN_EVENTS: tuple[type[Event], ...] = (
    events.Transfer,
    events.Mint,
    events.Burn,
    events.Approve,
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

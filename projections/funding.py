"""Stakes: what each investor paid into an invoice, one fact for each payment."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.events import EscrowFunded
from contracts.wire import Address
from projections.model import Model, Record, Row, View


class Funding(Row, frozen=True, array_like=True):
    """A stake in base units; `shares` (the investor's) and `raised` (in all) are those after it."""

    position: int
    event_index: int
    invoice: bytes
    investor: Address
    amount: int
    shares: int
    raised: int
    closed_at: int


FUNDING = Model("funding", Funding, key=("position", "event_index"), version=1, append_only=True)


@FUNDING.on(EscrowFunded)
def _funded(_: View, record: Record, event: EscrowFunded) -> Iterable[Funding]:
    yield Funding(
        position=record.position,
        event_index=record.index,
        invoice=event.id,
        investor=event.investor,
        amount=event.amount,
        shares=event.shares,
        raised=event.raised,
        closed_at=record.mark.closed_at,
    )

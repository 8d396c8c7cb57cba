"""Money out of the two contracts, whatever the reason: one fact for each movement."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from contracts.events import (
    FeesCollected,
    FundsReleased,
    Payout,
    ResidualClaimed,
    Skimmed,
    StakeRefunded,
)
from contracts.wire import Address
from projections.invoices import INVOICE
from projections.model import Big, Model, Record, Row, View


class Reason(enum.IntEnum):
    """Why money left: the number is stored, the name in lower case is shown."""

    RELEASE = 0
    REFUND = 1
    PAYOUT = 2
    RESIDUAL = 3
    FEES = 4
    SKIM = 5


class MoneyOut(Row, frozen=True, array_like=True):
    """`amount` base units of `asset` left for `recipient`, to whom `entitled` sent it.

    Fees and skims concern no invoice; their entitled one is the treasury.
    """

    position: int
    event_index: int
    reason: Reason
    invoice: bytes | None
    asset: Address
    entitled: Address
    recipient: Address
    amount: Big
    closed_at: int


MONEY_OUT = Model(
    "money_out", MoneyOut, key=("position", "event_index"), version=1, append_only=True
)


def _of_invoice(  # noqa: PLR0913  # a fact has as many parts
    view: View,
    record: Record,
    reason: Reason,
    invoice: bytes,
    entitled: Address,
    recipient: Address | None,
    amount: int,
) -> Iterable[MoneyOut]:
    if known := view.find(INVOICE, invoice):
        yield _fact(
            record, reason, invoice, known.asset, entitled, recipient or entitled, amount
        )


def _fact(  # noqa: PLR0913  # a fact has as many parts
    record: Record,
    reason: Reason,
    invoice: bytes | None,
    asset: Address,
    entitled: Address,
    recipient: Address,
    amount: int,
) -> MoneyOut:
    return MoneyOut(
        position=record.position,
        event_index=record.index,
        reason=reason,
        invoice=invoice,
        asset=asset,
        entitled=entitled,
        recipient=recipient,
        amount=amount,
        closed_at=record.mark.closed_at,
    )


@MONEY_OUT.on(FundsReleased, reads=lambda event: (INVOICE.at(event.id),))
def _released(view: View, record: Record, event: FundsReleased) -> Iterable[MoneyOut]:
    return _of_invoice(
        view, record, Reason.RELEASE, event.id, event.payee, None, event.amount
    )


@MONEY_OUT.on(StakeRefunded, reads=lambda event: (INVOICE.at(event.id),))
def _refunded(view: View, record: Record, event: StakeRefunded) -> Iterable[MoneyOut]:
    return _of_invoice(
        view, record, Reason.REFUND, event.id, event.investor, event.to, event.amount
    )


@MONEY_OUT.on(Payout, reads=lambda event: (INVOICE.at(event.id),))
def _paid_out(view: View, record: Record, event: Payout) -> Iterable[MoneyOut]:
    return _of_invoice(
        view, record, Reason.PAYOUT, event.id, event.holder, event.to, event.amount
    )


@MONEY_OUT.on(ResidualClaimed, reads=lambda event: (INVOICE.at(event.id),))
def _residual(view: View, record: Record, event: ResidualClaimed) -> Iterable[MoneyOut]:
    return _of_invoice(
        view, record, Reason.RESIDUAL, event.id, event.payee, event.to, event.amount
    )


@MONEY_OUT.on(FeesCollected)
def _fees(_: View, record: Record, event: FeesCollected) -> Iterable[MoneyOut]:
    treasury = event.treasury
    yield _fact(record, Reason.FEES, None, event.asset, treasury, treasury, event.amount)


@MONEY_OUT.on(Skimmed)
def _skimmed(_: View, record: Record, event: Skimmed) -> Iterable[MoneyOut]:
    treasury = event.treasury
    yield _fact(record, Reason.SKIM, None, event.asset, treasury, treasury, event.amount)

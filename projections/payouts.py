"""Money out of the two contracts, whatever the reason: one fact for each movement."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import TypeAlias

from contracts.events import (
    FeesCollected,
    FundsReleased,
    Payout,
    ResidualClaimed,
    Skimmed,
    StakeRefunded,
)
from contracts.wire import Address
from projections import pages
from projections.invoices import INVOICE
from projections.model import Big, Model, Record, Row, View
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


_Sent: TypeAlias = FundsReleased | StakeRefunded | Payout | ResidualClaimed


def _of_invoice(
    view: View, record: Record, reason: Reason, event: _Sent, entitled: Address
) -> Iterable[MoneyOut]:
    if known := view.find(INVOICE, event.id):
        sent_to = None if isinstance(event, FundsReleased) else event.to
        yield MoneyOut(
            position=record.position,
            event_index=record.index,
            reason=reason,
            invoice=event.id,
            asset=known.asset,
            entitled=entitled,
            recipient=sent_to or entitled,
            amount=event.amount,
            closed_at=record.mark.closed_at,
        )


def _to_treasury(
    record: Record, reason: Reason, event: FeesCollected | Skimmed
) -> Iterable[MoneyOut]:
    yield MoneyOut(
        position=record.position,
        event_index=record.index,
        reason=reason,
        invoice=None,
        asset=event.asset,
        entitled=event.treasury,
        recipient=event.treasury,
        amount=event.amount,
        closed_at=record.mark.closed_at,
    )


@MONEY_OUT.on(FundsReleased, reads=lambda event: (INVOICE.at(event.id),))
def _released(view: View, record: Record, event: FundsReleased) -> Iterable[MoneyOut]:
    return _of_invoice(view, record, Reason.RELEASE, event, event.payee)


@MONEY_OUT.on(StakeRefunded, reads=lambda event: (INVOICE.at(event.id),))
def _refunded(view: View, record: Record, event: StakeRefunded) -> Iterable[MoneyOut]:
    return _of_invoice(view, record, Reason.REFUND, event, event.investor)


@MONEY_OUT.on(Payout, reads=lambda event: (INVOICE.at(event.id),))
def _paid_out(view: View, record: Record, event: Payout) -> Iterable[MoneyOut]:
    return _of_invoice(view, record, Reason.PAYOUT, event, event.holder)


@MONEY_OUT.on(ResidualClaimed, reads=lambda event: (INVOICE.at(event.id),))
def _residual(view: View, record: Record, event: ResidualClaimed) -> Iterable[MoneyOut]:
    return _of_invoice(view, record, Reason.RESIDUAL, event, event.payee)


@MONEY_OUT.on(FeesCollected)
def _fees(_: View, record: Record, event: FeesCollected) -> Iterable[MoneyOut]:
    return _to_treasury(record, Reason.FEES, event)


@MONEY_OUT.on(Skimmed)
def _skimmed(_: View, record: Record, event: Skimmed) -> Iterable[MoneyOut]:
    return _to_treasury(record, Reason.SKIM, event)


_FIELDS = {
    "ledger": ledger("o.position"),
    "time": "o.closed_at",
    "reason": name(Reason, "o.reason"),
    "entitled": address("o.entitled"),
    "recipient": address("o.recipient"),
    "amount": digits("o.amount"),
}

_ITEMS = f"""
    SELECT {json_object(**_FIELDS)} AS item FROM read.money_out AS o WHERE o.invoice = i.invoice
    ORDER BY o.position, o.event_index
"""  # noqa: S608

_OF_INVOICE = single(f"""
    SELECT {json_object(id=hexadecimal("i.invoice"), items=json_list(_ITEMS))}
    FROM read.invoice AS i WHERE i.invoice = %(id)s
""")  # noqa: S608


def of_invoice(invoice: bytes) -> Query:
    """Money that left for an invoice (release, refunds, payouts, residual); null if unknown."""
    return Query(_OF_INVOICE, {"id": invoice})


_OF_ADDRESS = pages.statement(
    json_object(**_FIELDS, invoice=hexadecimal("o.invoice"), asset=address("o.asset")),
    f"read.{MONEY_OUT.name} AS o",
    "o",
    f"o.entitled = {address_number('entitled')}",
)


def of_address(entitled: str, limit: int = 25, after: str | None = None) -> Query:
    """A page of money that an address was due, wherever it was sent; see `pages.page`.

    The treasury's are the collected fees and what was skimmed.
    """
    return pages.page(_OF_ADDRESS, {"entitled": entitled}, limit, after)

"""Payments of debtors, sellers and servicers, each with how the waterfall split it."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.events import PaymentRecorded
from contracts.wire import Address
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


class Payment(Row, frozen=True, array_like=True):
    """One payment, base units: late + fee + investors + seller == amount.

    `paid` and `outstanding` are the invoice's face after it; `reference` is a servicer's.
    """

    position: int
    event_index: int
    invoice: bytes
    payer: Address
    amount: Big
    late: int
    fee: int
    investors: int
    seller: Big
    paid: int
    outstanding: int
    reference: bytes | None
    closed_at: int


PAYMENT = Model("payment", Payment, key=("position", "event_index"), version=1, append_only=True)


@PAYMENT.on(PaymentRecorded)
def _recorded(_: View, record: Record, event: PaymentRecorded) -> Iterable[Payment]:
    yield Payment(
        position=record.position,
        event_index=record.index,
        invoice=event.id,
        payer=event.payer,
        amount=event.amount,
        late=event.late,
        fee=event.fee,
        investors=event.investors,
        seller=event.seller,
        paid=event.paid,
        outstanding=event.outstanding,
        reference=event.reference,
        closed_at=record.mark.closed_at,
    )


_ITEM = json_object(
    ledger=ledger("y.position"),
    time="y.closed_at",
    payer=address("y.payer"),
    amount=digits("y.amount"),
    late=digits("y.late"),
    fee=digits("y.fee"),
    investors=digits("y.investors"),
    seller=digits("y.seller"),
    paid=digits("y.paid"),
    outstanding=digits("y.outstanding"),
    reference=hexadecimal("y.reference"),
)

_ITEMS = f"""
    SELECT {_ITEM} AS item FROM read.payment AS y WHERE y.invoice = i.invoice
    ORDER BY y.position, y.event_index
"""  # noqa: S608

_OF_INVOICE = single(f"""
    SELECT {json_object(id=hexadecimal("i.invoice"), items=json_list(_ITEMS))}
    FROM read.invoice AS i WHERE i.invoice = %(id)s
""")  # noqa: S608


def of_invoice(invoice: bytes) -> Query:
    """Payments of an invoice, oldest first, with the waterfall's split; null for an unknown id."""
    return Query(_OF_INVOICE, {"id": invoice})

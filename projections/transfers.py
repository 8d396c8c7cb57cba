"""Shares that changed hands or ended: transfers, burns and recoveries of lost wallets."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from contracts.events import PositionRecovered, ShareBurned, ShareTransferred
from contracts.wire import Address
from projections import pages
from projections.model import Model, Record, Row, View
from projections.positions import POSITION
from projections.query import Query, address, digits, hexadecimal, json_object, ledger, name


class Kind(enum.IntEnum):
    """How the shares moved: the number is stored, the name in lower case is shown."""

    TRANSFER = 0
    BURN = 1
    RECOVERY = 2


class Transfer(Row, frozen=True, array_like=True):
    """`amount` shares (base units) left `sender`; a burn has no recipient.

    `sender_shares` and `recipient_shares` are what they hold afterwards.
    """

    position: int
    event_index: int
    kind: Kind
    invoice: bytes
    sender: Address
    recipient: Address | None
    amount: int
    sender_shares: int
    recipient_shares: int | None
    closed_at: int


TRANSFER = Model("transfer", Transfer, key=("position", "event_index"), version=1, append_only=True)


@TRANSFER.on(ShareTransferred)
def _transferred(_: View, record: Record, event: ShareTransferred) -> Iterable[Transfer]:
    yield Transfer(
        position=record.position,
        event_index=record.index,
        kind=Kind.TRANSFER,
        invoice=event.id,
        sender=event.from_,
        recipient=event.to,
        amount=event.amount,
        sender_shares=event.from_shares,
        recipient_shares=event.to_shares,
        closed_at=record.mark.closed_at,
    )


@TRANSFER.on(ShareBurned)
def _burned(_: View, record: Record, event: ShareBurned) -> Iterable[Transfer]:
    yield Transfer(
        position=record.position,
        event_index=record.index,
        kind=Kind.BURN,
        invoice=event.id,
        sender=event.from_,
        recipient=None,
        amount=event.amount,
        sender_shares=event.from_shares,
        recipient_shares=None,
        closed_at=record.mark.closed_at,
    )


@TRANSFER.on(PositionRecovered, reads=lambda event: (POSITION.at(event.id, event.to),))
def _recovered(view: View, record: Record, event: PositionRecovered) -> Iterable[Transfer]:
    had = view.find(POSITION, event.id, event.to)
    yield Transfer(
        position=record.position,
        event_index=record.index,
        kind=Kind.RECOVERY,
        invoice=event.id,
        sender=event.from_,
        recipient=event.to,
        amount=event.shares,
        sender_shares=0,
        recipient_shares=(had.shares if had else 0) + event.shares,
        closed_at=record.mark.closed_at,
    )


_ITEM = json_object(
    ledger=ledger("m.position"),
    time="m.closed_at",
    kind=name(Kind, "m.kind"),
    invoice=hexadecimal("m.invoice"),
    sender=address("m.sender"),
    recipient=address("m.recipient"),
    amount=digits("m.amount"),
    sender_shares=digits("m.sender_shares"),
    recipient_shares=digits("m.recipient_shares"),
)

_MOVES = ", ".join(f"'{event.NAME}'" for event in TRANSFER.rules)
_OF_INVOICE = pages.statement(
    _ITEM,
    "read.activity AS l JOIN read.transfer AS m USING (position, event_index)",
    "l",
    f"l.invoice = %(invoice)s AND l.name IN ({_MOVES})",
)
"""An invoice's movements are found by what happened to it: transfers need no index of their own."""


def of_invoice(invoice: bytes, limit: int = 25, after: str | None = None) -> Query:
    """A page of an invoice's share movements; see `pages.page`."""
    return pages.page(_OF_INVOICE, {"invoice": invoice}, limit, after)

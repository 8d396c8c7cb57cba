"""Who holds what: one row per invoice and address that ever held shares.

The arithmetic of accrual is the token's: a position is brought up to date (`settled`) whenever it
is touched, credit is kept scaled by 10^18, and a claim pays the whole units of it.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from contracts.events import (
    EscrowFunded,
    Payout,
    PositionRecovered,
    ShareBurned,
    ShareTransferred,
    StakeRefunded,
)
from contracts.wire import Address
from projections import facts
from projections.model import Big, Model, Record, Row, View
from projections.pools import POOL
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

SCALE = 10**18
"""Accrual is kept in units of 10^-18 of the asset's smallest unit."""


class Position(Row, frozen=True, array_like=True):
    """Shares and credit of one holder of one invoice.

    `shares` in base units of the asset (a share is one unit of principal); `index` is the pool's
    index at the last touch and `accrued` the credit up to then, both scaled by 10^18. `paid_in`,
    `received` and `refunded` are the money that this very address paid and was paid for: shares
    bought or recovered from another address bring no `paid_in` with them.
    """

    invoice: bytes
    holder: Address
    shares: int
    index: Big
    accrued: Big
    paid_in: int
    received: int
    refunded: int
    shares_in: int
    shares_out: int


POSITION = Model("position", Position, key=("invoice", "holder"), version=1)


def new(invoice: bytes, holder: Address, index: int) -> Position:
    """An empty position that earns from `index` on."""
    return Position(invoice, holder, 0, index, 0, 0, 0, 0, 0, 0)


def settled(position: Position, index: int) -> Position:
    """The position with its credit brought up to the pool's `index` (scaled by 10^18)."""
    if index == position.index:
        return position
    earned = position.shares * (index - position.index)
    return msgspec.structs.replace(position, index=index, accrued=position.accrued + earned)


def claimable(position: Position, index: int) -> int:
    """Base units that a claim would pay now, `index` being the pool's."""
    return settled(position, index).accrued // SCALE


def _touched(view: View, invoice: bytes, holder: Address) -> Position | None:
    position = view.find(POSITION, invoice, holder)
    return None if position is None else settled(position, _index(view, invoice))


def _index(view: View, invoice: bytes) -> int:
    pool = view.find(POOL, invoice)
    return pool.index if pool else 0


@POSITION.on(EscrowFunded, reads=lambda event: (POSITION.at(event.id, event.investor),))
def _funded(view: View, _: Record, event: EscrowFunded) -> Iterable[Position]:
    before = view.find(POSITION, event.id, event.investor) or new(event.id, event.investor, 0)
    yield msgspec.structs.replace(
        before, shares=event.shares, paid_in=before.paid_in + event.amount
    )


@POSITION.on(StakeRefunded, reads=lambda event: (POSITION.at(event.id, event.investor),))
def _refunded(view: View, _: Record, event: StakeRefunded) -> Iterable[Position]:
    if before := view.find(POSITION, event.id, event.investor):
        yield msgspec.structs.replace(
            before, shares=before.shares - event.amount, refunded=before.refunded + event.amount
        )


@POSITION.on(Payout, reads=lambda event: (POSITION.at(event.id, event.holder), POOL.at(event.id)))
def _paid_out(view: View, _: Record, event: Payout) -> Iterable[Position]:
    if before := _touched(view, event.id, event.holder):
        yield msgspec.structs.replace(
            before,
            accrued=before.accrued - event.amount * SCALE,
            received=before.received + event.amount,
        )


@POSITION.on(
    ShareTransferred,
    reads=lambda event: (
        POSITION.at(event.id, event.from_),
        POSITION.at(event.id, event.to),
        POOL.at(event.id),
    ),
)
def _transferred(view: View, _: Record, event: ShareTransferred) -> Iterable[Position]:
    """Moves shares; a transfer of nothing or to oneself only settles, and creates no position."""
    moved = 0 if event.from_ == event.to else event.amount
    if sender := _touched(view, event.id, event.from_):
        yield msgspec.structs.replace(
            sender, shares=event.from_shares, shares_out=sender.shares_out + moved
        )
    if event.from_ == event.to:
        return
    recipient = _touched(view, event.id, event.to)
    if recipient is None and moved:
        recipient = new(event.id, event.to, _index(view, event.id))
    if recipient:
        yield msgspec.structs.replace(
            recipient, shares=event.to_shares, shares_in=recipient.shares_in + moved
        )


@POSITION.on(
    ShareBurned, reads=lambda event: (POSITION.at(event.id, event.from_), POOL.at(event.id))
)
def _burned(view: View, _: Record, event: ShareBurned) -> Iterable[Position]:
    if before := _touched(view, event.id, event.from_):
        yield msgspec.structs.replace(
            before, shares=event.from_shares, shares_out=before.shares_out + event.amount
        )


@POSITION.on(
    PositionRecovered,
    reads=lambda event: (
        POSITION.at(event.id, event.from_),
        POSITION.at(event.id, event.to),
        POOL.at(event.id),
    ),
)
def _recovered(view: View, _: Record, event: PositionRecovered) -> Iterable[Position]:
    """Adds shares and scaled credit of a lost wallet to what the new one has."""
    lost = _touched(view, event.id, event.from_)
    if lost is None:
        return
    found = _touched(view, event.id, event.to) or new(event.id, event.to, lost.index)
    yield msgspec.structs.replace(
        lost, shares=0, accrued=0, shares_out=lost.shares_out + event.shares
    )
    yield msgspec.structs.replace(
        found,
        shares=found.shares + lost.shares,
        accrued=found.accrued + lost.accrued,
        shares_in=found.shares_in + event.shares,
    )


CLAIMABLE = f"""
    div(h.accrued + h.shares::numeric * (coalesce(p.index, h.index) - h.index), {SCALE}::numeric)
"""
"""`claimable` in SQL."""

_FROZEN = "coalesce((SELECT m.frozen FROM read.member AS m WHERE m.address = h.holder), false)"

_MONEY = {
    "shares": digits("h.shares"),
    "paid_in": digits("h.paid_in"),
    "received": digits("h.received"),
    "refunded": digits("h.refunded"),
    "claimable": digits(CLAIMABLE),
}

_HOLDER = json_object(holder=address("h.holder"), **_MONEY, frozen=_FROZEN)

_HOLDERS = f"""
    SELECT {_HOLDER} AS item
    FROM read.position AS h
    LEFT JOIN read.pool AS p USING (invoice)
    WHERE h.invoice = i.invoice
    ORDER BY h.shares DESC, h.holder
"""  # noqa: S608

_HOLDINGS = json_object(
    id=hexadecimal("i.invoice"), supply=digits("i.supply"), items=json_list(_HOLDERS)
)

_OF_INVOICE = single(f"""
    SELECT {_HOLDINGS}
    FROM read.invoice AS i WHERE i.invoice = %(id)s
""")  # noqa: S608

_HELD = f"""
    FROM read.position AS h
    JOIN read.invoice AS i USING (invoice)
    JOIN read.terms AS t USING (invoice)
    LEFT JOIN read.pool AS p USING (invoice)
    WHERE h.holder = {address_number("address")}
"""

_POSITION = json_object(
    invoice=json_object(**facts.SUMMARY),
    **_MONEY,
    shares_in=digits("h.shares_in"),
    shares_out=digits("h.shares_out"),
)

_TOTAL = json_object(
    asset=address("i.asset"),
    positions="count(*)",
    shares=digits("sum(h.shares)"),
    paid_in=digits("sum(h.paid_in)"),
    received=digits("sum(h.received)"),
    refunded=digits("sum(h.refunded)"),
    claimable=digits(f"sum({CLAIMABLE})"),
)

_POSITIONS = f"SELECT {_POSITION} AS item {_HELD} ORDER BY t.due_at, i.invoice"

_TOTALS = f"SELECT {_TOTAL} AS item {_HELD} GROUP BY i.asset ORDER BY i.asset"

_IS_FROZEN = f"""coalesce((
    SELECT m.frozen FROM read.member AS m WHERE m.address = {address_number("address")}
), false)"""  # noqa: S608

_PORTFOLIO = single(
    json_object(
        address="%(address)s::text",
        frozen=_IS_FROZEN,
        positions=json_list(_POSITIONS),
        totals=json_list(_TOTALS),
    )
)


def of_invoice(invoice: bytes) -> Query:
    """Everyone who ever held shares of an invoice, largest first; null for an unknown id.

    `claimable` is what a claim would pay now; a frozen holder's credit is shown, and that he is.
    """
    return Query(_OF_INVOICE, {"id": invoice})


def portfolio(holder: str) -> Query:
    """All positions of an address with their invoices, and totals per asset; empty, never null."""
    return Query(_PORTFOLIO, {"address": holder})

"""What an event says about those before it: each names results that must follow from them.

So an event that was changed, or left out, contradicts a later one even where all digests were made
again. The laws are the contracts': the waterfall, accrual, and sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from contracts import events
from contracts.wire import Address, Event
from projections.hypothetical import Split, divide, index_after
from projections.invoices import INVOICE, TERMS
from projections.memory import Memory
from projections.model import Record
from projections.pools import POOL
from projections.positions import POSITION, claimable

Claim: TypeAlias = tuple[str, int, int]
"""A field of the event, what it says, and what follows from the events before."""

_Law: TypeAlias = Callable[[Memory, Record, Any], Iterator[Claim]]
_LAWS: dict[type[Event], _Law] = {}


def contradictions(before: Memory, record: Record) -> list[str]:
    """What `record` says that cannot follow from `before`, a sentence each; [] if all does."""
    law = _LAWS.get(type(record.event))
    if law is None:
        return []
    return [
        f"{field} is {said}, the events before it give {follows}"
        for field, said, follows in law(before, record, record.event)
        if said != follows
    ]


def _of(kind: type[Event]) -> Callable[[_Law], _Law]:
    def register(law: _Law) -> _Law:
        _LAWS[kind] = law
        return law

    return register


def _shares(memory: Memory, invoice: bytes, holder: Address) -> int:
    position = memory.find(POSITION, invoice, holder)
    return position.shares if position else 0


@_of(events.EscrowFunded)
def _funded(memory: Memory, _: Record, event: events.EscrowFunded) -> Iterator[Claim]:
    if invoice := memory.find(INVOICE, event.id):
        yield "raised", event.raised, invoice.raised + event.amount
    yield "shares", event.shares, _shares(memory, event.id, event.investor) + event.amount


@_of(events.FundingClosed)
def _closed(memory: Memory, _: Record, event: events.FundingClosed) -> Iterator[Claim]:
    invoice, terms = memory.find(INVOICE, event.id), memory.find(TERMS, event.id)
    if invoice and terms:
        yield "raised", event.raised, invoice.raised
        yield "par_sold", event.par_sold, terms.par * invoice.raised // terms.target


@_of(events.FundsReleased)
def _released(memory: Memory, _: Record, event: events.FundsReleased) -> Iterator[Claim]:
    if invoice := memory.find(INVOICE, event.id):
        yield "amount", event.amount, invoice.raised


@_of(events.StakeRefunded)
def _refunded(memory: Memory, _: Record, event: events.StakeRefunded) -> Iterator[Claim]:
    yield "amount", event.amount, _shares(memory, event.id, event.investor)
    if invoice := memory.find(INVOICE, event.id):
        yield "remaining", event.remaining, invoice.supply - event.amount


@_of(events.PaymentRecorded)
def _paid(memory: Memory, record: Record, event: events.PaymentRecorded) -> Iterator[Claim]:
    invoice, terms = memory.find(INVOICE, event.id), memory.find(TERMS, event.id)
    if not (invoice and terms):
        return
    split = divide(terms, invoice, event.amount, record.mark.closed_at)
    for part in Split.__struct_fields__:
        yield part, getattr(event, part), getattr(split, part)
    paid = min(terms.face, invoice.paid + event.amount - split.late)
    yield "paid", event.paid, paid
    yield "outstanding", event.outstanding, terms.face - paid


@_of(events.PaymentSettled)
def _settled(memory: Memory, _: Record, event: events.PaymentSettled) -> Iterator[Claim]:
    if invoice := memory.find(INVOICE, event.id):
        yield "paid", event.paid, invoice.paid
        yield "late", event.late, invoice.late_paid


@_of(events.InvoiceWrittenOff)
def _written_off(memory: Memory, _: Record, event: events.InvoiceWrittenOff) -> Iterator[Claim]:
    if invoice := memory.find(INVOICE, event.id):
        yield "shortfall", event.shortfall, invoice.par_sold - invoice.investors


@_of(events.ShareTransferred)
def _transferred(memory: Memory, _: Record, event: events.ShareTransferred) -> Iterator[Claim]:
    moved = 0 if event.from_ == event.to else event.amount
    yield "from_shares", event.from_shares, _shares(memory, event.id, event.from_) - moved
    yield "to_shares", event.to_shares, _shares(memory, event.id, event.to) + moved


@_of(events.ShareBurned)
def _burned(memory: Memory, _: Record, event: events.ShareBurned) -> Iterator[Claim]:
    yield "from_shares", event.from_shares, _shares(memory, event.id, event.from_) - event.amount


@_of(events.PositionRecovered)
def _recovered(memory: Memory, _: Record, event: events.PositionRecovered) -> Iterator[Claim]:
    yield "shares", event.shares, _shares(memory, event.id, event.from_)


@_of(events.PoolOpened)
def _opened(memory: Memory, _: Record, event: events.PoolOpened) -> Iterator[Claim]:
    if invoice := memory.find(INVOICE, event.id):
        yield "par_sold", event.par_sold, invoice.par_sold


@_of(events.DistributionRecorded)
def _distributed(memory: Memory, _: Record, event: events.DistributionRecorded) -> Iterator[Claim]:
    if pool := memory.find(POOL, event.id):
        split = Split(event.late, event.fee, event.investors, event.seller)
        yield "index", event.index, index_after(pool, split)


@_of(events.Payout)
def _paid_out(memory: Memory, _: Record, event: events.Payout) -> Iterator[Claim]:
    pool = memory.find(POOL, event.id)
    position = memory.find(POSITION, event.id, event.holder)
    if pool:
        yield "claimed", event.claimed, pool.claimed + event.amount
        yield "amount", event.amount, claimable(position, pool.index) if position else 0


@_of(events.ResidualClaimed)
def _residual(memory: Memory, _: Record, event: events.ResidualClaimed) -> Iterator[Claim]:
    if pool := memory.find(POOL, event.id):
        yield "amount", event.amount, pool.seller - pool.seller_claimed

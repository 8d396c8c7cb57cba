"""Invoices: the terms fixed at creation, and the state that events change.

The late charge is the contract's: day k ends at due_at + k * 86,400 and is charged late_bps of
what investors are still owed at that instant; a payment at that very second comes after.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from contracts.events import (
    DisputeOpened,
    DisputeResolved,
    EscrowFunded,
    FundingClosed,
    FundingExpired,
    FundsReleased,
    InvoiceAcknowledged,
    InvoiceApproved,
    InvoiceCancelled,
    InvoiceCreated,
    InvoiceDefaulted,
    InvoicePublished,
    InvoiceRejected,
    InvoiceWrittenOff,
    PayeeChanged,
    PaymentRecorded,
    PaymentSettled,
    PositionRecovered,
    ShareBurned,
    StakeRefunded,
)
from contracts.wire import Address
from projections.details import by_id, of_party
from projections.lifecycle import BASIS, DAY, OWING, Status
from projections.model import Big, Model, Read, Record, Row, View

__all__ = [
    "INVOICE",
    "TERMS",
    "Invoice",
    "Status",
    "Terms",
    "amount_due",
    "by_id",
    "late_charge",
    "of_party",
]

_UNLISTED = (Status.REFUNDING, Status.REFUNDED, Status.CANCELLED)
_ENDS_DISPUTE = (*_UNLISTED, Status.SETTLED, Status.WRITTEN_OFF)


class Terms(Row, frozen=True, array_like=True):
    """What was agreed; never changes. Amounts in base units, rates in basis points, times in s.

    `late_bps` is a day; `grace`, `release_delay`, `recovery` and `dispute_limit` are durations.
    """

    invoice: bytes
    position: int
    created_at: int
    seller: Address
    debtor: Address | None
    asset: Address
    token: Address
    natural: bytes
    doc_hash: bytes
    attempt: int
    face: int
    target: int
    par: int
    min_raise: int
    fee_bps: int
    late_bps: int
    late_cap_bps: int
    due_at: int
    deadline: int
    grace: int
    release_delay: int
    needs_ack: bool
    recovery: int
    dispute_limit: int
    ticket: Big


class Invoice(Row, frozen=True, array_like=True):
    """State of an invoice. Amounts in base units of its asset, times Unix seconds.

    `listed`: it holds its natural key against other listings. `supply`: shares alive. `paid`: face
    paid so far, `investors` their part of it (late charges excluded), `late_paid` the charge paid;
    `late_num` is the charge so far times 10^4, counted through `late_days` days after due_at.
    `disputed_until` 0: no dispute. `seq`: newest number of its events in the escrow, `missed`: how
    many numbers before it never came.
    """

    invoice: bytes
    status: Status
    asset: Address
    payee: Address
    listed: bool
    seq: int
    missed: int
    raised: int = 0
    refunded: int = 0
    supply: int = 0
    par_sold: int = 0
    paid: int = 0
    investors: int = 0
    late_paid: int = 0
    late_num: Big = 0
    late_days: int = 0
    shortfall: int = 0
    disputed_until: int = 0
    seller_disputed: bool = False
    debtor_disputed: bool = False
    verifier: Address | None = None
    approved_at: int | None = None
    acknowledged_at: int | None = None
    published_at: int | None = None
    funded_at: int | None = None
    release_at: int | None = None
    released_at: int | None = None
    defaulted_at: int | None = None
    ended_at: int | None = None
    written_off_at: int | None = None


TERMS = Model("terms", Terms, key=("invoice",), version=1, append_only=True)
INVOICE = Model("invoice", Invoice, key=("invoice",), version=2)


def late_charge(terms: Terms, invoice: Invoice, at: int) -> tuple[int, int]:
    """Late charge times 10^4 and days counted at `at`: whole days since due_at, up to the cap."""
    if invoice.status not in (Status.ACTIVE, Status.DEFAULTED):
        return invoice.late_num, invoice.late_days
    days = max((at - terms.due_at) // DAY, invoice.late_days)
    owed = invoice.par_sold - invoice.investors
    grown = invoice.late_num + (days - invoice.late_days) * terms.late_bps * owed
    return min(grown, invoice.par_sold * terms.late_cap_bps), days


def amount_due(terms: Terms, invoice: Invoice, at: int) -> int:
    """What the debtor owes at `at`: outstanding face and the late charge owed by then."""
    if invoice.status not in OWING:
        return 0
    late_num, _ = late_charge(terms, invoice, at)
    return terms.face - invoice.paid + late_num // BASIS - invoice.late_paid


@TERMS.on(InvoiceCreated, reads=lambda event: (TERMS.at(event.id),))
def _agreed(view: View, record: Record, event: InvoiceCreated) -> Iterable[Terms]:
    if view.find(TERMS, event.id):
        return
    yield Terms(
        invoice=event.id,
        position=record.position,
        created_at=record.mark.closed_at,
        seller=event.seller,
        debtor=event.debtor,
        asset=event.asset,
        token=event.token,
        natural=event.natural,
        doc_hash=event.doc_hash,
        attempt=event.attempt,
        face=event.face,
        target=event.target,
        par=event.par,
        min_raise=event.min_raise,
        fee_bps=event.fee_bps,
        late_bps=event.late_bps,
        late_cap_bps=event.late_cap_bps,
        due_at=event.due_at,
        deadline=event.deadline,
        grace=event.grace,
        release_delay=event.release_delay,
        needs_ack=event.needs_ack,
        recovery=event.recovery,
        dispute_limit=event.dispute_limit,
        ticket=event.ticket,
    )


@INVOICE.on(InvoiceCreated, reads=lambda event: (INVOICE.at(event.id),))
def _created(view: View, _: Record, event: InvoiceCreated) -> Iterable[Invoice]:
    if view.find(INVOICE, event.id) is None:
        yield Invoice(
            invoice=event.id,
            status=Status.CREATED,
            asset=event.asset,
            payee=event.seller,
            listed=False,
            seq=event.seq,
            missed=event.seq - 1,
        )


def _itself(event: Any) -> Iterable[Read]:
    return (INVOICE.at(event.id),)


def _with_terms(event: Any) -> Iterable[Read]:
    return INVOICE.at(event.id), TERMS.at(event.id)


def _changed(view: View, event: Any, **changes: Any) -> Iterable[Invoice]:
    """The invoice with `changes`, its sequence counted; nothing if its creation is missing."""
    before = view.find(INVOICE, event.id)
    if before is None:
        return
    missed = before.missed + event.seq - before.seq - 1
    yield msgspec.structs.replace(before, seq=event.seq, missed=missed, **changes)


def _entering(status: Status, at: int) -> dict[str, Any]:
    """What else changes when an invoice takes `status` at `at`."""
    changes: dict[str, Any] = {"status": status}
    if status in _ENDS_DISPUTE:
        changes["disputed_until"] = 0
    if status in _UNLISTED:
        changes["listed"] = False
    if status in (Status.SETTLED, Status.WRITTEN_OFF, Status.REFUNDED, Status.CANCELLED):
        changes["ended_at"] = at
    if status is Status.DEFAULTED:
        changes["defaulted_at"] = at
    if status is Status.WRITTEN_OFF:
        changes["written_off_at"] = at
    return changes


@INVOICE.on(InvoiceApproved, reads=_itself)
def _approved(view: View, record: Record, event: InvoiceApproved) -> Iterable[Invoice]:
    at = record.mark.closed_at
    return _changed(view, event, listed=True, verifier=event.verifier, approved_at=at)


@INVOICE.on(InvoiceRejected, reads=_itself)
def _rejected(view: View, record: Record, event: InvoiceRejected) -> Iterable[Invoice]:
    return _changed(view, event, **_entering(Status.CANCELLED, record.mark.closed_at))


@INVOICE.on(InvoicePublished, reads=_itself)
def _published(view: View, record: Record, event: InvoicePublished) -> Iterable[Invoice]:
    return _changed(view, event, status=Status.OPEN, published_at=record.mark.closed_at)


@INVOICE.on(InvoiceAcknowledged, reads=_itself)
def _acknowledged(view: View, record: Record, event: InvoiceAcknowledged) -> Iterable[Invoice]:
    return _changed(view, event, acknowledged_at=record.mark.closed_at)


@INVOICE.on(EscrowFunded, reads=_itself)
def _funded(view: View, _: Record, event: EscrowFunded) -> Iterable[Invoice]:
    return _changed(view, event, raised=event.raised, supply=event.raised)


@INVOICE.on(FundingClosed, reads=_itself)
def _closed(view: View, record: Record, event: FundingClosed) -> Iterable[Invoice]:
    return _changed(
        view,
        event,
        status=Status.FUNDED,
        raised=event.raised,
        par_sold=event.par_sold,
        release_at=event.release_at,
        funded_at=record.mark.closed_at,
    )


@INVOICE.on(FundingExpired, reads=_itself)
def _expired(view: View, record: Record, event: FundingExpired) -> Iterable[Invoice]:
    return _changed(view, event, **_entering(Status(event.status), record.mark.closed_at))


@INVOICE.on(InvoiceCancelled, reads=_itself)
def _cancelled(view: View, record: Record, event: InvoiceCancelled) -> Iterable[Invoice]:
    return _changed(view, event, **_entering(Status(event.status), record.mark.closed_at))


@INVOICE.on(StakeRefunded, reads=_itself)
def _refunded(view: View, record: Record, event: StakeRefunded) -> Iterable[Invoice]:
    before = view.find(INVOICE, event.id)
    if before is None:
        return ()
    at = record.mark.closed_at
    changes = _entering(Status.REFUNDED, at) if event.remaining == 0 else {}
    return _changed(
        view,
        event,
        refunded=before.refunded + event.amount,
        supply=before.supply - event.amount,
        **changes,
    )


@INVOICE.on(FundsReleased, reads=_itself)
def _released(view: View, record: Record, event: FundsReleased) -> Iterable[Invoice]:
    return _changed(view, event, status=Status.ACTIVE, released_at=record.mark.closed_at)


@INVOICE.on(PaymentRecorded, reads=_with_terms)
def _paid(view: View, record: Record, event: PaymentRecorded) -> Iterable[Invoice]:
    before, terms = view.find(INVOICE, event.id), view.find(TERMS, event.id)
    if before is None or terms is None:
        return ()
    late_num, late_days = late_charge(terms, before, record.mark.closed_at)
    return _changed(
        view,
        event,
        paid=event.paid,
        investors=before.investors + event.investors,
        late_paid=before.late_paid + event.late,
        late_num=late_num,
        late_days=late_days,
    )


@INVOICE.on(PaymentSettled, reads=_itself)
def _settled(view: View, record: Record, event: PaymentSettled) -> Iterable[Invoice]:
    return _changed(view, event, **_entering(Status.SETTLED, record.mark.closed_at))


@INVOICE.on(InvoiceDefaulted, reads=_itself)
def _defaulted(view: View, record: Record, event: InvoiceDefaulted) -> Iterable[Invoice]:
    return _changed(view, event, **_entering(Status.DEFAULTED, record.mark.closed_at))


@INVOICE.on(InvoiceWrittenOff, reads=_with_terms)
def _written_off(view: View, record: Record, event: InvoiceWrittenOff) -> Iterable[Invoice]:
    """Ends the late charge: it is counted up to now and stands still from here."""
    before, terms = view.find(INVOICE, event.id), view.find(TERMS, event.id)
    if before is None or terms is None:
        return ()
    at = record.mark.closed_at
    late_num, late_days = late_charge(terms, before, at)
    return _changed(
        view,
        event,
        shortfall=event.shortfall,
        late_num=late_num,
        late_days=late_days,
        **_entering(Status.WRITTEN_OFF, at),
    )


@INVOICE.on(DisputeOpened, reads=_with_terms)
def _disputed(view: View, _: Record, event: DisputeOpened) -> Iterable[Invoice]:
    terms = view.find(TERMS, event.id)
    used = {}
    if terms and event.by == terms.seller:
        used["seller_disputed"] = True
    elif terms and event.by == terms.debtor:
        used["debtor_disputed"] = True
    return _changed(view, event, disputed_until=event.until, **used)


@INVOICE.on(DisputeResolved, reads=_itself)
def _resolved(view: View, record: Record, event: DisputeResolved) -> Iterable[Invoice]:
    before = view.find(INVOICE, event.id)
    status = Status(event.status)
    changed = before is not None and before.status is not status
    entering = _entering(status, record.mark.closed_at) if changed else {}
    return _changed(view, event, **{**entering, "disputed_until": 0})


@INVOICE.on(ShareBurned, reads=_itself)
def _burned(view: View, _: Record, event: ShareBurned) -> Iterable[Invoice]:
    if before := view.find(INVOICE, event.id):
        yield msgspec.structs.replace(before, supply=before.supply - event.amount)


@INVOICE.on(PositionRecovered, reads=_itself)
def _recovered(view: View, _: Record, event: PositionRecovered) -> Iterable[Invoice]:
    return _changed(view, event)


@INVOICE.on(PayeeChanged, reads=_itself)
def _payee_changed(view: View, _: Record, event: PayeeChanged) -> Iterable[Invoice]:
    return _changed(view, event, payee=event.to)

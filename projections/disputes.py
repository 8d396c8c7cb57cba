"""Disputes: each opening and each ruling is a fact; whether one is open stands on the invoice."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from contracts.events import DisputeOpened, DisputeResolved
from contracts.wire import Address
from projections.lifecycle import Status
from projections.model import Model, Record, Row, View
from projections.query import (
    Query,
    address,
    hexadecimal,
    json_list,
    json_object,
    ledger,
    name,
    single,
)


class Step(enum.IntEnum):
    """What happened: the number is stored, the name in lower case is shown."""

    OPENED = 0
    RESOLVED = 1


class Dispute(Row, frozen=True, array_like=True):
    """A step of a dispute.

    An opening has `by`, `reason_hash` and `until` (Unix seconds: then it ends by itself); a ruling
    has `outcome` (0 resume, 1 void) and the invoice's `status` after it.
    """

    position: int
    event_index: int
    step: Step
    invoice: bytes
    by: Address | None
    reason_hash: bytes | None
    until: int | None
    outcome: int | None
    status: int | None
    closed_at: int


DISPUTE = Model("dispute", Dispute, key=("position", "event_index"), version=1, append_only=True)


@DISPUTE.on(DisputeOpened)
def _opened(_: View, record: Record, event: DisputeOpened) -> Iterable[Dispute]:
    yield Dispute(
        position=record.position,
        event_index=record.index,
        step=Step.OPENED,
        invoice=event.id,
        by=event.by,
        reason_hash=event.reason_hash,
        until=event.until,
        outcome=None,
        status=None,
        closed_at=record.mark.closed_at,
    )


@DISPUTE.on(DisputeResolved)
def _resolved(_: View, record: Record, event: DisputeResolved) -> Iterable[Dispute]:
    yield Dispute(
        position=record.position,
        event_index=record.index,
        step=Step.RESOLVED,
        invoice=event.id,
        by=None,
        reason_hash=None,
        until=None,
        outcome=event.outcome,
        status=event.status,
        closed_at=record.mark.closed_at,
    )


_ITEM = json_object(
    ledger=ledger("d.position"),
    time="d.closed_at",
    step=name(Step, "d.step"),
    by=address("d.by"),
    reason_hash=hexadecimal("d.reason_hash"),
    until="d.until",
    outcome="(ARRAY['resume', 'void'])[d.outcome + 1]",
    status=name(Status, "d.status"),
)

_ITEMS = f"""
    SELECT {_ITEM} AS item FROM read.dispute AS d WHERE d.invoice = i.invoice
    ORDER BY d.position, d.event_index
"""  # noqa: S608

_OF_INVOICE = single(f"""
    SELECT {json_object(id=hexadecimal("i.invoice"), items=json_list(_ITEMS))}
    FROM read.invoice AS i WHERE i.invoice = %(id)s
""")  # noqa: S608


def of_invoice(invoice: bytes) -> Query:
    """Steps of an invoice's disputes, oldest first; null for an unknown id."""
    return Query(_OF_INVOICE, {"id": invoice})

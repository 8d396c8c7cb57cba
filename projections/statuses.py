"""How many invoices stand in each status, kept while folding so that nobody has to count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from contracts import events
from contracts.wire import Event
from projections.invoices import INVOICE, Invoice
from projections.lifecycle import Status
from projections.model import Model, Record, Row, View


class StatusTotal(Row, frozen=True, array_like=True):
    """Number of invoices now in `status`."""

    status: Status
    invoices: int = 0


STATUS_TOTAL = Model("status_total", StatusTotal, key=("status",), version=1, resident=True)


def _moved(view: View, record: Record, event: Any) -> Iterable[StatusTotal]:
    """What the invoice's own fold does to its status, counted."""
    before = view.find(INVOICE, event.id)
    for after in INVOICE.rules[type(event)].fold(view, record, event):
        if isinstance(after, Invoice) and (before is None or before.status is not after.status):
            if before is not None:
                yield _add(view, before.status, -1)
            yield _add(view, after.status, 1)


def _add(view: View, status: Status, number: int) -> StatusTotal:
    total = view.find(STATUS_TOTAL, status) or StatusTotal(status)
    return msgspec.structs.replace(total, invoices=total.invoices + number)


_KEEP_STATUS: frozenset[type[Event]] = frozenset(
    (
        events.DisputeOpened,
        events.EscrowFunded,
        events.InvoiceAcknowledged,
        events.InvoiceApproved,
        events.PayeeChanged,
        events.PaymentRecorded,
        events.PositionRecovered,
        events.ShareBurned,
    )
)
"""They leave an invoice in the status that it has."""


def _follow(kinds: Iterable[type[Event]]) -> None:
    for kind in kinds:
        STATUS_TOTAL.on(kind, reads=INVOICE.rules[kind].reads)(_moved)


_follow(kind for kind in INVOICE.rules if kind not in _KEEP_STATUS)

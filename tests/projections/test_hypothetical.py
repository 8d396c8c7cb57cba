"""What would happen is what the contracts did in every payment and claim of the histories."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from contracts import events
from contracts.wire import Event
from projections.hypothetical import Future, NotPossibleError
from projections.invoices import INVOICE, Status
from projections.memory import Memory
from projections.model import Record
from tests.projections import story
from tests.projections.support import DAY, History, Step


def _repeated(memory: Memory, records: list[Record]) -> Future:
    """What the hypothetical makes of the act that told these events."""
    told = [record.event for record in records]
    future = Future(memory, records[-1].mark)
    event = told[-1] if not isinstance(told[-1], events.PaymentSettled) else told[-2]
    match event:
        case events.PaymentRecorded():
            future.pay(event.id, event.amount, event.payer)
        case events.InvoiceDefaulted():
            future.default(event.id)
        case events.InvoiceWrittenOff():
            future.write_off(event.id)
        case events.Payout() if len(told) == 1:
            future.claim(event.id, event.holder)
    return future


def _comparable(event: Event) -> Event:
    """Where it was sent and by which bank reference is the sender's to say."""
    if isinstance(event, events.PaymentRecorded):
        return msgspec.structs.replace(event, reference=None)
    if isinstance(event, events.Payout):
        return msgspec.structs.replace(event, to=None)
    return event


def test_the_contracts_would_do_the_same(corpus: Path) -> None:
    compared = sum(_compared(file) for file in sorted((corpus / "histories").glob("*.jsonl")))
    assert compared > 100


def _compared(file: Path) -> int:
    """Repeats the acts of a history: events must be the same, and what holders could claim."""
    memory = Memory()
    compared = 0
    for step in History(file).steps():
        if step.records:
            future = _repeated(memory, step.records)
            repeated = [record.event for record in future.records]
            told = [_comparable(record.event) for record in step.records]
            assert repeated in ([], told), f"{file.name} step {step.number}"
            compared += _same_views(future, step) if repeated else 0
        memory.apply(step.records)
    return compared


def _same_views(future: Future, step: Step) -> int:
    """How many of the contract's `calculate_distribution` after the act were as expected."""
    compared = 0
    for view in step.views:
        if view["fn"] == "calculate_distribution":
            invoice, holder = view["args"]["id"], view["args"]["holder"]
            assert Future(future.memory, future.mark).claim(invoice, holder) == view["result"]
            compared += 1
    return compared


def test_the_models_it_starts_from_stay_as_they_are() -> None:
    chain = story.told(2)
    memory = Memory(chain.records)
    future = Future(memory, chain.mark)
    future.wait_until(story.DUE).pay(story.INVOICE, future.due(story.INVOICE))
    assert future.memory.get(INVOICE, story.INVOICE).status is Status.SETTLED
    assert memory.get(INVOICE, story.INVOICE).status is Status.ACTIVE


def test_the_impossible_is_refused() -> None:
    chain = story.told(2)
    future = Future(Memory(chain.records), chain.mark)
    with pytest.raises(NotPossibleError, match="no invoice"):
        future.pay(bytes(32), 1)
    with pytest.raises(NotPossibleError, match="no payment of 0 while active"):
        future.pay(story.INVOICE, 0)
    with pytest.raises(NotPossibleError, match="no payment of 1 while open"):
        future.pay(story.REFUNDED, 1)
    with pytest.raises(NotPossibleError, match="grace has ended"):
        future.wait_until(story.DUE + 5 * DAY - 1).default(story.INVOICE)
    future.wait_until(story.DUE + 5 * DAY).default(story.INVOICE)
    with pytest.raises(NotPossibleError, match="recovery has ended"):
        future.wait_until(story.DUE + 95 * DAY - 1).write_off(story.INVOICE)
    future.wait_until(story.DUE + 95 * DAY).write_off(story.INVOICE)
    with pytest.raises(NotPossibleError, match="the time reached"):
        future.wait_until(story.DUE)

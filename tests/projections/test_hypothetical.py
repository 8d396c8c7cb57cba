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
from tests.projections.support import DAY, History


def _repeated(memory: Memory, before: list[Record], told: list[Event]) -> list[Event]:
    """What the hypothetical makes of the act that told these events."""
    future = Future(memory, before[-1].mark)
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
    return [record.event for record in future.records]


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
    """How many acts of a history were repeated, each with the events that it really had."""
    memory = Memory()
    compared = 0
    for step in History(file).steps():
        told = [record.event for record in step.records]
        repeated = _repeated(memory, step.records, told) if told else []
        if repeated:
            assert repeated == list(map(_comparable, told)), f"{file.name} step {step.number}"
            compared += 1
        memory.apply(step.records)
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

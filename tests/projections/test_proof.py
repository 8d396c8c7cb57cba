"""What proofs rest on: laws that real events keep, figures that need their own events alone."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from contracts.wire import Address
from projections.invoices import TERMS
from projections.memory import Memory
from projections.model import Mark, Record
from projections.positions import POSITION
from projections.proof.bundle import Figure, Subject
from projections.proof.derivation import derive
from projections.proof.figures import figures
from projections.proof.laws import _LAWS, contradictions
from tests.projections import story
from tests.projections.business import Business
from tests.projections.support import DAY, Chain, History, event_types


def _contradictions(records: Sequence[Record]) -> list[str]:
    memory = Memory()
    found = []
    for record in records:
        found += contradictions(memory, record)
        memory.apply((record,))
    return found


@pytest.mark.parametrize("number", range(12))
def test_the_contracts_own_events_keep_every_law(corpus: Path, number: int) -> None:
    history = History(corpus / "histories" / f"{number:02}.jsonl")
    records = list(itertools.chain.from_iterable(step.records for step in history.steps()))
    assert _contradictions(records) == []
    subject = Subject("platform")
    derivation = derive(subject, records[-1].mark, records)
    assert not any(step.contradictions for step in derivation.steps)
    _require_own_figures(derivation.memory, records)


def test_the_story_worked_by_hand_keeps_every_law() -> None:
    records = story.told().records
    assert _contradictions(records) == []
    told = {type(record.event) for record in records}
    assert len(told & _LAWS.keys()) >= 8
    assert _LAWS.keys() <= event_types()


def _require_own_figures(whole: Memory, records: Sequence[Record]) -> None:
    """Of each invoice and one position of it: the same from its events as from everybody's."""
    mark = Mark(records[-1].mark.ledger + 5, records[-1].mark.closed_at + 40 * DAY)
    for terms in whole.all(TERMS):
        own = [one for one in records if getattr(one.event, "id", None) == terms.invoice]
        holders = [row.holder for row in whole.all(POSITION) if row.invoice == terms.invoice]
        for subject in _subjects(terms.invoice, holders[:1]):
            alone = derive(subject, mark, own)
            assert alone.figures == figures(subject, whole, mark)
            assert len({figure.name for figure in alone.figures}) == len(alone.figures)


def _subjects(invoice: bytes, holders: list[Address]) -> list[Subject]:
    return [
        Subject("invoice", invoice.hex()),
        *(Subject("position", invoice.hex(), holder) for holder in holders),
    ]


def test_figures_depend_on_their_own_events_alone() -> None:
    chance = random.Random(5)
    chain = Chain()
    business = Business(chain)
    for _ in range(60):
        chain.close(chain.mark.closed_at + chance.randrange(3 * DAY))
        numbers = [chance.randrange(10**10) for _ in range(4)]
        business.act(*numbers)
    _require_own_figures(Memory(chain.records), chain.records)


def _named(found: list[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in found}


def test_figures_of_the_story_are_those_worked_by_hand() -> None:
    """Twenty days late, the second payment in, the last one not: see the table in `story`."""
    chain = story.told(5)
    mark = Mark(chain.mark.ledger + 1, story.DUE + 20 * DAY)
    own = [one for one in chain.records if getattr(one.event, "id", None) == story.INVOICE]
    invoice = _named(derive(Subject("invoice", story.INVOICE.hex()), mark, own).figures)
    assert invoice["outstanding"].value == str(100_000_000_000 - 39_667_000_000)
    assert invoice["late_owed"].value == "285631700"
    assert invoice["amount_due"].value == str(60_333_000_000 + 285_631_700)
    assert invoice["held_by_escrow"].value == "0"
    assert invoice["late_owed"].inputs["days"] == "20"
    subject = Subject("position", story.INVOICE.hex(), story.BOB)
    position = _named(derive(subject, mark, own).figures)
    claimable = 30_000_000_000 * story.INDEXES[1] // 10**18
    assert position["claimable"].value == str(claimable)
    assert position["net"].value == str(-30_000_000_000)
    assert position["M05.position/moic"].null_reason is None


def test_a_derivation_tells_what_each_event_changed() -> None:
    chain = story.told(4)
    own = [one for one in chain.records if getattr(one.event, "id", None) == story.INVOICE]
    subject = Subject("position", story.INVOICE.hex(), story.ANN)
    steps = derive(subject, chain.mark, own).steps
    changed = {
        (step.record.event.NAME, change.model, field.field): (field.before, field.after)
        for step in steps
        for change in step.changes
        for field in change.fields
    }
    assert changed["payout", "position", "received"] == ("0", "13066666666")
    assert changed["escrow_funded", "position", "shares"] == (None, "40000000000")
    holders = {
        change.key["holder"]
        for step in steps
        for change in step.changes
        if change.model == "position"
    }
    assert holders == {story.ANN}

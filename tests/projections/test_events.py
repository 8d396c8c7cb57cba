"""The table of events and read models in the documentation: complete, and true of what happens."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

from contracts.wire import Event
from projections.document import PAGE, changed_by, written
from projections.memory import Memory
from projections.model import Record
from projections.timeline import TOKEN_EVENTS
from tests.projections import story
from tests.projections.support import History, event_types


def _observed(stories: Iterable[Iterable[Record]]) -> dict[type[Event], set[str]]:
    """What the kinds of events really changed: a row that is new, or another than before."""
    changed: dict[type[Event], set[str]] = {}
    for records in stories:
        memory = Memory()
        for record in records:
            changes = memory.fold(record)
            names = {model.name for model, before, after in changes if before != after}
            changed.setdefault(type(record.event), set()).update(names)
    return changed


def test_the_page_is_written_from_the_declarations() -> None:
    page = PAGE.read_text()
    assert written(page) == page, "run `make docs`"
    events = page.partition("\n| event | of |")[2]
    for kind in event_types():
        assert events.count(f"\n| `{kind.NAME}` | ") == 1


def test_every_event_of_the_contracts_changes_what_the_table_says(corpus: Path) -> None:
    """Twelve histories of the contracts hold every kind of event: no change more, none less."""
    histories = (History(corpus / "histories" / f"{number:02}.jsonl") for number in range(12))
    observed = _observed(
        itertools.chain.from_iterable(step.records for step in history.steps())
        for history in histories
    )
    assert observed.keys() == event_types() - TOKEN_EVENTS
    assert observed == {kind: set(changed_by(kind)) for kind in observed}


def test_the_story_changes_nothing_that_the_table_does_not_say() -> None:
    observed = _observed([story.told().records])
    assert len(observed) >= 20
    for kind, changed in observed.items():
        assert changed <= set(changed_by(kind)), kind

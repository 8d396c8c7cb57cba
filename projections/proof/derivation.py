"""From events to numbers, step by step: what each event changed, and what it all comes to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from projections.differences import RowChange, row_change
from projections.digest import following, start
from projections.memory import Memory
from projections.model import Key, Mark, Model, Record, Row
from projections.proof.bundle import Figure, Subject
from projections.proof.figures import figures
from projections.proof.laws import contradictions
from projections.registry import MODELS
from projections.statuses import STATUS_TOTAL
from projections.timeline import ACTIVITY

_TELL_NOTHING = (ACTIVITY, STATUS_TOTAL)
"""They repeat what others say: nobody wants to see them change at each event."""


class Step(msgspec.Struct, frozen=True):
    """One event and what it changed; `contradictions` are what cannot follow from those before."""

    record: Record
    changes: list[RowChange]
    contradictions: list[str]


class Derivation(msgspec.Struct, frozen=True):
    """The steps, the figures they lead to, and the digest (hex) of all state after them."""

    steps: list[Step]
    figures: list[Figure]
    state: str
    memory: Memory


def derive(subject: Subject, mark: Mark, records: Sequence[Record]) -> Derivation:
    """Folds `records`, which are all about the subject up to `mark`, in order.

    `state` is the combined digest of the read models, so that of the platform's events is the one
    in the database. Raises LookupError where they know no such subject, and what a fold raises.
    """
    memory, state = Memory(), _State()
    steps = []
    for record in records:
        state.reach(record.mark.ledger)
        against = contradictions(memory, record)
        changes = memory.fold(record)
        state.note(changes)
        steps.append(Step(record, _shown(subject, changes), against))
    return Derivation(steps, figures(subject, memory, mark), state.digest(), memory)


class _State:
    """The digest chains of all models, continued at the end of each ledger."""

    def __init__(self) -> None:
        self._heads = {model: start(model) for model in MODELS}
        self._ledger = -1
        self._before: dict[Model[Any], dict[Key, Row | None]] = {}
        self._after: dict[Model[Any], dict[Key, Row]] = {}

    def reach(self, ledger: int) -> None:
        """Ends the ledger before, if `ledger` is another."""
        if ledger != self._ledger:
            self._close()
            self._ledger = ledger

    def note(self, changes: Iterable[tuple[Model[Any], Row | None, Row]]) -> None:
        """Takes what an event of the ledger changed."""
        for model, before, after in changes:
            key = model.key_of(after)
            self._before.setdefault(model, {}).setdefault(key, before)
            self._after.setdefault(model, {})[key] = after

    def digest(self) -> str:
        """SHA-256 over the chains in the order of their models' names, hex."""
        self._close()
        heads = sorted(self._heads.items(), key=lambda item: item[0].name)
        return hashlib.sha256(b"".join(head for _, head in heads)).hexdigest()

    def _close(self) -> None:
        for model, rows in self._after.items():
            before = self._before[model]
            changed = [row for key, row in sorted(rows.items()) if row != before[key]]
            if changed:
                self._heads[model] = following(self._heads[model], changed)
        self._before.clear()
        self._after.clear()


def _shown(
    subject: Subject, changes: Iterable[tuple[Model[Any], Row | None, Row]]
) -> list[RowChange]:
    shown = []
    for model, before, after in changes:
        if before != after and model not in _TELL_NOTHING:
            change = row_change(model, before, after)
            if subject.holder is None or change.key.get("holder") in (None, subject.holder):
                shown.append(change)
    return shown

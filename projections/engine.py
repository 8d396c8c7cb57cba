"""Folds events into the read models: loads the rows a batch touches, folds, writes them back.

`Engine.fold` makes a change and `Change.write` writes it, in the caller's transaction, so that raw
events, read models and cursor commit together. The next change may be made meanwhile. The same
folds serve live (a batch is one ledger), backfill (thousands) and rebuild (another schema); rows,
history and digests do not depend on how batches are cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import psycopg

from contracts.wire import Event
from projections.change import Change, StaleEngineError
from projections.digest import Digests, VersionError
from projections.model import Mark, Model, Read, Record, Row, Rule, View
from projections.registry import MODELS
from projections.storage import Shelf, Storage
from projections.tables import SCHEMA

__all__ = [
    "Change",
    "Engine",
    "FoldError",
    "Mark",
    "OrderError",
    "Record",
    "StaleEngineError",
    "VersionError",
]

_Plan: TypeAlias = tuple[tuple[Model[Any], Rule, Shelf], ...]

CACHE_ROWS = 50_000
"""Rows of each model kept between batches, at most twice as many in flight."""


class OrderError(ValueError):
    """Records are not whole ledgers in order, after what is applied: nothing was written."""


class FoldError(RuntimeError):
    """A fold could not take an event; `record` is the event, the cause says why.

    Roll back, put the event in quarantine and apply the rest: folds go on without it.
    """

    def __init__(self, model: Model[Any], record: Record) -> None:
        name = type(record.event).__name__
        super().__init__(f"{model.name} cannot fold {name} at {record.position}-{record.index}")
        self.record = record


class Engine:
    """The one writer of the read models in `schema`.

    It keeps rows in memory between batches, so only one engine at a time may write a schema, and
    `forget` must be called when what `fold` or `apply` returned is not committed.
    """

    def __init__(self, schema: str = SCHEMA, *, cache_rows: int = CACHE_ROWS) -> None:
        self._storage = Storage(schema, MODELS, cache_rows)
        self._digests = Digests(schema, MODELS)
        self._plans = _plans(MODELS, self._storage)
        self._reads = {event: _reads(plan) for event, plan in self._plans.items()}
        self._applied: Mark | None = None
        self._connection: psycopg.Connection | None = None

    def apply(
        self, connection: psycopg.Connection, records: Sequence[Record], through: Mark
    ) -> None:
        """Folds `records` and writes what follows, in the caller's transaction; commits nothing.

        Raises as `fold` and `Change.write` do.
        """
        change = self.fold(connection, records, through)
        try:
            change.write(connection)
        except BaseException:
            self.forget()
            raise

    def fold(
        self, connection: psycopg.Connection, records: Sequence[Record], through: Mark
    ) -> Change:
        """What `records` change, and that everything up to `through` is applied.

        `records` are all events of the ledgers after the last mark up to `through`, in order: a
        ledger is never split over two calls. `connection` is only read from. It may be another than
        the one that writes, and the change before this one may still be on its way to the database:
        what it touches is in memory. Any change further back must be committed.

        Raises OrderError where the records are not in order, FoldError for an event that a fold
        refuses, psycopg.Error as it comes.
        """
        try:
            before = self._begin(connection)
            _check_order(before, records, through)
            self._load(connection, records)
            self._fold(records)
            steps = [*self._storage.take(connection), *self._digests.take()]
        except BaseException:
            self.forget()
            raise
        self._applied = through
        return Change(self._storage.applied, before, through, steps)

    def forget(self) -> None:
        """Drops everything kept in memory; the next `apply` reads it from the database."""
        self._storage.forget()
        self._digests.forget()
        self._applied = None
        self._connection = None

    def digest(self, connection: psycopg.Connection, at: int | None = None) -> bytes:
        """The stored digest over all models (32 bytes) as of ledger `at`, None for the newest."""
        return self._digests.combined(connection, at)

    def _begin(self, connection: psycopg.Connection) -> Mark:
        """The last mark; in a session not seen before everything is read anew."""
        if connection is self._connection and self._applied is not None:
            return self._applied
        self.forget()
        self._connection = connection
        self._applied = self._storage.begin(connection)
        self._digests.load(connection)
        return self._applied

    def _load(self, connection: psycopg.Connection, records: Sequence[Record]) -> None:
        want, at_hand = self._storage.want, self._storage.rows
        for record in records:
            event = record.event
            for reads in self._reads.get(type(event), ()):
                for model, key in reads(event):
                    if key not in at_hand[model]:  # nearly every one is
                        want(model, key)
        self._storage.load(connection)

    def _fold(self, records: Sequence[Record]) -> None:
        view = View(self._storage.rows)
        ledger = -1
        for record in records:
            if record.mark.ledger != ledger:
                self._close(ledger)
                ledger = record.mark.ledger
            self._fold_one(view, record)
        self._close(ledger)

    def _fold_one(self, view: View, record: Record) -> None:
        event = record.event
        results: list[tuple[Shelf, Row]] = []
        for model, rule, shelf in self._plans.get(type(event), ()):
            try:
                for row in rule.fold(view, record, event):
                    results.append((shelf, row))  # noqa: PERF401  # the fastest form for so few
            except Exception as error:
                raise FoldError(model, record) from error
        # Only now: every fold sees the state before the event.
        for shelf, row in results:
            shelf.put(row)

    def _close(self, ledger: int) -> None:
        """Ends a ledger: one version of each changed row goes to history and into the digest."""
        for model, versions in self._storage.close(ledger):
            self._digests.add(model, ledger, versions)


def _plans(models: Iterable[Model[Any]], storage: Storage) -> dict[type[Event], _Plan]:
    """For each kind of event the models that fold it."""
    plans: dict[type[Event], _Plan] = {}
    for model in models:
        for event, rule in model.rules.items():
            plans[event] = (*plans.get(event, ()), (model, rule, storage.shelf(model)))
    return plans


def _reads(plan: _Plan) -> tuple[Callable[[Any], Iterable[Read]], ...]:
    """What the folds of one kind of event declare; many declare the same, which is asked once."""
    return tuple(dict.fromkeys(rule.reads for _, rule, _ in plan))


def _check_order(applied: Mark, records: Sequence[Record], through: Mark) -> None:
    if through.ledger < applied.ledger:
        raise OrderError(f"ledger {through.ledger} is before {applied.ledger}, already applied")
    last = (((applied.ledger + 1) << 32) - 1, 0)
    for record in records:
        place = (record.position, record.index)
        if place <= last:
            raise OrderError(f"event {place} does not come after {last}, applied or before it")
        if record.position >> 32 != record.mark.ledger:
            raise OrderError(f"event {place} is not of its ledger {record.mark.ledger}")
        last = place
    if last[0] >> 32 > through.ledger:
        raise OrderError(f"event {last} is after the mark at ledger {through.ledger}")

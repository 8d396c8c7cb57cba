"""A batch is folded while PostgreSQL writes the one before it: for the writer and for rebuilds.

Folds run in the caller's thread, and what they change is written in another. Errors of either come
out of `submit` or `settle`; after one the engine begins again from the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeAlias, cast

import psycopg

from indexer.decode import Decoded, Quarantined, set_aside
from projections.engine import Change, Engine, FoldError
from projections.model import Mark

Write: TypeAlias = Callable[[Change, list[Quarantined]], None]
"""Makes a change durable, with what went to quarantine."""


class Folding:
    """Folds and writes side by side, never more than one batch apart; a context manager.

    The folds read through `reading`. If it is the session that writes, each of its reads waits for
    the write under way; a session of its own never does, but sees nothing that is not committed:
    then every write has to commit. `fold_seconds` is what the newest fold took.
    """

    def __init__(
        self, engine: Engine, reading: psycopg.Connection, *, reading_writes: bool = False
    ) -> None:
        self._engine = engine
        turns = cast("psycopg.Connection", _Turns(reading, self.settle))
        self._reading = turns if reading_writes else reading
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._write: Future[None] | None = None
        self.fold_seconds = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the thread; a write under way comes to its end first."""
        self._writing.shutdown()

    def submit(self, decoded: Decoded, through: Mark, write: Write) -> list[Quarantined]:
        """Fold up to `through` and begin to write; returns what goes to quarantine.

        Waits for the write of the batch before, and raises what that one raised.
        """
        began = time.perf_counter()
        change, quarantined = self._fold(decoded, through)
        self.fold_seconds = time.perf_counter() - began
        self.settle()
        self._write = self._writing.submit(write, change, quarantined)
        return quarantined

    def settle(self) -> None:
        """Wait for the write under way, if there is one; raises what it raised."""
        if self._write is not None:
            write, self._write = self._write, None
            try:
                write.result()
            except BaseException:
                self._engine.forget()
                raise

    @property
    def writing(self) -> bool:
        """Whether a write is under way."""
        return self._write is not None and not self._write.done()

    def _fold(self, decoded: Decoded, through: Mark) -> tuple[Change, list[Quarantined]]:
        while True:
            try:
                change = self._engine.fold(self._reading, decoded.records, through)
            except FoldError as error:
                # The engine begins again from the database, which must know all that is folded.
                self.settle()
                decoded = set_aside(decoded, error)
            else:
                return change, decoded.quarantined


class _Turns:
    """A session that is asked only when nothing is being written through it."""

    def __init__(self, connection: psycopg.Connection, settle: Callable[[], None]) -> None:
        self._connection = connection
        self._settle = settle

    def execute(self, *statement: Any) -> psycopg.Cursor[Any]:
        self._settle()
        return self._connection.execute(*statement)

"""What a batch does to the read models, ready to be written: made by an engine, applied once."""

from __future__ import annotations

import msgspec
import psycopg
from psycopg import sql

from projections.model import Mark


class StaleEngineError(RuntimeError):
    """Somebody else applied ledgers meanwhile: forget and read the cursor again."""


class Step(msgspec.Struct, frozen=True):
    """A statement; `lines` are for one that copies from standard input."""

    statement: sql.Composed
    lines: bytes | str | None = None


class Change(msgspec.Struct, frozen=True):
    """Steps that bring the read models in `applied` from mark `before` to mark `through`."""

    applied: sql.Identifier
    before: Mark
    through: Mark
    steps: list[Step]

    def write(self, connection: psycopg.Connection) -> None:
        """Takes all steps inside the caller's transaction.

        The mark comes first: it locks, so that a second writer waits there and then gives up.
        Raises StaleEngineError if the read models are not at `before`, psycopg.Error as it comes.
        """
        self._move_mark(connection)
        for step in self.steps:
            if step.lines is None:
                connection.execute(step.statement)
            else:
                with connection.cursor() as cursor, cursor.copy(step.statement) as copy:
                    copy.write(step.lines)

    def _move_mark(self, connection: psycopg.Connection) -> None:
        statement = sql.SQL("UPDATE {} SET ledger = %s, closed_at = %s WHERE ledger = %s")
        values = (self.through.ledger, self.through.closed_at, self.before.ledger)
        if connection.execute(statement.format(self.applied), values).rowcount != 1:
            raise StaleEngineError(
                f"the read models are not at ledger {self.before.ledger} any more:"
                " another writer is at work"
            )

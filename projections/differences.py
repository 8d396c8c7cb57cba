"""What is different in rows: after an event, or between two ledgers."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
import psycopg

from projections import history, remembering
from projections.model import Key, Mark, Model, Row
from projections.registry import MODELS

PLATFORM: Final = tuple(model for model in MODELS if model.resident)
"""What is the platform's as a whole: few rows."""

MOST_ROWS: Final = 500
MOST_INVOICES: Final = 100

_EVENTS: Final = """
SELECT name, count(*) FROM read.activity
WHERE position >= ((%(first)s::bigint + 1) << 32) AND position < ((%(last)s::bigint + 1) << 32)
  AND (%(invoice)s::bytea IS NULL OR invoice = %(invoice)s) GROUP BY name ORDER BY name
"""
_INVOICES: Final = """
SELECT encode(invoice, 'hex'), count(*) FROM read.activity
WHERE position >= ((%(first)s::bigint + 1) << 32) AND position < ((%(last)s::bigint + 1) << 32)
  AND invoice IS NOT NULL GROUP BY invoice ORDER BY count(*) DESC, invoice LIMIT %(most)s
"""


class FieldChange(msgspec.Struct, frozen=True):
    """A field of a row; `before` is None where the row is new."""

    field: str
    before: str | None
    after: str


class RowChange(msgspec.Struct, frozen=True):
    """What changed in one row: `key` as the row has it."""

    model: str
    key: dict[str, str]
    fields: list[FieldChange]


class Comparison(msgspec.Struct, frozen=True):
    """What is different between two ledgers about an invoice, or the platform as a whole.

    `events` happened after the first up to the second, by name; `changes` are of rows that differ,
    at most MOST_ROWS of them, `left_out` how many more there are. `invoices` are those with the
    most events in between, with their number; empty where one was asked about.
    """

    first: Mark
    last: Mark
    events: dict[str, int]
    changes: list[RowChange]
    left_out: int
    invoices: dict[str, int]


def between(
    connection: psycopg.Connection, first: int, last: int, invoice: bytes | None = None
) -> Comparison | None:
    """Compare the ends of two ledgers, `first` not after `last`; None for an unknown invoice.

    The connection must not be in a transaction. Raises `history.NotFoldedError` and
    `history.BeforeFirstError`.
    """
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        begin, end = (
            history.require_begun(connection, history.mark_at(connection, ledger))
            for ledger in (first, last)
        )
        before, after = (_rows(connection, invoice, ledger) for ledger in (first, last))
        values = {"first": first, "last": last, "invoice": invoice, "most": MOST_INVOICES}
        events: dict[str, int] = dict(connection.execute(_EVENTS, values).fetchall())
        invoices: dict[str, int] = (
            {} if invoice else dict(connection.execute(_INVOICES, values).fetchall())
        )
    if invoice and not any(after.values()):
        return None
    changes = list(_changes(before, after))
    left_out = max(0, len(changes) - MOST_ROWS)
    return Comparison(begin, end, events, changes[:MOST_ROWS], left_out, invoices)


Rows = dict[Model[Any], dict[Key, Row]]


def _rows(connection: psycopg.Connection, invoice: bytes | None, at: int) -> Rows:
    if invoice is not None:
        memory = remembering.rows_of_invoice(connection, invoice, at=at)
        return {model: dict(memory.rows[model]) for model in remembering.ABOUT_INVOICE}
    return {
        model: {model.key_of(row): row for row in history.rows(connection, model, at=at)}
        for model in PLATFORM
    }


def _changes(before: Rows, after: Rows) -> Iterator[RowChange]:
    for model, rows in after.items():
        for key, row in sorted(rows.items(), key=lambda item: item[0]):
            was = before[model].get(key)
            if was != row:
                yield row_change(model, was, row)


def row_change(model: Model[Any], before: Row | None, after: Row) -> RowChange:
    """The fields that are others in `after`, all but the key's where there was no row."""
    key = dict(zip(model.key, map(text, model.key_of(after)), strict=True))
    return RowChange(model.name, key, list(_fields(model.key, before, after)))


def _fields(key: Iterable[str], before: Row | None, after: Row) -> Iterator[FieldChange]:
    was = None if before is None else msgspec.structs.asdict(before)
    for name, value in msgspec.structs.asdict(after).items():
        if name not in key and (was is None or was[name] != value):
            yield FieldChange(name, None if was is None else text(was[name]), text(value))


def text(value: Any) -> str:
    """A field's value for people: bytes in hex, a status by its name, "-" for none."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, enum.IntEnum):
        return value.name.lower()
    return "-" if value is None else str(value)

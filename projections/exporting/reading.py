"""The rows of a dataset as lines of CSV, as PostgreSQL's COPY gives them: one line, one row.

Nulls are empty, texts are quoted where they must be, no text holds a line break: all are names,
addresses and hexadecimal digits. Lines come one at a time; nothing grows with their number.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator, Sequence

import polars as pl
import psycopg
from psycopg import sql

from projections.engine import Engine
from projections.exporting.dataset import Dataset, Stamp, stamp
from projections.exporting.past import Past
from projections.model import Mark
from projections.views.view import Column, Type

_WORK_MEMORY = "64MB"
"""For PostgreSQL's sorting of an export: without it a million rows go over the disk."""


class NotReadYetError(ValueError):
    """The ledger asked for cannot be answered for; the message says why."""


def mark(connection: psycopg.Connection, ledger: int | None) -> Mark:
    """A ledger with its time (as `analytics.ledger` has it), the newest that is read for None.

    Raises NotReadYetError.
    """
    with connection.transaction():
        if ledger is None:
            found = connection.execute("SELECT ledger FROM read.applied").fetchone()
            ledger = found[0] if found else 0
        _look_back(connection, ledger)
        statement = "SELECT ledger, extract(epoch FROM closed_at)::bigint FROM analytics.ledger"
        try:
            row = connection.execute(statement).fetchone()
        except psycopg.errors.InvalidParameterValue as error:
            raise NotReadYetError(error.diag.message_primary) from error
    return Mark(*row) if row else Mark(ledger, 0)


def stamped(
    connection: psycopg.Connection, dataset: Dataset, at: Mark, party: str | None = None
) -> Stamp:
    """What rows of the dataset as of `at` are of; `party`: only those about this address."""
    if party is not None and dataset.party is None:
        raise ValueError(f"{dataset.name} is not about single addresses")
    return stamp(dataset, at, Engine().digest(connection, at.ledger), party)


def count(
    connection: psycopg.Connection, dataset: Dataset, of: Stamp, most: int | None = None
) -> int | None:
    """How many rows there are, where that is known before they are worked out; up to `most`."""
    if dataset.view is None:
        return None
    with _past(connection, of.ledger):
        statement = sql.SQL(
            "SELECT count(*) FROM (SELECT FROM analytics.{} WHERE {} LIMIT {}) AS counted"
        ).format(sql.Identifier(dataset.name), _of_party(dataset, of), sql.Literal(most))
        row = connection.execute(statement).fetchone()
    return row[0] if row else None


def lines(
    connection: psycopg.Connection, dataset: Dataset, of: Stamp, after: bytes | None = None
) -> Iterator[bytes]:
    """The rows in key order, each with its line break; those after the row `after`, if given.

    The connection must not be in a transaction; it is in one until the last line was taken.
    """
    if dataset.compute is not None:
        yield from _computed(connection, dataset, of)
        return
    keys = [column for name in dataset.key for column in dataset.columns if column.name == name]
    parts = {
        "columns": sql.SQL(", ").join(map(_written, dataset.columns)),
        "view": sql.Identifier(dataset.name),
        "party": _of_party(dataset, of),
        "later": _later(dataset, keys, after),
        "keys": sql.SQL(", ").join(map(_sorted, keys)),
    }
    statement = sql.SQL(
        "COPY (SELECT {columns} FROM analytics.{view} WHERE {party} AND {later} ORDER BY {keys})"
        " TO STDOUT (FORMAT csv)"
    ).format(**parts)
    with (
        _past(connection, of.ledger),
        connection.cursor() as cursor,
        cursor.copy(statement) as copied,
    ):
        for line in copied:
            yield bytes(line)


def _computed(connection: psycopg.Connection, dataset: Dataset, of: Stamp) -> Iterator[bytes]:
    assert dataset.compute  # noqa: S101  # the caller looked
    frame = dataset.compute(Past(connection, Mark(of.ledger, of.closed_at)))
    if of.party is not None and dataset.party is not None:
        frame = frame.filter(pl.col(dataset.party).cast(pl.String) == of.party)
    for part in frame.iter_slices(10_000):
        yield from io.BytesIO(part.write_csv(include_header=False).encode())


@contextlib.contextmanager
def _past(connection: psycopg.Connection, ledger: int) -> Iterator[None]:
    """A snapshot in which the views show a ledger, with time enough and memory for sorts."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        _look_back(connection, ledger)
        yield


def _look_back(connection: psycopg.Connection, ledger: int) -> None:
    connection.execute(
        "SELECT set_config('analytics.as_of', %s, true), set_config('work_mem', %s, true),"
        " set_config('timezone', 'UTC', true)",
        (str(ledger), _WORK_MEMORY),
    )


def _of_party(dataset: Dataset, of: Stamp) -> sql.Composable:
    if of.party is None or dataset.party is None:
        return sql.SQL("true")
    return sql.SQL("{} = {}").format(sql.Identifier(dataset.party), sql.Literal(of.party))


def _later(dataset: Dataset, keys: Sequence[Column], after: bytes | None) -> sql.Composable:
    """That a row's key comes after that of a line."""
    if after is None:
        return sql.SQL("true")
    values = next(csv.reader([after.decode()]))
    named = dict(zip((column.name for column in dataset.columns), values, strict=True))
    return sql.SQL("({}) > ({})").format(
        sql.SQL(", ").join(map(_sorted, keys)),
        sql.SQL(", ").join(
            sql.SQL("{}::" + column.type.sql).format(sql.Literal(named[column.name]))
            for column in keys
        ),
    )


def _sorted(column: Column) -> sql.Composed:
    """A part of the key in an order that is the same in every database."""
    name = sql.Identifier(column.name)
    return (
        sql.SQL('{} COLLATE "C"').format(name) if column.type is Type.TEXT else sql.Composed([name])
    )


def _written(column: Column) -> sql.Composed:
    """Flags as words, which every reader of CSV knows."""
    form = "{}::text" if column.type is Type.FLAG else "{}"
    return sql.SQL(form).format(sql.Identifier(column.name))

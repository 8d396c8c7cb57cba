"""Read models as polars frames: from the database as of a ledger, or from folds in memory.

Ids and hashes are lower-case hex, addresses strkeys, both as categories. Integers are 64 bits wide
where the database has them so, and 128 bits where it has numeric.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

from projections.asof import source
from projections.columns import Column, Kind, columns_of
from projections.model import Mark, Model, Row

NAMES = pl.Categorical()
"""Addresses and ids: text, of which each is kept once, so that joins compare numbers."""

_TYPES: dict[Kind, pl.DataType] = {
    Kind.ADDRESS: NAMES,
    Kind.BYTES: NAMES,
    Kind.INTEGER: pl.Int64(),
    Kind.WIDE: pl.Int128(),
    Kind.SMALL: pl.Int16(),
    Kind.BOOLEAN: pl.Boolean(),
    Kind.TEXT: pl.String(),
}

_TRAVELS: dict[Kind, pl.DataType] = {Kind.ADDRESS: pl.Int32(), Kind.BOOLEAN: pl.Int16()}
"""How the database gives what is not text of its own type: ids, and booleans as numbers."""


def schema(model: Model[Any]) -> dict[str, pl.DataType]:
    """The columns of a model's frame."""
    return {column.name: _TYPES[column.kind] for column in columns_of(model)}


def of_rows(model: Model[Any], rows: Iterable[Row]) -> pl.DataFrame:
    """A frame of rows in memory."""
    listed = list(rows)
    return pl.DataFrame(
        {
            column.name: pl.Series(
                map(_writer(column), (getattr(row, column.name) for row in listed)),
                dtype=_TYPES[column.kind],
            )
            for column in columns_of(model)
        }
    )


def _writer(column: Column) -> Callable[[Any], Any]:
    if column.kind is Kind.BYTES:
        return lambda value: None if value is None else value.hex()
    if column.kind is Kind.SMALL:
        return lambda value: None if value is None else int(value)
    return lambda value: value


def applied(connection: psycopg.Connection, schema_name: str) -> Mark:
    """The newest ledger that is folded. Raises LookupError in a schema that is not migrated."""
    statement = sql.SQL("SELECT ledger, closed_at FROM {}").format(
        sql.Identifier(schema_name, "applied")
    )
    found = connection.execute(statement).fetchone()
    if found is None:
        raise LookupError("the schema has no mark: run `stellarsettle migrate`")
    return Mark(*found)


def addresses(connection: psycopg.Connection, schema_name: str) -> pl.DataFrame:
    """The dictionary of addresses: `id`, `address`."""
    statement = sql.SQL("SELECT id, address FROM {}").format(sql.Identifier(schema_name, "address"))
    return _copy(connection, statement, {"id": pl.Int32(), "address": NAMES})


def stored(
    connection: psycopg.Connection,
    model: Model[Any],
    names: pl.DataFrame,
    *,
    at: int | None,
    schema_name: str,
) -> pl.DataFrame:
    """A frame of a model's rows as of the end of ledger `at`, None for the newest.

    `names` is from `addresses`.
    """
    columns = columns_of(model)
    read = {column.name: _TRAVELS.get(column.kind, _TYPES[column.kind]) for column in columns}
    frame = _copy(connection, _statement(model, columns, at, schema_name), read)
    for column in columns:
        if column.kind is Kind.ADDRESS:
            frame = frame.with_columns(
                frame.select(pl.col(column.name).alias("id"))
                .join(names, on="id", how="left", maintain_order="left")
                .get_column("address")
                .alias(column.name)
            )
    booleans = [column.name for column in columns if column.kind is Kind.BOOLEAN]
    return frame.with_columns(pl.col(booleans).cast(pl.Boolean))


def _statement(
    model: Model[Any], columns: Sequence[Column], at: int | None, schema_name: str
) -> sql.Composed:
    return sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(map(_read, columns)), source(schema_name, model.name, at)
    )


def _read(column: Column) -> sql.Composed:
    name = sql.Identifier(column.name)
    if column.kind is Kind.BYTES:
        return sql.SQL("encode({name}, 'hex')").format(name=name)
    if column.kind is Kind.BOOLEAN:
        return sql.SQL("{name}::int").format(name=name)
    return sql.SQL("{name}").format(name=name)


def _copy(
    connection: psycopg.Connection, statement: sql.Composed, read: dict[str, pl.DataType]
) -> pl.DataFrame:
    """What a statement gives, by COPY: no value passes through Python one by one."""
    taken = io.BytesIO()
    wrapped = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(statement)
    with connection.cursor() as cursor, cursor.copy(wrapped) as copy:
        for chunk in copy:
            taken.write(chunk)
    if not taken.tell():
        return pl.DataFrame(schema=read)
    taken.seek(0)
    return pl.read_csv(taken, has_header=False, schema=read)

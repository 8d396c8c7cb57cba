"""Rows of a few invoices from the database into memory, for what is hypothetical."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from contracts.wire import Address
from projections.asof import source
from projections.codec import Codec
from projections.history import mark_at
from projections.invoices import INVOICE, TERMS
from projections.memory import Memory
from projections.model import Mark, Model
from projections.pools import POOL
from projections.positions import POSITION
from projections.tables import SCHEMA

_DEAL: tuple[Model[Any], ...] = (TERMS, INVOICE, POOL)

ABOUT_INVOICE: tuple[Model[Any], ...] = (*_DEAL, POSITION)
"""The rows that make up the state of an invoice."""

_OF_INVOICE: LiteralString = "invoice = %(invoice)s"
_OF_HOLDER: LiteralString = """invoice IN (
    SELECT p.invoice FROM {position} AS p WHERE p.holder = (
        SELECT a.id FROM {address} AS a WHERE a.address = %(holder)s))"""
_ITSELF: LiteralString = "holder = (SELECT a.id FROM {address} AS a WHERE a.address = %(holder)s)"


def of_invoice(
    connection: psycopg.Connection, invoice: bytes, *, at: int | None = None, schema: str = SCHEMA
) -> tuple[Memory, Mark]:
    """An invoice's terms, state and pool, and the ledger that they hold for.

    Empty for an unknown id. `at`: as of the end of this ledger, None: as they are. The connection
    must not be in a transaction. Raises `history.NotFoldedError`.
    """
    wanted = [(model, _OF_INVOICE) for model in _DEAL]
    with _snapshot(connection):
        mark = mark_at(connection, at, schema=schema)
        return _read(connection, wanted, {"invoice": invoice}, at, schema), mark


def rows_of_invoice(
    connection: psycopg.Connection, invoice: bytes, *, at: int | None = None, schema: str = SCHEMA
) -> Memory:
    """An invoice's state with all its positions, in the caller's transaction."""
    wanted = [(model, _OF_INVOICE) for model in ABOUT_INVOICE]
    return _read(connection, wanted, {"invoice": invoice}, at, schema)


def of_holder(
    connection: psycopg.Connection, holder: Address, *, at: int | None = None, schema: str = SCHEMA
) -> tuple[Memory, Mark]:
    """An address's positions with their invoices, and the ledger that they hold for.

    `at` and the rest are as for `of_invoice`.
    """
    wanted = [*((model, _OF_HOLDER) for model in _DEAL), (POSITION, _ITSELF)]
    with _snapshot(connection):
        mark = mark_at(connection, at, schema=schema)
        return _read(connection, wanted, {"holder": holder}, at, schema), mark


@contextlib.contextmanager
def _snapshot(connection: psycopg.Connection) -> Iterator[None]:
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _read(
    connection: psycopg.Connection,
    wanted: Sequence[tuple[Model[Any], LiteralString]],
    values: dict[str, Any],
    at: int | None,
    schema: str,
) -> Memory:
    """Rows of each model under its condition."""
    tables = {name: sql.Identifier(schema, name) for name in ("address", POSITION.name)}
    memory = Memory()
    for model, condition in wanted:
        codec = Codec(model)
        names = sql.SQL(", ").join(sql.Identifier(column.name) for column in codec.columns)
        statement = sql.SQL("SELECT {} FROM {} WHERE ").format(
            names, source(schema, model.name, at)
        ) + sql.SQL(condition).format(**tables)
        records = connection.execute(statement, values).fetchall()
        known = _addresses(connection, codec.numbers(records), tables["address"])
        rows = (codec.row(record, known) for record in records)
        memory.rows[model] = {model.key_of(row): row for row in rows}
    return memory


def _addresses(
    connection: psycopg.Connection, numbers: set[int], table: sql.Identifier
) -> dict[int, Address]:
    statement = sql.SQL("SELECT id, address FROM {} WHERE id = ANY(%s)").format(table)
    found = connection.execute(statement, (list(numbers),))
    return {number: Address(address) for number, address in found}

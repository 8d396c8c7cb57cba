"""Rows of a few invoices from the database into memory, for what is hypothetical."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from contracts.wire import Address
from projections.codec import Codec
from projections.invoices import INVOICE, TERMS
from projections.memory import Memory
from projections.model import Mark, Model
from projections.pools import POOL
from projections.positions import POSITION
from projections.tables import SCHEMA

_DEAL: tuple[Model[Any], ...] = (TERMS, INVOICE, POOL)

_OF_INVOICE: LiteralString = "invoice = %(invoice)s"
_OF_HOLDER: LiteralString = """invoice IN (
    SELECT p.invoice FROM {position} AS p WHERE p.holder = (
        SELECT a.id FROM {address} AS a WHERE a.address = %(holder)s))"""
_ITSELF: LiteralString = "holder = (SELECT a.id FROM {address} AS a WHERE a.address = %(holder)s)"


def of_invoice(
    connection: psycopg.Connection, invoice: bytes, *, schema: str = SCHEMA
) -> tuple[Memory, Mark]:
    """An invoice's terms, state and pool, and the ledger they hold for; empty for an unknown id.

    The connection must not be in a transaction.
    """
    wanted = [(model, _OF_INVOICE) for model in _DEAL]
    return _read(connection, wanted, {"invoice": invoice}, schema)


def of_holder(
    connection: psycopg.Connection, holder: Address, *, schema: str = SCHEMA
) -> tuple[Memory, Mark]:
    """An address's positions with their invoices, and the ledger they hold for.

    The connection must not be in a transaction.
    """
    wanted = [*((model, _OF_HOLDER) for model in _DEAL), (POSITION, _ITSELF)]
    return _read(connection, wanted, {"holder": holder}, schema)


def _read(
    connection: psycopg.Connection,
    wanted: Sequence[tuple[Model[Any], LiteralString]],
    values: dict[str, Any],
    schema: str,
) -> tuple[Memory, Mark]:
    """Rows of each model under its condition, all from one snapshot."""
    tables = {name: sql.Identifier(schema, name) for name in ("applied", "address", POSITION.name)}
    memory = Memory()
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        select = sql.SQL("SELECT ledger, closed_at FROM {applied}").format(**tables)
        mark = Mark(*connection.execute(select).fetchall()[0])
        for model, condition in wanted:
            codec = Codec(model)
            names = sql.SQL(", ").join(sql.Identifier(column.name) for column in codec.columns)
            statement = sql.SQL("SELECT {} FROM {} WHERE ").format(
                names, sql.Identifier(schema, model.name)
            ) + sql.SQL(condition).format(**tables)
            records = connection.execute(statement, values).fetchall()
            known = _addresses(connection, codec.numbers(records), tables["address"])
            rows = (codec.row(record, known) for record in records)
            memory.rows[model] = {model.key_of(row): row for row in rows}
    return memory, mark


def _addresses(
    connection: psycopg.Connection, numbers: set[int], table: sql.Identifier
) -> dict[int, Address]:
    statement = sql.SQL("SELECT id, address FROM {} WHERE id = ANY(%s)").format(table)
    found = connection.execute(statement, (list(numbers),))
    return {number: Address(address) for number, address in found}

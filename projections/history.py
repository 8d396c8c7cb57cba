"""Rows as they are, or as they were after any ledger."""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import sql

from contracts.wire import Address
from projections.asof import source
from projections.codec import Codec
from projections.model import Mark, Model, RowT
from projections.tables import SCHEMA

FIRST: Final = "SELECT min(first) AS first FROM ledger.stretch"
"""The first ledger that was read, null before there is one."""


class NotFoldedError(ValueError):
    """The ledger asked for is after the newest that is folded."""

    def __init__(self, ledger: int, newest: int) -> None:
        super().__init__(f"ledger {ledger} is after {newest}, the newest that is folded")


class BeforeFirstError(ValueError):
    """The ledger asked for is before the first of which anything is known."""

    def __init__(self, ledger: int, first: int | None) -> None:
        known = "nothing is known of it" if first is None else f"{first} is the first that was read"
        super().__init__(f"ledger {ledger} is too early: {known}")


def require_begun(connection: psycopg.Connection, mark: Mark) -> Mark:
    """`mark` itself, if it is not before everything. Raises BeforeFirstError."""
    if not mark.closed_at:
        row = connection.execute(FIRST).fetchone()
        raise BeforeFirstError(mark.ledger, row[0] if row else None)
    return mark


def mark_at(connection: psycopg.Connection, at: int | None, *, schema: str = SCHEMA) -> Mark:
    """A ledger with the time that is "now" in it, None for the newest; see `asof`.

    Raises NotFoldedError.
    """
    applied = sql.Identifier(schema, "applied")
    select = sql.SQL("SELECT ledger, closed_at FROM {}")
    newest = Mark(*connection.execute(select.format(applied)).fetchall()[0])
    if at is None or at == newest.ledger:
        return newest
    if at > newest.ledger:
        raise NotFoldedError(at, newest.ledger)
    return Mark(*connection.execute(select.format(source(schema, "applied", at))).fetchall()[0])


def rows(
    connection: psycopg.Connection,
    model: Model[RowT],
    *,
    at: int | None = None,
    schema: str = SCHEMA,
) -> list[RowT]:
    """All rows of a model in key order, as of the end of ledger `at` (None: as they are)."""
    codec = Codec(model)
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in codec.columns)
    statement = sql.SQL("SELECT {} FROM {}").format(names, source(schema, model.name, at))
    found = connection.execute(statement)
    addresses = address_names(connection, schema)
    decoded = (codec.row(record, addresses) for record in found)
    return sorted(decoded, key=model.key_of)


def address_names(connection: psycopg.Connection, schema: str) -> dict[int, Address]:
    """The whole dictionary of addresses by their integers."""
    statement = sql.SQL("SELECT id, address FROM {}").format(sql.Identifier(schema, "address"))
    return {number: Address(address) for number, address in connection.execute(statement)}

"""Rows as they are, or as they were after any ledger."""

from __future__ import annotations

import psycopg
from psycopg import sql

from contracts.wire import Address
from projections.codec import Codec
from projections.model import Model, RowT
from projections.tables import SCHEMA, history_name


def rows(
    connection: psycopg.Connection,
    model: Model[RowT],
    *,
    at: int | None = None,
    schema: str = SCHEMA,
) -> list[RowT]:
    """All rows of a model in key order, as of the end of ledger `at` (None: as they are).

    Current rows come from the model's table, earlier ones from the newest version of each key at
    or before `at`; facts are those whose event is not after it.
    """
    codec = Codec(model)
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in codec.columns)
    keys = sql.SQL(", ").join(map(sql.Identifier, model.key))
    table = sql.Identifier(schema, model.name)
    if at is None:
        statement = sql.SQL("SELECT {names} FROM {table}").format(names=names, table=table)
        found = connection.execute(statement)
    elif model.append_only:
        statement = sql.SQL("SELECT {names} FROM {table} WHERE position < %s").format(
            names=names, table=table
        )
        found = connection.execute(statement, ((at + 1) << 32,))
    else:
        statement = sql.SQL(
            "SELECT DISTINCT ON ({keys}) {names} FROM {table} WHERE valid_from <= %s"
            " ORDER BY {keys}, valid_from DESC"
        ).format(names=names, keys=keys, table=sql.Identifier(schema, history_name(model)))
        found = connection.execute(statement, (at,))
    addresses = address_names(connection, schema)
    decoded = (codec.row(record, addresses) for record in found)
    return sorted(decoded, key=model.key_of)


def address_names(connection: psycopg.Connection, schema: str) -> dict[int, Address]:
    """The whole dictionary of addresses by their integers."""
    statement = sql.SQL("SELECT id, address FROM {}").format(sql.Identifier(schema, "address"))
    return {number: Address(address) for number, address in connection.execute(statement)}

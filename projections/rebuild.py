"""Read models beside the live ones: made, filled by an engine of their own, put in their place."""

from __future__ import annotations

import psycopg
import sqlalchemy
from psycopg import sql
from sqlalchemy.schema import CreateIndex, CreateTable

from projections.tables import SCHEMA, describe

_DIALECT = sqlalchemy.create_engine("postgresql+psycopg://").dialect
"""Only to write statements: this engine never connects."""

_READER = sql.Identifier("stellarsettle_api")


def prepare(connection: psycopg.Connection, schema: str) -> None:
    """Makes the empty tables in a new schema, for `Engine(schema)`.

    Needs the right to create in the database, as the indexer's role has. Raises
    psycopg.errors.DuplicateSchema if the schema is there already: drop it or go on with it.
    """
    with connection.transaction():
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for table in describe(schema).tables.values():
            connection.execute(str(CreateTable(table).compile(dialect=_DIALECT)).encode())
            for index in table.indexes:
                connection.execute(str(CreateIndex(index).compile(dialect=_DIALECT)).encode())
        first = sql.SQL("INSERT INTO {} (single, ledger, closed_at) VALUES (true, 0, 0)")
        connection.execute(first.format(sql.Identifier(schema, "applied")))


def drop(connection: psycopg.Connection, schema: str) -> None:
    """Removes the schema and all in it, if it is there. Refuses the live one."""
    if schema == SCHEMA:
        raise ValueError("the live read models are not dropped: build others beside and switch")
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def switch(connection: psycopg.Connection, schema: str) -> None:
    """Puts the read models in `schema` in the place of the live ones, which are dropped.

    Runs in the caller's transaction: readers see the one or the other, never neither. Engines of
    either schema must forget afterwards.
    """
    names = {
        "schema": sql.Identifier(schema),
        "live": sql.Identifier(SCHEMA),
        "former": sql.Identifier(f"{SCHEMA}_former"),
        "reader": _READER,
    }
    for statement in (
        "ALTER SCHEMA {live} RENAME TO {former}",
        "ALTER SCHEMA {schema} RENAME TO {live}",
        "GRANT USAGE ON SCHEMA {live} TO {reader}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA {live} TO {reader}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {live} GRANT SELECT ON TABLES TO {reader}",
        "DROP SCHEMA {former} CASCADE",
    ):
        connection.execute(sql.SQL(statement).format(**names))

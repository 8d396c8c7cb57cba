"""Read models beside the live ones: made, filled by an engine of their own, put in their place."""

from __future__ import annotations

import time
from typing import Final, LiteralString

import psycopg
import sqlalchemy
from psycopg import sql
from sqlalchemy.schema import CreateIndex, CreateTable

from projections import asof
from projections.asof import source
from projections.history import mark_at
from projections.model import Mark
from projections.registry import MODELS
from projections.tables import SCHEMA, describe, history_name
from projections.verification import findings
from projections.views import installing

_DIALECT = sqlalchemy.create_engine("postgresql+psycopg://").dialect
"""Only to write statements: this engine never connects."""

_READER = sql.Identifier("stellarsettle_api")
_FORMER: Final = f"{SCHEMA}_former"

PATIENCE_SECONDS: Final = 60.0
_ATTEMPT_MILLISECONDS: Final = 250
_PAUSE_SECONDS: Final = 0.1


class ReadersBusyError(RuntimeError):
    """The live read models were never free of readers: nothing was changed."""


class UnsoundError(RuntimeError):
    """The read models cannot be kept up to a ledger: they are not what their digests say."""

    def __init__(self, ledger: int, wrong: list[str]) -> None:
        super().__init__(
            f"the read models up to ledger {ledger} are not what their digests say"
            f" ({wrong[0]}): rebuild from the beginning"
        )


def prepare(connection: psycopg.Connection, schema: str) -> None:
    """Makes the empty tables in a new schema, for `Engine(schema)`; `complete` them when filled.

    Needs the right to create in the database, as the indexer's role has. Raises
    psycopg.errors.DuplicateSchema if the schema is there already: drop it or go on with it.
    """
    with connection.transaction():
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for table in describe(schema).tables.values():
            connection.execute(str(CreateTable(table).compile(dialect=_DIALECT)).encode())
        first = sql.SQL("INSERT INTO {} (single, ledger, closed_at) VALUES (true, 0, 0)")
        connection.execute(first.format(sql.Identifier(schema, "applied")))
        asof.create(connection, schema)


def carry_over(connection: psycopg.Connection, schema: str, before: int) -> Mark:
    """Copies what the live models were before ledger `before` into a prepared schema.

    Rows, histories, facts, digests and the dictionary of addresses; gives the mark reached, from
    which an `Engine(schema)` goes on. Runs in the caller's transaction. Raises
    `history.NotFoldedError` if the live models are not that far, and UnsoundError if what was
    copied is not what its digests say.
    """
    mark = mark_at(connection, before - 1)
    for model in MODELS:
        _copy(connection, schema, model.name, source(SCHEMA, model.name, mark.ledger))
        if not model.append_only:
            versions = sql.SQL("{} WHERE valid_from <= {}").format(
                sql.Identifier(SCHEMA, history_name(model)), sql.Literal(mark.ledger)
            )
            _copy(connection, schema, history_name(model), versions)
    digests = sql.SQL("{} WHERE ledger <= {}").format(
        sql.Identifier(SCHEMA, "digest"), sql.Literal(mark.ledger)
    )
    _copy(connection, schema, "digest", digests)
    _copy(connection, schema, "address", sql.Identifier(SCHEMA, "address"))
    moved = sql.SQL("UPDATE {} SET ledger = %s, closed_at = %s")
    connection.execute(
        moved.format(sql.Identifier(schema, "applied")), (mark.ledger, mark.closed_at)
    )
    if wrong := findings(connection, schema):
        raise UnsoundError(mark.ledger, wrong)
    return mark


def _copy(connection: psycopg.Connection, schema: str, table: str, rows: sql.Composable) -> None:
    """By name: migrations may have given the live columns another order."""
    described = describe(schema).tables[f"{schema}.{table}"]
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in described.columns)
    connection.execute(
        sql.SQL("INSERT INTO {} ({columns}) SELECT {columns} FROM {}").format(
            sql.Identifier(schema, table), rows, columns=columns
        )
    )


def drop(connection: psycopg.Connection, schema: str) -> None:
    """Removes the schema and all in it, if it is there. Refuses the live one."""
    if schema == SCHEMA:
        raise ValueError("the live read models are not dropped: build others beside and switch")
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def complete(connection: psycopg.Connection, schema: str) -> None:
    """Makes what only queries need: secondary indexes, faster built at once, and statistics."""
    for table in describe(schema).tables.values():
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(str(CreateIndex(index).compile(dialect=_DIALECT)).encode())
    for name in _tables(connection, schema):
        connection.execute(sql.SQL("ANALYZE {}").format(name))


def reserve(connection: psycopg.Connection) -> None:
    """Keeps vacuum off the live tables until the caller's transaction ends; disturbs no reader.

    First step of a switch: a vacuum under way ends now, not while readers wait for it.
    """
    _lock(connection, "SHARE UPDATE EXCLUSIVE")


def switch(connection: psycopg.Connection, schema: str, patience: float = PATIENCE_SECONDS) -> None:
    """Puts the completed read models in `schema` in the place of the live ones, which are dropped.

    Runs in the caller's transaction: readers see the one or the other, never neither and never a
    mixture. Engines of either schema must forget afterwards. Raises ReadersBusyError if the live
    tables were read without a pause for `patience` seconds, and
    psycopg.errors.DependentObjectsStillExist if something of others (a view) needs them.
    """
    _exclude_readers(connection, patience)
    names = {
        "schema": sql.Identifier(schema),
        "live": sql.Identifier(SCHEMA),
        "former": sql.Identifier(_FORMER),
        "reader": _READER,
    }
    for statement in (
        "ALTER SCHEMA {live} RENAME TO {former}",
        "ALTER SCHEMA {schema} RENAME TO {live}",
        "GRANT USAGE ON SCHEMA {live} TO {reader}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA {live} TO {reader}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {live} GRANT SELECT ON TABLES TO {reader}",
    ):
        connection.execute(sql.SQL(statement).format(**names))
    asof.create(connection, SCHEMA)
    installing.install(connection)
    # Without CASCADE: what others built upon these tables is theirs to drop. PostgreSQL takes the
    # files away when the transaction has ended and let go of its locks: nobody waits for that.
    for function in asof.functions(connection, _FORMER):
        connection.execute(sql.SQL("DROP FUNCTION {}").format(function))
    former = sql.SQL(", ").join(_tables(connection, _FORMER))
    connection.execute(sql.SQL("DROP TABLE {}").format(former))
    connection.execute(sql.SQL("DROP SCHEMA {former}").format(**names))


def _exclude_readers(connection: psycopg.Connection, patience: float) -> None:
    """Waits until nobody reads the live tables, and lets nobody begin.

    A reader that has one table and waits for the next while this has the next and waits for the
    one would be a deadlock, and the reader might pay for it. So this gives up long before
    PostgreSQL looks for deadlocks (`deadlock_timeout`, a second), lets readers pass, tries again.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL statement_timeout = {_ATTEMPT_MILLISECONDS}")
                _lock(connection, "ACCESS EXCLUSIVE")
                connection.execute("SET LOCAL statement_timeout TO DEFAULT")
        except psycopg.errors.QueryCanceled as error:
            if time.monotonic() > deadline:
                raise ReadersBusyError(
                    f"the read models were in use without a pause for {patience:.0f} seconds:"
                    " end long queries (see pg_stat_activity), then do this again"
                ) from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _lock(connection: psycopg.Connection, mode: LiteralString) -> None:
    tables = sql.SQL(", ").join(_tables(connection, SCHEMA))
    connection.execute(sql.SQL("LOCK TABLE {} IN {} MODE").format(tables, sql.SQL(mode)))


def _tables(connection: psycopg.Connection, schema: str) -> list[sql.Identifier]:
    """The tables that are there, whatever version made them."""
    found = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename", (schema,)
    )
    return [sql.Identifier(schema, name) for (name,) in found]

"""The raw ledger's tables are as described, and the API may only read them."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

import migrations
from indexer import tables


def test_the_migrated_database_is_the_described_one(database: str) -> None:
    ours = [change for change in migrations.differences(database) if "ledger" in repr(change)]
    assert ours == []


@pytest.mark.parametrize("table", sorted(tables.metadata.tables))
def test_the_api_reads_and_never_writes(database: str, table: str) -> None:
    with psycopg.connect(database, options="-c role=stellarsettle_api") as connection:
        name = sql.Identifier(*table.split("."))
        connection.execute(sql.SQL("SELECT * FROM {}").format(name))
        for statement in ("DELETE FROM {}", "TRUNCATE {}", "INSERT INTO {} DEFAULT VALUES"):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                connection.transaction(),
            ):
                connection.execute(sql.SQL(statement).format(name))


def test_the_indexer_owns_the_tables(database: str) -> None:
    with psycopg.connect(database) as connection:
        owners = connection.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'ledger'"
        ).fetchall()
    assert owners == [("stellarsettle_indexer",)]

"""The migrated database is what the rooms describe, and migrating is safe to repeat."""

from __future__ import annotations

import subprocess
import sys

import psycopg
import sqlalchemy

import migrations
from projections.columns import columns_of
from projections.model import Model
from projections.registry import MODELS
from projections.views import installing
from stellarsettle import postgres


def test_the_database_is_what_the_tables_describe(database: str) -> None:
    assert migrations.differences(database) == []


def test_a_difference_is_seen(database: str) -> None:
    """The comparison is no formality: a column more, a type else, an index less are reported."""
    with psycopg.connect(database) as owner:
        installing.remove(owner)  # a column that a view shows keeps its type
    for change in (
        "ALTER TABLE read.pool ADD COLUMN extra integer",
        "ALTER TABLE read.pool ALTER COLUMN late TYPE numeric",
        "ALTER TABLE read.pool ALTER COLUMN late DROP NOT NULL",
        "DROP INDEX read.position_by_holder_invoice",
    ):
        with psycopg.connect(database, autocommit=True) as owner:
            owner.execute(change)
        assert migrations.differences(database) != [], change


def test_migrating_again_changes_nothing(database: str) -> None:
    migrations.upgrade(database)
    migrations.upgrade(database)
    assert migrations.differences(database) == []


def test_databases_of_a_cluster_are_migrated_at_once(server: postgres.Server) -> None:
    """The roles are the cluster's: several processes that need them at once all succeed."""
    names = [f"at_once_{number}" for number in range(4)]
    urls = [server.create(name) for name in names]
    code = "import sys, migrations; migrations.upgrade(sys.argv[1])"
    started = [subprocess.Popen([sys.executable, "-c", code, url]) for url in (*urls, urls[0])]
    assert [process.wait(60) for process in started] == [0] * 5
    for name, url in zip(names, urls, strict=True):
        with psycopg.connect(url) as owner:
            assert owner.execute("SELECT ledger FROM read.applied").fetchone() == (0,)
        server.drop(name)


def test_the_indexers_role_owns_the_read_models(database: str) -> None:
    with psycopg.connect(database) as owner:
        owners = owner.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'read'"
        ).fetchall()
    assert owners == [("stellarsettle_indexer",)]


def test_every_field_of_every_row_has_a_column(database: str) -> None:
    engine = sqlalchemy.create_engine(database.replace("postgresql:", "postgresql+psycopg:"))
    inspector = sqlalchemy.inspect(engine)
    for model in MODELS:
        assert isinstance(model, Model)
        stored = [column["name"] for column in inspector.get_columns(model.name, schema="read")]
        assert stored == [column.name for column in columns_of(model)]
    engine.dispose()

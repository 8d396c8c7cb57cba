"""The database's history, applied by `stellarsettle migrate`.

Revisions are numbered in sequence. Nothing is configured outside this package: the connection
comes as a parameter, so that tests and the command line run the same code on any database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config

from projections import asof
from projections.tables import SCHEMA
from projections.views import installing

_one_at_a_time = threading.Lock()
"""Alembic keeps its context in globals: threads of one process take turns."""

_DATABASE_RIGHTS = """
DO $$ BEGIN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO stellarsettle_indexer', current_database());
END $$
"""
"""So that the indexer can rebuild in a schema of its own. The first revision grants it too, for
those after it; but neither copies nor dumps carry rights on the database itself."""

_ADVISORY_LOCK = 0x57E11A5E771E
"""Two processes that migrate the same database take turns too."""


def upgrade(url: str) -> None:
    """Brings the database at `url` (postgresql://...) to the newest revision; quiet, repeatable.

    All pending revisions run in one transaction: either all of them are applied or none. Raises
    sqlalchemy.exc.SQLAlchemyError where the database refuses (no connection, missing rights).
    """
    _run(url, lambda config: command.upgrade(config, "head"))


def differences(url: str) -> list[Any]:
    """What Alembic would change to make the database equal to the described tables; [] is equal."""
    from migrations import comparison  # noqa: PLC0415  # brings in every room's tables

    engine = _engine(url)
    try:
        with engine.connect() as connection:
            return comparison.differences(connection)
    finally:
        engine.dispose()


def _run(url: str, action: Callable[[Config], None]) -> None:
    engine = _engine(url)
    try:
        with _one_at_a_time, engine.begin() as connection:
            connection.execute(
                sqlalchemy.select(sqlalchemy.func.pg_advisory_xact_lock(_ADVISORY_LOCK))
            )
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            installing.remove(_driver(connection))
            action(config)
            connection.execute(sqlalchemy.text(_DATABASE_RIGHTS))
            _install(connection)
    finally:
        engine.dispose()


def _install(connection: sqlalchemy.Connection) -> None:
    """Makes what follows from the tables as they are now: functions of the past, analysts' views.

    Their owner is the tables'.
    """
    connection.exec_driver_sql("SET LOCAL ROLE stellarsettle_indexer")
    asof.create(_driver(connection), SCHEMA)
    installing.install(_driver(connection))
    connection.exec_driver_sql("RESET ROLE")


def _driver(connection: sqlalchemy.Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _engine(url: str) -> sqlalchemy.Engine:
    address = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
    return sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool)

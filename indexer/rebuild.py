"""The read models once more, from stored raw events alone: the proof that nothing else is in them.

The second build lives in temporary tables beside the live ones, is compared by digest, and is gone
with its session. It takes nothing from the network and nothing from `read`, and disturbs no reader.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Iterator
from typing import Final

import msgspec
import psycopg
from psycopg import sql

from indexer import stored
from indexer.collector import patient
from indexer.decode import Quarantined, decode_all
from indexer.folding import Folding
from indexer.sources.protocol import RawEvent
from indexer.writer import ROLE
from projections.engine import Change, Engine
from projections.model import Mark

SCHEMA: Final = "pg_temp"
"""Where the second build stands while it is compared: seen by its own session only."""

LOCK: Final = 0x5374_6C53_7262_6C64
"""Advisory lock of whoever builds the read models beside the live ones."""

_LIVE: Final = "read"
_BUFFERS: Final = "SET LOCAL temp_buffers = '128MB'"
"""Memory for temporary tables, taken as needed: the default of 8 MB sends them to disk early."""

_SECONDARY_INDEXES: Final = """
SELECT class.relname FROM pg_index
JOIN pg_class AS class ON class.oid = pg_index.indexrelid
WHERE class.relnamespace = pg_my_temp_schema() AND NOT pg_index.indisunique
"""


class NothingToRebuildError(Exception):
    """The database holds no ledger yet."""

    def __init__(self) -> None:
        super().__init__("nothing is indexed yet: run `stellarsettle index` first")


class RebuildBusyError(Exception):
    """Another rebuild of this database is under way."""

    def __init__(self) -> None:
        super().__init__("another rebuild of this database is under way: wait for it")


class Rebuilt(msgspec.Struct, frozen=True):
    """What a rebuild found, as of ledger `through`.

    `live` and `rebuilt` are digests (32 bytes); `quarantined` the events that could not be folded.
    """

    through: Mark
    events: int
    live: bytes
    rebuilt: bytes
    quarantined: list[Quarantined]

    @property
    def equal(self) -> bool:
        """Whether the read models are exactly what the raw events say."""
        return self.live == self.rebuilt


def rebuild(url: str, *, events_at_once: int = stored.EVENTS_AT_ONCE) -> Rebuilt:
    """Fold every stored event anew and compare digests; the live models are only read.

    Works beside a running indexer: both sides are compared at one ledger. Raises
    `NothingToRebuildError`, `RebuildBusyError`, and psycopg.Error as it comes.
    """
    with beside(url, events_at_once=events_at_once) as (_, rebuilt):
        return rebuilt


@contextlib.contextmanager
def beside(
    url: str, *, events_at_once: int = stored.EVENTS_AT_ONCE
) -> Iterator[tuple[psycopg.Connection, Rebuilt]]:
    """A rebuild that stays in `SCHEMA` until the context ends, to be looked into.

    The connection is in a transaction that sees one moment of the live models, and is rolled back.
    """
    with (
        patient(),
        psycopg.connect(url, options=f"-c role={ROLE}") as connection,
        psycopg.connect(url, autocommit=True, options=f"-c role={ROLE}") as reading,
    ):
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        locked = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,)).fetchone()
        if not locked or not locked[0]:
            raise RebuildBusyError
        through = stored.cursor(connection)
        if through is None:
            raise NothingToRebuildError
        _make_tables(connection)
        _drop_secondary_indexes(connection)
        try:
            yield connection, _fold_all(connection, reading, through, events_at_once)
        finally:
            connection.rollback()


def _make_tables(connection: psycopg.Connection) -> None:
    """The tables of `read`, empty, with their keys."""
    connection.execute(_BUFFERS)
    tables = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename", (_LIVE,)
    ).fetchall()
    for (name,) in tables:
        connection.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING ALL)").format(
                sql.Identifier(name), sql.Identifier(_LIVE, name)
            )
        )
    connection.execute(
        sql.SQL("INSERT INTO {} (single, ledger, closed_at) VALUES (true, 0, 0)").format(
            sql.Identifier(SCHEMA, "applied")
        )
    )


def _drop_secondary_indexes(connection: psycopg.Connection) -> None:
    """Only queries need them; keeping them up to date would only cost time here.

    `LIKE` takes all indexes or none, and the keys are indexes too.
    """
    indexes = connection.execute(_SECONDARY_INDEXES).fetchall()
    for (name,) in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(SCHEMA, name)))


def _fold_all(
    connection: psycopg.Connection,
    reading: psycopg.Connection,
    through: Mark,
    events_at_once: int,
) -> Rebuilt:
    engine = Engine(SCHEMA)
    live = Engine(_LIVE).digest(connection)
    quarantined: list[Quarantined] = []
    count = 0
    stretches = stored.whole_ledgers(reading, through, events_at_once)
    for events, set_aside in fold(connection, engine, stretches):
        count += events
        quarantined += set_aside
    return Rebuilt(through, count, live, engine.digest(connection), quarantined)


def fold(
    connection: psycopg.Connection,
    engine: Engine,
    stretches: Iterable[tuple[list[RawEvent], Mark]],
) -> Generator[tuple[int, list[Quarantined]]]:
    """Apply stretches of whole ledgers as the writer does; tells of each its number of events.

    What a fold refuses is set aside, the rest flows. Nothing else may use `connection` until the
    end, when everything is written; who stops before closes this, which waits for the write.
    """

    def write(change: Change, _: list[Quarantined]) -> None:
        with connection.transaction():
            change.write(connection)

    with Folding(engine, connection, reading_writes=True) as folding:
        for events, mark in stretches:
            yield len(events), folding.submit(decode_all(events), mark, write)
        folding.settle()

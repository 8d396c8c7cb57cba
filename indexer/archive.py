"""Old raw events moved out of the database into Parquet files, which rebuilds go on reading.

A partition of events becomes a file, is read back and compared with its rows by digest, and only
then leaves the database, in the transaction that notes the file. Killed anywhere, the same call
goes on: a file that is there already is compared like one just written. What stays: the read
models with their whole history, coverage, and every partition from the first one on in which an
event waits in quarantine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import arro3.io
import msgspec
import psycopg
from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from psycopg import sql

from indexer import stored
from indexer.archived import Archived, contents, file_digest
from indexer.partitions import Partition, existing
from indexer.rebuild import LOCK, RebuildBusyError
from indexer.sources.protocol import RawEvent
from indexer.writer import ROLE

PATIENCE_SECONDS: Final = 60.0
_ATTEMPT: Final = "SET LOCAL lock_timeout = '250ms'"
_PAUSE_SECONDS: Final = 0.1

_WAITING: Final = "SELECT count(*) FROM ledger.quarantine WHERE position >= %s AND position < %s"
_NOTE: Final = """
INSERT INTO ledger.archive (first, before, events, digest, sha256, folder, file)
VALUES (%(first)s, %(before)s, %(events)s, %(digest)s, %(sha256)s, %(folder)s, %(file)s)
"""
_SCHEMA: Final = (
    ("ledger", DataType.int64()),
    ("position", DataType.int64()),
    ("index", DataType.int32()),
    ("contract", DataType.utf8()),
    ("closed_at", DataType.int64()),
    ("tx_hash", DataType.binary()),
    ("body", DataType.binary()),
)
"""Columns of a file. `body` is ContractEventV0 XDR, `closed_at` Unix seconds."""


class ArchiveError(Exception):
    """Nothing was taken out of the database; the message says why."""


class Ended(msgspec.Struct, frozen=True):
    """What was moved now, and the ledger from which on events are in the database.

    `waiting`: events in quarantine that keep the partition of that ledger here.
    """

    moved: list[Archived]
    stays_from: int
    waiting: int


def archive(
    url: str,
    before: int,
    folder: Path,
    watch: Callable[[str, Partition], None] = lambda *_: None,
    patience: float = PATIENCE_SECONDS,
) -> Ended:
    """Move the partitions with ledgers before `before` alone into `folder`.

    `watch` is told each step ("written", "compared", "moved") with its partition. Raises
    ArchiveError, `indexer.rebuild.RebuildBusyError` while somebody reads all events, OSError and
    psycopg.Error as they come.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with psycopg.connect(url, autocommit=True, options=f"-c role={ROLE}") as connection:
        locked = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
        if not locked or not locked[0]:
            raise RebuildBusyError
        moved: list[Archived] = []
        stays_from = 0
        for partition in existing(connection):
            stays_from = partition.first
            if partition.before > _limit(connection, before):
                return Ended(moved, stays_from, 0)
            if waiting := _waiting(connection, partition):
                return Ended(moved, stays_from, waiting)
            if done := _move(connection, partition, folder.resolve(), watch, patience):
                moved.append(done)
        return Ended(moved, stays_from, 0)


def _limit(connection: psycopg.Connection, before: int) -> int:
    """Only what is whole can be old."""
    cursor = stored.cursor(connection)
    return min(before, cursor.ledger + 1) if cursor else 0


def _waiting(connection: psycopg.Connection, partition: Partition) -> int:
    bounds = (partition.first << 32, partition.before << 32)
    row = connection.execute(_WAITING, bounds).fetchone()
    return row[0] if row else 0


def _move(
    connection: psycopg.Connection,
    partition: Partition,
    folder: Path,
    watch: Callable[[str, Partition], None],
    patience: float,
) -> Archived | None:
    """One partition into one file; None for an empty one, which just stays."""
    path = folder / f"events-{partition.first}-{partition.before}.parquet"
    count, digest = contents(_rows(connection, partition))
    if not count:
        return None
    if not path.exists():
        _write(path, _rows(connection, partition))
    watch("written", partition)
    done = Archived(
        partition.first, partition.before, count, digest, file_digest(path), str(folder), path.name
    )
    if contents(done.events_in_file()) != (count, digest):
        raise ArchiveError(
            f"{path} does not hold the events of ledgers {partition.first} to"
            f" {partition.before - 1}: remove it and begin again"
        )
    watch("compared", partition)
    _take_out(connection, partition, done, patience)
    watch("moved", partition)
    return done


def _rows(connection: psycopg.Connection, partition: Partition) -> Iterator[list[RawEvent]]:
    return stored.pages(connection, partition.first, partition.before)


def _write(path: Path, pages: Iterable[list[RawEvent]]) -> None:
    partial = path.with_suffix(".part")
    schema = Schema([Field(name, kind, nullable=False) for name, kind in _SCHEMA])
    batches = (_batch(page, schema) for page in pages if page)
    with partial.open("wb") as target:
        arro3.io.write_parquet(
            RecordBatchReader.from_batches(schema, batches), target, compression="zstd(9)"
        )
        target.flush()
        os.fsync(target.fileno())
    partial.replace(path)
    _keep(path.parent)


def _keep(folder: Path) -> None:
    """Makes the file's name as durable as its bytes, before the database lets go of the rows."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _batch(page: list[RawEvent], schema: Schema) -> RecordBatch:
    values: tuple[list[Any], ...] = (
        [event.ledger for event in page],
        [event.position for event in page],
        [event.index for event in page],
        [str(event.contract) for event in page],
        [event.closed_at for event in page],
        [event.tx_hash for event in page],
        [event.body for event in page],
    )
    arrays = [Array(column, kind) for column, (_, kind) in zip(values, _SCHEMA, strict=True)]
    return RecordBatch.from_arrays(arrays, schema=schema)


def _take_out(
    connection: psycopg.Connection, partition: Partition, done: Archived, patience: float
) -> None:
    """Notes the file and drops the partition, at a moment when nobody reads or writes events."""
    table = sql.Identifier("ledger", partition.name)
    deadline = time.monotonic() + patience
    while True:
        try:
            with connection.transaction():
                connection.execute(_ATTEMPT)
                connection.execute(
                    sql.SQL("ALTER TABLE ledger.event DETACH PARTITION {}").format(table)
                )
                connection.execute(_NOTE, msgspec.structs.asdict(done))
                connection.execute(sql.SQL("DROP TABLE {}").format(table))
        except psycopg.errors.LockNotAvailable as error:
            if time.monotonic() > deadline:
                raise ArchiveError(
                    f"the events were read without a pause for {patience:.0f} seconds: do this"
                    " again when nobody does"
                ) from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return

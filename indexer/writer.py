"""The one writer: commits whole ledgers, all or nothing, and never twice.

One transaction holds raw events, quarantine, read models, history, digests and the cursor, so a
crash anywhere leaves the database at a ledger boundary. One session holds an advisory lock and
does the writing: if the session ends, its transaction and its lock end with it. The lock is
probed inside every transaction all the same, because a pooler may hand out another session; and
the cursor is compare-and-swap, so that even two writers could not both commit.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

import psycopg

from indexer import coverage, partitions, quarantine
from indexer.copying import CONTRACT_IDS, copy_events
from indexer.decode import Prepared, Quarantined
from indexer.folding import Folding
from indexer.sources.protocol import Deployment
from projections.engine import Change, Engine
from projections.model import Mark
from projections.tables import APPLIED_CHANNEL

ROLE: Final = "stellarsettle_indexer"

_LOCK: Final = 0x5374_6C53_6574_746C
_LOCK_WAIT_SECONDS: Final = 0.5
_HEARTBEAT_SECONDS: Final = 1.0

_HOLDS_LOCK: Final = """
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid::bigint << 32 | objid::bigint = %s AND objsubid = 1
)
"""
_ADVANCE: Final = """
UPDATE ledger.cursor SET ledger = %(ledger)s, closed_at = %(closed_at)s, version = version + 1
WHERE version = %(version)s AND ledger < %(ledger)s
"""
_BEAT: Final = """
INSERT INTO ledger.heartbeat (latest, seen_at) VALUES (%s, clock_timestamp())
ON CONFLICT (single) DO UPDATE
SET latest = greatest(heartbeat.latest, excluded.latest), seen_at = excluded.seen_at
"""


_log = logging.getLogger(__name__)


class WriterReplacedError(Exception):
    """Another writer holds the lock or moved the cursor: begin again from the database's state."""


class DeploymentMismatchError(Exception):
    """The database follows other contracts than those asked for."""


class Stopped(Exception):  # noqa: N818  # not an error: somebody asked for it
    """It was time to stop before the lock was free."""


class Writer:
    """Holds the lock on a database and commits batches; use it as a context manager.

    `after` is the ledger up to which the database is whole; `fold_seconds` and `commit_seconds` are
    what the newest fold and the newest finished commit took. The folds read through a session of
    their own; what that session cannot see yet is in the engine's memory (`indexer.folding`).
    """

    def __init__(
        self, connection: psycopg.Connection, reading: psycopg.Connection, engine: Engine
    ) -> None:
        self._connection = connection
        self._reading = reading
        self._folding = Folding(engine, reading)
        self._version = 0
        self._room = 0
        self._next_beat = 0.0
        self.after = 0
        self.commit_seconds = 0.0

    @property
    def fold_seconds(self) -> float:
        """What the newest fold took."""
        return self._folding.fold_seconds

    @classmethod
    def open(
        cls,
        url: str,
        deployment: Deployment,
        stop: threading.Event,
        engine: Callable[[], Engine] = Engine,
    ) -> Self:
        """Connect, wait for the lock as a hot standby, and take up where the last writer stopped.

        Raises `Stopped` if `stop` is set meanwhile, `DeploymentMismatchError` if the database
        belongs to other contracts, and psycopg.Error as it comes.
        """
        with contextlib.ExitStack() as opened:
            connection, reading = (
                opened.enter_context(
                    contextlib.closing(
                        psycopg.connect(url, autocommit=True, options=f"-c role={ROLE}")
                    )
                )
                for _ in range(2)
            )
            writer = cls(connection, reading, engine())
            writer._lock(stop)
            writer._begin(deployment)
            opened.pop_all()
        return writer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the sessions, and with them the lock; a commit under way comes to its end first."""
        self._folding.close()
        self._reading.close()
        self._connection.close()

    def commit(self, batch: Prepared) -> list[Quarantined]:
        """Make `batch` and what follows from it durable; returns what went to quarantine.

        After any exception the state of the database is not known to this writer: open another.
        """
        quarantined = self.submit(batch)
        self.settle()
        return quarantined

    def submit(self, batch: Prepared) -> list[Quarantined]:
        """Fold `batch` and begin to commit it; returns what goes to quarantine.

        Waits for the commit of the batch before, and raises what that one raised.
        """

        def write(change: Change, quarantined: list[Quarantined]) -> None:
            self._write(batch, change, quarantined)

        return self._folding.submit(batch.decoded, batch.through, write)

    def settle(self) -> None:
        """Wait for the commit under way, if there is one; raises what it raised."""
        self._folding.settle()

    def beat(self, latest: int) -> None:
        """Note that the network was heard of, at most once a second; `latest` is its newest.

        Raises what a commit raised that has ended since.
        """
        if self._folding.writing:
            return  # it notes the same
        self.settle()
        now = time.monotonic()
        if now >= self._next_beat:
            self._next_beat = now + _HEARTBEAT_SECONDS
            self._connection.execute(_BEAT, (latest,))

    def _write(self, batch: Prepared, change: Change, quarantined: list[Quarantined]) -> None:
        """The one transaction of a batch; the only code that runs in the committing thread."""
        began = time.perf_counter()
        with self._connection.transaction():
            self._advance(batch.through)
            if batch.through.ledger >= self._room:
                self._room = partitions.make_room(
                    self._connection, self.after, batch.through.ledger
                )
            if batch.events:
                copy_events(self._connection, batch.rows)
            quarantine.store(self._connection, quarantined)
            change.write(self._connection)
            self._note(batch)
        self.commit_seconds = time.perf_counter() - began
        self._version += 1
        self.after = batch.through.ledger

    def _lock(self, stop: threading.Event) -> None:
        waiting = False
        while True:
            (locked,) = _one(self._connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)))
            if locked:
                return
            if not waiting:
                _log.info("another indexer is at work on this database: standing by")
                waiting = True
            if stop.wait(_LOCK_WAIT_SECONDS):
                raise Stopped("stopped while another indexer was at work")

    def _begin(self, deployment: Deployment) -> None:
        with self._connection.transaction():
            self._check(deployment)
            before = deployment.start_ledger - 1
            self._connection.execute(
                "INSERT INTO ledger.cursor (ledger, closed_at, version) VALUES (%s, 0, 0)"
                " ON CONFLICT DO NOTHING",
                (before,),
            )
            self.after, self._version = _one(
                self._connection.execute("SELECT ledger, version FROM ledger.cursor")
            )

    def _check(self, deployment: Deployment) -> None:
        """The database follows these very contracts; an empty one follows them from now on."""
        wanted = {
            CONTRACT_IDS[kind]: (kind.value, address)
            for address, kind in deployment.contracts().items()
        }
        rows = self._connection.execute("SELECT id, kind, address FROM ledger.contract").fetchall()
        if not rows:
            with self._connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO ledger.contract (id, kind, address) VALUES (%s, %s, %s)",
                    [(number, *names) for number, names in wanted.items()],
                )
        elif {row[0]: row[1:] for row in rows} != wanted:
            followed = ", ".join(f"{kind} {address}" for _, kind, address in rows)
            raise DeploymentMismatchError(
                f"this database follows {followed}; use another database for another deployment"
            )

    def _advance(self, through: Mark) -> None:
        """Probe the lock, then move the cursor: the row lock keeps every rival waiting."""
        (held,) = _one(self._connection.execute(_HOLDS_LOCK, (_LOCK,)))
        if not held:
            raise WriterReplacedError("this session no longer holds the indexer's lock")
        moved = self._connection.execute(
            _ADVANCE,
            {
                "ledger": through.ledger,
                "closed_at": through.closed_at,
                "version": self._version,
            },
        )
        if moved.rowcount != 1:
            raise WriterReplacedError(
                f"the cursor is not where this writer left it (ledger {self.after})"
            )

    def _note(self, batch: Prepared) -> None:
        """Coverage, the heartbeat, and a word to listeners."""
        coverage.record(self._connection, self.after, batch)
        self._connection.execute(_BEAT, (batch.latest,))
        self._connection.execute(
            "SELECT pg_notify(%s, %s)", (APPLIED_CHANNEL, str(batch.through.ledger))
        )


def _one(cursor: psycopg.Cursor[tuple[Any, ...]]) -> tuple[Any, ...]:
    row = cursor.fetchone()
    if row is None:
        raise WriterReplacedError("the cursor's row is gone: is this database being restored?")
    return row

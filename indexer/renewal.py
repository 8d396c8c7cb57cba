"""The read models made anew from stored raw events, and put in the place of the live ones.

What mends whatever `verify` finds in the read models, what follows a change of the folds, and the
way out of quarantine: every stored event is decoded and folded again in its order, so that events
which this version can read take their place in history.

The new models are built in a schema beside the live ones while an indexer may go on. Only for the
last ledgers and the switch does it wait; then it finds its cursor moved on, and starts again by
itself. Readers see the former models, then the new ones: no read fails, none sees a mixture.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

import msgspec
import psycopg

from indexer import archived, quarantine, stored
from indexer.collector import patient
from indexer.decode import Quarantined, decode_all
from indexer.rebuild import LOCK, NothingToRebuildError, RebuildBusyError, fold
from indexer.writer import ROLE
from projections import rebuild
from projections.engine import Engine
from projections.model import Mark
from projections.tables import APPLIED_CHANNEL

SCHEMA: Final = "read_renewed"
"""Where the new models stand until the switch."""

_STOP_WRITER: Final = "SELECT ledger, closed_at FROM ledger.cursor FOR UPDATE"
_SEND_WRITER_BACK: Final = "UPDATE ledger.cursor SET version = version + 1"
"""The writer keeps rows and numbers of the former models in memory: it has to begin again."""


class Renewed(msgspec.Struct, frozen=True):
    """What was put in place, as of ledger `through`.

    `events` were folded; `former` and `digest` are the digests (32 bytes) before and after, the
    same if nothing had to be mended. `released` events came out of quarantine, `quarantined` ones
    still cannot be folded.
    """

    through: Mark
    events: int
    former: bytes
    digest: bytes
    released: int
    quarantined: list[Quarantined]

    @property
    def changed(self) -> bool:
        """Whether the former read models said anything else."""
        return self.former != self.digest


def renew(
    url: str,
    *,
    first: int | None = None,
    events_at_once: int = stored.EVENTS_AT_ONCE,
    patience: float = rebuild.PATIENCE_SECONDS,
) -> Renewed:
    """Build the read models of the database at `url` anew and switch to them.

    With `first` only events of that ledger and later ones are folded again: what the models were
    before it is carried over, if it is what its digests say. If anything fails the live models are
    as they were. Raises `projections.history.NotFoldedError`, `projections.rebuild.UnsoundError`,
    `projections.engine.VersionError` (folds have changed: nothing can be carried over),
    `indexer.rebuild.NothingToRebuildError`, `indexer.rebuild.RebuildBusyError`,
    `projections.rebuild.ReadersBusyError` if no moment without a reader came within `patience`
    seconds, and psycopg.Error as it comes.
    """
    with (
        patient(),
        psycopg.connect(url, autocommit=True, options=f"-c role={ROLE}") as connection,
        psycopg.connect(url, autocommit=True, options=f"-c role={ROLE}") as reading,
        _alone(connection),
        _schema(connection),
    ):
        build = _Build(connection, reading, events_at_once)
        if first is not None:
            build.begin_at(first)
        build.catch_up()
        rebuild.complete(connection, SCHEMA)
        return build.switch(patience)


class Redriven(msgspec.Struct, frozen=True):
    """What became of the quarantine: `renewed` is None if none of it can be read yet."""

    waiting: int
    renewed: Renewed | None


def redrive(url: str) -> Redriven:
    """Make the read models anew if that may let an event out of quarantine.

    A fold that refused an event may accept it in its place among all others, so whatever can be
    decoded is tried. Raises what `renew` raises.
    """
    with psycopg.connect(url) as connection:
        held = quarantine.waiting(connection)
    readable = decode_all([one.event for one in held]).records
    return Redriven(len(held), renew(url) if readable else None)


class _Build:
    """The new models on their way; stored events come through `reading`."""

    def __init__(
        self, connection: psycopg.Connection, reading: psycopg.Connection, events_at_once: int
    ) -> None:
        self._connection = connection
        self._reading = reading
        self._events_at_once = events_at_once
        self._engine = Engine(SCHEMA)
        self._first = 0
        self._after = -1
        self._events = 0
        self._quarantined: list[Quarantined] = []

    def begin_at(self, first: int) -> None:
        """Carry over what was before ledger `first`, in one snapshot of the live models."""
        if stored.cursor(self._connection) is None:
            raise NothingToRebuildError
        with self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            self._after = rebuild.carry_over(self._connection, SCHEMA, first).ledger
        self._first = first

    def catch_up(self) -> None:
        """Fold what is stored, again and again until little came in meanwhile."""
        while True:
            before = self._events
            through = stored.cursor(self._connection)
            if through is None:
                raise NothingToRebuildError
            self._fold_up_to(through)
            if self._events - before < self._events_at_once:
                return

    def switch(self, patience: float) -> Renewed:
        """Stop the writer, fold the last ledgers, switch, and send the writer back to the start."""
        connection = self._connection
        with connection.transaction():
            rebuild.reserve(connection)
            row = connection.execute(_STOP_WRITER).fetchone()
            if row is None:
                raise NothingToRebuildError
            through = Mark(*row)
            self._fold_up_to(through)
            former = Engine().digest(connection)
            rebuild.switch(connection, SCHEMA, patience)
            released = self._replace_quarantine()
            connection.execute(_SEND_WRITER_BACK)
            connection.execute("SELECT pg_notify(%s, %s)", (APPLIED_CHANNEL, str(through.ledger)))
            digest = Engine().digest(connection)
        return Renewed(through, self._events, former, digest, released, self._quarantined)

    def _fold_up_to(self, through: Mark) -> None:
        stretches = stored.whole_ledgers(
            self._reading, through, self._events_at_once, after=self._after
        )
        with contextlib.closing(fold(self._connection, self._engine, stretches)) as parts:
            for events, set_aside in parts:
                archived.require_readable(self._reading, set_aside)
                self._quarantined += set_aside
                self._events += events
        self._after = through.ledger

    def _replace_quarantine(self) -> int:
        """Note what this fold left out; returns how many events wait no more."""
        rows = self._connection.execute(
            "DELETE FROM ledger.quarantine WHERE position >= %s RETURNING position, index",
            (self._first << 32,),
        ).fetchall()
        quarantine.store(self._connection, self._quarantined)
        return len(set(rows) - {(event.position, event.index) for event in self._quarantined})


@contextlib.contextmanager
def _alone(connection: psycopg.Connection) -> Iterator[None]:
    """Hold the lock of rebuilds; at the latest it ends with the session."""
    locked = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
    if not locked or not locked[0]:
        raise RebuildBusyError
    try:
        yield
    finally:
        # The server ends a closed session a moment later; who comes next should not have to wait.
        with contextlib.suppress(psycopg.OperationalError):
            connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))


@contextlib.contextmanager
def _schema(connection: psycopg.Connection) -> Iterator[None]:
    """An empty schema for the new models; what an earlier try left is dropped before and after."""
    rebuild.drop(connection, SCHEMA)
    rebuild.prepare(connection, SCHEMA)
    try:
        yield
    except BaseException:
        with contextlib.suppress(psycopg.OperationalError):  # a lost session: the next try drops
            rebuild.drop(connection, SCHEMA)
        raise

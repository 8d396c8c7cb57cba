"""Raw events in files: where they are, and reading them back."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import arro3.io
import msgspec
import psycopg

from contracts.wire import Contract
from indexer.copying import CONTRACT_IDS
from indexer.decode import Quarantined
from indexer.sources.protocol import RawEvent

_AT_ONCE: Final = 10_000
_COLUMNS: Final = ("position", "index", "contract", "closed_at", "tx_hash", "body")
_FIXED: Final = struct.Struct(">qihqhi").pack

_SELECT: Final = """
SELECT first, before, events, digest, sha256, folder, file FROM ledger.archive ORDER BY first
"""
_MOVED: Final = "UPDATE ledger.archive SET folder = %s"


class ArchivedError(Exception):
    """Events that were archived stand in the way; the message says what to do."""


class MissingFileError(ArchivedError):
    """A file with archived events is not where it was, or is not what it was."""


class UnreadableError(ArchivedError):
    """An archived event cannot be folded: what waits in quarantine has to be in the database."""


class Archived(msgspec.Struct, frozen=True):
    """Events of ledgers from `first` to `before` (not in it) that lie in a file.

    `digest` (32 bytes) is that of the events themselves, `sha256` the file's.
    """

    first: int
    before: int
    events: int
    digest: bytes
    sha256: bytes
    folder: str
    file: str

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self.folder) / self.file

    def check(self) -> None:
        """Raises MissingFileError unless the file is there and unchanged."""
        why = "is not there"
        if self.path.exists():
            if file_digest(self.path) == self.sha256:
                return
            why = "is damaged"
        raise MissingFileError(
            f"the events of ledgers {self.first} to {self.before - 1} lie in {self.path}, which"
            f" {why}: put it back, or say where it is with `stellarsettle archive --moved DIR`"
        )

    def events_in_file(self) -> Iterator[list[RawEvent]]:
        """All events in their order, some thousands at a time."""
        for batch in arro3.io.read_parquet(self.path, batch_size=_AT_ONCE):
            columns = [batch.column(name).to_pylist() for name in _COLUMNS]
            yield [
                RawEvent(position, index, Contract(contract), closed_at, tx_hash, body)
                for position, index, contract, closed_at, tx_hash, body in zip(
                    *columns, strict=True
                )
            ]


def all_of(connection: psycopg.Connection) -> list[Archived]:
    """What lies in files, oldest first."""
    return [Archived(*row) for row in connection.execute(_SELECT).fetchall()]


def at_places(connection: psycopg.Connection, places: set[tuple[int, int]]) -> list[RawEvent]:
    """The archived events at these places (position, index), in order."""
    found: list[RawEvent] = []
    for one in all_of(connection):
        wanted = {place for place in places if one.first <= place[0] >> 32 < one.before}
        if wanted:
            one.check()
            found += [
                event
                for page in one.events_in_file()
                for event in page
                if (event.position, event.index) in wanted
            ]
    return found


def require_readable(connection: psycopg.Connection, quarantined: Sequence[Quarantined]) -> None:
    """Raises UnreadableError if one of the events that were set aside lies in a file."""
    if not quarantined:
        return
    for one in all_of(connection):
        for event in quarantined:
            if one.first <= event.position >> 32 < one.before:
                raise UnreadableError(
                    f"event {event.position}-{event.index}, which lies in {one.path}, cannot be"
                    f" read by this version ({event.reason}): take one that can"
                )


def moved(connection: psycopg.Connection, folder: Path) -> list[Archived]:
    """Notes that all files are in `folder` now. Raises MissingFileError if one is not."""
    there = [
        msgspec.structs.replace(one, folder=str(folder.resolve())) for one in all_of(connection)
    ]
    for one in there:
        one.check()
    connection.execute(_MOVED, (str(folder.resolve()),))
    return there


def contents(pages: Iterable[list[RawEvent]]) -> tuple[int, bytes]:
    """How many events there are, and the digest of everything that is known of each."""
    count, digest = 0, hashlib.sha256()
    for page in pages:
        count += len(page)
        for event in page:
            digest.update(
                _FIXED(
                    event.position,
                    event.index,
                    CONTRACT_IDS[event.contract],
                    event.closed_at,
                    len(event.tx_hash),
                    len(event.body),
                )
            )
            digest.update(event.tx_hash)
            digest.update(event.body)
    return count, digest.digest()


def file_digest(path: Path) -> bytes:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").digest()

"""An export that may be killed at any moment: the same call goes on where it ended.

Rows go to a spool beside the file, named after everything they follow from. Begun again, the
spool's torn last line is cut off and rows are read on from its last key: as of a ledger nothing
changes. When all are there the file is written under another name and takes its own at once, then
the JSON beside it, which says that the file is whole and what it is of; the spool goes last.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

import msgspec
import psycopg

from projections.exporting import formats, reading
from projections.exporting.dataset import Dataset, Stamp
from projections.exporting.formats import Format

_FLUSH_ROWS: Final = 50_000
"""Rows that a kill may cost."""
_TAIL: Final = 1 << 16

Watch = Callable[[int], None]
"""Called now and then with the number of rows that are in the spool."""


class BusyError(RuntimeError):
    """Another process is writing the same file."""


class Done(msgspec.Struct, frozen=True):
    """A finished file; the JSON beside it holds the same. `sha256` is that of its bytes."""

    file: str
    rows: int
    size: int
    sha256: str
    of: Stamp


def export(
    connection: psycopg.Connection,
    dataset: Dataset,
    of: Stamp,
    chosen: Format,
    folder: Path,
    watch: Watch = lambda _: None,
) -> Done:
    """Writes the rows that the stamp is of into a file in `folder`, or finds it whole there.

    The connection must not be in a transaction. Raises BusyError, formats.TooWideError, OSError and
    psycopg.Error as they come: the same call goes on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _name(of, chosen)
    if done := finished(path, of):
        return done
    spool = folder / f".{of.dataset}-{of.identity()}.rows"
    with spool.open("a+b") as rows:
        _lock(rows, spool)
        number = _fill(connection, dataset, of, rows, watch)
        rows.seek(0)
        partial = path.with_name(f".{path.name}.part")
        with partial.open("wb") as target:
            formats.write(chosen, of, dataset.columns, rows, target)
            _flush(target)
        done = Done(path.name, number, partial.stat().st_size, _sha256(partial), of)
        partial.replace(path)
        _note(path, done)
        spool.unlink()
    return done


def finished(path: Path, of: Stamp) -> Done | None:
    """What the JSON beside a file says, if the file is whole and of this very stamp."""
    try:
        done = msgspec.json.decode(_beside(path).read_bytes(), type=Done)
        whole = done.of == of and done.size == path.stat().st_size
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return done if whole else None


def _name(of: Stamp, chosen: Format) -> str:
    party = f"-{of.party}" if of.party else ""
    return f"{of.dataset}-{of.ledger}{party}.{chosen.value}"


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _lock(rows: IO[bytes], spool: Path) -> None:
    try:
        fcntl.flock(rows, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BusyError(f"another process is writing {spool}: wait for it") from error


def _fill(
    connection: psycopg.Connection, dataset: Dataset, of: Stamp, rows: IO[bytes], watch: Watch
) -> int:
    """Brings the spool to its end; gives the number of its rows."""
    if dataset.view is None:  # worked out as a whole: nothing to go on from
        rows.truncate(0)
    number, last = _cut(rows)
    watch(number)
    for line in reading.lines(connection, dataset, of, last):
        rows.write(line)
        number += 1
        if number % _FLUSH_ROWS == 0:
            _flush(rows)
            watch(number)
    _flush(rows)
    watch(number)
    return number


def _cut(rows: IO[bytes]) -> tuple[int, bytes | None]:
    """Cuts off a torn last line; gives the number of whole ones and the last of them."""
    size = rows.seek(0, os.SEEK_END)
    start = max(0, size - _TAIL)
    rows.seek(start)
    tail = rows.read()
    end = tail.rfind(b"\n") + 1
    rows.truncate(start + end)
    rows.seek(0)
    number = sum(chunk.count(b"\n") for chunk in _chunks(rows))
    rows.seek(0, os.SEEK_END)
    return number, tail[:end].splitlines()[-1] if end else None


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(1 << 20):
        yield chunk


def _flush(target: IO[bytes]) -> None:
    target.flush()
    os.fsync(target.fileno())


def _note(path: Path, done: Done) -> None:
    partial = path.with_name(f".{path.name}.json.part")
    with partial.open("wb") as target:
        target.write(msgspec.json.format(msgspec.json.encode(done)))
        _flush(target)
    partial.replace(_beside(path))

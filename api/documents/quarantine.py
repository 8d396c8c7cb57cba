"""Files on their way in: sealed from the first byte on, so that the disk never sees a plain one."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from api.documents.storage.cid import CidHasher
from api.documents.storage.keys import Secrets
from api.documents.storage.sealing import (
    CHUNK,
    SEALED_CHUNK,
    Opener,
    Sealer,
    TamperedError,
    opened,
)

_PIECE: Final = 1 << 18


class BusyError(Exception):
    """The same upload is going on at this moment."""


class Quarantine:
    """A folder of sealed files by their documents' ids."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, document: UUID) -> Path:
        """Where a document's sealed file is, or would be."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._folder / str(document)

    def remove(self, document: UUID) -> None:
        """Whatever was there is gone."""
        self.place(document).unlink(missing_ok=True)

    def left(self, older: dt.timedelta) -> list[Path]:
        """Files that were not touched for so long."""
        if not self._folder.is_dir():
            return []
        before = (dt.datetime.now(dt.UTC) - older).timestamp()
        return [path for path in self._folder.iterdir() if path.stat().st_mtime < before]

    def opened(self, document: UUID, secrets: Secrets) -> Iterator[bytes]:
        """The file, piece by piece. Raises FileNotFoundError and TamperedError."""
        with self.place(document).open("rb") as file:
            yield from opened(pieces(file), secrets.data_key, document)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """An open file, piece by piece."""
    while piece := file.read(_PIECE):
        yield piece


class Upload:
    """One file being written: sealed, hashed and named while it comes.

    Goes on behind the whole chunks that are there already. Raises BusyError and TamperedError.
    """

    def __init__(self, place: Path, document: UUID, secrets: Secrets) -> None:
        self._file = place.open("ab+")
        try:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError("this file is being uploaded at this moment") from error
            self._sha256 = hashlib.sha256()
            self._cid = CidHasher()
            whole = self._read_again(Opener(secrets.data_key, document))
            self._file.truncate(whole * SEALED_CHUNK)
        except BaseException:
            self._file.close()
            raise
        self._sealer = Sealer(secrets.data_key, document, whole=whole)
        self.received = whole * CHUNK
        """Bytes of the file that came so far."""

    def _read_again(self, opener: Opener) -> int:
        """Hash what is there; how many whole chunks of an unfinished file that are.

        The last one may be the end of a file whose upload broke off right behind it: it is sealed
        as an end, and has to be sent again.
        """
        whole = self._file.seek(0, 2) // SEALED_CHUNK
        self._file.seek(0)
        for number in range(whole):
            sealed = self._file.read(SEALED_CHUNK)
            try:
                plain = opener.chunk(sealed, number, last=False)
            except TamperedError:
                if number < whole - 1:
                    raise
                return number
            self._sha256.update(plain)
            self._cid.update(sealed)
        return whole

    def write(self, data: bytes) -> None:
        """The next bytes of the file."""
        self._sha256.update(data)
        self._keep(self._sealer.seal(data))
        self.received += len(data)

    def finish(self) -> None:
        """The last chunk is written; hash and CID are final."""
        self._keep(self._sealer.finish())
        self._file.flush()

    def _keep(self, sealed: bytes) -> None:
        self._cid.update(sealed)
        self._file.write(sealed)

    @property
    def sha256(self) -> bytes:
        """Of the file that came so far."""
        return self._sha256.digest()

    def cid(self) -> str:
        """Of the sealed file, once it is finished."""
        return self._cid.cid()

    def close(self) -> None:
        """Let go; what is whole stays for another time."""
        with contextlib.suppress(OSError):
            self._file.close()

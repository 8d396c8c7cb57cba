"""A file as AES-256-GCM in chunks, so that it is sealed and opened while it streams.

Each 64 KiB of the file become a chunk with its tag. A chunk's nonce is its number and whether it
is the last, its associated data the document's id: chunks cannot be exchanged, left out, repeated
or cut off, nor taken to another document. A key seals one file only, which `keys.Secrets.fresh`
sees to, so numbers are safe nonces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK: Final = 1 << 16
"""Bytes of the file in each chunk but the last."""
SEALED_CHUNK: Final = CHUNK + 16


class TamperedError(Exception):
    """A sealed file is not what was sealed, or belongs to another document or key."""


class Sealer:
    """Seals a stream. `whole` chunks are sealed already: going on after an interruption."""

    def __init__(self, key: bytes, document: UUID, *, whole: int = 0) -> None:
        self._cipher = AESGCM(key)
        self._document = document.bytes
        self._number = whole
        self._rest = b""

    def seal(self, data: bytes) -> bytes:
        """The chunks that are complete now; the last one waits, for it may be the end."""
        whole = self._rest + data
        complete = max(0, len(whole) - 1) // CHUNK
        chunks = (whole[number * CHUNK : (number + 1) * CHUNK] for number in range(complete))
        sealed = b"".join([self._chunk(chunk, last=False) for chunk in chunks])
        self._rest = whole[complete * CHUNK :]
        return sealed

    def finish(self) -> bytes:
        """The last chunk."""
        return self._chunk(self._rest, last=True)

    def _chunk(self, plain: bytes, *, last: bool) -> bytes:
        sealed = self._cipher.encrypt(_nonce(self._number, last=last), plain, self._document)
        self._number += 1
        return sealed


def opened(
    sealed: Iterable[bytes], key: bytes, document: UUID, *, ended: bool = True
) -> Iterator[bytes]:
    """The file, chunk by chunk, each given only after it was checked. Raises TamperedError.

    `ended=False` opens what was sealed of an upload that was interrupted.
    """
    cipher = AESGCM(key)
    for number, (chunk, last) in enumerate(_chunks(sealed)):
        nonce = _nonce(number, last=last and ended)
        try:
            yield cipher.decrypt(nonce, chunk, document.bytes)
        except InvalidTag as error:
            raise TamperedError(f"chunk {number} of the sealed file is not as sealed") from error


def _chunks(sealed: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The stream cut into chunks; with the last one it is said that it is."""
    rest = b""
    for piece in sealed:
        whole = rest + piece
        complete = max(0, len(whole) - 1) // SEALED_CHUNK
        for number in range(complete):
            yield whole[number * SEALED_CHUNK : (number + 1) * SEALED_CHUNK], False
        rest = whole[complete * SEALED_CHUNK :]
    yield rest, True


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])

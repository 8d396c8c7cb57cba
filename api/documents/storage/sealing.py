"""A file as AES-256-GCM in chunks, so that it is sealed and opened while it streams.

Each 64 KiB of the file become a chunk: its nonce, ciphertext and tag. The associated data are the
document's id, the chunk's number and whether it is the last: chunks cannot be exchanged, left out,
repeated or cut off, nor taken to another document. The nonce is random (96 bits, of a key that
seals one file of a few hundred chunks): an upload that goes on may seal other bytes in the place of
a chunk that was written already, and must do so under another nonce.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK: Final = 1 << 16
"""Bytes of the file in each chunk but the last."""
_NONCE: Final = 12
_TAG: Final = 16
SEALED_CHUNK: Final = _NONCE + CHUNK + _TAG


class TamperedError(Exception):
    """A sealed file is not what was sealed, or belongs to another document or key."""


class Sealer:
    """Seals a stream. `whole` chunks are sealed already: going on after an interruption."""

    def __init__(self, key: bytes, document: UUID, *, whole: int = 0) -> None:
        self._cipher = AESGCM(key)
        self._document = document
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
        nonce = secrets.token_bytes(_NONCE)
        bound = _bound(self._document, self._number, last=last)
        self._number += 1
        return nonce + self._cipher.encrypt(nonce, plain, bound)


class Opener:
    """Opens chunks, each by itself."""

    def __init__(self, key: bytes, document: UUID) -> None:
        self._cipher = AESGCM(key)
        self._document = document

    def chunk(self, sealed: bytes, number: int, *, last: bool) -> bytes:
        """Chunk `number`, counted from 0. Raises TamperedError."""
        bound = _bound(self._document, number, last=last)
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
        except (InvalidTag, ValueError) as error:
            raise TamperedError(f"chunk {number} of the sealed file is not as sealed") from error


def opened(sealed: Iterable[bytes], key: bytes, document: UUID) -> Iterator[bytes]:
    """The file, chunk by chunk, each given only after it was checked. Raises TamperedError."""
    opener = Opener(key, document)
    for number, (chunk, last) in enumerate(_chunks(sealed)):
        yield opener.chunk(chunk, number, last=last)


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


def _bound(document: UUID, number: int, *, last: bool) -> bytes:
    return document.bytes + number.to_bytes(8, "big") + bytes([last])

"""The CID of a file, computed as it streams: what IPFS would call it.

CIDv1 of `ipfs add --cid-version=1 --raw-leaves --chunker=size-262144`: a file of one chunk is a raw
block, a larger one a UnixFS node that links its chunks. One node's links are enough for 45 MB,
more than any document may have.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final

CHUNK: Final = 262_144
_MAX_LINKS: Final = 174
_RAW, _DAG_PB = 0x55, 0x70
_UNIXFS_FILE: Final = 2


class CidHasher:
    """Feed it the file with `update`; `cid` is its name then. Raises ValueError over 45 MB."""

    def __init__(self) -> None:
        self._leaf = hashlib.sha256()
        self._filled = 0
        self._leaves: list[tuple[bytes, int]] = []

    def update(self, data: bytes) -> None:
        """The next bytes of the file."""
        view = memoryview(data)
        while view:
            if self._filled == CHUNK:
                self._close_leaf()
            part = view[: CHUNK - self._filled]
            self._leaf.update(part)
            self._filled += len(part)
            view = view[len(part) :]

    def cid(self) -> str:
        """The name of everything that was fed, base32 with the prefix `b`."""
        self._close_leaf()
        if len(self._leaves) == 1:
            return _text(self._leaves[0][0])
        if len(self._leaves) > _MAX_LINKS:
            raise ValueError("a file of this size has no CID here")
        return _text(_binary(_DAG_PB, hashlib.sha256(_node(self._leaves)).digest()))

    def _close_leaf(self) -> None:
        self._leaves.append((_binary(_RAW, self._leaf.digest()), self._filled))
        self._leaf, self._filled = hashlib.sha256(), 0


def cid_of(data: bytes) -> str:
    """The CID of bytes at hand."""
    hasher = CidHasher()
    hasher.update(data)
    return hasher.cid()


def _binary(codec: int, digest: bytes) -> bytes:
    """Version 1, codec, SHA2-256, 32 bytes."""
    return bytes([1, codec, 0x12, 32]) + digest


def _text(cid: bytes) -> str:
    return "b" + base64.b32encode(cid).decode().rstrip("=").lower()


def _node(leaves: list[tuple[bytes, int]]) -> bytes:
    """A dag-pb node: its links, then a UnixFS file's description. Protobuf, field by field."""
    links = b"".join(
        _bytes(2, _bytes(1, cid) + _bytes(2, b"") + _number(3, size)) for cid, size in leaves
    )
    sizes = b"".join(_number(4, size) for _, size in leaves)
    file = _number(1, _UNIXFS_FILE) + _number(3, sum(size for _, size in leaves)) + sizes
    return links + _bytes(1, file)


def _number(field: int, value: int) -> bytes:
    return bytes([field << 3]) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])

"""Zstandard: the module that Python has from 3.14 on, and a bounded way to use it."""

from __future__ import annotations

import sys
from typing import Final

from indexer.xdr.runtime import LedgerFormatError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["LARGEST_FILE", "decompressed", "zstd"]

LARGEST_FILE: Final = 1 << 30
"""What a file may decompress to, in bytes: a bound against malice, far above any real one."""


def decompressed(data: bytes) -> bytes:
    """One Zstandard frame, whole and not too large; raises `LedgerFormatError`."""
    frame = zstd.ZstdDecompressor()
    try:
        content = frame.decompress(data, max_length=LARGEST_FILE)
    except zstd.ZstdError as error:
        raise LedgerFormatError(str(error)) from error
    if not frame.eof:
        large = len(content) >= LARGEST_FILE
        reason = f"holds more than {LARGEST_FILE} bytes" if large else "ends too early"
        raise LedgerFormatError(f"the compressed file {reason}")
    if frame.unused_data:
        raise LedgerFormatError(f"{len(frame.unused_data)} bytes follow the compressed file")
    return content

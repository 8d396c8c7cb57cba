"""Walks a LedgerCloseMeta: where the places in it begin and end.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from typing import Final

from indexer.xdr.generated.ledgers import (
    skip_LedgerCloseMetaExt,
    skip_LedgerHeaderExt,
    skip_StellarValueExt,
)
from indexer.xdr.runtime import U32, Places, UnknownArmError

HASH: Final = 0
VERSION: Final = 1
PREVIOUS: Final = 2
CLOSED_AT: Final = 3
RESULTS_HASH: Final = 4
SEQUENCE: Final = 5
HASHED: Final = 6


def walk_StellarValue(b: bytes, p: int, out: Places) -> int:
    p += 32
    s1 = p
    p += 8
    out.append((CLOSED_AT, s1, p))
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        (n,) = U32(b, p)
        p += 4 + (n + 3 & -4)
    p = skip_StellarValueExt(b, p)
    return p


def walk_LedgerHeader(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p += 4
    out.append((VERSION, s1, p))
    s2 = p
    p += 32
    out.append((PREVIOUS, s2, p))
    p = walk_StellarValue(b, p, out)
    s3 = p
    p += 32
    out.append((RESULTS_HASH, s3, p))
    p += 32
    s4 = p
    p += 4
    out.append((SEQUENCE, s4, p))
    p = skip_LedgerHeaderExt(b, p + 168)
    return p


def walk_LedgerHeaderHistoryEntry(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p += 32
    out.append((HASH, s1, p))
    s2 = p
    p = walk_LedgerHeader(b, p, out)
    out.append((HASHED, s2, p))
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("LedgerHeaderHistoryEntryExt", k, p)
    p += 4
    return p


def walk_LedgerCloseMetaV0(b: bytes, p: int, out: Places) -> int:
    p = walk_LedgerHeaderHistoryEntry(b, p, out)
    return p


def walk_LedgerCloseMetaV1(b: bytes, p: int, out: Places) -> int:
    p = skip_LedgerCloseMetaExt(b, p)
    p = walk_LedgerHeaderHistoryEntry(b, p, out)
    return p


def walk_LedgerCloseMetaV2(b: bytes, p: int, out: Places) -> int:
    p = skip_LedgerCloseMetaExt(b, p)
    p = walk_LedgerHeaderHistoryEntry(b, p, out)
    return p


def walk(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = walk_LedgerCloseMetaV0(b, p, out)
    elif k == 1:
        p = walk_LedgerCloseMetaV1(b, p, out)
    elif k == 2:
        p = walk_LedgerCloseMetaV2(b, p, out)
    else:
        raise UnknownArmError("LedgerCloseMeta", k, p - 4)
    return p

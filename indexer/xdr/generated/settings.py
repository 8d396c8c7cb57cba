"""Skips the values of `definitions/settings.x`.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from indexer.xdr.runtime import U32, UnknownArmError


def skip_ContractCostParamEntry(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    p += 20
    return p


def skip_FrozenLedgerKeys(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        (n,) = U32(b, p)
        p += 4 + (n + 3 & -4)
    return p


def skip_FrozenLedgerKeysDelta(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        (n,) = U32(b, p)
        p += 4 + (n + 3 & -4)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        (n,) = U32(b, p)
        p += 4 + (n + 3 & -4)
    return p


def skip_FreezeBypassTxs(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4 + n * 32
    return p


def skip_FreezeBypassTxsDelta(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4 + n * 32
    (n,) = U32(b, p)
    p += 4 + n * 32
    return p


def skip_ConfigSettingEntry(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k in {0, 8, 9, 11, 14}:
        p += 4
    elif k == 1:
        p += 28
    elif k == 2:
        p += 84
    elif k == 3:
        p += 8
    elif k in {4, 15}:
        p += 12
    elif k in {5, 13}:
        p += 16
    elif k in {6, 7}:
        (n,) = U32(b, p)
        p += 4
        for _ in range(n):
            p = skip_ContractCostParamEntry(b, p)
    elif k == 10:
        p += 48
    elif k == 12:
        (n,) = U32(b, p)
        p += 4 + n * 8
    elif k == 16:
        p += 20
    elif k == 17:
        p = skip_FrozenLedgerKeys(b, p)
    elif k == 18:
        p = skip_FrozenLedgerKeysDelta(b, p)
    elif k == 19:
        p = skip_FreezeBypassTxs(b, p)
    elif k == 20:
        p = skip_FreezeBypassTxsDelta(b, p)
    else:
        raise UnknownArmError("ConfigSettingEntry", k, p - 4)
    return p

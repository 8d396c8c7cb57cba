"""Skips the values of `definitions/values.x`.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from indexer.xdr.generated.types import skip_ClaimableBalanceID, skip_PublicKey
from indexer.xdr.runtime import U32, UnknownArmError, bad_flag


def skip_SCError(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if 0 <= k <= 9:
        p += 4
    else:
        raise UnknownArmError("SCError", k, p - 4)
    return p


def skip_SCAddress(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_PublicKey(b, p)
    elif k in {1, 4}:
        p += 32
    elif k in {2, 5}:
        p += 40
    elif k == 3:
        p = skip_ClaimableBalanceID(b, p)
    else:
        raise UnknownArmError("SCAddress", k, p - 4)
    return p


def skip_ContractExecutableExternalRef(b: bytes, p: int) -> int:
    p = skip_SCAddress(b, p)
    (n,) = U32(b, p)
    p += 4 + (n + 3 & -4)
    return p


def skip_ContractExecutable(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p += 32
    elif k == 1:
        pass
    elif k == 2:
        p = skip_ContractExecutableExternalRef(b, p)
    else:
        raise UnknownArmError("ContractExecutable", k, p - 4)
    return p


def skip_SCVal(b: bytes, p: int) -> int:
    left = 1
    while left:
        left -= 1
        (k,) = U32(b, p)
        p += 4
        if k in {0, 3, 4}:
            p += 4
        elif k in {1, 20}:
            pass
        elif k == 2:
            p = skip_SCError(b, p)
        elif k in {5, 6, 7, 8, 21}:
            p += 8
        elif k in {9, 10}:
            p += 16
        elif k in {11, 12}:
            p += 32
        elif k in {13, 14, 15, 22}:
            (n,) = U32(b, p)
            p += 4 + (n + 3 & -4)
        elif k == 16:
            (n,) = U32(b, p)
            p += 4
            if n == 1:
                (n,) = U32(b, p)
                p += 4
                left += n
            elif n:
                raise bad_flag(n, p - 4)
        elif k == 17:
            (n,) = U32(b, p)
            p += 4
            if n == 1:
                (n,) = U32(b, p)
                p += 4
                left += 2 * n
            elif n:
                raise bad_flag(n, p - 4)
        elif k == 18:
            p = skip_SCAddress(b, p)
        elif k == 19:
            p = skip_ContractExecutable(b, p)
            (n,) = U32(b, p)
            p += 4
            if n == 1:
                (n,) = U32(b, p)
                p += 4
                left += 2 * n
            elif n:
                raise bad_flag(n, p - 4)
        else:
            raise UnknownArmError("SCVal", k, p - 4)
    return p

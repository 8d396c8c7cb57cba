"""Skips the values of `definitions/types.x`.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from indexer.xdr.runtime import U32, UnknownArmError, bad_flag


def skip_SCPBallot(b: bytes, p: int) -> int:
    (n,) = U32(b, p + 4)
    p += 8 + (n + 3 & -4)
    return p


def skip_SCPNomination(b: bytes, p: int) -> int:
    (n,) = U32(b, p + 32)
    p += 36
    for _ in range(n):
        (n,) = U32(b, p)
        p += 4 + (n + 3 & -4)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        (n,) = U32(b, p)
        p += 4 + (n + 3 & -4)
    return p


def skip_SCPStatementPrepare(b: bytes, p: int) -> int:
    p = skip_SCPBallot(b, p + 32)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p = skip_SCPBallot(b, p)
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p = skip_SCPBallot(b, p)
    elif n:
        raise bad_flag(n, p - 4)
    p += 8
    return p


def skip_SCPStatementConfirm(b: bytes, p: int) -> int:
    p = skip_SCPBallot(b, p)
    p += 44
    return p


def skip_SCPStatementExternalize(b: bytes, p: int) -> int:
    p = skip_SCPBallot(b, p)
    p += 36
    return p


def skip_SCPStatementPledges(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_SCPStatementPrepare(b, p)
    elif k == 1:
        p = skip_SCPStatementConfirm(b, p)
    elif k == 2:
        p = skip_SCPStatementExternalize(b, p)
    elif k == 3:
        p = skip_SCPNomination(b, p)
    else:
        raise UnknownArmError("SCPStatementPledges", k, p - 4)
    return p


def skip_SCPStatement(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p = skip_SCPStatementPledges(b, p + 8)
    return p


def skip_SCPEnvelope(b: bytes, p: int) -> int:
    p = skip_SCPStatement(b, p)
    (n,) = U32(b, p)
    p += 4 + (n + 3 & -4)
    return p


def skip_SCPQuorumSet(b: bytes, p: int) -> int:
    left = 1
    while left:
        left -= 1
        (n,) = U32(b, p + 4)
        p += 8
        for _ in range(n):
            p = skip_PublicKey(b, p)
        (n,) = U32(b, p)
        p += 4
        left += n
    return p


def skip_PublicKey(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p += 32
    else:
        raise UnknownArmError("PublicKey", k, p - 4)
    return p


def skip_SignerKeyEd25519SignedPayload(b: bytes, p: int) -> int:
    (n,) = U32(b, p + 32)
    p += 36 + (n + 3 & -4)
    return p


def skip_SignerKey(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if 0 <= k <= 2:
        p += 32
    elif k == 3:
        p = skip_SignerKeyEd25519SignedPayload(b, p)
    else:
        raise UnknownArmError("SignerKey", k, p - 4)
    return p


def skip_ClaimableBalanceID(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p += 32
    else:
        raise UnknownArmError("ClaimableBalanceID", k, p - 4)
    return p

"""Skips the values of `definitions/operations.x`.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from indexer.xdr.generated.entries import (
    skip_AlphaNum4,
    skip_AlphaNum12,
    skip_Asset,
    skip_AssetCode,
    skip_Claimant,
    skip_LedgerKey,
    skip_LiquidityPoolConstantProductParameters,
    skip_Signer,
)
from indexer.xdr.generated.types import skip_ClaimableBalanceID, skip_PublicKey, skip_SignerKey
from indexer.xdr.runtime import U32, UnknownArmError, bad_flag


def skip_LiquidityPoolParameters(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_LiquidityPoolConstantProductParameters(b, p)
    else:
        raise UnknownArmError("LiquidityPoolParameters", k, p - 4)
    return p


def skip_MuxedAccount(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p += 32
    elif k == 256:
        p += 40
    else:
        raise UnknownArmError("MuxedAccount", k, p - 4)
    return p


def skip_DecoratedSignature(b: bytes, p: int) -> int:
    (n,) = U32(b, p + 4)
    p += 8 + (n + 3 & -4)
    return p


def skip_CreateAccountOp(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p += 8
    return p


def skip_PaymentOp(b: bytes, p: int) -> int:
    p = skip_MuxedAccount(b, p)
    p = skip_Asset(b, p)
    p += 8
    return p


def skip_PathPaymentStrictReceiveOp(b: bytes, p: int) -> int:
    p = skip_Asset(b, p)
    p = skip_MuxedAccount(b, p + 8)
    p = skip_Asset(b, p)
    (n,) = U32(b, p + 8)
    p += 12
    for _ in range(n):
        p = skip_Asset(b, p)
    return p


def skip_PathPaymentStrictSendOp(b: bytes, p: int) -> int:
    p = skip_Asset(b, p)
    p = skip_MuxedAccount(b, p + 8)
    p = skip_Asset(b, p)
    (n,) = U32(b, p + 8)
    p += 12
    for _ in range(n):
        p = skip_Asset(b, p)
    return p


def skip_ManageSellOfferOp(b: bytes, p: int) -> int:
    p = skip_Asset(b, p)
    p = skip_Asset(b, p)
    p += 24
    return p


def skip_ManageBuyOfferOp(b: bytes, p: int) -> int:
    p = skip_Asset(b, p)
    p = skip_Asset(b, p)
    p += 24
    return p


def skip_CreatePassiveSellOfferOp(b: bytes, p: int) -> int:
    p = skip_Asset(b, p)
    p = skip_Asset(b, p)
    p += 16
    return p


def skip_SetOptionsOp(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p = skip_PublicKey(b, p)
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p += 4
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p += 4
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p += 4
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p += 4
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p += 4
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p += 4
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        (n,) = U32(b, p)
        p += 4 + (n + 3 & -4)
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p = skip_Signer(b, p)
    elif n:
        raise bad_flag(n, p - 4)
    return p


def skip_ChangeTrustAsset(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_AlphaNum4(b, p)
    elif k == 2:
        p = skip_AlphaNum12(b, p)
    elif k == 3:
        p = skip_LiquidityPoolParameters(b, p)
    else:
        raise UnknownArmError("ChangeTrustAsset", k, p - 4)
    return p


def skip_ChangeTrustOp(b: bytes, p: int) -> int:
    p = skip_ChangeTrustAsset(b, p)
    p += 8
    return p


def skip_AllowTrustOp(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p = skip_AssetCode(b, p)
    p += 4
    return p


def skip_ManageDataOp(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4 + (n + 3 & -4)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        (n,) = U32(b, p)
        p += 4 + (n + 3 & -4)
    elif n:
        raise bad_flag(n, p - 4)
    return p


def skip_CreateClaimableBalanceOp(b: bytes, p: int) -> int:
    p = skip_Asset(b, p)
    (n,) = U32(b, p + 8)
    p += 12
    for _ in range(n):
        p = skip_Claimant(b, p)
    return p


def skip_ClaimClaimableBalanceOp(b: bytes, p: int) -> int:
    p = skip_ClaimableBalanceID(b, p)
    return p


def skip_BeginSponsoringFutureReservesOp(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    return p


def skip_RevokeSponsorshipOpSigner(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p = skip_SignerKey(b, p)
    return p


def skip_RevokeSponsorshipOp(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_LedgerKey(b, p)
    elif k == 1:
        p = skip_RevokeSponsorshipOpSigner(b, p)
    else:
        raise UnknownArmError("RevokeSponsorshipOp", k, p - 4)
    return p


def skip_ClawbackOp(b: bytes, p: int) -> int:
    p = skip_Asset(b, p)
    p = skip_MuxedAccount(b, p)
    p += 8
    return p


def skip_ClawbackClaimableBalanceOp(b: bytes, p: int) -> int:
    p = skip_ClaimableBalanceID(b, p)
    return p


def skip_SetTrustLineFlagsOp(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p = skip_Asset(b, p)
    p += 8
    return p


def skip_ExtendFootprintTTLOp(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    p += 8
    return p


def skip_RestoreFootprintOp(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    p += 4
    return p

"""Skips the values of `definitions/transactions.x`.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from indexer.xdr.generated.entries import skip_LedgerKey
from indexer.xdr.generated.invocations import skip_InvokeHostFunctionOp
from indexer.xdr.generated.operations import (
    skip_AllowTrustOp,
    skip_BeginSponsoringFutureReservesOp,
    skip_ChangeTrustOp,
    skip_ClaimClaimableBalanceOp,
    skip_ClawbackClaimableBalanceOp,
    skip_ClawbackOp,
    skip_CreateAccountOp,
    skip_CreateClaimableBalanceOp,
    skip_CreatePassiveSellOfferOp,
    skip_DecoratedSignature,
    skip_ExtendFootprintTTLOp,
    skip_ManageBuyOfferOp,
    skip_ManageDataOp,
    skip_ManageSellOfferOp,
    skip_MuxedAccount,
    skip_PathPaymentStrictReceiveOp,
    skip_PathPaymentStrictSendOp,
    skip_PaymentOp,
    skip_RestoreFootprintOp,
    skip_RevokeSponsorshipOp,
    skip_SetOptionsOp,
    skip_SetTrustLineFlagsOp,
)
from indexer.xdr.generated.types import skip_SignerKey
from indexer.xdr.runtime import U32, UnknownArmError, bad_flag


def skip_OperationBody(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_CreateAccountOp(b, p)
    elif k == 1:
        p = skip_PaymentOp(b, p)
    elif k == 2:
        p = skip_PathPaymentStrictReceiveOp(b, p)
    elif k == 3:
        p = skip_ManageSellOfferOp(b, p)
    elif k == 4:
        p = skip_CreatePassiveSellOfferOp(b, p)
    elif k == 5:
        p = skip_SetOptionsOp(b, p)
    elif k == 6:
        p = skip_ChangeTrustOp(b, p)
    elif k == 7:
        p = skip_AllowTrustOp(b, p)
    elif k == 8:
        p = skip_MuxedAccount(b, p)
    elif k in {9, 17}:
        pass
    elif k == 10:
        p = skip_ManageDataOp(b, p)
    elif k == 11:
        p += 8
    elif k == 12:
        p = skip_ManageBuyOfferOp(b, p)
    elif k == 13:
        p = skip_PathPaymentStrictSendOp(b, p)
    elif k == 14:
        p = skip_CreateClaimableBalanceOp(b, p)
    elif k == 15:
        p = skip_ClaimClaimableBalanceOp(b, p)
    elif k == 16:
        p = skip_BeginSponsoringFutureReservesOp(b, p)
    elif k == 18:
        p = skip_RevokeSponsorshipOp(b, p)
    elif k == 19:
        p = skip_ClawbackOp(b, p)
    elif k == 20:
        p = skip_ClawbackClaimableBalanceOp(b, p)
    elif k == 21:
        p = skip_SetTrustLineFlagsOp(b, p)
    elif k == 22:
        p += 64
    elif k == 23:
        p += 56
    elif k == 24:
        p = skip_InvokeHostFunctionOp(b, p)
    elif k == 25:
        p = skip_ExtendFootprintTTLOp(b, p)
    elif k == 26:
        p = skip_RestoreFootprintOp(b, p)
    else:
        raise UnknownArmError("OperationBody", k, p - 4)
    return p


def skip_Operation(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p = skip_MuxedAccount(b, p)
    elif n:
        raise bad_flag(n, p - 4)
    p = skip_OperationBody(b, p)
    return p


def skip_Memo(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        (n,) = U32(b, p)
        p += 4 + (n + 3 & -4)
    elif k == 2:
        p += 8
    elif k in {3, 4}:
        p += 32
    else:
        raise UnknownArmError("Memo", k, p - 4)
    return p


def skip_PreconditionsV2(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p += 16
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p += 8
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p += 8
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p + 12)
    p += 16
    for _ in range(n):
        p = skip_SignerKey(b, p)
    return p


def skip_Preconditions(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p += 16
    elif k == 2:
        p = skip_PreconditionsV2(b, p)
    else:
        raise UnknownArmError("Preconditions", k, p - 4)
    return p


def skip_LedgerFootprint(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_LedgerKey(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_LedgerKey(b, p)
    return p


def skip_SorobanResources(b: bytes, p: int) -> int:
    p = skip_LedgerFootprint(b, p)
    p += 12
    return p


def skip_SorobanResourcesExtV0(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4 + n * 4
    return p


def skip_SorobanTransactionDataExt(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_SorobanResourcesExtV0(b, p)
    else:
        raise UnknownArmError("SorobanTransactionDataExt", k, p - 4)
    return p


def skip_SorobanTransactionData(b: bytes, p: int) -> int:
    p = skip_SorobanTransactionDataExt(b, p)
    p = skip_SorobanResources(b, p)
    p += 8
    return p


def skip_TransactionV0(b: bytes, p: int) -> int:
    (n,) = U32(b, p + 44)
    p += 48
    if n == 1:
        p += 16
    elif n:
        raise bad_flag(n, p - 4)
    p = skip_Memo(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_Operation(b, p)
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("TransactionV0Ext", k, p)
    p += 4
    return p


def skip_TransactionV0Envelope(b: bytes, p: int) -> int:
    p = skip_TransactionV0(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_DecoratedSignature(b, p)
    return p


def skip_TransactionExt(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_SorobanTransactionData(b, p)
    else:
        raise UnknownArmError("TransactionExt", k, p - 4)
    return p


def skip_Transaction(b: bytes, p: int) -> int:
    p = skip_MuxedAccount(b, p)
    p = skip_Preconditions(b, p + 12)
    p = skip_Memo(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_Operation(b, p)
    p = skip_TransactionExt(b, p)
    return p


def skip_TransactionV1Envelope(b: bytes, p: int) -> int:
    p = skip_Transaction(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_DecoratedSignature(b, p)
    return p


def skip_FeeBumpTransactionInnerTx(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 2:
        p = skip_TransactionV1Envelope(b, p)
    else:
        raise UnknownArmError("FeeBumpTransactionInnerTx", k, p - 4)
    return p


def skip_FeeBumpTransaction(b: bytes, p: int) -> int:
    p = skip_MuxedAccount(b, p)
    p = skip_FeeBumpTransactionInnerTx(b, p + 8)
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("FeeBumpTransactionExt", k, p)
    p += 4
    return p


def skip_FeeBumpTransactionEnvelope(b: bytes, p: int) -> int:
    p = skip_FeeBumpTransaction(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_DecoratedSignature(b, p)
    return p

"""Walks a TransactionEnvelope: where the places in it begin and end.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from typing import Final

from indexer.xdr.generated.invocations import (
    skip_CreateContractArgs,
    skip_CreateContractArgsV2,
    skip_SorobanAuthorizationEntry,
)
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
from indexer.xdr.generated.transactions import skip_Memo, skip_Preconditions, skip_TransactionExt
from indexer.xdr.generated.values import skip_SCAddress, skip_SCVal
from indexer.xdr.runtime import U32, Places, UnknownArmError, bad_flag

SIGNED_V0: Final = 0
SIGNED: Final = 1
SIGNED_FEE_BUMP: Final = 2
SOURCE: Final = 3
INVOKED: Final = 4
FUNCTION: Final = 5


def walk_InvokeContractArgs(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p = skip_SCAddress(b, p)
    out.append((INVOKED, s1, p))
    s2 = p
    (n,) = U32(b, p)
    p += 4 + (n + 3 & -4)
    out.append((FUNCTION, s2, p))
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_SCVal(b, p)
    return p


def walk_HostFunction(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = walk_InvokeContractArgs(b, p, out)
    elif k == 1:
        p = skip_CreateContractArgs(b, p)
    elif k == 2:
        (n,) = U32(b, p)
        p += 4 + (n + 3 & -4)
    elif k == 3:
        p = skip_CreateContractArgsV2(b, p)
    else:
        raise UnknownArmError("HostFunction", k, p - 4)
    return p


def walk_InvokeHostFunctionOp(b: bytes, p: int, out: Places) -> int:
    p = walk_HostFunction(b, p, out)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_SorobanAuthorizationEntry(b, p)
    return p


def walk_OperationBody(b: bytes, p: int, out: Places) -> int:
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
        p = walk_InvokeHostFunctionOp(b, p, out)
    elif k == 25:
        p = skip_ExtendFootprintTTLOp(b, p)
    elif k == 26:
        p = skip_RestoreFootprintOp(b, p)
    else:
        raise UnknownArmError("OperationBody", k, p - 4)
    return p


def walk_Operation(b: bytes, p: int, out: Places) -> int:
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        s1 = p
        p = skip_MuxedAccount(b, p)
        out.append((SOURCE, s1, p))
    elif n:
        raise bad_flag(n, p - 4)
    p = walk_OperationBody(b, p, out)
    return p


def walk_TransactionV0(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p += 32
    out.append((SOURCE, s1, p))
    (n,) = U32(b, p + 12)
    p += 16
    if n == 1:
        p += 16
    elif n:
        raise bad_flag(n, p - 4)
    p = skip_Memo(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = walk_Operation(b, p, out)
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("TransactionV0Ext", k, p)
    p += 4
    return p


def walk_TransactionV0Envelope(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p = walk_TransactionV0(b, p, out)
    out.append((SIGNED_V0, s1, p))
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_DecoratedSignature(b, p)
    return p


def walk_Transaction(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p = skip_MuxedAccount(b, p)
    out.append((SOURCE, s1, p))
    p = skip_Preconditions(b, p + 12)
    p = skip_Memo(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = walk_Operation(b, p, out)
    p = skip_TransactionExt(b, p)
    return p


def walk_TransactionV1Envelope(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p = walk_Transaction(b, p, out)
    out.append((SIGNED, s1, p))
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_DecoratedSignature(b, p)
    return p


def walk_FeeBumpTransactionInnerTx(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 2:
        p = walk_TransactionV1Envelope(b, p, out)
    else:
        raise UnknownArmError("FeeBumpTransactionInnerTx", k, p - 4)
    return p


def walk_FeeBumpTransaction(b: bytes, p: int, out: Places) -> int:
    p = skip_MuxedAccount(b, p)
    p += 8
    p = walk_FeeBumpTransactionInnerTx(b, p, out)
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("FeeBumpTransactionExt", k, p)
    p += 4
    return p


def walk_FeeBumpTransactionEnvelope(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p = walk_FeeBumpTransaction(b, p, out)
    out.append((SIGNED_FEE_BUMP, s1, p))
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_DecoratedSignature(b, p)
    return p


def walk(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = walk_TransactionV0Envelope(b, p, out)
    elif k == 2:
        p = walk_TransactionV1Envelope(b, p, out)
    elif k == 5:
        p = walk_FeeBumpTransactionEnvelope(b, p, out)
    else:
        raise UnknownArmError("TransactionEnvelope", k, p - 4)
    return p

"""Walks a TransactionResultPair: where the places in it begin and end.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from typing import Final

from indexer.xdr.generated.results import (
    skip_AccountMergeResult,
    skip_CreateClaimableBalanceResult,
    skip_InflationResult,
    skip_ManageBuyOfferResult,
    skip_ManageSellOfferResult,
    skip_PathPaymentStrictReceiveResult,
    skip_PathPaymentStrictSendResult,
)
from indexer.xdr.runtime import I32, U32, Places, UnknownArmError

TX_HASH: Final = 0
CODE: Final = 1
INNER_CODE: Final = 2
OPERATION_CODE: Final = 3
INVOKE_CODE: Final = 4
CALL_HASH: Final = 5


def walk_InvokeHostFunctionResult(b: bytes, p: int, out: Places) -> int:
    s1 = p
    (k,) = I32(b, p)
    p += 4
    out.append((INVOKE_CODE, s1, p))
    if k == 0:
        s2 = p
        p += 32
        out.append((CALL_HASH, s2, p))
    elif -5 <= k <= -1:
        pass
    else:
        raise UnknownArmError("InvokeHostFunctionResult", k, p - 4)
    return p


def walk_OperationResultTr(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        (k,) = I32(b, p)
        if not -4 <= k <= 0:
            raise UnknownArmError("CreateAccountResult", k, p)
        p += 4
    elif k == 1:
        (k,) = I32(b, p)
        if not -9 <= k <= 0:
            raise UnknownArmError("PaymentResult", k, p)
        p += 4
    elif k == 2:
        p = skip_PathPaymentStrictReceiveResult(b, p)
    elif k in {3, 4}:
        p = skip_ManageSellOfferResult(b, p)
    elif k == 5:
        (k,) = I32(b, p)
        if not -10 <= k <= 0:
            raise UnknownArmError("SetOptionsResult", k, p)
        p += 4
    elif k == 6:
        (k,) = I32(b, p)
        if not -8 <= k <= 0:
            raise UnknownArmError("ChangeTrustResult", k, p)
        p += 4
    elif k == 7:
        (k,) = I32(b, p)
        if not -6 <= k <= 0:
            raise UnknownArmError("AllowTrustResult", k, p)
        p += 4
    elif k == 8:
        p = skip_AccountMergeResult(b, p)
    elif k == 9:
        p = skip_InflationResult(b, p)
    elif k == 10:
        (k,) = I32(b, p)
        if not -4 <= k <= 0:
            raise UnknownArmError("ManageDataResult", k, p)
        p += 4
    elif k == 11:
        (k,) = I32(b, p)
        if k not in (-1, 0):
            raise UnknownArmError("BumpSequenceResult", k, p)
        p += 4
    elif k == 12:
        p = skip_ManageBuyOfferResult(b, p)
    elif k == 13:
        p = skip_PathPaymentStrictSendResult(b, p)
    elif k == 14:
        p = skip_CreateClaimableBalanceResult(b, p)
    elif k == 15:
        (k,) = I32(b, p)
        if not -6 <= k <= 0:
            raise UnknownArmError("ClaimClaimableBalanceResult", k, p)
        p += 4
    elif k == 16:
        (k,) = I32(b, p)
        if not -3 <= k <= 0:
            raise UnknownArmError("BeginSponsoringFutureReservesResult", k, p)
        p += 4
    elif k == 17:
        (k,) = I32(b, p)
        if k not in (-1, 0):
            raise UnknownArmError("EndSponsoringFutureReservesResult", k, p)
        p += 4
    elif k == 18:
        (k,) = I32(b, p)
        if not -5 <= k <= 0:
            raise UnknownArmError("RevokeSponsorshipResult", k, p)
        p += 4
    elif k == 19:
        (k,) = I32(b, p)
        if not -4 <= k <= 0:
            raise UnknownArmError("ClawbackResult", k, p)
        p += 4
    elif k == 20:
        (k,) = I32(b, p)
        if not -3 <= k <= 0:
            raise UnknownArmError("ClawbackClaimableBalanceResult", k, p)
        p += 4
    elif k == 21:
        (k,) = I32(b, p)
        if not -5 <= k <= 0:
            raise UnknownArmError("SetTrustLineFlagsResult", k, p)
        p += 4
    elif k == 22:
        (k,) = I32(b, p)
        if not -8 <= k <= 0:
            raise UnknownArmError("LiquidityPoolDepositResult", k, p)
        p += 4
    elif k == 23:
        (k,) = I32(b, p)
        if not -6 <= k <= 0:
            raise UnknownArmError("LiquidityPoolWithdrawResult", k, p)
        p += 4
    elif k == 24:
        p = walk_InvokeHostFunctionResult(b, p, out)
    elif k == 25:
        (k,) = I32(b, p)
        if not -3 <= k <= 0:
            raise UnknownArmError("ExtendFootprintTTLResult", k, p)
        p += 4
    elif k == 26:
        (k,) = I32(b, p)
        if not -3 <= k <= 0:
            raise UnknownArmError("RestoreFootprintResult", k, p)
        p += 4
    else:
        raise UnknownArmError("OperationResultTr", k, p - 4)
    return p


def walk_OperationResult(b: bytes, p: int, out: Places) -> int:
    s1 = p
    (k,) = I32(b, p)
    p += 4
    out.append((OPERATION_CODE, s1, p))
    if k == 0:
        p = walk_OperationResultTr(b, p, out)
    elif -6 <= k <= -1:
        pass
    else:
        raise UnknownArmError("OperationResult", k, p - 4)
    return p


def walk_InnerTransactionResultResult(b: bytes, p: int, out: Places) -> int:
    s1 = p
    (k,) = I32(b, p)
    p += 4
    out.append((INNER_CODE, s1, p))
    if k in {-1, 0}:
        (n,) = U32(b, p)
        p += 4
        for _ in range(n):
            p = walk_OperationResult(b, p, out)
    elif k in {-18, -17, -16, -15, -14, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2}:
        pass
    else:
        raise UnknownArmError("InnerTransactionResultResult", k, p - 4)
    return p


def walk_InnerTransactionResult(b: bytes, p: int, out: Places) -> int:
    p += 8
    p = walk_InnerTransactionResultResult(b, p, out)
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("InnerTransactionResultExt", k, p)
    p += 4
    return p


def walk_InnerTransactionResultPair(b: bytes, p: int, out: Places) -> int:
    p += 32
    p = walk_InnerTransactionResult(b, p, out)
    return p


def walk_TransactionResultResult(b: bytes, p: int, out: Places) -> int:
    s1 = p
    (k,) = I32(b, p)
    p += 4
    out.append((CODE, s1, p))
    if k in {-13, 1}:
        p = walk_InnerTransactionResultPair(b, p, out)
    elif k in {-1, 0}:
        (n,) = U32(b, p)
        p += 4
        for _ in range(n):
            p = walk_OperationResult(b, p, out)
    elif k in {-18, -17, -16, -15, -14, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2}:
        pass
    else:
        raise UnknownArmError("TransactionResultResult", k, p - 4)
    return p


def walk_TransactionResult(b: bytes, p: int, out: Places) -> int:
    p += 8
    p = walk_TransactionResultResult(b, p, out)
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("TransactionResultExt", k, p)
    p += 4
    return p


def walk(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p += 32
    out.append((TX_HASH, s1, p))
    p = walk_TransactionResult(b, p, out)
    return p

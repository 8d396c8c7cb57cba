"""Skips the values of `definitions/results.x`.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from indexer.xdr.generated.entries import skip_Asset, skip_OfferEntry
from indexer.xdr.generated.types import skip_ClaimableBalanceID, skip_PublicKey
from indexer.xdr.runtime import I32, U32, UnknownArmError


def skip_ClaimOfferAtomV0(b: bytes, p: int) -> int:
    p = skip_Asset(b, p + 40)
    p = skip_Asset(b, p + 8)
    p += 8
    return p


def skip_ClaimOfferAtom(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p = skip_Asset(b, p + 8)
    p = skip_Asset(b, p + 8)
    p += 8
    return p


def skip_ClaimLiquidityAtom(b: bytes, p: int) -> int:
    p = skip_Asset(b, p + 32)
    p = skip_Asset(b, p + 8)
    p += 8
    return p


def skip_ClaimAtom(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_ClaimOfferAtomV0(b, p)
    elif k == 1:
        p = skip_ClaimOfferAtom(b, p)
    elif k == 2:
        p = skip_ClaimLiquidityAtom(b, p)
    else:
        raise UnknownArmError("ClaimAtom", k, p - 4)
    return p


def skip_SimplePaymentResult(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p = skip_Asset(b, p)
    p += 8
    return p


def skip_PathPaymentStrictReceiveResultSuccess(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_ClaimAtom(b, p)
    p = skip_SimplePaymentResult(b, p)
    return p


def skip_PathPaymentStrictReceiveResult(b: bytes, p: int) -> int:
    (k,) = I32(b, p)
    p += 4
    if k == 0:
        p = skip_PathPaymentStrictReceiveResultSuccess(b, p)
    elif k in {-12, -11, -10, -8, -7, -6, -5, -4, -3, -2, -1}:
        pass
    elif k == -9:
        p = skip_Asset(b, p)
    else:
        raise UnknownArmError("PathPaymentStrictReceiveResult", k, p - 4)
    return p


def skip_PathPaymentStrictSendResultSuccess(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_ClaimAtom(b, p)
    p = skip_SimplePaymentResult(b, p)
    return p


def skip_PathPaymentStrictSendResult(b: bytes, p: int) -> int:
    (k,) = I32(b, p)
    p += 4
    if k == 0:
        p = skip_PathPaymentStrictSendResultSuccess(b, p)
    elif k in {-12, -11, -10, -8, -7, -6, -5, -4, -3, -2, -1}:
        pass
    elif k == -9:
        p = skip_Asset(b, p)
    else:
        raise UnknownArmError("PathPaymentStrictSendResult", k, p - 4)
    return p


def skip_ManageOfferSuccessResultOffer(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k in {0, 1}:
        p = skip_OfferEntry(b, p)
    elif k == 2:
        pass
    else:
        raise UnknownArmError("ManageOfferSuccessResultOffer", k, p - 4)
    return p


def skip_ManageOfferSuccessResult(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_ClaimAtom(b, p)
    p = skip_ManageOfferSuccessResultOffer(b, p)
    return p


def skip_ManageSellOfferResult(b: bytes, p: int) -> int:
    (k,) = I32(b, p)
    p += 4
    if k == 0:
        p = skip_ManageOfferSuccessResult(b, p)
    elif -12 <= k <= -1:
        pass
    else:
        raise UnknownArmError("ManageSellOfferResult", k, p - 4)
    return p


def skip_ManageBuyOfferResult(b: bytes, p: int) -> int:
    (k,) = I32(b, p)
    p += 4
    if k == 0:
        p = skip_ManageOfferSuccessResult(b, p)
    elif -12 <= k <= -1:
        pass
    else:
        raise UnknownArmError("ManageBuyOfferResult", k, p - 4)
    return p


def skip_AccountMergeResult(b: bytes, p: int) -> int:
    (k,) = I32(b, p)
    p += 4
    if k == 0:
        p += 8
    elif -7 <= k <= -1:
        pass
    else:
        raise UnknownArmError("AccountMergeResult", k, p - 4)
    return p


def skip_InflationPayout(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p += 8
    return p


def skip_InflationResult(b: bytes, p: int) -> int:
    (k,) = I32(b, p)
    p += 4
    if k == 0:
        (n,) = U32(b, p)
        p += 4
        for _ in range(n):
            p = skip_InflationPayout(b, p)
    elif k == -1:
        pass
    else:
        raise UnknownArmError("InflationResult", k, p - 4)
    return p


def skip_CreateClaimableBalanceResult(b: bytes, p: int) -> int:
    (k,) = I32(b, p)
    p += 4
    if k == 0:
        p = skip_ClaimableBalanceID(b, p)
    elif -5 <= k <= -1:
        pass
    else:
        raise UnknownArmError("CreateClaimableBalanceResult", k, p - 4)
    return p


def skip_InvokeHostFunctionResult(b: bytes, p: int) -> int:
    (k,) = I32(b, p)
    p += 4
    if k == 0:
        p += 32
    elif -5 <= k <= -1:
        pass
    else:
        raise UnknownArmError("InvokeHostFunctionResult", k, p - 4)
    return p


def skip_OperationResultTr(b: bytes, p: int) -> int:
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
        p = skip_InvokeHostFunctionResult(b, p)
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


def skip_OperationResult(b: bytes, p: int) -> int:
    (k,) = I32(b, p)
    p += 4
    if k == 0:
        p = skip_OperationResultTr(b, p)
    elif -6 <= k <= -1:
        pass
    else:
        raise UnknownArmError("OperationResult", k, p - 4)
    return p


def skip_InnerTransactionResultResult(b: bytes, p: int) -> int:
    (k,) = I32(b, p)
    p += 4
    if k in {-1, 0}:
        (n,) = U32(b, p)
        p += 4
        for _ in range(n):
            p = skip_OperationResult(b, p)
    elif k in {-18, -17, -16, -15, -14, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2}:
        pass
    else:
        raise UnknownArmError("InnerTransactionResultResult", k, p - 4)
    return p


def skip_InnerTransactionResult(b: bytes, p: int) -> int:
    p = skip_InnerTransactionResultResult(b, p + 8)
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("InnerTransactionResultExt", k, p)
    p += 4
    return p


def skip_InnerTransactionResultPair(b: bytes, p: int) -> int:
    p = skip_InnerTransactionResult(b, p + 32)
    return p


def skip_TransactionResultResult(b: bytes, p: int) -> int:
    (k,) = I32(b, p)
    p += 4
    if k in {-13, 1}:
        p = skip_InnerTransactionResultPair(b, p)
    elif k in {-1, 0}:
        (n,) = U32(b, p)
        p += 4
        for _ in range(n):
            p = skip_OperationResult(b, p)
    elif k in {-18, -17, -16, -15, -14, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2}:
        pass
    else:
        raise UnknownArmError("TransactionResultResult", k, p - 4)
    return p


def skip_TransactionResult(b: bytes, p: int) -> int:
    p = skip_TransactionResultResult(b, p + 8)
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("TransactionResultExt", k, p)
    p += 4
    return p

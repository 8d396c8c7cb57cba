"""Skips the values of `definitions/entries.x`.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from indexer.xdr.generated.settings import skip_ConfigSettingEntry
from indexer.xdr.generated.types import skip_ClaimableBalanceID, skip_PublicKey, skip_SignerKey
from indexer.xdr.generated.values import skip_SCAddress, skip_SCVal
from indexer.xdr.runtime import U32, UnknownArmError, bad_flag


def skip_AssetCode(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 1:
        p += 4
    elif k == 2:
        p += 12
    else:
        raise UnknownArmError("AssetCode", k, p - 4)
    return p


def skip_AlphaNum4(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p + 4)
    return p


def skip_AlphaNum12(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p + 12)
    return p


def skip_Asset(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_AlphaNum4(b, p)
    elif k == 2:
        p = skip_AlphaNum12(b, p)
    else:
        raise UnknownArmError("Asset", k, p - 4)
    return p


def skip_Signer(b: bytes, p: int) -> int:
    p = skip_SignerKey(b, p)
    p += 4
    return p


def skip_AccountEntryExtensionV3(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    p += 16
    return p


def skip_AccountEntryExtensionV2Ext(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 3:
        p = skip_AccountEntryExtensionV3(b, p)
    else:
        raise UnknownArmError("AccountEntryExtensionV2Ext", k, p - 4)
    return p


def skip_AccountEntryExtensionV2(b: bytes, p: int) -> int:
    (n,) = U32(b, p + 8)
    p += 12
    for _ in range(n):
        (n,) = U32(b, p)
        p += 4
        if n == 1:
            p = skip_PublicKey(b, p)
        elif n:
            raise bad_flag(n, p - 4)
    p = skip_AccountEntryExtensionV2Ext(b, p)
    return p


def skip_AccountEntryExtensionV1Ext(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 2:
        p = skip_AccountEntryExtensionV2(b, p)
    else:
        raise UnknownArmError("AccountEntryExtensionV1Ext", k, p - 4)
    return p


def skip_AccountEntryExtensionV1(b: bytes, p: int) -> int:
    p = skip_AccountEntryExtensionV1Ext(b, p + 16)
    return p


def skip_AccountEntryExt(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_AccountEntryExtensionV1(b, p)
    else:
        raise UnknownArmError("AccountEntryExt", k, p - 4)
    return p


def skip_AccountEntry(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    (n,) = U32(b, p + 20)
    p += 24
    if n == 1:
        p = skip_PublicKey(b, p)
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p + 4)
    p += 8 + (n + 3 & -4)
    (n,) = U32(b, p + 4)
    p += 8
    for _ in range(n):
        p = skip_Signer(b, p)
    p = skip_AccountEntryExt(b, p)
    return p


def skip_TrustLineAsset(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_AlphaNum4(b, p)
    elif k == 2:
        p = skip_AlphaNum12(b, p)
    elif k == 3:
        p += 32
    else:
        raise UnknownArmError("TrustLineAsset", k, p - 4)
    return p


def skip_TrustLineEntryExtensionV2(b: bytes, p: int) -> int:
    (k,) = U32(b, p + 4)
    if k:
        raise UnknownArmError("TrustLineEntryExtensionV2Ext", k, p + 4)
    p += 8
    return p


def skip_TrustLineEntryV1Ext(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 2:
        p = skip_TrustLineEntryExtensionV2(b, p)
    else:
        raise UnknownArmError("TrustLineEntryV1Ext", k, p - 4)
    return p


def skip_TrustLineEntryV1(b: bytes, p: int) -> int:
    p = skip_TrustLineEntryV1Ext(b, p + 16)
    return p


def skip_TrustLineEntryExt(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_TrustLineEntryV1(b, p)
    else:
        raise UnknownArmError("TrustLineEntryExt", k, p - 4)
    return p


def skip_TrustLineEntry(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p = skip_TrustLineAsset(b, p)
    p = skip_TrustLineEntryExt(b, p + 20)
    return p


def skip_OfferEntry(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p = skip_Asset(b, p + 8)
    p = skip_Asset(b, p)
    (k,) = U32(b, p + 20)
    if k:
        raise UnknownArmError("OfferEntryExt", k, p + 20)
    p += 24
    return p


def skip_DataEntry(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    (n,) = U32(b, p)
    p += 4 + (n + 3 & -4)
    (n,) = U32(b, p)
    p += 4 + (n + 3 & -4)
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("DataEntryExt", k, p)
    p += 4
    return p


def skip_ClaimPredicate(b: bytes, p: int) -> int:
    left = 1
    while left:
        left -= 1
        (k,) = U32(b, p)
        p += 4
        if k == 0:
            pass
        elif k in {1, 2}:
            (n,) = U32(b, p)
            p += 4
            left += n
        elif k == 3:
            (n,) = U32(b, p)
            p += 4
            if n == 1:
                left += 1
            elif n:
                raise bad_flag(n, p - 4)
        elif k in {4, 5}:
            p += 8
        else:
            raise UnknownArmError("ClaimPredicate", k, p - 4)
    return p


def skip_ClaimantV0(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p = skip_ClaimPredicate(b, p)
    return p


def skip_Claimant(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_ClaimantV0(b, p)
    else:
        raise UnknownArmError("Claimant", k, p - 4)
    return p


def skip_ClaimableBalanceEntryExtensionV1(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ClaimableBalanceEntryExtensionV1Ext", k, p)
    p += 8
    return p


def skip_ClaimableBalanceEntryExt(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_ClaimableBalanceEntryExtensionV1(b, p)
    else:
        raise UnknownArmError("ClaimableBalanceEntryExt", k, p - 4)
    return p


def skip_ClaimableBalanceEntry(b: bytes, p: int) -> int:
    p = skip_ClaimableBalanceID(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_Claimant(b, p)
    p = skip_Asset(b, p)
    p = skip_ClaimableBalanceEntryExt(b, p + 8)
    return p


def skip_LiquidityPoolConstantProductParameters(b: bytes, p: int) -> int:
    p = skip_Asset(b, p)
    p = skip_Asset(b, p)
    p += 4
    return p


def skip_LiquidityPoolEntryConstantProduct(b: bytes, p: int) -> int:
    p = skip_LiquidityPoolConstantProductParameters(b, p)
    p += 32
    return p


def skip_LiquidityPoolEntryBody(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_LiquidityPoolEntryConstantProduct(b, p)
    else:
        raise UnknownArmError("LiquidityPoolEntryBody", k, p - 4)
    return p


def skip_LiquidityPoolEntry(b: bytes, p: int) -> int:
    p = skip_LiquidityPoolEntryBody(b, p + 32)
    return p


def skip_ContractDataEntry(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    p = skip_SCAddress(b, p + 4)
    p = skip_SCVal(b, p)
    p = skip_SCVal(b, p + 4)
    return p


def skip_ContractCodeCostInputs(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    p += 44
    return p


def skip_ContractCodeEntryV1(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    p = skip_ContractCodeCostInputs(b, p + 4)
    return p


def skip_ContractCodeEntryExt(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_ContractCodeEntryV1(b, p)
    else:
        raise UnknownArmError("ContractCodeEntryExt", k, p - 4)
    return p


def skip_ContractCodeEntry(b: bytes, p: int) -> int:
    p = skip_ContractCodeEntryExt(b, p)
    (n,) = U32(b, p + 32)
    p += 36 + (n + 3 & -4)
    return p


def skip_LedgerEntryExtensionV1(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p = skip_PublicKey(b, p)
    elif n:
        raise bad_flag(n, p - 4)
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("LedgerEntryExtensionV1Ext", k, p)
    p += 4
    return p


def skip_LedgerEntryData(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_AccountEntry(b, p)
    elif k == 1:
        p = skip_TrustLineEntry(b, p)
    elif k == 2:
        p = skip_OfferEntry(b, p)
    elif k == 3:
        p = skip_DataEntry(b, p)
    elif k == 4:
        p = skip_ClaimableBalanceEntry(b, p)
    elif k == 5:
        p = skip_LiquidityPoolEntry(b, p)
    elif k == 6:
        p = skip_ContractDataEntry(b, p)
    elif k == 7:
        p = skip_ContractCodeEntry(b, p)
    elif k == 8:
        p = skip_ConfigSettingEntry(b, p)
    elif k == 9:
        p += 36
    else:
        raise UnknownArmError("LedgerEntryData", k, p - 4)
    return p


def skip_LedgerEntryExt(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_LedgerEntryExtensionV1(b, p)
    else:
        raise UnknownArmError("LedgerEntryExt", k, p - 4)
    return p


def skip_LedgerEntry(b: bytes, p: int) -> int:
    p = skip_LedgerEntryData(b, p + 4)
    p = skip_LedgerEntryExt(b, p)
    return p


def skip_LedgerKeyAccount(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    return p


def skip_LedgerKeyTrustLine(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p = skip_TrustLineAsset(b, p)
    return p


def skip_LedgerKeyOffer(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    p += 8
    return p


def skip_LedgerKeyData(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    (n,) = U32(b, p)
    p += 4 + (n + 3 & -4)
    return p


def skip_LedgerKeyClaimableBalance(b: bytes, p: int) -> int:
    p = skip_ClaimableBalanceID(b, p)
    return p


def skip_LedgerKeyContractData(b: bytes, p: int) -> int:
    p = skip_SCAddress(b, p)
    p = skip_SCVal(b, p)
    p += 4
    return p


def skip_LedgerKey(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_LedgerKeyAccount(b, p)
    elif k == 1:
        p = skip_LedgerKeyTrustLine(b, p)
    elif k == 2:
        p = skip_LedgerKeyOffer(b, p)
    elif k == 3:
        p = skip_LedgerKeyData(b, p)
    elif k == 4:
        p = skip_LedgerKeyClaimableBalance(b, p)
    elif k in {5, 7, 9}:
        p += 32
    elif k == 6:
        p = skip_LedgerKeyContractData(b, p)
    elif k == 8:
        p += 4
    else:
        raise UnknownArmError("LedgerKey", k, p - 4)
    return p

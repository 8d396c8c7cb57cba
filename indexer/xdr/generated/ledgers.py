"""Skips the values of `definitions/ledgers.x`.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from indexer.xdr.generated.entries import skip_LedgerEntry, skip_LedgerKey
from indexer.xdr.generated.types import skip_PublicKey, skip_SCPEnvelope, skip_SCPQuorumSet
from indexer.xdr.generated.values import skip_SCVal
from indexer.xdr.runtime import U32, UnknownArmError


def skip_LedgerCloseValueSignature(b: bytes, p: int) -> int:
    p = skip_PublicKey(b, p)
    (n,) = U32(b, p)
    p += 4 + (n + 3 & -4)
    return p


def skip_StellarValueProposedValue(b: bytes, p: int) -> int:
    p = skip_LedgerCloseValueSignature(b, p + 68)
    return p


def skip_StellarValueSignedMsValue(b: bytes, p: int) -> int:
    p = skip_LedgerCloseValueSignature(b, p + 8)
    return p


def skip_StellarValueProposedMsValue(b: bytes, p: int) -> int:
    p = skip_LedgerCloseValueSignature(b, p + 76)
    return p


def skip_StellarValueExt(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_LedgerCloseValueSignature(b, p)
    elif k == 2:
        p = skip_StellarValueProposedValue(b, p)
    elif k == 3:
        p = skip_StellarValueSignedMsValue(b, p)
    elif k == 4:
        p = skip_StellarValueProposedMsValue(b, p)
    else:
        raise UnknownArmError("StellarValueExt", k, p - 4)
    return p


def skip_StellarValue(b: bytes, p: int) -> int:
    (n,) = U32(b, p + 40)
    p += 44
    for _ in range(n):
        (n,) = U32(b, p)
        p += 4 + (n + 3 & -4)
    p = skip_StellarValueExt(b, p)
    return p


def skip_LedgerHeaderExtensionV1(b: bytes, p: int) -> int:
    (k,) = U32(b, p + 4)
    if k:
        raise UnknownArmError("LedgerHeaderExtensionV1Ext", k, p + 4)
    p += 8
    return p


def skip_LedgerHeaderExt(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_LedgerHeaderExtensionV1(b, p)
    else:
        raise UnknownArmError("LedgerHeaderExt", k, p - 4)
    return p


def skip_LedgerHeader(b: bytes, p: int) -> int:
    p = skip_StellarValue(b, p + 36)
    p = skip_LedgerHeaderExt(b, p + 236)
    return p


def skip_LedgerUpgrade(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k in {1, 2, 3, 4, 5, 7}:
        p += 4
    elif k == 6:
        p += 64
    else:
        raise UnknownArmError("LedgerUpgrade", k, p - 4)
    return p


def skip_LedgerHeaderHistoryEntry(b: bytes, p: int) -> int:
    p = skip_LedgerHeader(b, p + 32)
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("LedgerHeaderHistoryEntryExt", k, p)
    p += 4
    return p


def skip_LedgerSCPMessages(b: bytes, p: int) -> int:
    (n,) = U32(b, p + 4)
    p += 8
    for _ in range(n):
        p = skip_SCPEnvelope(b, p)
    return p


def skip_SCPHistoryEntryV0(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_SCPQuorumSet(b, p)
    p = skip_LedgerSCPMessages(b, p)
    return p


def skip_SCPHistoryEntry(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_SCPHistoryEntryV0(b, p)
    else:
        raise UnknownArmError("SCPHistoryEntry", k, p - 4)
    return p


def skip_LedgerEntryChange(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k in {0, 1, 3, 4}:
        p = skip_LedgerEntry(b, p)
    elif k == 2:
        p = skip_LedgerKey(b, p)
    else:
        raise UnknownArmError("LedgerEntryChange", k, p - 4)
    return p


def skip_OperationMeta(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_LedgerEntryChange(b, p)
    return p


def skip_TransactionMetaV1(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_LedgerEntryChange(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_OperationMeta(b, p)
    return p


def skip_TransactionMetaV2(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_LedgerEntryChange(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_OperationMeta(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_LedgerEntryChange(b, p)
    return p


def skip_ContractEventV0(b: bytes, p: int) -> int:
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_SCVal(b, p)
    p = skip_SCVal(b, p)
    return p


def skip_ContractEventBody(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_ContractEventV0(b, p)
    else:
        raise UnknownArmError("ContractEventBody", k, p - 4)
    return p


def skip_SorobanTransactionMetaExtV1(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    p += 28
    return p


def skip_SorobanTransactionMetaExt(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_SorobanTransactionMetaExtV1(b, p)
    else:
        raise UnknownArmError("SorobanTransactionMetaExt", k, p - 4)
    return p


def skip_UpgradeEntryMeta(b: bytes, p: int) -> int:
    p = skip_LedgerUpgrade(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_LedgerEntryChange(b, p)
    return p


def skip_LedgerCloseMetaExtV1(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    p += 12
    return p


def skip_LedgerCloseMetaExt(b: bytes, p: int) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        pass
    elif k == 1:
        p = skip_LedgerCloseMetaExtV1(b, p)
    else:
        raise UnknownArmError("LedgerCloseMetaExt", k, p - 4)
    return p

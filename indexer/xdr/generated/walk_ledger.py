"""Walks a LedgerCloseMeta: where the places in it begin and end.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from __future__ import annotations

from typing import Final

from indexer.xdr.generated.entries import skip_LedgerEntry, skip_LedgerKey
from indexer.xdr.generated.ledgers import (
    skip_ContractEventBody,
    skip_LedgerCloseMetaExt,
    skip_LedgerEntryChange,
    skip_LedgerHeaderHistoryEntry,
    skip_OperationMeta,
    skip_SCPHistoryEntry,
    skip_SorobanTransactionMetaExt,
    skip_TransactionMetaV1,
    skip_TransactionMetaV2,
    skip_UpgradeEntryMeta,
)
from indexer.xdr.generated.results import skip_TransactionResult
from indexer.xdr.generated.transactions import (
    skip_FeeBumpTransactionEnvelope,
    skip_TransactionV0Envelope,
    skip_TransactionV1Envelope,
)
from indexer.xdr.generated.values import skip_SCVal
from indexer.xdr.runtime import U32, Places, UnknownArmError, bad_flag

ENVELOPE: Final = 0
RESULT: Final = 1
EVENT: Final = 2
RETURNED: Final = 3
OPERATION: Final = 4
SOROBAN: Final = 5
STAGE: Final = 6
TRANSACTION_EVENT: Final = 7
DIAGNOSTIC: Final = 8
TRANSACTION: Final = 9


def walk_TransactionEnvelope(b: bytes, p: int, out: Places) -> int:
    s1 = p
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = skip_TransactionV0Envelope(b, p)
    elif k == 2:
        p = skip_TransactionV1Envelope(b, p)
    elif k == 5:
        p = skip_FeeBumpTransactionEnvelope(b, p)
    else:
        raise UnknownArmError("TransactionEnvelope", k, p - 4)
    out.append((ENVELOPE, s1, p))
    return p


def walk_ParallelTxsComponent(b: bytes, p: int, out: Places) -> int:
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p += 8
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        (n,) = U32(b, p)
        p += 4
        for _ in range(n):
            (n,) = U32(b, p)
            p += 4
            for _ in range(n):
                p = walk_TransactionEnvelope(b, p, out)
    return p


def walk_TxSetComponentTxsMaybeDiscountedFee(b: bytes, p: int, out: Places) -> int:
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p += 8
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = walk_TransactionEnvelope(b, p, out)
    return p


def walk_TxSetComponent(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = walk_TxSetComponentTxsMaybeDiscountedFee(b, p, out)
    else:
        raise UnknownArmError("TxSetComponent", k, p - 4)
    return p


def walk_TransactionPhase(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        (n,) = U32(b, p)
        p += 4
        for _ in range(n):
            p = walk_TxSetComponent(b, p, out)
    elif k == 1:
        p = walk_ParallelTxsComponent(b, p, out)
    else:
        raise UnknownArmError("TransactionPhase", k, p - 4)
    return p


def walk_TransactionSet(b: bytes, p: int, out: Places) -> int:
    (n,) = U32(b, p + 32)
    p += 36
    for _ in range(n):
        p = walk_TransactionEnvelope(b, p, out)
    return p


def walk_TransactionSetV1(b: bytes, p: int, out: Places) -> int:
    (n,) = U32(b, p + 32)
    p += 36
    for _ in range(n):
        p = walk_TransactionPhase(b, p, out)
    return p


def walk_GeneralizedTransactionSet(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 1:
        p = walk_TransactionSetV1(b, p, out)
    else:
        raise UnknownArmError("GeneralizedTransactionSet", k, p - 4)
    return p


def walk_TransactionResultPair(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p = skip_TransactionResult(b, p + 32)
    out.append((RESULT, s1, p))
    return p


def walk_ContractEvent(b: bytes, p: int, out: Places) -> int:
    s1 = p
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    (n,) = U32(b, p + 4)
    p += 8
    if n == 1:
        p += 32
    elif n:
        raise bad_flag(n, p - 4)
    p = skip_ContractEventBody(b, p + 4)
    out.append((EVENT, s1, p))
    return p


def walk_DiagnosticEvent(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p += 4
    p = walk_ContractEvent(b, p, out)
    out.append((DIAGNOSTIC, s1, p))
    return p


def walk_SorobanTransactionMeta(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p = skip_SorobanTransactionMetaExt(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = walk_ContractEvent(b, p, out)
    s2 = p
    p = skip_SCVal(b, p)
    out.append((RETURNED, s2, p))
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = walk_DiagnosticEvent(b, p, out)
    out.append((SOROBAN, s1, p))
    return p


def walk_TransactionMetaV3(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    (n,) = U32(b, p + 4)
    p += 8
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
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p = walk_SorobanTransactionMeta(b, p, out)
    elif n:
        raise bad_flag(n, p - 4)
    return p


def walk_OperationMetaV2(b: bytes, p: int, out: Places) -> int:
    s1 = p
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    (n,) = U32(b, p + 4)
    p += 8
    for _ in range(n):
        p = skip_LedgerEntryChange(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = walk_ContractEvent(b, p, out)
    out.append((OPERATION, s1, p))
    return p


def walk_SorobanTransactionMetaV2(b: bytes, p: int, out: Places) -> int:
    p = skip_SorobanTransactionMetaExt(b, p)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        s1 = p
        p = skip_SCVal(b, p)
        out.append((RETURNED, s1, p))
    elif n:
        raise bad_flag(n, p - 4)
    return p


def walk_TransactionEvent(b: bytes, p: int, out: Places) -> int:
    s1 = p
    s2 = p
    p += 4
    out.append((STAGE, s2, p))
    p = walk_ContractEvent(b, p, out)
    out.append((TRANSACTION_EVENT, s1, p))
    return p


def walk_TransactionMetaV4(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    (n,) = U32(b, p + 4)
    p += 8
    for _ in range(n):
        p = skip_LedgerEntryChange(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = walk_OperationMetaV2(b, p, out)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_LedgerEntryChange(b, p)
    (n,) = U32(b, p)
    p += 4
    if n == 1:
        p = walk_SorobanTransactionMetaV2(b, p, out)
    elif n:
        raise bad_flag(n, p - 4)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = walk_TransactionEvent(b, p, out)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = walk_DiagnosticEvent(b, p, out)
    return p


def walk_TransactionMeta(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        (n,) = U32(b, p)
        p += 4
        for _ in range(n):
            p = skip_OperationMeta(b, p)
    elif k == 1:
        p = skip_TransactionMetaV1(b, p)
    elif k == 2:
        p = skip_TransactionMetaV2(b, p)
    elif k == 3:
        p = walk_TransactionMetaV3(b, p, out)
    elif k == 4:
        p = walk_TransactionMetaV4(b, p, out)
    else:
        raise UnknownArmError("TransactionMeta", k, p - 4)
    return p


def walk_TransactionResultMeta(b: bytes, p: int, out: Places) -> int:
    s1 = p
    p = walk_TransactionResultPair(b, p, out)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_LedgerEntryChange(b, p)
    p = walk_TransactionMeta(b, p, out)
    out.append((TRANSACTION, s1, p))
    return p


def walk_TransactionResultMetaV1(b: bytes, p: int, out: Places) -> int:
    s1 = p
    (k,) = U32(b, p)
    if k:
        raise UnknownArmError("ExtensionPoint", k, p)
    p += 4
    p = walk_TransactionResultPair(b, p, out)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_LedgerEntryChange(b, p)
    p = walk_TransactionMeta(b, p, out)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_LedgerEntryChange(b, p)
    out.append((TRANSACTION, s1, p))
    return p


def walk_LedgerCloseMetaV0(b: bytes, p: int, out: Places) -> int:
    p = skip_LedgerHeaderHistoryEntry(b, p)
    p = walk_TransactionSet(b, p, out)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = walk_TransactionResultMeta(b, p, out)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_UpgradeEntryMeta(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_SCPHistoryEntry(b, p)
    return p


def walk_LedgerCloseMetaV1(b: bytes, p: int, out: Places) -> int:
    p = skip_LedgerCloseMetaExt(b, p)
    p = skip_LedgerHeaderHistoryEntry(b, p)
    p = walk_GeneralizedTransactionSet(b, p, out)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = walk_TransactionResultMeta(b, p, out)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_UpgradeEntryMeta(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_SCPHistoryEntry(b, p)
    (n,) = U32(b, p + 8)
    p += 12
    for _ in range(n):
        p = skip_LedgerKey(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_LedgerEntry(b, p)
    return p


def walk_LedgerCloseMetaV2(b: bytes, p: int, out: Places) -> int:
    p = skip_LedgerCloseMetaExt(b, p)
    p = skip_LedgerHeaderHistoryEntry(b, p)
    p = walk_GeneralizedTransactionSet(b, p, out)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = walk_TransactionResultMetaV1(b, p, out)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_UpgradeEntryMeta(b, p)
    (n,) = U32(b, p)
    p += 4
    for _ in range(n):
        p = skip_SCPHistoryEntry(b, p)
    (n,) = U32(b, p + 8)
    p += 12
    for _ in range(n):
        p = skip_LedgerKey(b, p)
    return p


def walk(b: bytes, p: int, out: Places) -> int:
    (k,) = U32(b, p)
    p += 4
    if k == 0:
        p = walk_LedgerCloseMetaV0(b, p, out)
    elif k == 1:
        p = walk_LedgerCloseMetaV1(b, p, out)
    elif k == 2:
        p = walk_LedgerCloseMetaV2(b, p, out)
    else:
        raise UnknownArmError("LedgerCloseMeta", k, p - 4)
    return p

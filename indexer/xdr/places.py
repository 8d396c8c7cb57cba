"""What is looked for in a ledger: each walk notes where these places begin and end.

A place is a type, a field (`Struct.field`; of an optional field, its value), or a union's switch
(`Union.switch`). It is noted when it ends, so what lies inside another comes before it.
"""

from __future__ import annotations

from typing import Final

import msgspec


class Walk(msgspec.Struct, frozen=True):
    """A function `name` that walks a `root` and notes `places`, by the names of constants.

    Types in `closed` are skipped though a place may lie in them. What follows the last place in a
    struct of `cut` is not read, so the walk ends there.
    """

    name: str
    root: str
    places: dict[str, tuple[str, ...]]
    closed: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()


_HEADER: Final[dict[str, tuple[str, ...]]] = {
    "HASH": ("LedgerHeaderHistoryEntry.hash",),
    "VERSION": ("LedgerHeader.ledgerVersion",),
    "PREVIOUS": ("LedgerHeader.previousLedgerHash",),
    "CLOSED_AT": ("StellarValue.closeTime",),
    "RESULTS_HASH": ("LedgerHeader.txSetResultHash",),
    "SEQUENCE": ("LedgerHeader.ledgerSeq",),
    "HASHED": ("LedgerHeaderHistoryEntry.header",),
}
_WHOLE: Final = ("LedgerCloseMetaV0", "LedgerCloseMetaV1", "LedgerCloseMetaV2")

WALKS: Final = (
    Walk(
        "ledger",
        "LedgerCloseMeta",
        {
            "ENVELOPE": ("TransactionEnvelope",),
            "RESULT": ("TransactionResultPair",),
            "EVENT": ("ContractEvent",),
            "RETURNED": (
                "SorobanTransactionMeta.returnValue",
                "SorobanTransactionMetaV2.returnValue",
            ),
            "OPERATION": ("OperationMetaV2",),
            "SOROBAN": ("SorobanTransactionMeta",),
            "STAGE": ("TransactionEvent.stage",),
            "TRANSACTION_EVENT": ("TransactionEvent",),
            "DIAGNOSTIC": ("DiagnosticEvent",),
            "TRANSACTION": ("TransactionResultMeta", "TransactionResultMetaV1"),
        },
    ),
    Walk("opening", "LedgerCloseMeta", _HEADER, cut=_WHOLE),
    Walk("header", "LedgerHeaderHistoryEntry", _HEADER),
    Walk(
        "event",
        "ContractEvent",
        {
            "CONTRACT": ("ContractEvent.contractID",),
            "KIND": ("ContractEvent.type",),
            "BODY": ("ContractEventV0",),
        },
    ),
    Walk(
        "envelope",
        "TransactionEnvelope",
        {
            "SIGNED_V0": ("TransactionV0Envelope.tx",),
            "SIGNED": ("TransactionV1Envelope.tx",),
            "SIGNED_FEE_BUMP": ("FeeBumpTransactionEnvelope.tx",),
            "SOURCE": (
                "TransactionV0.sourceAccountEd25519",
                "Transaction.sourceAccount",
                "Operation.sourceAccount",
            ),
            "INVOKED": ("InvokeContractArgs.contractAddress",),
            "FUNCTION": ("InvokeContractArgs.functionName",),
        },
        closed=("SorobanAuthorizationEntry",),
    ),
    Walk(
        "result",
        "TransactionResultPair",
        {
            "TX_HASH": ("TransactionResultPair.transactionHash",),
            "CODE": ("TransactionResultResult.code",),
            "INNER_CODE": ("InnerTransactionResultResult.code",),
            "OPERATION_CODE": ("OperationResult.code",),
            "INVOKE_CODE": ("InvokeHostFunctionResult.code",),
            "CALL_HASH": ("InvokeHostFunctionResult.success",),
        },
    ),
)

NAMES: Final = (
    "EnvelopeType",
    "TransactionEventStage",
    "ContractEventType",
    "TransactionResultCode",
    "OperationResultCode",
    "InvokeHostFunctionResultCode",
)
"""Enums whose members' names are needed."""

"""Names of numbers.

Made from the definitions by `python -m indexer.xdr.generate`; do not edit.
"""

from typing import Final

EnvelopeType: Final = {
    0: "ENVELOPE_TYPE_TX_V0",
    1: "ENVELOPE_TYPE_SCP",
    2: "ENVELOPE_TYPE_TX",
    3: "ENVELOPE_TYPE_AUTH",
    4: "ENVELOPE_TYPE_SCPVALUE",
    5: "ENVELOPE_TYPE_TX_FEE_BUMP",
    6: "ENVELOPE_TYPE_OP_ID",
    7: "ENVELOPE_TYPE_POOL_REVOKE_OP_ID",
    8: "ENVELOPE_TYPE_CONTRACT_ID",
    9: "ENVELOPE_TYPE_SOROBAN_AUTHORIZATION",
    10: "ENVELOPE_TYPE_SOROBAN_AUTHORIZATION_WITH_ADDRESS",
}

TransactionEventStage: Final = {
    0: "TRANSACTION_EVENT_STAGE_BEFORE_ALL_TXS",
    1: "TRANSACTION_EVENT_STAGE_AFTER_TX",
    2: "TRANSACTION_EVENT_STAGE_AFTER_ALL_TXS",
}

ContractEventType: Final = {
    0: "SYSTEM",
    1: "CONTRACT",
    2: "DIAGNOSTIC",
}

TransactionResultCode: Final = {
    1: "txFEE_BUMP_INNER_SUCCESS",
    0: "txSUCCESS",
    -1: "txFAILED",
    -2: "txTOO_EARLY",
    -3: "txTOO_LATE",
    -4: "txMISSING_OPERATION",
    -5: "txBAD_SEQ",
    -6: "txBAD_AUTH",
    -7: "txINSUFFICIENT_BALANCE",
    -8: "txNO_ACCOUNT",
    -9: "txINSUFFICIENT_FEE",
    -10: "txBAD_AUTH_EXTRA",
    -11: "txINTERNAL_ERROR",
    -12: "txNOT_SUPPORTED",
    -13: "txFEE_BUMP_INNER_FAILED",
    -14: "txBAD_SPONSORSHIP",
    -15: "txBAD_MIN_SEQ_AGE_OR_GAP",
    -16: "txMALFORMED",
    -17: "txSOROBAN_INVALID",
    -18: "txFROZEN_KEY_ACCESSED",
}

OperationResultCode: Final = {
    0: "opINNER",
    -1: "opBAD_AUTH",
    -2: "opNO_ACCOUNT",
    -3: "opNOT_SUPPORTED",
    -4: "opTOO_MANY_SUBENTRIES",
    -5: "opEXCEEDED_WORK_LIMIT",
    -6: "opTOO_MANY_SPONSORING",
}

InvokeHostFunctionResultCode: Final = {
    0: "INVOKE_HOST_FUNCTION_SUCCESS",
    -1: "INVOKE_HOST_FUNCTION_MALFORMED",
    -2: "INVOKE_HOST_FUNCTION_TRAPPED",
    -3: "INVOKE_HOST_FUNCTION_RESOURCE_LIMIT_EXCEEDED",
    -4: "INVOKE_HOST_FUNCTION_ENTRY_ARCHIVED",
    -5: "INVOKE_HOST_FUNCTION_INSUFFICIENT_REFUNDABLE_FEE",
}

"""Why the ledger refuses: from simulation errors and failed transactions to problems."""

from __future__ import annotations

import re

from stellar_sdk import xdr

from api.errors import Problem
from api.problems.catalogue import BY_CODE, BY_SLUG, Kind

_HOST_ERROR = re.compile(r"HostError: Error\((\w+), #?(\w+)\)")

_RESULT_SLUGS = {
    "INVOKE_HOST_FUNCTION_RESOURCE_LIMIT_EXCEEDED": "fee-too-low",
    "INVOKE_HOST_FUNCTION_INSUFFICIENT_REFUNDABLE_FEE": "fee-too-low",
    "INVOKE_HOST_FUNCTION_ENTRY_ARCHIVED": "entry-archived",
}

# The envelope or result may speak a protocol newer than the SDK: then the cause stays general.
_UNREADABLE = (ValueError, KeyError, IndexError, TypeError, EOFError)


def refusal_of_simulation(error: str) -> Problem:
    """The problem behind simulateTransaction's `error`: the outermost host error decides."""
    match = _HOST_ERROR.search(error)
    if match is None:
        return Problem("simulation-failed")
    kind, code = match.groups()
    return Problem.of_kind(_kind_of(kind, code))


def _kind_of(kind: str, code: str) -> Kind:
    if kind == "Contract" and code.isdigit():
        return BY_CODE.get(int(code), BY_SLUG["simulation-failed"])
    if kind == "Auth":
        return BY_SLUG["not-authorised"]
    if kind == "Budget":
        return BY_SLUG["too-expensive"]
    return BY_SLUG["simulation-failed"]


def refusal_of_transaction(result: str | None, diagnostics: list[str]) -> Kind:
    """Why a transaction in the ledger failed, from its result and diagnostic events (XDR)."""
    code = next((c for c in map(_contract_code, diagnostics) if c is not None), None)
    if code is not None and code in BY_CODE:
        return BY_CODE[code]
    return BY_SLUG[_RESULT_SLUGS.get(_operation_code(result), "transaction-failed")]


def fee_charged(result: str | None) -> int | None:
    """Stroops taken for a transaction, from its TransactionResult (XDR)."""
    parsed = _result(result)
    return None if parsed is None else parsed.fee_charged.int64


def _contract_code(event: str) -> int | None:
    """The code of a diagnostic event `["error", Error(Contract, #code)]`."""
    try:
        body = xdr.DiagnosticEvent.from_xdr(event).event.body.v0
    except _UNREADABLE:
        return None
    if body is None or len(body.topics) < 2:
        return None
    name, error = body.topics[0], body.topics[1].error
    if name.sym is None or name.sym.sc_symbol != b"error" or error is None:
        return None
    if error.type != xdr.SCErrorType.SCE_CONTRACT or error.contract_code is None:
        return None
    return error.contract_code.uint32


def _result(result: str | None) -> xdr.TransactionResult | None:
    if result is None:
        return None
    try:
        return xdr.TransactionResult.from_xdr(result)
    except _UNREADABLE:
        return None


def _operation_code(result: str | None) -> str:
    parsed = _result(result)
    if parsed is None:
        return ""
    outcome = parsed.result
    pair = outcome.inner_result_pair
    results = pair.result.result.results if pair is not None else outcome.results
    for operation in results or []:
        invoked = operation.tr.invoke_host_function_result if operation.tr is not None else None
        if invoked is not None:
            return invoked.code.name
    return ""

"""What the ledger says becomes a problem that people understand."""

from __future__ import annotations

import pytest
from stellar_sdk import scval, xdr

from api.problems.catalogue import BY_SLUG, KINDS, slug_of
from api.transactions.refusals import (
    fee_charged,
    refusal_of_simulation,
    refusal_of_transaction,
)
from contracts.errors import ERRORS


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_contract_error_has_its_problem(code: int) -> None:
    problem = refusal_of_simulation(f"HostError: Error(Contract, #{code})\n\nEvent log ...")
    assert problem.kind.code == code
    assert problem.kind.slug == slug_of(ERRORS[code].name)
    assert problem.kind.sentence == ERRORS[code].sentence
    assert problem.kind.remedy
    assert problem.kind.status in {409, 422}


@pytest.mark.parametrize("code", range(1, 16))
def test_the_asset_contracts_errors_have_theirs(code: int) -> None:
    kind = refusal_of_simulation(f"HostError: Error(Contract, #{code})").kind
    assert (kind.code, kind.contract) == (code, "asset")


@pytest.mark.parametrize(
    ("error", "slug"),
    [
        ("HostError: Error(Auth, InvalidAction)", "not-authorised"),
        ("HostError: Error(Budget, ExceededLimit)", "too-expensive"),
        ("HostError: Error(Storage, MissingValue)", "simulation-failed"),
        ("HostError: Error(Contract, #4294967295)", "simulation-failed"),
        ("Could not unmarshal transaction", "simulation-failed"),
    ],
)
def test_other_errors_fall_where_they_belong(error: str, slug: str) -> None:
    assert refusal_of_simulation(error).kind.slug == slug


def test_names_of_problems_are_unique_and_complete() -> None:
    assert len({kind.slug for kind in KINDS}) == len(KINDS) == len(BY_SLUG)
    for kind in KINDS:
        assert kind.sentence.endswith("."), kind.slug
        assert kind.remedy.endswith("."), kind.slug
        assert 400 <= kind.status < 600


def _diagnostic(topics: list[xdr.SCVal]) -> str:
    event = xdr.ContractEvent(
        ext=xdr.ExtensionPoint(0),
        contract_id=None,
        type=xdr.ContractEventType.DIAGNOSTIC,
        body=xdr.ContractEventBody(0, xdr.ContractEventV0(topics=topics, data=scval.to_void())),
    )
    return xdr.DiagnosticEvent(in_successful_contract_call=False, event=event).to_xdr()


def _contract_error(code: int) -> xdr.SCVal:
    error = xdr.SCError(xdr.SCErrorType.SCE_CONTRACT, contract_code=xdr.Uint32(code))
    return xdr.SCVal(xdr.SCValType.SCV_ERROR, error=error)


def _result(code: xdr.InvokeHostFunctionResultCode) -> str:
    operation = xdr.OperationResult(
        xdr.OperationResultCode.opINNER,
        tr=xdr.OperationResultTr(
            xdr.OperationType.INVOKE_HOST_FUNCTION,
            invoke_host_function_result=xdr.InvokeHostFunctionResult(code),
        ),
    )
    return xdr.TransactionResult(
        fee_charged=xdr.Int64(12_345),
        result=xdr.TransactionResultResult(xdr.TransactionResultCode.txFAILED, results=[operation]),
        ext=xdr.TransactionResultExt(0),
    ).to_xdr()


_R = xdr.InvokeHostFunctionResultCode


def test_a_failed_transaction_names_the_contracts_error_and_its_fee() -> None:
    code = next(iter(ERRORS))
    noise = _diagnostic([scval.to_symbol("core_metrics"), scval.to_symbol("cpu_insn")])
    cause = _diagnostic([scval.to_symbol("error"), _contract_error(code)])
    result = _result(_R.INVOKE_HOST_FUNCTION_TRAPPED)
    assert refusal_of_transaction(result, ["unreadable", noise, cause]).code == code
    assert fee_charged(result) == 12_345


@pytest.mark.parametrize(
    ("code", "slug"),
    [
        (_R.INVOKE_HOST_FUNCTION_TRAPPED, "transaction-failed"),
        (_R.INVOKE_HOST_FUNCTION_ENTRY_ARCHIVED, "entry-archived"),
        (_R.INVOKE_HOST_FUNCTION_RESOURCE_LIMIT_EXCEEDED, "fee-too-low"),
        (_R.INVOKE_HOST_FUNCTION_INSUFFICIENT_REFUNDABLE_FEE, "fee-too-low"),
    ],
)
def test_without_diagnostics_the_result_code_tells(
    code: xdr.InvokeHostFunctionResultCode, slug: str
) -> None:
    assert refusal_of_transaction(_result(code), []).slug == slug


def test_what_cannot_be_read_stays_general() -> None:
    assert refusal_of_transaction("AAAA", []).slug == "transaction-failed"
    assert refusal_of_transaction(None, []).slug == "transaction-failed"
    assert fee_charged("AAAA") is None

"""The table of actions is whole: nothing that an account may call is missing, nothing is unused."""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Any

import msgspec
import pytest

import contracts
from api.problems.catalogue import BY_SLUG
from api.transactions.action import Action, Caller, field_of, parameters
from api.transactions.actions import ACTIONS
from api.transactions.examples import example
from api.transactions.requests import Body
from api.transactions.table import table
from contracts.wire import Address, Invocation

CALLER = Caller(Address("GCEZWKCA5VLDNRLN3RPRJMRZOX3Z6G5CHCGSNFHEYVXM3XOJMDS674JZ"), b"k" * 32)
SPEC = msgspec.json.decode((Path(contracts.__file__).parent / "spec.json").read_bytes())
CONSTRUCTOR = "__constructor"


def _callable_by_accounts(function: dict[str, Any]) -> bool:
    """What the contract's own words say: signed by somebody, or for anyone."""
    return "Signed by" in function["doc"] or "For anyone" in function["doc"]


def _for_contracts_only(function: dict[str, Any]) -> bool:
    return "For the" in function["doc"] and " only." in function["doc"]


def _reads_only(function: dict[str, Any]) -> bool:
    return not (_callable_by_accounts(function) or _for_contracts_only(function))


def _functions() -> list[tuple[str, dict[str, Any]]]:
    return [
        (contract, function)
        for contract, spec in SPEC.items()
        for function in spec["functions"]
        if function["name"] != CONSTRUCTOR
    ]


def _read(action: Action, **changes: Any) -> Body:
    """The action's example as a request, through the decoders that requests go through."""
    body = example(action.request) | changes
    return msgspec.convert(body, action.request, dec_hook=lambda kind, value: kind.parse(value))


def _invocations(action: Action) -> list[Invocation]:
    """What the action calls, for each contract that it may be asked for."""
    if callable(action.call):
        return [action.invocation(CALLER, _read(action))]
    return [action.invocation(CALLER, _read(action, contract=name)) for name in action.call]


def test_every_function_that_an_account_may_call_has_an_action() -> None:
    wanted = {(c, f["name"]) for c, f in _functions() if _callable_by_accounts(f)}
    offered = [
        (str(call.contract), call.function)
        for action in ACTIONS.values()
        for call in _invocations(action)
    ]
    assert len(wanted) > 50
    assert sorted(offered) == sorted(wanted), "each exactly once"


def test_functions_that_nobody_may_call_are_reads_or_between_contracts() -> None:
    """A new function whose doc does not say who may call it would hide from the test above."""
    reads = {f["name"] for _, f in _functions() if _reads_only(f)}
    assert reads == {
        *("get_invoice", "amount_due", "member", "params", "token_address", "solvency"),
        *("held", "payee", "has_role", "treasury", "calculate_distribution", "get_payment"),
        *("name", "symbol", "decimals", "balance", "allowance", "total_supply"),
        *("position", "accrued", "invoice"),
    }


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.name)
def test_a_declaration_is_whole(action: Action) -> None:
    """Every argument has a source, every field a use, every word of the summary a value."""
    names = {name for call in action.calls for name in parameters(call)}
    assert not action.caller or action.caller in names
    assert set(action.derived) <= names
    fields = set(action.request.__struct_fields__)
    direct = {field_of(name) for name in names - {action.caller} - set(action.derived)}
    assert direct <= fields
    beside = {"contract", "authorization"}
    token = any(call.contract == "token" for call in _invocations(action))
    unused = fields - direct - beside - ({"invoice_id"} if token else set())
    assert not unused or action.derived, f"nothing reads {unused}"
    for call in _invocations(action):
        assert all(argument is not None for argument in call.arguments)
    told = action.told(_read(action), 5 if action.pays else None)
    assert told
    assert "None" not in told
    assert action.who.who


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.name)
def test_its_conditions_are_documented_problems(action: Action) -> None:
    for condition in (*action.conditions, *action.warns):
        assert condition.slug in BY_SLUG


def test_a_choice_of_contract_is_the_requests_choice() -> None:
    for action in ACTIONS.values():
        if callable(action.call):
            assert "contract" not in action.request.__struct_fields__
        else:
            hint = typing.get_type_hints(action.request)["contract"]
            assert set(typing.get_args(hint)) == set(action.call)


def test_the_summary_says_what_is_paid_and_to_whom() -> None:
    action = ACTIONS["claim"]
    holder = Address("GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7")
    assert action.told(_read(action), 12_345_678) == "Claim 1.2345678 from INV-5F5F5F5F"
    pushed = action.told(_read(action, holder=holder), 10**10)
    assert pushed == "Claim 1,000.00 from INV-5F5F5F5F for GAAZ…CWN7"
    batch = ACTIONS["distribute"]
    told = batch.told(_read(batch, holders=[holder, CALLER.address]), [10**7, 0])
    assert told == "Pay 1.00 of INV-5F5F5F5F out to 2 accounts"
    until = ACTIONS["set-member"].told(_read(ACTIONS["set-member"], until=2**53 - 1, frozen=True))
    assert until == "Set the membership of GAAZ…CWN7: without end, frozen"


def test_the_documented_table_is_the_declarations() -> None:
    page = (Path(__file__).parents[2] / "docs" / "transactions.md").read_text()
    shown = page.split("<!-- actions -->\n")[1].split("\n<!-- /actions -->")[0]
    assert shown == table(), "put what api.transactions.table gives between the marks"

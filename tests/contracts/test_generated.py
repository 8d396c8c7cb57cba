"""The Python half of contracts/ is what the contracts' own spec says, and reads what they emit."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts import build, generate
from contracts.calls import escrow
from contracts.decoding import ExecutableUpdated, MalformedEventError, UnknownEventError, decode
from contracts.errors import ERRORS
from contracts.events import EVENTS, Approve, EscrowFunded, Payout, Transfer
from contracts.shaking import shake
from contracts.wire import Contract

_INVESTOR = "GBRPYHIL2CI3FNQ4BXLFMNDLFJUNPU2HY3ZMFSHONUCEOASW7QC7OX2H"
_WASM = build.BUILD / "wasm"


def test_the_committed_files_are_what_the_wasm_says() -> None:
    """A change of a contract that is not carried into Python is seen here."""
    rendered = generate.render(_WASM)
    assert {name: (generate.PACKAGE / name).read_text() for name in rendered} == rendered


@pytest.mark.parametrize("name", build.CONTRACTS)
def test_every_contract_fits_the_network(name: str) -> None:
    """Mainnet refuses code of more than 131,072 bytes."""
    assert (_WASM / f"{name}.wasm").stat().st_size <= 131_072


@pytest.mark.parametrize("name", build.CONTRACTS)
def test_shaking_a_shaken_contract_changes_nothing(name: str) -> None:
    wasm = (_WASM / f"{name}.wasm").read_bytes()
    assert shake(wasm) == wasm


def test_the_token_can_only_emit_what_sep_41_names() -> None:
    assert set(EVENTS[Contract.TOKEN]) == {"transfer", "mint", "burn", "approve"}


def test_every_error_has_a_sentence_and_a_remedy() -> None:
    for error in ERRORS.values():
        assert error.sentence.endswith(".")
        assert error.remedy.endswith(".")
    assert min(ERRORS) >= 100, "codes below 16 are the asset's own"


def test_an_event_becomes_its_type() -> None:
    data = {"amount": 5, "shares": 7, "raised": 9, "seq": 4}
    event = decode(Contract.ESCROW, ["escrow_funded", bytes(32), _INVESTOR], data)
    assert isinstance(event, EscrowFunded)
    assert (event.investor, event.amount, event.seq) == (_INVESTOR, 5, 4)


def test_an_absent_optional_is_none() -> None:
    data = {"amount": 2**100, "claimed": 1, "seq": 2}
    event = decode(Contract.DISTRIBUTOR, ["payout", bytes(32), _INVESTOR], data)
    assert isinstance(event, Payout)
    assert event.to is None
    assert event.amount == 2**100


@pytest.mark.parametrize("data", [5, {"amount": 5}, {"amount": 5, "to_muxed_id": 8}])
def test_a_share_transfer_is_read_in_every_form_of_sep_41(data: object) -> None:
    event = decode(Contract.TOKEN, ["transfer", _INVESTOR, _INVESTOR], data)
    assert isinstance(event, Transfer)
    assert event.amount == 5


@pytest.mark.parametrize("data", [[5, 900], {"amount": 5, "live_until_ledger": 900}])
def test_an_allowance_is_read_as_sep_41_sends_it(data: object) -> None:
    event = decode(Contract.TOKEN, ["approve", _INVESTOR, _INVESTOR], data)
    assert isinstance(event, Approve)
    assert (event.amount, event.live_until_ledger) == (5, 900)


@pytest.mark.parametrize("contract", [Contract.ESCROW, Contract.DISTRIBUTOR])
def test_the_hosts_own_event_of_an_upgrade_is_known(contract: Contract) -> None:
    """A real upgrade emits it beside the contract's own; it must not end in quarantine."""
    old = ["Wasm", b"o" * 32]
    new = ["Wasm", b"n" * 32]
    event = decode(contract, ["executable_update", old, new], [])
    assert event == ExecutableUpdated(old=old, new=new)


@pytest.mark.parametrize("topics", [[], [7], ["never_heard_of"], ["payout", bytes(32), _INVESTOR]])
def test_an_unknown_event_is_said_to_be_unknown(topics: list[object]) -> None:
    with pytest.raises(UnknownEventError):
        decode(Contract.ESCROW, topics, {})


@pytest.mark.parametrize(
    ("topics", "data"),
    [
        (["paused"], {}),
        (["paused", _INVESTOR, _INVESTOR], {}),
        (["paused", 5], {}),
        (["asset_set", _INVESTOR], {"allowed": "yes"}),
        (["asset_set", _INVESTOR], {}),
        (["asset_set", _INVESTOR], [True]),
    ],
)
def test_a_malformed_event_is_refused(topics: list[object], data: object) -> None:
    with pytest.raises(MalformedEventError):
        decode(Contract.ESCROW, topics, data)


def test_a_call_carries_its_arguments_in_order() -> None:
    call = escrow.fund_escrow(investor=_INVESTOR, id=bytes(32), amount=10**30)  # type: ignore[arg-type]
    assert (call.contract, call.function) == (Contract.ESCROW, "fund_escrow")
    kinds = [argument.type.name for argument in call.arguments]
    assert kinds == ["SCV_ADDRESS", "SCV_BYTES", "SCV_I128"]


def test_generation_fails_loudly_without_wasm(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        generate.render(tmp_path)

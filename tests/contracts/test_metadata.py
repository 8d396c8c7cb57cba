"""What the wasm says of itself: standard, version and the sources it was built from."""

from __future__ import annotations

import tomllib

import pytest
from stellar_sdk.sep.contract_meta import ContractMeta

from contracts import build
from contracts.metadata import SOURCE, describe

_WASM = build.BUILD / "wasm"


def facts(name: str) -> dict[str, str]:
    return dict(ContractMeta.from_wasm_file(_WASM / f"{name}.wasm").items())


@pytest.mark.parametrize("name", build.CONTRACTS)
def test_every_contract_names_its_version_and_its_sources(name: str) -> None:
    manifest = tomllib.loads((build.ROOT / "Cargo.toml").read_text())
    told = facts(name)
    assert told["desc"].startswith("StellarSettle ")
    assert told["binver"] == manifest["workspace"]["package"]["version"]
    assert told["rssdkver"].startswith(manifest["workspace"]["dependencies"]["soroban-sdk"][1:])


def test_all_were_built_from_the_sources_that_are_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["source"]) == 0
    here = capsys.readouterr().out.strip()
    assert {facts(name)[SOURCE] for name in build.CONTRACTS} == {here}


def test_only_the_token_claims_a_standard() -> None:
    assert [facts(name).get("sep") for name in build.CONTRACTS] == [None, "41", None]


def test_tests_and_harness_are_no_sources() -> None:
    sources = [path.relative_to(build.ROOT).as_posix() for path in build.contract_sources()]
    assert {path.split("/")[0] for path in sources} == {
        "Cargo.lock",
        "Cargo.toml",
        "invoice-escrow",
        "invoice-token",
        "payment-distributor",
        "shared",
    }
    assert not [path for path in sources if "/tests/" in path]


def test_a_fact_stands_once() -> None:
    wasm = (_WASM / "invoice_token.wasm").read_bytes()
    again = describe(describe(wasm, {SOURCE: "one"}), {SOURCE: "two"})
    items = ContractMeta.from_wasm(again).items()
    assert [value for key, value in items if key == SOURCE] == ["two"]
    assert describe(again, {SOURCE: facts("invoice_token")[SOURCE]}) == wasm


def test_what_has_no_metadata_is_refused() -> None:
    with pytest.raises(ValueError, match="contractmetav0"):
        describe(b"\0asm\x01\0\0\0", {SOURCE: "one"})

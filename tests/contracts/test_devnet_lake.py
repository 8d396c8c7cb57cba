"""Closed ledgers as files, and a ledger that goes on from them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from stellar_sdk import Keypair, xdr

from tests.contracts.ledger import BINARY, Devnet, issued_asset, native_balance, running, transfer

INSTANCE = xdr.SCVal(xdr.SCValType.SCV_LEDGER_KEY_CONTRACT_INSTANCE)
PARTITION = "FFFFFFFF--0-63999"


def whole_history(devnet: Devnet) -> tuple[object, object]:
    """All ledgers and all events."""
    ledgers = devnet.result("getLedgers", startLedger=2)["ledgers"]
    return ledgers, devnet.result("getEvents", startLedger=2)["events"]


def refusal(*flags: str) -> str:
    """What a start that must fail says."""
    done = subprocess.run([BINARY, *flags], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize("header", ["ms", "seconds"])
def test_a_ledger_goes_on_from_its_files(tmp_path: Path, header: str) -> None:
    """The same ledgers, events and entries, contract data with its time to live too."""
    folder = tmp_path / "lake"
    with running("--lake", str(folder), "--header", header) as devnet:
        issuer, holder, other = devnet.account(), devnet.account(), devnet.account()
        asset = issued_asset(devnet, issuer, holder)
        builder = devnet.builder(holder.public_key).append_create_account_op(
            Keypair.random().public_key, "5"
        )
        assert devnet.run(builder, holder).status.value == "SUCCESS"
        trust = devnet.builder(other.public_key).append_change_trust_op(asset)
        assert devnet.run(trust, other).status.value == "SUCCESS"
        before = whole_history(devnet)
        contract = asset.contract_id(devnet.passphrase)
        instance = devnet.server().get_contract_data(contract, INSTANCE)
    config = json.loads((folder / ".config.json").read_text())
    assert config == {
        "networkPassphrase": devnet.passphrase,
        "version": "1.0",
        "compression": "zstd",
        "ledgersPerBatch": 1,
        "batchesPerPartition": 64000,
    }
    flags = ("--from-lake", str(folder), "--lake", str(folder), "--header", header)
    with running(*flags) as devnet:
        assert whole_history(devnet) == before
        assert devnet.server().get_contract_data(contract, INSTANCE) == instance
        call = devnet.builder(holder.public_key)
        call.append_invoke_contract_function_op(
            **transfer(asset, devnet.passphrase, holder, other, 7)
        )
        assert devnet.invoke(call, holder).status.value == "SUCCESS"
        latest = devnet.result("getLatestLedger")["sequence"]
    files = sorted(path.name for path in folder.rglob("*.xdr.zst"))
    assert len(files) == latest - 1


def test_a_revert_takes_files_back(tmp_path: Path) -> None:
    """The folder tells of the history that holds, and of no other."""
    with running("--lake", str(tmp_path)) as devnet:
        devnet.account()
        kept = devnet.result("dev_snapshot")["id"]
        before = {path: path.read_bytes() for path in tmp_path.rglob("*.zst")}
        devnet.account()
        devnet.result("dev_revert", id=kept)
        assert {path: path.read_bytes() for path in tmp_path.rglob("*.zst")} == before
        keypair = devnet.account()
    with running("--from-lake", str(tmp_path)) as devnet:
        assert native_balance(devnet, keypair.public_key) == 100_000_000_000


def test_a_folder_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """Each refusal says what is wrong with which folder or file."""
    with running("--lake", str(tmp_path)) as devnet:
        for _ in range(3):
            devnet.account()
    lake = str(tmp_path)
    assert "another history" in refusal("--lake", lake)
    assert "of the network" in refusal("--from-lake", lake, "--passphrase", "other")
    assert "no .config.json" in refusal("--from-lake", str(tmp_path / PARTITION))
    newest = tmp_path / PARTITION / "FFFFFFFA--5.xdr.zst"
    newest.write_bytes(newest.read_bytes()[:-9])
    assert "FFFFFFFA--5.xdr.zst: damaged" in refusal("--from-lake", lake)
    (tmp_path / PARTITION / "FFFFFFFC--3.xdr.zst").unlink()
    assert "after ledger 2 comes ledger 4" in refusal("--from-lake", lake)


def test_a_folder_without_its_beginning_says_what_is_missing(tmp_path: Path) -> None:
    """Accounts that no ledger left in the folder names are not there."""
    with running("--lake", str(tmp_path)) as devnet:
        early, late = devnet.account(), devnet.account()
    (tmp_path / PARTITION / "FFFFFFFD--2.xdr.zst").unlink()
    (tmp_path / PARTITION / "FFFFFFFC--3.xdr.zst").unlink()
    with running("--from-lake", str(tmp_path)) as devnet:
        assert native_balance(devnet, late.public_key) == 100_000_000_000
        with pytest.raises(IndexError):
            native_balance(devnet, early.public_key)

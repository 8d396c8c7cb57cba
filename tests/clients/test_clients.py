"""Public clients, unmodified, against the local ledger: each tells the same story."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stellar_sdk import Keypair, SorobanServer, xdr
from stellar_sdk.soroban_server_async import SorobanServerAsync

from tests.clients.story import story
from tests.contracts.ledger import Devnet, native_balance, running

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build"
WASM = BUILD / "wasm" / "invoice_token.wasm"
TIMEOUT = 240
SHORT_LIVES = xdr.StateArchivalSettings(
    max_entry_ttl=xdr.Uint32(3_110_400),
    min_temporary_ttl=xdr.Uint32(17_280),
    min_persistent_ttl=xdr.Uint32(40),
    persistent_rent_rate_denominator=xdr.Int64(1_215),
    temp_rent_rate_denominator=xdr.Int64(2_430),
    max_entries_to_archive=xdr.Uint32(1_000),
    live_soroban_state_size_window_sample_size=xdr.Uint32(30),
    live_soroban_state_size_window_sample_period=xdr.Uint32(64),
    eviction_scan_size=xdr.Uint32(500_000),
    starting_eviction_scan_level=xdr.Uint32(7),
)


@pytest.fixture
def devnet(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Devnet]:
    """A ledger on which contract code is archived after forty ledgers."""
    if not WASM.is_file():
        pytest.skip(f"no contract at {WASM}: run `make built`")
    entry = xdr.ConfigSettingEntry(
        xdr.ConfigSettingID.CONFIG_SETTING_STATE_ARCHIVAL, state_archival_settings=SHORT_LIVES
    )
    data = xdr.LedgerEntryData(xdr.LedgerEntryType.CONFIG_SETTING, config_setting=entry)
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps([data.to_xdr()]))
    header = getattr(request, "param", "ms")
    with running("--settings", str(settings), "--header", header) as ledger:
        yield ledger


def check(devnet: Devnet, told: dict[str, Any]) -> None:
    """What a client says must be what the ledger holds."""
    assert native_balance(devnet, told["created"]) == 50_000_000
    assert usdc(devnet, told["contract"], told["holder"]) == 10_000_000_000 - 120_000_000
    assert usdc(devnet, told["contract"], told["other"]) == 120_000_000
    assert devnet.result("getTransaction", hash=told["upload"])["status"] == "SUCCESS"
    # The payment of the issuer is a mint; the two transfers are events of their contract.
    assert (told["events"], told["ledgers"]) == (2, 5)
    assert told["archived"] == 0
    assert told["restored"] > devnet.result("getLatestLedger")["sequence"]


def usdc(devnet: Devnet, contract: str, account: str) -> int:
    """What an account holds, asked of the contract's asset."""
    events = devnet.result("getEvents", startLedger=2, filters=[{"contractIds": [contract]}])
    name = xdr.SCVal.from_xdr(events["events"][0]["topic"][-1])
    assert name.str is not None
    code, issuer = name.str.sc_string.decode().split(":")
    line = xdr.TrustLineAsset(
        xdr.AssetType.ASSET_TYPE_CREDIT_ALPHANUM4,
        alpha_num4=xdr.AlphaNum4(
            xdr.AssetCode4(code.encode()), Keypair.from_public_key(issuer).xdr_account_id()
        ),
    )
    key = xdr.LedgerKey(
        xdr.LedgerEntryType.TRUSTLINE,
        trust_line=xdr.LedgerKeyTrustLine(Keypair.from_public_key(account).xdr_account_id(), line),
    )
    (entry,) = devnet.result("getLedgerEntries", keys=[key.to_xdr()])["entries"]
    held = xdr.LedgerEntryData.from_xdr(entry["xdr"]).trust_line
    assert held is not None
    return held.balance.int64


def run(command: list[str], folder: Path) -> str:
    """What a program prints that must succeed."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def needs(*programs: str) -> None:
    """Skip where a client's own tools are not there."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not on this machine, so this client cannot be run")


def installed(name: str, sources: list[Path], install: list[str]) -> Path:
    """A folder with these files in which `install` has run, once for each content of them."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    folder = BUILD / "clients" / f"{name}-{digest[:16]}"
    if folder.is_dir():
        return folder
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    draft.mkdir(parents=True)
    for source in sources:
        shutil.copy(source, draft)
    done = subprocess.run(
        install, cwd=draft, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    if done.returncode != 0:
        shutil.rmtree(draft)
        pytest.skip(f"`{' '.join(install)}` failed, is its registry in reach? {done.stderr[-500:]}")
    try:
        draft.rename(folder)
    except OSError:  # another process was as quick
        shutil.rmtree(draft)
    return folder


@pytest.mark.parametrize("devnet", ["ms", "seconds"], indirect=True)
def test_python(devnet: Devnet) -> None:
    """The plain client. It reads nothing of a header, so both arms are good."""
    with SorobanServer(devnet.rpc_url) as server:
        check(
            devnet, asyncio.run(story(server, devnet.rpc_url, devnet.passphrase, WASM.read_bytes()))
        )


def test_python_asynchronous(devnet: Devnet) -> None:
    """The asynchronous client."""
    code = WASM.read_bytes()

    async def told() -> dict[str, Any]:
        async with SorobanServerAsync(devnet.rpc_url) as server:
            return await story(server, devnet.rpc_url, devnet.passphrase, code)

    check(devnet, asyncio.run(told()))


@pytest.mark.parametrize("devnet", ["seconds"], indirect=True)
def test_javascript(devnet: Devnet) -> None:
    """@stellar/stellar-sdk 15, the newest for Node 20; it cannot decode Protocol 30's headers."""
    needs("node", "npm")
    sources = [HERE / "js" / name for name in ("package.json", "package-lock.json", ".npmrc")]
    install = ["npm", "ci", "--ignore-scripts"]
    folder = installed("js", [*sources, HERE / "js" / "story.mjs"], install)
    said = run(["node", "story.mjs", devnet.rpc_url, devnet.passphrase, str(WASM)], folder)
    check(devnet, json.loads(said.splitlines()[-1]))


@pytest.mark.parametrize("devnet", ["seconds"], indirect=True)
def test_go(devnet: Devnet) -> None:
    """The Go SDK, which decodes the ledgers' metas, but not Protocol 30's."""
    needs("go")
    sources = [HERE / "go" / name for name in ("go.mod", "go.sum", "main.go")]
    folder = installed("go", sources, ["go", "build", "-o", "story", "."])
    said = run([str(folder / "story"), devnet.rpc_url, devnet.passphrase, str(WASM)], folder)
    check(devnet, json.loads(said.splitlines()[-1]))

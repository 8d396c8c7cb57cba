"""The same requests give the same ledgers to the last byte, whatever the day and the process."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from stellar_sdk import Keypair

from tests.contracts.ledger import Devnet, issued_asset, running, transfer

START = "1800000000"
NEWEST = {
    "ms": "e6f3edeccc165915485196a1a3b72a67df811e175af3071fb63b9308a2550af2",
    "seconds": "aed45bfa3095b9d790a78e95831e55255065ddc61a61e1367eb69c866d1f4a31",
}
"""The last hash of the story, from another day and machine: it changes only with the ledgers."""


def person(devnet: Devnet, number: int) -> Keypair:
    """Always the same account for a number, created by the friendbot."""
    keypair = Keypair.from_raw_ed25519_seed(bytes([number]) * 32)
    httpx.get(devnet.friendbot_url, params={"addr": keypair.public_key}).raise_for_status()
    return keypair


def story(*flags: str) -> list[dict[str, Any]]:
    """Ledgers with classic operations, a contract, a failure, a jump in time and a revert."""
    with running("--start-time", START, *flags) as devnet:
        issuer, holder, other = (person(devnet, number) for number in (1, 2, 3))
        asset = issued_asset(devnet, issuer, holder)
        kept = devnet.result("dev_snapshot")["id"]
        devnet.result("dev_mint", address=other.public_key, amount=5)
        devnet.result("dev_revert", id=kept)
        trust = devnet.builder(other.public_key).append_change_trust_op(asset)
        assert devnet.run(trust, other).status.value == "SUCCESS"
        call = devnet.builder(holder.public_key)
        call.append_invoke_contract_function_op(
            **transfer(asset, devnet.passphrase, holder, other, 7)
        )
        assert devnet.invoke(call, holder).status.value == "SUCCESS"
        devnet.result("dev_advanceTime", seconds=86_400)
        broke = devnet.builder(other.public_key).append_payment_op(holder.public_key, asset, "5000")
        assert devnet.run(broke, other).status.value == "FAILED"
        devnet.result("dev_advanceLedgers", ledgers=70, seconds=5)
        ledgers: list[dict[str, Any]] = devnet.result(
            "getLedgers", startLedger=2, pagination={"limit": 200}
        )["ledgers"]
        return ledgers


@pytest.mark.parametrize("header", ["ms", "seconds"])
def test_another_day_gives_the_same_ledgers(monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    """Time comes from the flag alone: not from the clock, the place or the environment."""
    before = story("--header", header)
    time.sleep(1.1)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    assert story("--header", header) == before
    assert before[-1]["hash"] == NEWEST[header]

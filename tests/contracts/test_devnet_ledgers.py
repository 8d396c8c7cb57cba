"""Closed ledgers and the clock of the local ledger, and its process."""

from __future__ import annotations

import subprocess

import httpx
from stellar_sdk import (
    Keypair,
    xdr,
)

from tests.contracts.ledger import (
    Devnet,
    running,
)


def test_the_sdk_reads_what_the_network_is(devnet: Devnet) -> None:
    """Each of the SDK's models accepts the answer."""
    server = devnet.server()
    assert server.get_health().status == "healthy"
    assert server.get_network().passphrase == devnet.passphrase
    assert server.get_network().protocol_version == 30
    assert server.get_latest_ledger().sequence == server.get_health().latest_ledger
    assert server.get_version_info().protocol_version == 30
    assert int(server.get_fee_stats().soroban_inclusion_fee.p90) >= 0


def test_time_moves_when_told(devnet: Devnet) -> None:
    """A ledger closes at the new time, and closes are listed with both clocks."""
    before = int(devnet.result("getHealth")["latestLedgerCloseTime"])
    moved = devnet.result("dev_advanceTime", seconds=86_400)
    assert moved["closedAtMs"] // 1000 - before >= 86_400
    closes = devnet.result("dev_getCloses", startLedger=moved["sequence"])["closes"]
    assert [close["sequence"] for close in closes] == [moved["sequence"]]
    assert closes[0]["closedAtMs"] == moved["closedAtMs"]
    assert closes[0]["closedAtMs"] - closes[0]["wallMs"] >= 86_000_000


def test_ledgers_decode_and_chain_with_the_older_header() -> None:
    """With --header seconds an SDK without Protocol 30 reads every ledger."""
    with running("--header", "seconds") as devnet:
        devnet.account()
        ledgers = devnet.result("getLedgers", startLedger=2)["ledgers"]
        assert len(ledgers) == 2
        previous = ""
        for ledger in ledgers:
            meta = xdr.LedgerCloseMeta.from_xdr(ledger["metadataXdr"]).v2
            assert meta is not None
            header = meta.ledger_header
            assert header.hash.hash.hex() == ledger["hash"]
            if previous:
                assert header.header.previous_ledger_hash.hash.hex() == previous
            previous = ledger["hash"]


def test_the_same_transactions_give_the_same_hashes() -> None:
    """Two ledgers started at the same time are the same to the last byte."""
    hashes = []
    keypair = Keypair.from_raw_ed25519_seed(bytes(32))
    for _ in range(2):
        with running("--start-time", "1800000000") as devnet:
            httpx.get(devnet.friendbot_url, params={"addr": keypair.public_key})
            devnet.run(
                devnet.builder(keypair.public_key).append_manage_data_op("name", b"value"), keypair
            )
            hashes.append(devnet.result("getLatestLedger")["id"])
    assert hashes[0] == hashes[1]


def test_an_interval_closes_ledgers_by_itself() -> None:
    """Between closes a transaction waits, is known as a duplicate and not found."""
    with running("--close", "interval", "--interval-ms", "400") as devnet:
        keypair = devnet.account()
        builder = devnet.builder(keypair.public_key).append_manage_data_op("name", b"value")
        envelope = builder.add_time_bounds(0, 0).build()
        envelope.sign(keypair)
        sent = devnet.send(envelope)
        assert sent.status.value == "PENDING"
        assert devnet.send(envelope).status.value in {"DUPLICATE", "TRY_AGAIN_LATER"}
        assert devnet.server().poll_transaction(sent.hash).status.value == "SUCCESS"


def test_it_ends_with_the_process_that_started_it() -> None:
    """Once the named process is gone, the ledger exits by itself with code 0."""
    parent = subprocess.Popen(["sleep", "60"])
    with running("--parent-pid", str(parent.pid)) as devnet:
        parent.kill()
        parent.wait()
        assert devnet.process.wait(timeout=5) == 0

"""What no real network offers: going back, setting entries, and a ledger kept in a file."""

from __future__ import annotations

import contextlib
import itertools
import random
import subprocess
import threading
from pathlib import Path

import httpx
from stellar_sdk import Keypair, xdr

from tests.contracts.ledger import BINARY, Devnet, native_balance, running, unkind


def account_key(account: str) -> xdr.LedgerKey:
    return xdr.LedgerKey(
        xdr.LedgerEntryType.ACCOUNT,
        account=xdr.LedgerKeyAccount(Keypair.from_public_key(account).xdr_account_id()),
    )


def test_a_revert_undoes_whatever_came_after(devnet: Devnet) -> None:
    """The same snapshot serves twice; one taken after it does not outlive the revert."""
    kept = devnet.account()
    first = devnet.result("dev_snapshot")["id"]
    latest = devnet.result("getLatestLedger")["id"]
    for _ in range(2):
        lost = devnet.account()
        later = devnet.result("dev_snapshot")["id"]
        devnet.result("dev_revert", id=first)
        assert devnet.result("getLatestLedger")["id"] == latest
        assert native_balance(devnet, kept.public_key) == 100_000_000_000
        keys = [account_key(lost.public_key).to_xdr()]
        assert devnet.result("getLedgerEntries", keys=keys)["entries"] == []
        assert devnet.call("dev_revert", id=later)["error"]["code"] == -32602


def test_an_entry_is_set_and_removed(devnet: Devnet) -> None:
    """An account gets a balance nobody paid; a key that is not the entry's is refused."""
    keypair, other = devnet.account(), devnet.account()
    key = account_key(keypair.public_key).to_xdr()
    (entry,) = devnet.result("getLedgerEntries", keys=[key])["entries"]
    data = xdr.LedgerEntryData.from_xdr(entry["xdr"])
    assert data.account is not None
    data.account.balance = xdr.Int64(7)
    devnet.result("dev_setEntry", key=key, xdr=data.to_xdr())
    assert native_balance(devnet, keypair.public_key) == 7
    wrong = account_key(other.public_key).to_xdr()
    assert devnet.call("dev_setEntry", key=wrong, xdr=data.to_xdr())["error"]["code"] == -32602
    devnet.result("dev_setEntry", key=key)
    assert devnet.result("getLedgerEntries", keys=[key])["entries"] == []


def test_a_ledger_in_a_file_goes_on(tmp_path: Path) -> None:
    """Stopped and started again it has the same ledgers, accounts and events."""
    flags = ("--state", str(tmp_path / "ledger"))
    with running(*flags) as devnet:
        keypair = devnet.account()
        latest = devnet.result("getLatestLedger")
        events = devnet.result("getEvents", startLedger=2)["events"]
        closes = devnet.result("dev_getCloses")
    with running(*flags) as devnet:
        assert devnet.result("getLatestLedger") == latest
        assert devnet.result("getEvents", startLedger=2)["events"] == events
        assert devnet.result("dev_getCloses") == closes
        assert native_balance(devnet, keypair.public_key) == 100_000_000_000
        builder = devnet.builder(keypair.public_key).append_manage_data_op("name", b"value")
        assert devnet.run(builder, keypair).status.value == "SUCCESS"


def killed(devnet: Devnet) -> None:
    """End the process as a power cut would: it gets no chance to do anything."""
    devnet.process.kill()
    devnet.process.wait()


def hashes_of(devnet: Devnet) -> dict[int, str]:
    """The hash of each ledger by its number."""
    page = devnet.result("getLedgers", startLedger=2, pagination={"limit": 200})
    return {ledger["sequence"]: ledger["hash"] for ledger in page["ledgers"]}


def test_nothing_that_was_answered_is_lost(tmp_path: Path) -> None:
    """Killed again and again at moments of a seed, while accounts are made and ledgers read."""
    chance = random.Random(20_261_122)
    flags = ("--state", str(tmp_path / "ledger"), "--lake", str(tmp_path / "lake"))
    told: dict[str, int] = {}
    hashes: dict[int, str] = {}
    for _ in range(8):
        with unkind(*flags) as devnet:
            assert hashes.items() <= hashes_of(devnet).items()
            for transaction, ledger in list(told.items())[-3:]:
                assert devnet.result("getTransaction", hash=transaction)["ledger"] == ledger
            answers = chance.randrange(1, 12)
            killer = threading.Timer(chance.uniform(0, 0.05), killed, [devnet])
            with contextlib.suppress(httpx.TransportError), httpx.Client() as client:
                for count in itertools.count():
                    if count == answers:
                        killer.start()
                    address = {"addr": Keypair.random().public_key}
                    made = client.get(devnet.friendbot_url, params=address).json()
                    told[made["hash"]] = made["ledger"]
                    hashes[made["ledger"]] = devnet.result("getLatestLedger")["id"]
            killer.join()
    assert len(told) >= 8
    with running(*flags) as devnet:
        ledgers = hashes_of(devnet)
    with running("--from-lake", str(tmp_path / "lake")) as devnet:
        assert hashes_of(devnet) == ledgers
    assert hashes.items() <= ledgers.items()


def test_what_waits_is_not_lost(tmp_path: Path) -> None:
    """A transaction that was told to be pending is in a ledger after the process was killed."""
    flags = ("--state", str(tmp_path / "ledger"), "--close", "interval", "--interval-ms")
    with unkind(*flags, "60000") as devnet:
        keypair = devnet.account()
        builder = devnet.builder(keypair.public_key).append_manage_data_op("name", b"value")
        envelope = builder.add_time_bounds(0, 0).build()
        envelope.sign(keypair)
        assert devnet.send(envelope).status.value == "PENDING"
        killed(devnet)
    with running(*flags, "50") as devnet:
        assert devnet.server().poll_transaction(envelope.hash_hex()).status.value == "SUCCESS"


def test_a_torn_end_is_told_and_damage_is_refused(tmp_path: Path) -> None:
    """Half a line at the end is left out loudly; a bad line in the middle stops the start."""
    path = tmp_path / "ledger"
    with running("--state", str(path)) as devnet:
        devnet.account()
        devnet.account()
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    started = started_with("--state", str(path))
    assert started.returncode == 0
    assert "left out the last" in started.stderr
    path.write_bytes(whole.replace(b"ledgers", b"Ledgers", 1))
    started = started_with("--state", str(path))
    assert started.returncode == 1
    assert "is damaged, and whole ones come after it" in started.stderr


def started_with(*flags: str) -> subprocess.CompletedProcess[str]:
    """What a ledger says that ends right after its start."""
    parent = subprocess.Popen(["true"])
    parent.wait()
    ends = [str(BINARY), *flags, "--parent-pid", str(parent.pid)]
    return subprocess.run(ends, capture_output=True, text=True, timeout=20, check=False)


def test_a_file_serves_one_process(tmp_path: Path) -> None:
    """A second ledger on the same file does not start."""
    flags = ("--state", str(tmp_path / "ledger"))
    with running(*flags):
        started = started_with(*flags)
    assert started.returncode == 1
    assert "another process has it open" in started.stderr


def test_a_network_that_began_anew_is_kept(tmp_path: Path) -> None:
    """After a reset the file holds the new history and nothing of the old."""
    flags = ("--state", str(tmp_path / "ledger"))
    with unkind(*flags) as devnet:
        lost = devnet.account()
        devnet.result("dev_reset")
        latest = devnet.result("getLatestLedger")
        killed(devnet)
    with running(*flags) as devnet:
        assert devnet.result("getLatestLedger") == latest
        keys = [account_key(lost.public_key).to_xdr()]
        assert devnet.result("getLedgerEntries", keys=keys)["entries"] == []

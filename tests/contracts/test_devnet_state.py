"""What no real network offers: going back, setting entries, and a ledger kept in a file."""

from __future__ import annotations

from pathlib import Path

from stellar_sdk import Keypair, xdr

from tests.contracts.ledger import Devnet, native_balance, running


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
    flags = ("--state", str(tmp_path / "ledger.json"))
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

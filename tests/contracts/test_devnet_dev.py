"""What a ledger of one's own offers: money from nowhere, any signature, many ledgers at once."""

from __future__ import annotations

import pytest
from stellar_sdk import Asset, Keypair, xdr

from tests.contracts.ledger import Devnet, error_code, native_balance, running


def trustline(devnet: Devnet, account: str, asset: Asset) -> int:
    """What the trustline holds, in base units."""
    key = xdr.LedgerKey(
        xdr.LedgerEntryType.TRUSTLINE,
        trust_line=xdr.LedgerKeyTrustLine(
            Keypair.from_public_key(account).xdr_account_id(),
            asset.to_trust_line_asset_xdr_object(),
        ),
    )
    (entry,) = devnet.result("getLedgerEntries", keys=[key.to_xdr()])["entries"]
    line = xdr.LedgerEntryData.from_xdr(entry["xdr"]).trust_line
    assert line is not None
    return line.balance.int64


def test_lumens_are_minted(devnet: Devnet) -> None:
    """A new account is created, one that is there gets more; each by a payment in a ledger."""
    address = Keypair.random().public_key
    made = devnet.result("dev_mint", address=address, amount=50_000_000)
    assert native_balance(devnet, address) == 50_000_000
    devnet.result("dev_mint", address=address, amount=7, asset="native")
    assert native_balance(devnet, address) == 50_000_007
    found = devnet.result("getTransaction", hash=made["hash"])
    assert (found["status"], found["ledger"]) == ("SUCCESS", made["sequence"])


def test_an_asset_is_minted_without_its_issuer(devnet: Devnet) -> None:
    """Holders need their trustline as ever; the issuer's signature is not asked for."""
    issuer, holder = devnet.account(), devnet.account()
    asset = Asset("USDC", issuer.public_key)
    minted = {"address": holder.public_key, "amount": 5, "asset": f"USDC:{issuer.public_key}"}
    refused = devnet.call("dev_mint", **minted)["error"]
    assert "NoTrust" in refused["message"]
    trust = devnet.builder(holder.public_key).append_change_trust_op(asset)
    assert devnet.run(trust, holder).status.value == "SUCCESS"
    devnet.result("dev_mint", **minted)
    again = devnet.builder(issuer.public_key).append_manage_data_op("name", b"value")
    unsigned = again.add_time_bounds(0, 0).build()
    assert error_code(devnet.send(unsigned)).name == "txBAD_AUTH"
    assert trustline(devnet, holder.public_key, asset) == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "C", "amount": 1},
        {"address": Keypair.random().public_key, "amount": 0},
        {"address": Keypair.random().public_key, "amount": 2**63},
        {"address": Keypair.random().public_key, "amount": 1, "asset": "USDC"},
        {"address": Keypair.random().public_key, "amount": 1},
    ],
)
def test_what_cannot_be_minted_is_refused(devnet: Devnet, wrong: dict[str, object]) -> None:
    """No account, no amount, too much, no asset, less than an account's reserve."""
    assert devnet.call("dev_mint", **wrong)["error"]["code"] == -32602


def test_nobody_is_impersonated_unless_asked_for(devnet: Devnet) -> None:
    """The flag is off by default."""
    refused = devnet.call("dev_impersonate", address=devnet.account().public_key)["error"]
    assert "--allow-impersonation" in refused["message"]


def test_anybody_is_impersonated() -> None:
    """Unsigned transactions of this account go through, and of no other, until it ends."""
    with running("--allow-impersonation") as devnet:
        owner, other = devnet.account(), devnet.account()

        def unsigned(account: Keypair) -> str:
            builder = devnet.builder(account.public_key).append_manage_data_op("name", b"value")
            return devnet.send(builder.add_time_bounds(0, 0).build()).status.value

        assert unsigned(owner) == "ERROR"
        answer = devnet.result("dev_impersonate", address=owner.public_key)
        assert answer["impersonated"] == [owner.public_key]
        assert (unsigned(owner), unsigned(other)) == ("PENDING", "ERROR")
        devnet.result("dev_stopImpersonating", address=owner.public_key)
        assert unsigned(owner) == "ERROR"


def test_many_ledgers_close_at_once(devnet: Devnet) -> None:
    """Each so many seconds after the one before; too many are refused."""
    before = devnet.result("getLatestLedger")
    after = devnet.result("dev_advanceLedgers", ledgers=500, seconds=5)
    assert after["sequence"] == before["sequence"] + 500
    assert 2_500_000 <= after["closedAtMs"] - int(before["closeTime"]) * 1_000 < 2_600_000
    for ledgers in (0, 200_001):
        assert devnet.call("dev_advanceLedgers", ledgers=ledgers)["error"]["code"] == -32602

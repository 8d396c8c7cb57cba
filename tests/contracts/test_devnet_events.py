"""Pages of events from the local ledger: cursors, scan windows, filters, retention."""

from __future__ import annotations

from stellar_sdk import (
    scval,
)

from tests.contracts.ledger import (
    Devnet,
    issued_asset,
    running,
)


def test_events_are_paged_without_loss(devnet: Devnet) -> None:
    """Following the cursor one event at a time gives the same as one large page."""
    issuer, holder = devnet.account(), devnet.account()
    issued_asset(devnet, issuer, holder)
    whole = devnet.result("getEvents", startLedger=2, pagination={"limit": 1000})
    assert [event["id"] for event in whole["events"]] == sorted(
        event["id"] for event in whole["events"]
    )
    assert all("inSuccessfulContractCall" not in event for event in whole["events"])
    seen = []
    page = devnet.result("getEvents", startLedger=2, pagination={"limit": 1})
    while page["events"]:
        seen += page["events"]
        assert page["cursor"] == page["events"][-1]["id"]
        page = devnet.result("getEvents", pagination={"cursor": page["cursor"], "limit": 1})
    assert seen == whole["events"]
    assert page["cursor"] == whole["cursor"]
    assert devnet.result("getEvents", pagination={"cursor": page["cursor"]})["events"] == []


def test_an_empty_page_moves_on() -> None:
    """With a small scan window a quiet stretch takes several empty pages."""
    with running("--scan-limit", "5") as devnet:
        for _ in range(12):
            devnet.result("dev_close")
        keypair = devnet.account()
        page = devnet.result("getEvents", startLedger=2)
        empty = 0
        while not page["events"]:
            empty += 1
            cursor = page["cursor"]
            page = devnet.result("getEvents", pagination={"cursor": cursor})
            assert page["cursor"] > cursor
        assert empty == 3
        topics = page["events"][-1]["topic"]
        assert topics[0] == scval.to_symbol("transfer").to_xdr()
        assert topics[2] == scval.to_address(keypair.public_key).to_xdr()


def test_filters_choose_by_contract_and_topics(devnet: Devnet) -> None:
    """A filter without ** wants exactly as many topics as it names."""
    issuer, holder = devnet.account(), devnet.account()
    asset = issued_asset(devnet, issuer, holder)
    contract = asset.contract_id(devnet.passphrase)
    mint = scval.to_symbol("mint").to_xdr()

    def count(topics: list[list[str]]) -> int:
        filters = [{"contractIds": [contract], "topics": topics}]
        return len(devnet.result("getEvents", startLedger=2, filters=filters)["events"])

    assert count([]) == 1
    assert count([["**"]]) == 1
    assert count([[mint, "*", "*"]]) == 1
    assert count([[mint, "**"]]) == 1
    assert count([[mint, "*"]]) == 0
    assert count([["*"], [mint, "*", "*"]]) == 1


def test_retention_forgets_old_ledgers() -> None:
    """A start below the window is refused with the range, which is the gap alarm."""
    with running("--retention", "3") as devnet:
        for _ in range(5):
            devnet.result("dev_close")
        error = devnet.call("getEvents", startLedger=2)["error"]
        assert error["code"] == -32600
        assert error["message"] == "startLedger must be within the ledger range: 5 - 7"

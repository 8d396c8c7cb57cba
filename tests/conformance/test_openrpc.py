"""The examples of the public OpenRPC specification: served, and answered in their shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stellar_sdk import Asset

from tests.contracts.ledger import Devnet, running

GONE = {"cost", "inSuccessfulContractCall"}
"""Fields of older versions that the examples still show."""


@pytest.fixture(scope="module")
def examples(corpus: Path) -> dict[str, Any]:
    """The value of every example by its name."""
    found: dict[str, Any] = {}
    for path in sorted((corpus / "stellar" / "openrpc").glob("*.json")):
        found |= {name: one["value"] for name, one in json.loads(path.read_bytes()).items()}
    return found


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    """A ledger in which a payment was made."""
    with running("--header", "seconds") as ledger:
        payer = ledger.account()
        builder = ledger.builder(payer.public_key)
        ledger.run(builder.append_payment_op(payer.public_key, Asset.native(), "1"), payer)
        yield ledger


def lacks(example: Any, ours: Any, path: str = "") -> list[str]:
    """Where an answer has not what the example has, or has it in another type."""
    if type(example) is not type(ours):
        return [f"{path}: {type(ours).__name__} instead of {type(example).__name__}"]
    if isinstance(example, dict):
        missing = [f"{path}.{name}: missing" for name in example.keys() - ours.keys() - GONE]
        shared = [name for name in example if name in ours]
        return missing + [
            lack for name in shared for lack in lacks(example[name], ours[name], f"{path}.{name}")
        ]
    if isinstance(example, list) and example and ours:
        return lacks(example[0], ours[0], f"{path}[]")
    return []


def test_transactions_have_the_shape_of_the_examples(
    devnet: Devnet, examples: dict[str, Any]
) -> None:
    start = {"startLedger": 2, "pagination": examples["GetTransactionsPagination"]}
    page = devnet.result("getTransactions", **start)
    example = examples["GetTransactionsResult"]
    assert lacks(example, page) == []
    last = {
        "pagination": {**examples["GetTransactionsPaginationWithCursor"], "cursor": page["cursor"]}
    }
    assert lacks({**example, "transactions": []}, devnet.result("getTransactions", **last)) == []
    found = devnet.result("getTransaction", hash=page["transactions"][-1]["txHash"])
    expected = examples["SuccessTransactionResult"]
    del expected["diagnosticEventsXdr"], expected["events"]["contractEventsXdr"]
    assert lacks(expected, found) == []


@pytest.mark.parametrize(
    "name", ["RecentTransactionHash", "TooOldTransactionHash", "FailedTransactionHash"]
)
def test_unknown_transactions_are_not_found(
    devnet: Devnet, examples: dict[str, Any], name: str
) -> None:
    answer = devnet.result("getTransaction", hash=examples[name])
    assert lacks(examples["NotFoundTransactionResult"], answer) == []


@pytest.mark.parametrize("name", ["ValidSentTransaction", "InvalidSentTransaction"])
def test_transactions_of_another_network_are_answered(
    devnet: Devnet, examples: dict[str, Any], name: str
) -> None:
    """They are decoded and refused: nobody here has these accounts."""
    answer = devnet.result("sendTransaction", transaction=examples[name])
    assert answer["status"] == "ERROR"
    assert lacks(examples["ErrorTransactionResult"], answer) == []


def test_a_sent_transaction_is_pending(devnet: Devnet, examples: dict[str, Any]) -> None:
    payer = devnet.account()
    builder = devnet.builder(payer.public_key)
    builder.append_payment_op(payer.public_key, Asset.native(), "1").add_time_bounds(0, 0)
    envelope = builder.build()
    envelope.sign(payer)
    answer = devnet.result("sendTransaction", transaction=envelope.to_xdr())
    assert answer["status"] == "PENDING"
    assert lacks(examples["PendingTransactionResult"], answer) == []
    again = devnet.result("sendTransaction", transaction=envelope.to_xdr())
    assert again["status"] == "TRY_AGAIN_LATER"
    assert lacks(examples["TryAgainLaterTransactionResult"], again) == []


def test_events_have_the_shape_of_the_examples(devnet: Devnet, examples: dict[str, Any]) -> None:
    asked = {
        "startLedger": 2,
        "filters": examples["EmptyFilters"],
        "pagination": examples["PaginationLimitTwo"],
    }
    page = devnet.result("getEvents", **asked)
    assert len(page["events"]) == 2
    assert lacks(examples["AnyTwoEvents"], page) == []
    filtered = devnet.result("getEvents", **{**asked, "filters": examples["NativeTransfersFilter"]})
    assert lacks({**examples["TwoNativeTransferEvents"], "events": []}, filtered) == []


def test_ledgers_have_the_shape_of_the_examples(devnet: Devnet, examples: dict[str, Any]) -> None:
    page = devnet.result("getLedgers", startLedger=2, pagination=examples["GetLedgersPagination"])
    assert lacks(examples["GetLedgersResult"], page) == []


@pytest.mark.parametrize(
    "name", ["LedgerKeyCounterAddress", "LedgerKeyContractBalance", "CombinedLedgerKeys"]
)
def test_keys_of_the_examples_are_looked_up(
    devnet: Devnet, examples: dict[str, Any], name: str
) -> None:
    answer = devnet.result("getLedgerEntries", keys=examples[name])
    assert answer == {"entries": [], "latestLedger": answer["latestLedger"]}


@pytest.mark.parametrize("name", ["ValidContractTransaction", "InvalidContractTransaction"])
def test_contracts_that_are_not_here_fail_in_simulation(
    devnet: Devnet, examples: dict[str, Any], name: str
) -> None:
    """With the events that tell why, as in the example of a failure."""
    config = {"instructionLeeway": examples["DefaultResourceConfig"]["instructionLeeway"]}
    asked = {"transaction": examples[name], "resourceConfig": config}
    answer = devnet.result("simulateTransaction", **asked)
    assert lacks(examples["FailedSimulationResult"], answer) == []

"""The fault plan: every fault as a client meets it, and the same story for the same seed."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from stellar_sdk import Asset, Keypair

from tests.contracts.ledger import Devnet, issued_asset, native_balance, running


def plan(devnet: Devnet, *rules: dict[str, Any], seed: int = 1) -> None:
    """Start a fault plan."""
    devnet.result("dev_setFaults", seed=seed, rules=list(rules))


def hits(devnet: Devnet) -> list[int]:
    """How many requests each rule has hit."""
    return [rule["hits"] for rule in devnet.result("dev_getFaults")["rules"]]


def post(devnet: Devnet, method: str = "getHealth") -> httpx.Response:
    """The bare HTTP answer."""
    return httpx.post(devnet.rpc_url, json={"jsonrpc": "2.0", "id": 1, "method": method})


def what_came(devnet: Devnet) -> tuple[bytes, int]:
    """The bytes of a body that breaks off, and how many were promised."""
    received = b""
    body = {"jsonrpc": "2.0", "id": 1, "method": "getHealth"}
    with httpx.stream("POST", devnet.rpc_url, json=body) as answer:
        with contextlib.suppress(httpx.RemoteProtocolError):
            for part in answer.iter_raw():
                received += part
        return received, int(answer.headers["content-length"])


def all_events(devnet: Devnet, url: str = "") -> list[dict[str, Any]]:
    """Every event, as a client reads them that follows the cursor until it stands still."""
    events: dict[str, dict[str, Any]] = {}
    params: dict[str, Any] = {"startLedger": 2, "pagination": {"limit": 7}}
    cursor, still = "", 0
    while still < 5:
        body = {"jsonrpc": "2.0", "id": 1, "method": "getEvents", "params": params}
        page = httpx.post(url or devnet.rpc_url, json=body).json()["result"]
        events.update((event["id"], event) for event in page["events"])
        still = still + 1 if page["cursor"] <= cursor else 0
        cursor = max(cursor, page["cursor"])
        params = {"pagination": {"cursor": cursor, "limit": 7}}
    return [events[name] for name in sorted(events)]


@pytest.fixture(scope="module")
def busy() -> Iterator[Devnet]:
    """A ledger with a dozen ledgers of events."""
    with running() as devnet:
        issued_asset(devnet, devnet.account(), devnet.account())
        for _ in range(3):
            payer, to = devnet.account(), devnet.account()
            payments = devnet.builder(payer.public_key)
            for _ in range(4):
                payments.append_payment_op(to.public_key, Asset.native(), "1")
            assert devnet.run(payments, payer).status.value == "SUCCESS"
        yield devnet


@pytest.fixture
def devnet(busy: Devnet) -> Iterator[Devnet]:
    """The same ledger for every test, without faults at its start."""
    busy.result("dev_setFaults")
    yield busy
    busy.result("dev_setFaults")


def test_errors_and_statuses(devnet: Devnet) -> None:
    """Any code and text, any status without a body, in turns and with Retry-After."""
    plan(
        devnet,
        {"fault": "error", "code": -32001, "message": "processing limit", "times": 1},
        {"fault": "status", "status": 503, "retryAfter": 3, "times": 1},
        {"fault": "status", "status": 504, "times": 1},
    )
    assert post(devnet).json()["error"] == {"code": -32001, "message": "processing limit"}
    busy = post(devnet)
    assert (busy.status_code, busy.content, busy.headers["retry-after"]) == (503, b"", "3")
    assert (post(devnet).status_code, post(devnet).status_code) == (504, 200)
    assert hits(devnet) == [1, 1, 1]


def test_connections_break(devnet: Devnet) -> None:
    """No answer at all, half an answer, and one that is no JSON."""
    plan(devnet, {"fault": "cut", "times": 1}, {"fault": "truncate", "keep": 0.4, "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        post(devnet)
    received, promised = what_came(devnet)
    assert received.startswith(b'{"jsonrpc"')
    assert len(received) < promised
    plan(devnet, {"fault": "garbage", "times": 1})
    with pytest.raises(json.JSONDecodeError):
        post(devnet).json()
    assert post(devnet).json()["result"]["status"] == "healthy"


def test_an_answer_is_lost_after_the_deed(devnet: Devnet) -> None:
    """With `applied` the transaction is in the ledger though nobody was told."""
    payer, to = devnet.account(), Keypair.random()
    builder = devnet.builder(payer.public_key).append_create_account_op(to.public_key, "5")
    envelope = builder.add_time_bounds(0, 0).build()
    envelope.sign(payer)
    lost = {"methods": ["sendTransaction"], "times": 1}
    for rule, done in (({"fault": "cut"}, 0), ({"fault": "cut", "applied": True}, 1)):
        plan(devnet, {**rule, **lost})
        with pytest.raises(httpx.RemoteProtocolError):
            devnet.call("sendTransaction", transaction=envelope.to_xdr())
        found = devnet.result("getTransaction", hash=envelope.hash_hex())
        assert found["status"] == ("SUCCESS" if done else "NOT_FOUND")


def test_answers_are_late(devnet: Devnet) -> None:
    """Only those of the named methods."""
    plan(devnet, {"fault": "latency", "ms": 150, "jitterMs": 50, "methods": ["getHealth"]})
    devnet.call("getNetwork")
    assert hits(devnet) == [0]
    started = time.monotonic()
    devnet.call("getHealth")
    assert time.monotonic() - started >= 0.15
    assert hits(devnet) == [1]


@pytest.mark.parametrize(
    "fault", ["emptyPage", "shortPage", "duplicatePage", "shuffledPage", "stillPage"]
)
@pytest.mark.parametrize("seed", range(3))
def test_strange_pages_lose_nothing(devnet: Devnet, fault: str, seed: int) -> None:
    """A client that follows the cursor and knows events by id still sees each once."""
    truth = all_events(devnet)
    plan(devnet, {"fault": fault, "chance": 0.4, "methods": ["getEvents"]}, seed=seed)
    assert all_events(devnet) == truth
    assert hits(devnet)[0] > 0


def test_an_empty_page_has_a_moved_cursor(devnet: Devnet) -> None:
    """The cursor stands before the first event's ledger, so that no event is lost."""
    (first,) = devnet.result("getEvents", startLedger=2, pagination={"limit": 1})["events"]
    plan(devnet, {"fault": "emptyPage", "times": 1})
    page = devnet.result("getEvents", startLedger=2)
    assert page["events"] == []
    assert page["cursor"] == f"{(first['ledger'] << 32) - 1:019d}-4294967295"
    assert devnet.result("getEvents", pagination={"cursor": page["cursor"]})["events"][0] == first


def test_a_short_page_ends_inside_a_ledger(devnet: Devnet) -> None:
    """The next page goes on in the same ledger."""
    plan(devnet, {"fault": "shortPage", "times": 1})
    page = devnet.result("getEvents", startLedger=2)
    rest = devnet.result("getEvents", pagination={"cursor": page["cursor"]})["events"]
    assert page["events"][-1]["ledger"] == rest[0]["ledger"]


def test_a_stale_replica_goes_back(devnet: Devnet) -> None:
    """Its last ledger is older, and what is newer is not there yet."""
    tip = devnet.result("getLatestLedger")["sequence"]
    plan(devnet, {"fault": "stale", "ledgers": 3, "every": 2})
    seen = [devnet.result("getLatestLedger")["sequence"] for _ in range(4)]
    assert seen == [tip, tip - 3, tip, tip - 3]
    plan(devnet, {"fault": "stale", "ledgers": 3})
    assert devnet.result("getHealth")["latestLedger"] == tip - 3
    refused = devnet.call("getEvents", startLedger=tip)["error"]
    assert refused["code"] == -32600
    assert refused["message"].endswith(f"- {tip - 3}")
    assert max(event["ledger"] for event in all_events(devnet)) <= tip - 3


def test_retention_forgets(devnet: Devnet) -> None:
    """From one request on only the last ledgers are there."""
    tip = devnet.result("getLatestLedger")["sequence"]
    plan(devnet, {"fault": "forget", "ledgers": 4, "after": 1})
    assert devnet.result("getHealth")["oldestLedger"] == 2
    assert devnet.result("getHealth")["oldestLedger"] == tip - 3
    refused = devnet.call("getLedgers", startLedger=2)["error"]
    assert f"oldest ledger: {tip - 3}" in refused["message"]


def test_two_replicas_disagree(devnet: Devnet) -> None:
    """One leaves events out or tells other hashes, always the same ones; the other does not."""
    truth = all_events(devnet)
    lossy, liar = (f"{devnet.rpc_url}/replica/{name}" for name in ("lossy", "liar"))
    plan(
        devnet,
        {"fault": "disagree", "how": "missing", "share": 0.2, "replica": "lossy"},
        {"fault": "disagree", "how": "changed", "share": 0.2, "replica": "liar"},
    )
    few = all_events(devnet, lossy)
    assert 0 < len(few) < len(truth)
    assert all(event in truth for event in few)
    assert all_events(devnet, lossy) == few
    other = all_events(devnet, liar)
    assert [event["id"] for event in other] == [event["id"] for event in truth]
    assert other != truth
    assert all_events(devnet) == truth


def test_a_seed_tells_the_same_story(devnet: Devnet) -> None:
    """Which of fifty requests fail follows from the seed alone."""

    def story(seed: int) -> list[bool]:
        plan(devnet, {"fault": "error", "chance": 0.5}, seed=seed)
        return ["result" in devnet.call("getHealth") for _ in range(50)]

    assert story(1) == story(1) != story(2)


def test_rules_wait_for_ledgers(devnet: Devnet) -> None:
    """A rule may begin and end with the ledger."""
    tip = devnet.result("getLatestLedger")["sequence"]
    plan(devnet, {"fault": "error", "fromLedger": tip + 1, "untilLedger": tip + 1})
    answers = []
    for _ in range(3):
        answers.append("result" in devnet.call("getHealth"))
        devnet.result("dev_close")
    assert answers == [True, False, True]


def test_a_plan_that_makes_no_sense_is_refused(devnet: Devnet) -> None:
    """The error names the rule and what is wrong with it; the plan before goes on."""
    plan(devnet, {"fault": "error", "times": 1})
    refused = devnet.call("dev_setFaults", rules=[{"fault": "cut"}, {"fault": "flood"}])["error"]
    assert refused["code"] == -32602
    assert refused["message"].startswith("rule 1: unknown variant `flood`")
    assert "error" in devnet.call("getHealth")


def test_a_plan_from_a_file(tmp_path: Path) -> None:
    """It holds from the first request; a bad one keeps the ledger from starting."""
    file = tmp_path / "faults.json"
    file.write_text(json.dumps({"rules": [{"fault": "status", "status": 503, "times": 1}]}))
    with running("--faults", str(file)) as devnet:
        assert [post(devnet).status_code for _ in range(2)] == [503, 200]


@pytest.mark.parametrize("start", [(), ("--start-time", "1800000000")])
def test_a_network_begins_anew(start: tuple[str, ...]) -> None:
    """The same passphrase and settings, another history: accounts and old hashes are gone."""
    with running(*start) as devnet:
        keypair = devnet.account()
        before = devnet.result("getLedgers", startLedger=2)["ledgers"]
        plan(devnet, {"fault": "reset", "times": 1, "fromLedger": 3})
        health = devnet.result("getHealth")
        assert (health["oldestLedger"], health["latestLedger"]) == (2, 2)
        (first,) = devnet.result("getLedgers", startLedger=2)["ledgers"]
        assert first["hash"] not in {ledger["hash"] for ledger in before}
        with pytest.raises(IndexError):
            native_balance(devnet, keypair.public_key)
        assert devnet.result("getNetwork")["passphrase"] == devnet.passphrase
        again = devnet.account()
        assert native_balance(devnet, again.public_key) == 100_000_000_000


def test_a_reset_empties_the_folder_of_ledgers(tmp_path: Path) -> None:
    """What is exported is the history that holds."""
    with running("--lake", str(tmp_path)) as devnet:
        devnet.account()
        devnet.result("dev_reset")
        devnet.result("dev_close")
        names = sorted(path.name for path in tmp_path.rglob("*.xdr.zst"))
    assert names == ["FFFFFFFC--3.xdr.zst", "FFFFFFFD--2.xdr.zst"]
    with running("--from-lake", str(tmp_path)) as devnet:
        assert devnet.result("getLatestLedger")["sequence"] == 3

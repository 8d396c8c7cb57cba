"""Intents against the real contracts on the local ledger: built, signed, followed, refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import anyio
import msgspec
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from stellar_sdk import Keypair, TransactionEnvelope
from stellar_sdk.operation import InvokeHostFunction

from api.app import create_app
from api.config import ApiConfig

pytestmark = pytest.mark.anyio

Client = AsyncTestClient[Litestar]
Bearer = Callable[[ApiConfig, Keypair], dict[str, str]]
DAY = 86_400
UNIT = 10**7


def _applied(config: ApiConfig, ledger: int) -> None:
    """What the indexer writes when it has folded a ledger."""
    with psycopg.connect(config.database_url) as connection:
        connection.execute("DELETE FROM read.applied")
        connection.execute(
            "INSERT INTO read.applied (single, ledger, closed_at) VALUES (true, %s, 1)", (ledger,)
        )


async def test_an_intent_is_what_it_says(people: Any) -> None:
    compliance, somebody = people.platform.compliance, Keypair.random()
    people.platform.network.advance_time(1)  # a ledger that closes now: its time is the present
    now = people.platform.chain.close_time()
    intent = await people.prepare(
        compliance, "set-member", address=somebody.public_key, until=now + DAY, frozen=False
    )
    envelope = TransactionEnvelope.from_xdr(intent["xdr"], intent["network_passphrase"])
    transaction = envelope.transaction
    operation = transaction.operations[0]
    assert intent["status"] == "built"
    assert intent["hash"] == envelope.hash_hex()
    assert intent["source"] == transaction.source.account_id == compliance.public_key
    assert intent["sequence"] == str(transaction.sequence)
    assert envelope.signatures == []
    assert isinstance(operation, InvokeHostFunction)
    assert all(entry.credentials.address is None for entry in operation.auth)
    assert transaction.memo.to_xdr_object().type.name == "MEMO_NONE"
    assert transaction.preconditions is not None
    bounds = transaction.preconditions.time_bounds
    assert bounds is not None
    assert bounds.max_time == intent["valid_until"]
    assert now < bounds.max_time - 290 <= now + 60
    fee = {name: int(value) for name, value in intent["fee"].items()}
    assert fee["max"] == fee["inclusion"] + fee["resource"] == transaction.fee
    assert fee["inclusion"] >= 100
    assert transaction.soroban_data is not None
    assert transaction.soroban_data.resource_fee.int64 == fee["resource"]
    assert somebody.public_key[:4] in intent["summary"]


async def test_from_listing_to_claims_each_step_is_followed(people: Any) -> None:
    platform = people.platform
    seller, debtor = platform.person(), platform.person(20_000)
    investor = platform.person(10_000)
    await people.admit(seller, investor)
    invoice = await people.listed(seller, debtor, "journey-1")
    funded = await people.act(investor, "fund", invoice_id=invoice, amount=str(9_500 * UNIT))
    assert funded["summary"] == f"Invest 9,500.00 in INV-{invoice[:8].upper()}"
    await people.act(seller, "release", invoice_id=invoice)
    await people.act(debtor, "pay", invoice_id=invoice, amount=str(10_000 * UNIT))
    claim = await people.act(investor, "claim", invoice_id=invoice)
    assert claim["returns"] == str(9_800 * UNIT)
    await people.act(seller, "claim-residual", invoice_id=invoice)
    await people.act(seller, "collect-fees", asset=platform.asset_address)

    path = f"/v1/transactions/{claim['id']}"
    seen = (await people.get(investor, path)).json()
    assert seen["status"] == "in_ledger"
    assert [step["state"] for step in seen["steps"]] == ["built", "in_ledger"]
    _applied(people.config, seen["ledger"] - 1)
    assert (await people.get(investor, path)).json()["status"] == "in_ledger"
    _applied(people.config, seen["ledger"])
    shown = (await people.get(investor, path)).json()
    assert shown["status"] == "projected"
    assert [step["state"] for step in shown["steps"]] == ["built", "in_ledger", "projected"]
    assert shown["hash"] == claim["hash"]
    assert (await people.get(investor, path)).json() == shown


async def test_an_intent_is_its_owners_secret(people: Any) -> None:
    compliance, stranger = people.platform.compliance, Keypair.random()
    intent = await people.prepare(
        compliance, "set-member", address=stranger.public_key, until=1, frozen=True
    )
    path = f"/v1/transactions/{intent['id']}"
    assert (await people.get(compliance, path)).status_code == 200
    assert (await people.get(stranger, path)).status_code == 404
    assert (await people.get(stranger, "/v1/transactions")).json() == {"data": [], "next": None}


async def test_the_list_is_paged_newest_first(people: Any) -> None:
    compliance = people.platform.compliance
    built = [
        (
            await people.prepare(
                compliance, "set-member", address=Keypair.random().public_key, until=n, frozen=False
            )
        )["id"]
        for n in range(5)
    ]
    seen: list[str] = []
    after = ""
    while True:
        page = (await people.get(compliance, f"/v1/transactions?limit=2{after}")).json()
        seen += [intent["id"] for intent in page["data"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == built[::-1]


async def test_the_same_key_gives_the_same_intent(people: Any) -> None:
    compliance = people.platform.compliance
    body = {"address": Keypair.random().public_key, "until": 1, "frozen": False}
    first = await people.ask(compliance, "set-member", **body, idempotency_key="k-1")
    again = await people.ask(compliance, "set-member", **body, idempotency_key="k-1")
    other = await people.ask(
        compliance, "set-member", **(body | {"until": 2}), idempotency_key="k-1"
    )
    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-conflict"
    stranger = people.platform.verifier
    theirs = await people.ask(stranger, "set-member", **body, idempotency_key="k-1")
    assert theirs.status_code == 409, "another's key is nobody's business"


async def test_one_key_at_the_same_moment_still_gives_one_intent(people: Any) -> None:
    compliance, key = people.platform.compliance, str(uuid.uuid4())
    body = {"address": Keypair.random().public_key, "until": 1, "frozen": False}
    ids = set()

    async def ask() -> None:
        answer = await people.ask(compliance, "set-member", **body, idempotency_key=key)
        ids.add(answer.json()["id"])

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(ask)
    assert len(ids) == 1


async def _nothing_stored(people: Any, who: Keypair) -> bool:
    page: dict[str, Any] = (await people.get(who, "/v1/transactions")).json()
    return not page["data"]


async def test_what_a_contract_refuses_is_told_and_not_stored(people: Any) -> None:
    platform = people.platform
    seller, debtor, investor = platform.person(), platform.person(), platform.person(100)
    await people.admit(seller, investor)
    invoice = await people.listed(seller, debtor, "refusals-1")
    cases: list[tuple[Keypair, str, dict[str, Any], str]] = [
        (investor, "fund", {"amount": str(9_501 * UNIT)}, "exceeds-target"),
        (investor, "fund", {"amount": str(9_000 * UNIT)}, "asset-balance"),
        (investor, "fund", {"amount": "1"}, "below-ticket"),
        (debtor, "approve", {}, "not-authorized-role"),
        (investor, "pay", {"amount": "5"}, "invalid-status"),
        (investor, "claim", {}, "pool-not-found"),
        (investor, "release", {}, "invalid-status"),
    ]
    for who, action, body, slug in cases:
        answer = await people.ask(who, action, invoice_id=invoice, **body)
        problem = answer.json()
        assert problem["type"] == f"/problems/{slug}", (action, body, problem)
        assert answer.status_code == problem["status"] in {409, 422}
        assert problem["code"]
        assert problem["remedy"]
        assert (await people.client.get(problem["type"])).json()["code"] == problem["code"]
    assert await _nothing_stored(people, investor)


async def test_what_belongs_to_another_needs_that_account(people: Any) -> None:
    stranger = people.platform.person()
    answer = await people.ask(
        stranger, "set-asset", asset=people.platform.asset_address, allowed=False
    )
    assert answer.json()["type"] == "/problems/not-authorised"


async def test_a_caller_who_is_not_on_the_ledger_is_told_so(people: Any) -> None:
    answer = await people.ask(Keypair.random(), "expire", invoice_id="5f" * 32)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/account-not-on-ledger"


async def test_a_transaction_that_fails_in_the_ledger_says_why_and_what_it_cost(
    people: Any,
) -> None:
    """Two builds see the same open invoice; the second is overtaken by the first."""
    platform = people.platform
    seller, debtor = platform.person(), platform.person()
    quick, slow = platform.person(10_000), platform.person(10_000)
    await people.admit(seller, quick, slow)
    invoice = await people.listed(seller, debtor, "overtaken-1")
    stake = {"invoice_id": invoice, "amount": str(9_500 * UNIT)}
    late = await people.prepare(slow, "fund", **stake)
    await people.act(quick, "fund", **stake)
    platform.chain.server.send_transaction(people.sign(slow, late))
    told = (await people.get(slow, f"/v1/transactions/{late['id']}")).json()
    assert told["status"] == "failed"
    assert told["error"]["type"] == "/problems/invalid-status"
    assert told["error"]["remedy"]
    assert 0 < int(told["error"]["fee_charged"]) <= int(late["fee"]["max"])
    assert [step["state"] for step in told["steps"]] == ["built", "failed"]


async def test_what_was_not_submitted_expires_when_a_ledger_says_so(people: Any) -> None:
    compliance = people.platform.compliance
    intent = await people.prepare(
        compliance, "set-member", address=Keypair.random().public_key, until=1, frozen=False
    )
    path = f"/v1/transactions/{intent['id']}"
    assert (await people.get(compliance, path)).json()["status"] == "built"
    people.platform.network.advance_time(301 + 60)
    told = (await people.get(compliance, path)).json()
    assert told["status"] == "expired"
    again = await people.prepare(
        compliance, "set-member", address=Keypair.random().public_key, until=1, frozen=False
    )
    people.platform.chain.submit(people.sign(compliance, again))


async def test_the_database_itself_hides_others_rows(people: Any) -> None:
    compliance = people.platform.compliance
    await people.prepare(
        compliance, "set-member", address=Keypair.random().public_key, until=1, frozen=False
    )
    count = "SELECT count(*) FROM app.intent"
    with psycopg.connect(people.config.database_url) as connection:
        connection.execute("SET ROLE stellarsettle_api")
        assert connection.execute(count).fetchone() == (0,)
        connection.execute(
            "SELECT set_config('stellarsettle.subject', %s, true)", (compliance.public_key,)
        )
        assert connection.execute(count).fetchone() == (1,)


async def test_a_nodes_hiccups_are_not_the_callers(
    ledger: Any, platform: Any, settled: ApiConfig, bearer: Any
) -> None:
    """A question is asked again as often as configured; what lasts is told as a problem."""
    shaky = msgspec.structs.replace(
        settled, rpc_url=ledger.replica("shaky-api"), node_waits=(0.01, 0.01)
    )
    body = {"address": Keypair.random().public_key, "until": 1, "frozen": True}
    header = bearer(shaky, platform.compliance)
    statuses = []
    try:
        async with AsyncTestClient(create_app(shaky)) as client:
            for fault in (
                {"fault": "status", "status": 503, "times": 2},
                {"fault": "status", "status": 503, "times": 3},
                {"fault": "error", "code": -32603, "methods": ["simulateTransaction"], "times": 3},
            ):
                ledger.set_faults({"replica": "shaky-api", **fault})
                answer = await client.post("/v1/transactions/set-member", json=body, headers=header)
                statuses.append(answer.status_code)
    finally:
        ledger.set_faults()
    assert statuses == [201, 503, 503], "also at an address that is more than host and port"
    assert answer.json()["type"] == "/problems/ledger-unreachable"

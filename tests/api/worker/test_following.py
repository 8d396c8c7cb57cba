"""What happened becomes the intents' status: once, in order, whoever asks and whoever is away."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
import psycopg
import pytest
from stellar_sdk import Keypair

from api.config import ApiConfig
from api.database import Database
from api.happened import Happened, since
from api.notifications.telling import Telling
from api.stellar import Ledger
from api.transactions.tracker import Tracker
from api.worker.follower import Follower, settling
from api.worker.lookout import Lookout
from tests.api.following import indexing

pytestmark = pytest.mark.anyio

UNIT = 10**7
_SECONDS = 60


@pytest.fixture
async def database_of(people: Any) -> AsyncIterator[Database]:
    """The worker's connections to the database of the people's API."""
    database = Database(people.config.database_url, size=8, wait_seconds=5)
    await database.open()
    yield database
    await database.close()


def _kept(config: ApiConfig, intent: dict[str, Any]) -> dict[str, Any] | None:
    """What became of an intent as it is stored, asked of nobody."""
    with psycopg.connect(config.database_url) as owner:
        row = owner.execute("SELECT outcome FROM app.intent WHERE id = %s", (intent["id"],))
        found = row.fetchone()
    assert found is not None
    return found[0] and dict(found[0])


def _cursor(config: ApiConfig) -> int:
    with psycopg.connect(config.database_url) as owner:
        row = owner.execute("SELECT ledger FROM app.cursor").fetchone()
    assert row is not None
    return int(row[0])


async def _until_read(people: Any) -> None:
    """Wait until the read models hold the newest ledger."""
    newest = people.platform.chain.server.get_latest_ledger().sequence
    with psycopg.connect(people.config.database_url, autocommit=True) as owner:
        end = time.monotonic() + _SECONDS
        while (
            owner.execute(
                "SELECT ledger FROM read.applied WHERE ledger >= %s", (newest,)
            ).fetchone()
            is None
        ):
            assert time.monotonic() < end, "the indexer is not there yet"
            await anyio.sleep(0.02)


async def _look_out(people: Any, database: Database, url: str | None = None) -> None:
    """One round of questions, to the node or to nobody."""
    ledger = Ledger(url or people.config.rpc_url, people.config.network_passphrase)
    lookout = Lookout(database, Tracker(database, ledger, Telling(mail=False)))
    while await lookout.step():
        pass
    await ledger.close()


async def _membership(people: Any, **changes: Any) -> dict[str, Any]:
    body = {"address": Keypair.random().public_key, "until": 2**40, "frozen": False}
    intent: dict[str, Any] = await people.prepare(
        people.platform.compliance, "set-member", **body | changes
    )
    return intent


def _submit(people: Any, intent: dict[str, Any], who: Keypair) -> None:
    people.platform.chain.submit(people.sign(who, intent))


async def test_what_happened_is_shown_without_asking_a_node(
    people: Any, database_of: Database
) -> None:
    """Two people's intents; one of them acts. The cursor goes on with what was concluded."""
    compliance, owner = people.platform.compliance, people.platform.owner
    nobody = Ledger("http://127.0.0.1:1", people.config.network_passphrase)
    tracker = Tracker(database_of, nobody, Telling(mail=False))
    follower = Follower(database_of, settling(tracker))
    assert not await follower.step(), "nothing was read yet"
    done = await _membership(people)
    other = await people.prepare(owner, "pause")
    _submit(people, done, compliance)
    with indexing(people.config, people.platform.deployment.start_ledger):
        await _until_read(people)
    while await follower.step():
        pass
    kept = _kept(people.config, done)
    assert kept is not None
    assert [step["state"] for step in kept["steps"]] == ["in_ledger", "projected"]
    assert _kept(people.config, other) is None
    with psycopg.connect(people.config.database_url) as connection:
        assert connection.execute("SELECT ledger FROM read.applied").fetchone() == (
            _cursor(people.config),
        )
    assert not await follower.step()
    told = (await people.get(compliance, f"/v1/transactions/{done['id']}")).json()
    assert (told["status"], told["ledger"]) == ("projected", kept["steps"][0]["ledger"])
    await nobody.close()


async def test_a_report_is_followed_until_a_ledger_holds_it(
    people: Any, database_of: Database
) -> None:
    compliance, stranger = people.platform.compliance, people.platform.owner
    intent = await _membership(people)
    path = f"/v1/transactions/{intent['id']}/hint"
    report = {"hash": intent["hash"]}
    bearer = people._bearer
    other = await people.client.post(path, json=report, headers=bearer(people.config, stranger))
    assert other.status_code == 404
    said = await people.client.post(path, json=report, headers=bearer(people.config, compliance))
    assert (said.status_code, said.json()["status"]) == (200, "submitted")
    await _look_out(people, database_of)
    assert (_kept(people.config, intent) or {})["status"] == "submitted"
    _submit(people, intent, compliance)
    await _look_out(people, database_of)
    kept = _kept(people.config, intent) or {}
    assert [step["state"] for step in kept["steps"]] == ["submitted", "in_ledger"]
    again = await people.client.post(path, json=report, headers=bearer(people.config, compliance))
    assert again.json()["status"] == "in_ledger", "a late report changes nothing"


async def test_an_altered_transaction_is_found_by_its_report(people: Any) -> None:
    compliance = people.platform.compliance
    intent, lie = await _membership(people), await _membership(people)
    envelope = people.sign(compliance, intent)
    envelope.transaction.fee += 1_000
    envelope.signatures.clear()
    envelope.sign(compliance)
    people.platform.chain.submit(envelope)
    header = people._bearer(people.config, compliance)
    for one, status in ((intent, "in_ledger"), (lie, "replaced")):
        report = {"hash": envelope.hash_hex()}
        said = await people.client.post(
            f"/v1/transactions/{one['id']}/hint", json=report, headers=header
        )
        assert said.json()["status"] == status, "what does something else is not believed"
    told = (await people.get(compliance, f"/v1/transactions/{intent['id']}")).json()
    assert told["altered_hash"] == envelope.hash_hex()


async def test_failure_and_expiry_are_found_though_nobody_asks(
    people: Any, database_of: Database
) -> None:
    """Two investors want the same last share; one is late, and one never signs at all."""
    platform = people.platform
    seller, debtor = platform.person(), platform.person()
    quick, slow, idle = (platform.person(10_000) for _ in range(3))
    await people.admit(seller, quick, slow, idle)
    invoice = await people.listed(seller, debtor, "followed-1")
    stake = {"invoice_id": invoice, "amount": str(9_500 * UNIT)}
    late, never = (
        await people.prepare(slow, "fund", **stake),
        await people.prepare(idle, "fund", **stake),
    )
    await people.act(quick, "fund", **stake)
    platform.chain.server.send_transaction(people.sign(slow, late))
    with indexing(people.config, platform.deployment.start_ledger):
        platform.network.advance_time(people.config.transaction_seconds + 10)
        await _until_read(people)
    await _look_out(people, database_of, url="http://127.0.0.1:1")
    assert _kept(people.config, late) is None, "a node that is away says nothing"
    await _look_out(people, database_of)
    failed, expired = _kept(people.config, late) or {}, _kept(people.config, never) or {}
    assert (failed["status"], failed["error"]["type"]) == ("failed", "/problems/invalid-status")
    assert expired["status"] == "expired"
    shown = await people.get(slow, "/v1/transactions?open=true")
    assert shown.json()["data"] == []


async def test_a_ledger_is_told_whole_however_many_events_it_has(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO read.activity (position, event_index, contract, name, closed_at, tx_hash)"
            " SELECT (ledger::bigint << 32) + tx * 4096, 0, 'escrow', 'paused', ledger, '\\x00'"
            " FROM (VALUES (5, 3), (6, 40), (7, 1)) AS of(ledger, events),"
            " generate_series(1, events) AS tx"
        )
        owner.execute("UPDATE read.applied SET ledger = 9, closed_at = 90")
    opened = Database(database, size=2, wait_seconds=5)
    await opened.open()
    batches = []

    async def note(_: Any, happened: Happened) -> None:
        batches.append((happened.through, len(happened.happenings)))

    async with opened.worker() as connection:
        after = 0
        while after < 9:
            happened = await since(connection, after, 4)
            await note(connection, happened)
            after = happened.through
    assert batches == [(5, 3), (9, 41)], "whole ledgers, as few times as fit"
    batches.clear()
    follower = Follower(opened, note)
    while await follower.step():
        pass
    assert batches == [(9, 44)]
    await opened.close()

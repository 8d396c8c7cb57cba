"""Figures proven over HTTP: as the command line proves them, and checked by anybody.

Every answer is also held against the OpenAPI document, by the client of the fixtures.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import psycopg
import pytest

from contracts.wire import Address
from indexer.identity import require_network
from indexer.sources.protocol import RawEvent
from projections.proof import proving
from projections.proof.bundle import Subject, encoded, opened, sealed
from tests.indexer import synthetic
from tests.indexer.support import write

pytestmark = pytest.mark.anyio

NETWORK = "A network of one's own"


@pytest.fixture(scope="module")
def events() -> list[RawEvent]:
    return synthetic.ledgers(43, synthetic.story(43, 4))


@pytest.fixture
async def proven(reader: Any, events: list[RawEvent]) -> AsyncIterator[Any]:
    """The application on a database that holds `events`, and a connection to it."""
    write(reader.config.database_url, events, 30)
    with psycopg.connect(reader.config.database_url, autocommit=True) as connection:
        require_network(connection, NETWORK)
        yield reader.client, connection


def _position(connection: psycopg.Connection) -> tuple[str, Address]:
    row = connection.execute(
        "SELECT encode(invoice, 'hex'), address FROM read.position JOIN read.address ON id = holder"
        " WHERE received > 0 ORDER BY 1, 2 LIMIT 1"
    ).fetchone()
    assert row
    return str(row[0]), Address(row[1])


async def test_a_derivation_is_that_of_its_bundle(proven: Any, events: list[RawEvent]) -> None:
    client, connection = proven
    invoice, holder = _position(connection)
    middle = events[len(events) // 2].ledger
    for path, subject in {
        f"/v1/proofs/invoice/{invoice}": Subject("invoice", invoice),
        f"/v1/proofs/position/{invoice}/{holder}": Subject("position", invoice, holder),
        "/v1/proofs/platform": Subject("platform"),
    }.items():
        for at in (None, middle):
            query = {} if at is None else {"as_of": str(at)}
            answer = await client.get(path, params=query | {"steps": "1000"})
            assert answer.status_code == 200, answer.text
            file = await client.get(f"{path}/bundle", params=query)
            expected = proving.prove(connection, subject, at).bundle
            assert file.content == encoded(expected)
            assert str(expected.ledger) in file.headers["content-disposition"]
            data, meta = answer.json()["data"], answer.json()["meta"]
            assert meta == {"as_of_ledger": expected.ledger, "as_of_time": expected.closed_at}
            assert data["figures"] == json.loads(file.content)["figures"]
            assert (data["state"], data["digest"]) == (expected.state, expected.digest)
            assert data["events"] == len(data["steps"]) == len(expected.events)
            assert [step["tx_hash"] for step in data["steps"]] == [
                event.tx_hash for event in expected.events
            ]
            verdict = (await client.post("/v1/proofs/verify", content=file.content)).json()["data"]
            assert (verdict["holds"], verdict["ledger"]) == (True, expected.ledger)
            assert verdict["figures"] == data["figures"]
            few = await client.get(path, params=query | {"steps": "2"})
            assert few.json()["data"]["steps"] == data["steps"][:2]


async def test_a_step_says_what_it_changed(proven: Any) -> None:
    client, connection = proven
    invoice, holder = _position(connection)
    answer = await client.get(f"/v1/proofs/position/{invoice}/{holder}")
    steps = answer.json()["data"]["steps"]
    (stake, *_) = (step for step in steps if step["event"] == "escrow_funded" and step["changes"])
    assert {change["key"].get("holder", holder) for change in stake["changes"]} == {holder}
    published = next(step for step in steps if step["event"] == "invoice_published")
    (fields,) = (one["fields"] for one in published["changes"] if one["model"] == "invoice")
    assert {"field": "status", "before": "created", "after": "open"} in fields


async def test_what_is_not_proven_says_why(proven: Any, events: list[RawEvent]) -> None:
    client, connection = proven
    invoice, _ = _position(connection)

    async def problem(path: str) -> tuple[int, str]:
        answer = await client.get(f"/v1/proofs/{path}")
        return answer.status_code, answer.json()["type"].removeprefix("/problems/")

    assert await problem(f"invoice/{'00' * 32}") == (404, "not-found")
    assert await problem(f"position/{invoice}/{synthetic.address('nobody')}") == (404, "not-found")
    assert await problem("invoice/x") == (422, "invalid-field")
    assert await problem(f"position/{invoice}/G") == (422, "invalid-field")
    assert await problem("platform?steps=-1") == (422, "invalid-field")
    after, before = events[-1].ledger + 1, synthetic.START_LEDGER - 1
    assert await problem(f"platform?as_of={after}") == (404, "ledger-not-read")
    assert await problem(f"platform/bundle?as_of={before}") == (404, "ledger-too-early")
    connection.execute("DELETE FROM ledger.event WHERE position = %s", (events[0].position,))
    assert await problem("platform") == (410, "ledger-archived")
    connection.execute("UPDATE read.invoice SET paid = paid - 1")
    assert await problem(f"invoice/{invoice}") == (409, "unprovable")


async def test_too_many_events_are_left_to_the_command_line(
    proven: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, connection = proven
    monkeypatch.setattr("api.proofs.service.MOST_EVENTS", 50)
    answer = await client.get("/v1/proofs/platform")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-much-to-prove")
    invoice, _ = _position(connection)
    assert (await client.get(f"/v1/proofs/invoice/{invoice}")).status_code == 200


async def test_before_anything_is_read_nothing_is_proven(reader: Any) -> None:
    answer = await reader.client.get("/v1/proofs/platform")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-read-yet")


async def test_a_bundle_is_checked_without_a_database(lonely: Any, proven: Any) -> None:
    _, connection = proven
    invoice, _ = _position(connection)
    bundle = proving.prove(connection, Subject("invoice", invoice)).bundle

    async def verdict(document: bytes) -> dict[str, Any]:
        answer = await lonely.post("/v1/proofs/verify", content=document)
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    assert (await verdict(encoded(bundle)))["holds"] is True
    forged = msgspec.structs.replace(bundle.figures[0], value="1")
    lied = sealed(msgspec.structs.replace(bundle, figures=[forged, *bundle.figures[1:]]))
    found = await verdict(encoded(lied))
    assert (found["holds"], found["refusal"]) == (False, "wrong-figure")
    assert found["sentence"].startswith("raised is claimed as 1,")
    assert (await verdict(b"x"))["refusal"] == "not-a-bundle"
    assert (await verdict(b""))["refusal"] == "not-a-bundle"
    assert (await verdict(b'{"format":"\xff"}'))["refusal"] == "not-a-bundle"
    deep = b'{"x":' + b"[" * 100_000
    assert (await verdict(deep))["refusal"] == "not-a-bundle"
    large = await lonely.post("/v1/proofs/verify", content=b" " * (4 * 2**20 + 1))
    assert (large.status_code, large.json()["type"]) == (413, "/problems/too-large")


async def test_whatever_is_posted_gets_a_verdict(lonely: Any, proven: Any) -> None:
    """Bytes of a sound bundle changed at random, sealed anew where that is still possible."""
    _, connection = proven
    invoice, _ = _position(connection)
    document = encoded(proving.prove(connection, Subject("invoice", invoice)).bundle)
    chance = random.Random(7)  # a seed is the point
    for round_ in range(120):
        changed = json.loads(document)
        event = chance.choice(changed["events"])
        name = chance.choice(sorted(event))
        event[name] = chance.choice(
            [0, -1, 2**62, 10**30, "", "x", "AAAA", event[name], [event[name]], None, 1.5, "escrow"]
        )
        try:
            bundle = msgspec.json.decode(json.dumps(changed).encode(), type=type(opened(document)))
            changed_document = encoded(sealed(bundle))
        except (msgspec.DecodeError, ValueError):
            changed_document = json.dumps(changed).encode()
        answer = await lonely.post("/v1/proofs/verify", content=changed_document)
        assert answer.status_code == 200, (round_, name, event[name], answer.text)

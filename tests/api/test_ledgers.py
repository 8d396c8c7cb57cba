"""Which ledger a moment belongs to, and what is different between two ledgers.

Every answer is also held against the OpenAPI document, by the client of the fixtures.
"""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest

from contracts.wire import Address
from indexer.decode import prepare
from indexer.sources.protocol import Batch, Header, RawEvent
from indexer.writer import Writer
from projections.model import Mark
from tests.indexer import synthetic
from tests.indexer.support import write

pytestmark = pytest.mark.anyio

START = synthetic.START_LEDGER


@pytest.fixture(scope="module")
def events() -> list[RawEvent]:
    return synthetic.ledgers(47, synthetic.story(47, 4))


async def _at(client: Any, moment: int) -> tuple[int, int] | str:
    answer = await client.get("/v1/ledgers", params={"at": str(moment)})
    if answer.status_code != 200:
        return str(answer.json()["type"])
    data = answer.json()["data"]
    return data["ledger"], data["time"]


async def test_every_moment_has_the_newest_ledger_known_to_have_closed(
    reader: Any, events: list[RawEvent]
) -> None:
    write(reader.config.database_url, events, 30)
    known = sorted({(event.ledger, event.closed_at) for event in events})
    for moment in range(known[0][1] - 2, known[-1][1] + 3, 7):
        past = [one for one in known if one[1] <= moment]
        expected = past[-1] if past else "/problems/ledger-too-early"
        assert await _at(reader.client, moment) == expected
    assert await _at(reader.client, 2**53) == known[-1]
    newest = (await reader.client.get("/v1/ledgers")).json()
    assert newest["data"]["ledger"] == newest["data"]["newest"] == newest["meta"]["as_of_ledger"]
    assert newest["data"]["first"] == START
    for wrong in ("-1", "soon", str(2**60)):
        assert (await reader.client.get("/v1/ledgers", params={"at": wrong})).status_code == 422


async def test_a_quiet_ledger_counts_from_when_it_is_known_to_have_closed(reader: Any) -> None:
    head = Header(START + 5, b"\1" * 32, b"\0" * 32, 2_000)
    with Writer.open(reader.config.database_url, synthetic.DEPLOYMENT, threading.Event()) as writer:
        writer.commit(prepare(Batch([], Mark(START + 9, 3_000), START + 9, [head])))
        writer.commit(prepare(Batch([], Mark(START + 40, 9_000), START + 40)))
    client = reader.client
    assert [await _at(client, moment) for moment in (2_000, 2_999, 3_000, 8_999, 9_000)] == [
        (START + 5, 2_000), (START + 5, 2_000), (START + 9, 3_000), (START + 9, 3_000),
        (START + 40, 9_000),
    ]  # fmt: skip
    assert await _at(client, 1_999) == "/problems/ledger-too-early"


async def test_what_changed_between_two_ledgers_is_what_their_rows_differ_in(
    reader: Any, events: list[RawEvent]
) -> None:
    write(reader.config.database_url, events, 30)
    with psycopg.connect(reader.config.database_url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT encode(f.invoice, 'hex'), (i.position >> 32)::int, (f.position >> 32)::int"
            " FROM read.funding AS f JOIN read.terms AS i USING (invoice)"
            " ORDER BY f.position LIMIT 1"
        ).fetchone()
    assert row
    invoice, created, funded = row
    path = f"/v1/diff?from={created}&to={funded}"
    of_invoice = (await reader.client.get(f"{path}&invoice={invoice}")).json()["data"]
    assert of_invoice["events"]["escrow_funded"] >= 1
    changed = [
        (change["model"], {one["field"]: (one["before"], one["after"]) for one in change["fields"]})
        for change in of_invoice["changes"]
    ]
    assert {model for model, _ in changed} == {"invoice", "position"}
    (fields,) = (fields for model, fields in changed if model == "invoice")
    assert fields["status"][0] == "created"
    stakes = [int(fields["shares"][1]) for model, fields in changed if model == "position"]
    assert fields["raised"] == ("0", str(sum(stakes)))
    whole = (await reader.client.get(path)).json()["data"]
    assert whole["invoices"][invoice] == sum(of_invoice["events"].values())
    assert sum(whole["events"].values()) >= sum(of_invoice["events"].values())
    (held,) = (one for one in whole["changes"] if one["model"] == "custody")
    assert held["key"]["asset"] == Address(synthetic.ASSET)
    same = (await reader.client.get(f"/v1/diff?from={funded}&to={funded}")).json()["data"]
    assert (same["events"], same["changes"], same["invoices"]) == ({}, [], {})


async def test_a_comparison_without_an_answer_says_why(reader: Any, events: list[RawEvent]) -> None:
    write(reader.config.database_url, events, 30)
    last = events[-1].ledger
    for query, status, slug in (
        (f"from={last}&to={last - 1}", 422, "invalid-field"),
        (f"from={last}&to={last + 1}", 404, "ledger-not-read"),
        (f"from={START - 5}&to={last}", 404, "ledger-too-early"),
        (f"from={START}&to={last}&invoice={'00' * 32}", 404, "not-found"),
        (f"from={START}&to={last}&invoice=x", 422, "invalid-field"),
        (f"from={START}", 422, "invalid-field"),
        ("from=0&to=9", 422, "invalid-field"),
    ):
        answer = await reader.client.get(f"/v1/diff?{query}")
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}"), query

"""Files over HTTP: the rows that the command line writes, for those who may have them.

Every answer is also held against the OpenAPI document, by the client of the fixtures.
"""

from __future__ import annotations

import contextlib
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from stellar_sdk import Keypair

from projections.exporting import job, reading, registry
from projections.exporting.dataset import Stamp
from projections.exporting.formats import Format
from projections.exporting.streaming import streamed
from tests.indexer import synthetic
from tests.indexer.support import write

pytestmark = pytest.mark.anyio

OWNER = Keypair.random()


@pytest.fixture
async def told(reader: Any) -> Any:
    """The application on a database that holds some invoices' lives."""
    write(reader.config.database_url, synthetic.ledgers(53, synthetic.story(53, 6)))
    return reader


def _file(
    reader: Any, name: str, kind: Format, folder: Path, at: int | None
) -> tuple[Stamp, bytes]:
    """What the command line would write."""
    with psycopg.connect(reader.config.database_url, autocommit=True) as connection:
        dataset = registry.find(name)
        of = reading.stamped(connection, dataset, reading.mark(connection, at))
        done = job.export(connection, dataset, of, kind, folder)
    return of, (folder / done.file).read_bytes()


@pytest.mark.parametrize("kind", list(Format))
async def test_a_file_is_the_one_of_the_command_line(
    told: Any, tmp_path: Path, kind: Format
) -> None:
    newest = (await told.client.get("/v1/ledgers")).json()["data"]["newest"]
    for at in (None, newest - 40):
        of, expected = _file(told, "positions", kind, tmp_path, at)
        query = {"format": kind.value} | ({} if at is None else {"as_of": str(at)})
        answer = await told.client.get("/v1/exports/positions", params=query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["x-as-of-ledger"] == str(of.ledger)
        name = f"positions-{of.ledger}.{kind.value}"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        if kind is Format.XLSX:  # names the second in which it was made
            assert _sheets(answer.content) == _sheets(expected)
        else:
            assert answer.content == expected


def _sheets(book: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(book)) as opened:
        return {
            name: opened.read(name)
            for name in opened.namelist()
            if name.startswith("xl/worksheets/") or name == "xl/sharedStrings.xml"
        }


async def test_everybody_takes_his_own_and_the_staff_everything(told: Any) -> None:
    with psycopg.connect(told.config.database_url) as reader:
        row = reader.execute(
            "SELECT holder, count(*) FROM analytics.positions GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
        ).fetchone()
    assert row
    holder, number = row
    some = await told.client.get("/v1/exports/positions", params={"address": holder})
    assert len(pl.read_csv(some.content)) == number
    mine = await told.get(OWNER, "/v1/exports/mine/lots?format=csv")
    assert mine.status_code == 200, mine.text
    assert mine.headers["cache-control"] == "private, no-cache"
    assert len(pl.read_csv(mine.content)) == 0
    assert (await told.client.get("/v1/exports/mine/lots")).status_code == 401
    for path in ("/v1/exports/staff/loan_tape", "/v1/exports/loan_tape"):
        answer = await told.get(Keypair.random(), path)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    with psycopg.connect(told.config.database_url, autocommit=True) as writer:
        writer.execute("INSERT INTO read.address SELECT max(id) + 1, %s FROM read.address",
                       (OWNER.public_key,))  # fmt: skip
        writer.execute("UPDATE read.governance SET owner = (SELECT max(id) FROM read.address)")
    whole = await told.get(OWNER, "/v1/exports/staff/loan_tape")
    assert whole.status_code == 200, whole.text
    assert len(pl.read_parquet(whole.content)) > 0
    figures = await told.get(OWNER, "/v1/exports/staff/M23.platform?format=ndjson")
    assert len(pl.read_ndjson(figures.content)) > 0


async def test_what_is_offered_can_be_had(told: Any) -> None:
    offered = (await told.client.get("/v1/exports")).json()["data"]
    assert [one["name"] for one in offered["datasets"]] == [name for name, _ in registry.names()]
    assert offered["formats"] == [kind.value for kind in Format]
    public = [one["name"] for one in offered["datasets"] if one["public"]]
    assert "loan_tape" not in public
    for name in public:
        answer = await told.client.get(f"/v1/exports/{name}")
        assert answer.status_code == 200, (name, answer.text)
        columns = [column.name for column in registry.find(name).columns]
        assert answer.text.splitlines()[0] == ",".join(columns)


async def test_what_cannot_be_had_says_why(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = told.client
    newest = (await client.get("/v1/ledgers")).json()["data"]["newest"]
    for path, status, slug in (
        ("nothing", 404, "not-found"),
        ("lots", 403, "forbidden"),
        ("events?format=pdf", 422, "invalid-field"),
        (f"events?address={OWNER.public_key}", 422, "invalid-field"),
        ("positions?address=G", 422, "invalid-field"),
        (f"events?as_of={newest + 1}", 404, "ledger-not-read"),
        ("events?as_of=1", 404, "ledger-too-early"),
    ):
        answer = await client.get(f"/v1/exports/{path}")
        found = answer.status_code, answer.json()["type"]
        assert found == (status, f"/problems/{slug}"), (path, answer.text)
    monkeypatch.setattr("api.exports.routes.MOST_ROWS", 5)
    answer = await client.get("/v1/exports/events")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-much-to-export")
    assert "more than 5 rows" in answer.json()["detail"]


async def test_before_anything_is_read_there_is_nothing_to_export(reader: Any) -> None:
    answer = await reader.client.get("/v1/exports/events")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-read-yet")


def test_who_goes_away_ends_the_reading(database: str) -> None:
    """Nothing is read ahead of who takes it, and nothing goes on when he is gone."""
    write(database, synthetic.ledgers(53, synthetic.story(53, 40)), 1000)
    with psycopg.connect(database, autocommit=True) as watcher:
        dataset = registry.find("events")
        of = reading.stamped(watcher, dataset, reading.mark(watcher, None))
        ended = threading.Event()

        @contextlib.contextmanager
        def session() -> Iterator[psycopg.Connection]:
            try:
                with psycopg.connect(database, autocommit=True) as connection:
                    yield connection
            finally:
                ended.set()

        parts = streamed(session, dataset, of, Format.NDJSON)
        assert next(parts)
        parts.close()
        assert ended.wait(30), "the thread that writes still waits for somebody to read"

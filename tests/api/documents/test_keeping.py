"""What waits, what is mended, what is kept how long, and what a person can take along."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from litestar import Litestar
from stellar_sdk import Keypair

from api.app import create_app
from api.config import ApiConfig
from api.documents.config import DocumentsConfig
from api.documents.scanning import Scanner, ScannerUnavailableError
from api.documents.storage.keys import KeyLostError, MasterKeys
from stellarsettle import clamav
from tests.api.documents import sheets
from tests.api.documents.conftest import Desk, working

pytestmark = pytest.mark.anyio

SANA, OTHER = Keypair.random(), Keypair.random()
ADDRESS = SANA.public_key
KEY, NEXT = b"a document key of the tests, 32b", b"the next key of the tests, 32 by"
WEEK = dt.timedelta(days=7)


def _tell(config: ApiConfig, statement: str, *values: object) -> None:
    with psycopg.connect(config.database_url) as connection:
        connection.execute(statement.encode(), values)


def _with(config: ApiConfig, **changes: Any) -> ApiConfig:
    assert config.documents is not None
    documents = msgspec.structs.replace(config.documents, **changes)
    return msgspec.structs.replace(config, documents=documents)


async def _due_now(desk: Desk) -> None:
    _tell(desk.config, "UPDATE app.job SET due_at = now()")
    await desk.worked()


@pytest.mark.parametrize(
    "changes",
    [
        {"scanner": "/nowhere/clamd.socket"},
        {"scanner": "127.0.0.1:1"},
        {"test_signatures": False},
        {"signature_age": dt.timedelta(0)},
    ],
    ids=["away", "away by TCP", "test signatures only", "too old"],
)
async def test_without_a_scanner_nothing_goes_on(desk: Desk, changes: dict[str, Any]) -> None:
    document = await desk.upload(SANA, sheets.pdf())
    async with working(_with(desk.config, **changes)) as (_, runner):
        for _ in range(2):
            _tell(desk.config, "UPDATE app.job SET due_at = now()")
            assert await runner.run_one()
    waiting = await desk.see(SANA, document)
    assert (waiting["state"], waiting["waiting"]) == ("received", "scanner")
    await _due_now(desk)
    went_on = await desk.see(SANA, document)
    assert (went_on["state"], went_on["waiting"]) == ("needs_review", None)


async def test_signatures_tell_their_age(tmp_path: Path) -> None:
    made = dt.datetime.now(dt.UTC) - WEEK
    clamav.write_test_signatures(tmp_path / "signatures", made)
    try:
        with clamav.running(tmp_path / "run", tmp_path / "signatures") as address:
            patient = Scanner(str(address), max_age=2 * WEEK, allow_test_signatures=True)
            assert abs((await patient.check()).made_at - made) < dt.timedelta(seconds=1)
            strict = Scanner(str(address), max_age=WEEK / 2, allow_test_signatures=True)
            with pytest.raises(ScannerUnavailableError, match="7 days old"):
                await strict.scan([b"anything"])
    except clamav.ClamavError as error:
        pytest.skip(str(error))


async def test_a_store_that_is_away_is_waited_for(desk: Desk) -> None:
    document = await desk.upload(SANA, sheets.pdf())
    async with working(_with(desk.config, kubo_url="http://127.0.0.1:1")) as (_, runner):
        assert await runner.run_one()
    waiting = await desk.see(SANA, document)
    assert (waiting["state"], waiting["waiting"]) == ("read", "store")
    await _due_now(desk)
    assert (await desk.see(SANA, document))["state"] == "needs_review"


async def test_a_file_that_is_lost_or_changed_is_refused(
    desk: Desk, documents_config: DocumentsConfig
) -> None:
    for spoil in (Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1] + b"?")):
        document = await desk.upload(SANA, sheets.pdf())
        spoil(documents_config.folder / "quarantine" / document["id"])
        await desk.worked()
        assert (await desk.see(SANA, document))["reason"] == "lost"


async def test_keys_rotate_and_files_stay(desk: Desk, documents_config: DocumentsConfig) -> None:
    data = sheets.pdf()
    document = await desk.read(SANA, data)
    (kept,) = (path for path in documents_config.folder.rglob("*") if path.is_file())
    before = kept.read_bytes()
    newer = MasterKeys({1: KEY, 2: NEXT})
    async with working(_with(desk.config, master_keys=newer)) as (documents, _):
        assert await documents.vault.rotate() == 1
        assert await documents.vault.rotate() == 0
    assert kept.read_bytes() == before
    only = MasterKeys({2: NEXT})
    async with working(_with(desk.config, master_keys=only)) as (documents, _):
        record = await documents.desk.document(ADDRESS, uuid.UUID(document["id"]))
        assert await documents.vault.read(record, ADDRESS, "test") == data
    with pytest.raises(KeyLostError):
        await desk.documents.vault.read(record, ADDRESS, "test")


async def test_copies_are_checked_and_mended(desk: Desk, documents_config: DocumentsConfig) -> None:
    document = await desk.read(SANA, sheets.pdf())
    assert await desk.documents.tidying.check_replicas() == {"folder held": 1}
    place = documents_config.folder / "store" / document["cid"][-2:] / document["cid"]
    place.write_bytes(b"something else")
    assert await desk.documents.tidying.check_replicas() == {"folder spoilt": 1}
    answer = await desk.ask(SANA, "GET", f"/{document['id']}/copy")
    assert answer.json()["type"] == "/problems/document-unavailable"


async def test_what_was_kept_long_enough_is_erased(desk: Desk) -> None:
    old = await desk.read(SANA, sheets.pdf())
    held = await desk.read(SANA, sheets.pdf())
    young = await desk.read(SANA, sheets.pdf())
    _tell(
        desk.config,
        "UPDATE app.document SET changed_at = now() - interval '91 days', hold = %s WHERE id = %s",
        None, old["id"],
    )  # fmt: skip
    _tell(
        desk.config,
        "UPDATE app.document SET changed_at = now() - interval '91 days', hold = %s WHERE id = %s",
        "Inquiry 7", held["id"],
    )  # fmt: skip
    done = await desk.documents.tidying.tidy()
    assert done["erased"] == 1
    states = [(await desk.see(SANA, each))["state"] for each in (old, held, young)]
    assert states == ["erased", "needs_review", "needs_review"]
    assert (await desk.see(SANA, old))["reason"] == "retention"


async def test_what_fails_for_ever_is_refused_and_what_broke_off_is_gone(
    desk: Desk, documents_config: DocumentsConfig
) -> None:
    document = await desk.upload(SANA, sheets.pdf())
    _tell(desk.config, "UPDATE app.job SET state = 'dead'")
    leftover = documents_config.folder / "quarantine" / str(uuid.uuid4())
    leftover.touch()
    os.utime(leftover, (0, 0))
    _tell(
        desk.config,
        """
        INSERT INTO app.document (id, owner, state, created_at)
        VALUES (gen_random_uuid(), %s, 'receiving', now() - interval '2 days')
        """,
        SANA.public_key,
    )
    assert await desk.documents.tidying.tidy() == {
        "erased": 0, "uploads discarded": 1, "refused": 1, "leftovers removed": 1,
    }  # fmt: skip
    assert (await desk.see(SANA, document))["reason"] == "crashed"
    items = (await desk.ask(SANA, "GET", "")).json()["items"]
    assert [each["id"] for each in items] == [document["id"]]
    assert not [path for path in documents_config.folder.rglob("*") if path.is_file()]


async def test_an_owner_has_only_so_many_on_their_way(
    desk: Desk, checked: Callable[[Litestar], Any], bearer: Any
) -> None:
    config = _with(desk.config, waiting_per_owner=1)
    async with checked(create_app(config)) as client:
        headers = bearer(config, SANA)
        first = await client.post("/v1/documents", content=sheets.pdf(), headers=headers)
        assert first.status_code == 201
        second = await client.post("/v1/documents", content=sheets.pdf(), headers=headers)
        assert (second.status_code, second.json()["type"]) == (429, "/problems/too-many-documents")


async def test_uploads_at_once_are_counted_one_after_the_other(
    desk: Desk, checked: Callable[[Litestar], Any], bearer: Any
) -> None:
    config = _with(desk.config, waiting_per_owner=3)
    async with checked(create_app(config)) as client:
        headers = bearer(config, SANA)
        answers = await asyncio.gather(
            *(client.post("/v1/documents", content=sheets.pdf(), headers=headers) for _ in range(8))
        )
    assert sorted(each.status_code for each in answers) == [201] * 3 + [429] * 5


@pytest.mark.parametrize("room", [{"documents_per_owner": 1}, {"bytes_per_owner": 1_500}])
async def test_an_owner_has_only_so_much_room(
    room: dict[str, int], desk: Desk, checked: Callable[[Litestar], Any], bearer: Any
) -> None:
    config = _with(desk.config, **room)
    files = [sheets.pdf() for _ in range(2)]
    assert len(files[0]) <= 1_500 < len(files[0]) + len(files[1])
    async with checked(create_app(config)) as client:
        headers = bearer(config, SANA)
        first = await client.post("/v1/documents", content=files[0], headers=headers)
        assert first.status_code == 201
        second = await client.post("/v1/documents", content=files[1], headers=headers)
        assert (second.status_code, second.json()["type"]) == (403, "/problems/document-quota")
        erased = await desk.ask(SANA, "DELETE", f"/{first.json()['id']}", headers={"If-Match": "*"})
        assert erased.status_code == 200, erased.text
        third = await client.post("/v1/documents", content=files[1], headers=headers)
        assert third.status_code == 201
        stranger = await client.post(
            "/v1/documents", content=sheets.pdf(), headers=bearer(config, OTHER)
        )
        assert stranger.status_code == 201


async def test_where_documents_are_off_everybody_is_told(
    configuration: Callable[..., ApiConfig], checked: Callable[[Litestar], Any], bearer: Any
) -> None:
    config = configuration()
    async with checked(create_app(config)) as client:
        answer = await client.get("/v1/documents", headers=bearer(config, SANA))
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/documents-off")

"""Who sees a document besides its owner: what a page shows, and what a debtor's invoice opens."""

from __future__ import annotations

import asyncio
import re
import threading
from typing import Any
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from stellar_sdk import Keypair, MuxedAccount

from api.config import ApiConfig
from api.documents.reading import sandbox
from api.documents.records import Record
from api.documents.vault import Vault
from api.tokens import Proof, Tokens
from projections.tables import describe
from tests.api.documents import sheets

pytestmark = pytest.mark.anyio

SANA, DEBTOR = Keypair.random(), Keypair.random()
TAX_IDS = {"seller_tax_id": "DE136695976", "buyer_tax_id": "DE811907980"}


def _header(config: ApiConfig, owner: str) -> dict[str, str]:
    token = Tokens(config).issue(Proof(owner=owner, method="sep10"))
    return {"Authorization": f"Bearer {token}"}


def _list(config: ApiConfig, *, seller: str, debtor: str, doc_hash: str) -> None:
    """An invoice as the read models have it, of which only parties and document matter here."""
    read = describe("read")
    with psycopg.connect(config.database_url) as connection:
        (known,) = connection.execute("SELECT count(*) FROM read.address").fetchone() or (0,)
        for number, address in enumerate((seller, debtor), start=known):
            connection.execute("INSERT INTO read.address VALUES (%s, %s)", (number, address))
        given = {
            "invoice": f"invoice {known}".ljust(32).encode(),
            "seller": known,
            "debtor": known + 1,
            "doc_hash": bytes.fromhex(doc_hash),
            "ended_at": None,
        }
        for name in ("terms", "invoice"):
            columns = read.tables[f"read.{name}"].columns
            row = {column.name: given.get(column.name, _nothing(column)) for column in columns}
            connection.execute(
                sql.SQL("INSERT INTO read.{} ({}) VALUES ({})").format(
                    sql.Identifier(name),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(map(sql.Placeholder, row)),
                ),
                row,
            )


def _nothing(column: sa.Column[Any]) -> Any:
    return {bytes: b"", bool: False, str: ""}.get(column.type.python_type, 0)


async def _confirmed(desk: Any, owner: str) -> dict[str, Any]:
    """A confirmed document of this owner."""
    document = await desk.read(SANA, sheets.pdf())
    confirmed: dict[str, Any] = await desk.confirmed(SANA, document, **TAX_IDS)
    with psycopg.connect(desk.config.database_url) as connection:
        connection.execute("UPDATE app.document SET owner = %s", (owner,))
    return confirmed


async def test_pages_show_documents_to_whoever_signed_in_and_not_to_the_whole_account(
    desk: Any,
) -> None:
    document = await desk.read(SANA, sheets.pdf())
    with psycopg.connect(desk.config.database_url) as connection:
        connection.execute("UPDATE read.applied SET ledger = 1, closed_at = 1")
    own = _header(desk.config, SANA.public_key)
    shared = _header(desk.config, f"{SANA.public_key}:7")
    page = f"/seller/documents/{document['id']}"

    listed = await desk.client.get("/seller/documents", headers=own)
    assert document["id"] in listed.text
    listed = await desk.client.get("/seller/documents", headers=shared)
    assert listed.status_code == 200
    assert document["id"] not in listed.text
    assert (await desk.client.get(page, headers=own)).status_code == 200
    assert (await desk.client.get(page, headers=shared)).status_code == 404
    said = {"version": str(document["version"]), "field.number": "X1"}
    assert (await desk.client.post(page, headers=shared, data=said)).status_code == 404
    form = f"/seller/new?document={document['id']}"
    assert (await desk.client.get(form, headers=shared)).status_code == 404


async def test_the_links_of_a_confirmed_document_lead_somewhere(desk: Any) -> None:
    document = await _confirmed(desk, SANA.public_key)
    with psycopg.connect(desk.config.database_url) as connection:
        connection.execute("UPDATE read.applied SET ledger = 1, closed_at = 1")
    own = _header(desk.config, SANA.public_key)
    page = await desk.client.get(f"/seller/documents/{document['id']}", headers=own)
    links = re.findall(r'href="(/v1/documents/[^"]+)"', page.text)
    assert links
    for link in links:
        assert (await desk.client.get(link, headers=own)).status_code == 200


@pytest.mark.parametrize(
    "owner",
    [
        SANA.public_key,
        f"{SANA.public_key}:7",
        MuxedAccount(SANA.public_key, 7).account_muxed,
    ],
    ids=["account", "memo", "muxed"],
)
async def test_only_an_invoice_of_its_own_seller_opens_a_document_to_a_debtor(
    desk: Any, owner: str
) -> None:
    document = await _confirmed(desk, owner)
    where, doc_hash = f"/{document['id']}", document["doc_hash"]
    assert (await desk.ask(DEBTOR, "GET", where)).status_code == 404
    # The hash is public as soon as an invoice is listed: anybody may list another with it.
    accomplice = Keypair.random()
    _list(
        desk.config,
        seller=Keypair.random().public_key,
        debtor=accomplice.public_key,
        doc_hash=doc_hash,
    )
    assert (await desk.ask(accomplice, "GET", where)).status_code == 404
    assert (await desk.ask(accomplice, "GET", f"{where}/copy")).status_code == 404
    _list(desk.config, seller=SANA.public_key, debtor=DEBTOR.public_key, doc_hash=doc_hash)
    assert (await desk.ask(DEBTOR, "GET", where)).status_code == 200
    assert (await desk.ask(accomplice, "GET", where)).status_code == 404


@pytest.mark.parametrize(("own", "status"), [(True, 409), (False, 200)])
async def test_only_an_invoice_of_its_own_seller_keeps_a_document_from_erasure(
    desk: Any, *, own: bool, status: int
) -> None:
    document = await _confirmed(desk, SANA.public_key)
    seller = SANA if own else Keypair.random()
    _list(
        desk.config,
        seller=seller.public_key,
        debtor=DEBTOR.public_key,
        doc_hash=document["doc_hash"],
    )
    assert (await desk.change(SANA, "DELETE", document)).status_code == status


async def test_files_are_in_memory_only_while_it_is_their_turn(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pages are drawn at a time; who waits holds no file of twenty megabytes."""
    document = await desk.read(SANA, sheets.pdf())
    go_on, begun = threading.Event(), threading.Semaphore(0)
    opened: list[str] = []
    read, draw = Vault.read, sandbox.draw

    async def counted(vault: Vault, record: Record, viewer: str, action: str) -> bytes:
        opened.append(action)
        return await read(vault, record, viewer, action)

    def waiting(data: bytes, number: int) -> bytes:
        begun.release()
        assert go_on.wait(10)
        return draw(data, number)

    monkeypatch.setattr(Vault, "read", counted)
    monkeypatch.setattr(sandbox, "draw", waiting)
    inside = desk.documents.desk
    record = await inside.document(SANA.public_key, UUID(document["id"]))
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(inside.page(SANA.public_key, record, 0)) for _ in range(5)]
        for _ in range(2):
            assert await asyncio.to_thread(begun.acquire, timeout=10)
        assert opened == ["page 0"] * 2
        go_on.set()
    assert all(task.result().startswith(b"\x89PNG") for task in asking)
    assert opened == ["page 0"] * 5

"""From an upload to confirmed facts and back to the file, by everybody's rights."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pikepdf
import psycopg
import pytest
from stellar_sdk import Keypair

from api.config import ApiConfig
from api.documents.erasure import check_certificate
from api.documents.intake import BrokenOffError
from api.live.hints import CHANNEL, Hint
from api.tables import metadata
from tests.api.documents import sheets

pytestmark = pytest.mark.anyio

SANA, OTHER = Keypair.random(), Keypair.random()
TAX_IDS = {"seller_tax_id": "DE136695976", "buyer_tax_id": "DE811907980"}


def _rows(config: ApiConfig, query: str, *values: object) -> list[Any]:
    with psycopg.connect(config.database_url) as connection:
        return connection.execute(query.encode(), values).fetchall()


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_document_is_read_confirmed_and_proven(desk: Any) -> None:
    data = sheets.pdf()
    taken = await desk.upload(SANA, data)
    assert taken["state"] == "received"
    assert taken["fields"] == {}
    await desk.worked()
    read = await desk.see(SANA, taken)
    assert [stage["state"] for stage in read["stages"]] == [
        "received", "scanned", "read", "needs_review",
    ]  # fmt: skip
    assert read["pages"] == [{"w_pt": 595.0, "h_pt": 842.0}]
    total = read["fields"]["total"]
    assert (total["value"], total["band"], total["source"]) == ("1523.20", "sure", "text")
    assert total["page"] == 0
    left, top, right, bottom = total["box"]
    assert left < 500 < right
    assert top < 335 < bottom
    assert "1280.00" in total["alternatives"]
    assert total["must_confirm"]
    assert not total["confirmed"]
    assert read["fields"]["seller_tax_id"]["band"] == "missing"
    assert read["checks"][0] == {
        "code": "net_and_tax_make_total",
        "verdict": "ok",
        "sentence": "1280.00 + 243.20 = 1523.20, and the total is 1523.20.",
    }

    confirmed = await desk.confirmed(SANA, read, **TAX_IDS)
    assert confirmed["state"] == "confirmed"
    assert confirmed["must_confirm"] == []
    facts = (await desk.ask(SANA, "GET", f"/{taken['id']}/facts")).json()
    assert facts["natural_key"] == {
        "seller_tax_id": "DE136695976", "debtor_tax_id": "DE811907980", "number": "2026-0815",
        "amount": "1523.20", "currency": "EUR", "issue_date": "2026-11-03",
    }  # fmt: skip
    opening = (await desk.ask(SANA, "GET", f"/{taken['id']}/opening")).json()
    file = await desk.ask(SANA, "GET", f"/{taken['id']}/original")
    assert file.content == data
    assert file.headers["cache-control"] == "private, no-store"
    file_hash = hashlib.sha256(file.content).digest()
    assert opening["sha256"] == file_hash.hex()
    opened = hashlib.sha256(bytes.fromhex(opening["salt"]) + file_hash).hexdigest()
    assert opened == facts["doc_hash"] == confirmed["doc_hash"]
    seen = (await desk.ask(SANA, "GET", f"/{taken['id']}/accesses")).json()["items"]
    assert [(each["viewer"], each["action"]) for each in seen] == [
        (SANA.public_key, "original"), (SANA.public_key, "opening"),
        ("worker", "scanned"), ("worker", "received"),
    ]  # fmt: skip


async def test_the_disk_holds_nothing_that_can_be_read(desk: Any, documents_config: Any) -> None:
    data = sheets.pdf()
    document = await desk.upload(SANA, data)
    (received,) = _files(documents_config.folder)
    assert data[:64] not in received.read_bytes()
    await desk.worked()
    (kept,) = _files(documents_config.folder)
    assert kept.name == document["cid"]
    assert data[:64] not in kept.read_bytes()


async def test_a_copy_says_who_took_it(desk: Any) -> None:
    document = await desk.read(SANA, sheets.pdf(pages=2))
    answer = await desk.ask(SANA, "GET", f"/{document['id']}/copy")
    assert answer.headers["content-type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        for page in pdf.pages:
            content = b"".join(part.read_bytes() for part in page.Contents)
            assert f"Copy for {SANA.public_key}".encode() in content
    page = await desk.ask(SANA, "GET", f"/{document['id']}/pages/1")
    assert page.content.startswith(b"\x89PNG")
    assert (await desk.ask(SANA, "GET", f"/{document['id']}/pages/2")).status_code == 404


async def test_a_stranger_sees_nothing_of_it(desk: Any) -> None:
    document = await desk.read(SANA, sheets.pdf())
    for method, path in (
        ("GET", ""), ("GET", "/copy"), ("GET", "/original"), ("GET", "/pages/0"),
        ("GET", "/opening"), ("GET", "/facts"), ("GET", "/accesses"), ("DELETE", ""),
        ("POST", "/confirmation"),
    ):  # fmt: skip
        answer = await desk.ask(
            OTHER, method, f"/{document['id']}{path}", headers={"If-Match": "*"}
        )
        assert answer.status_code == 404, (method, path)
    assert (await desk.ask(OTHER, "GET", "")).json() == {"items": []}


async def test_people_correct_and_only_people_confirm(desk: Any) -> None:
    document = await desk.read(SANA, sheets.pdf())
    refused = await desk.change(SANA, "POST", document, "/confirmation")
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/not-confirmed"
    assert {fault["pointer"] for fault in refused.json()["errors"]} >= {"/fields/total"}
    wrong = await desk.change(
        SANA, "PATCH", document,
        json={"fields": {"total": "1.523,20", "date": "3.11.2026", "colour": "red", "number": " "}},
    )  # fmt: skip
    assert wrong.status_code == 422
    assert [fault["pointer"] for fault in wrong.json()["errors"]] == [
        "/fields/total", "/fields/date", "/fields/colour", "/fields/number",
    ]  # fmt: skip
    corrected = await desk.change(
        SANA, "PATCH", document, json={"fields": {"total": "1523.2", "number": "2026-0816"}}
    )
    fields = corrected.json()["fields"]
    assert fields["total"]["value"] == "1523.20"
    assert fields["total"]["box"] is not None, "the page says the same"
    assert fields["number"]["box"] is None, "the page says another number"
    assert fields["number"]["source"] == "human"
    assert "2026-0815" in fields["number"]["alternatives"]
    stale = await desk.change(SANA, "PATCH", document, json={"fields": {"number": "X1"}})
    assert stale.status_code == 412
    bare = await desk.ask(SANA, "PATCH", f"/{document['id']}", json={"fields": {"number": "X1"}})
    assert bare.status_code == 428
    taken_back = await desk.change(
        SANA, "PATCH", corrected.json(), json={"fields": {"number": None}}
    )
    assert taken_back.json()["fields"]["number"]["value"] == "2026-0815"
    early = await desk.change(
        SANA, "PATCH", taken_back.json(), json={"fields": {"due_date": "2026-10-01"}}
    )
    checks = {check["code"]: check["verdict"] for check in early.json()["checks"]}
    assert checks["due_after_issue"] == "wrong"


async def test_what_was_read_is_held_against_what_people_say(desk: Any) -> None:
    document = await desk.read(SANA, sheets.pdf())
    await desk.confirmed(SANA, document, number="2026-0816", **TAX_IDS)
    rows = _rows(
        desk.config, "SELECT field, was_right FROM app.document_outcome WHERE field IN (%s, %s)",
        "number", "total",
    )  # fmt: skip
    assert dict(rows) == {"number": False, "total": True}


async def test_the_uploading_organisation_is_the_seller(desk: Any) -> None:
    made = await desk.client.post(
        "/v1/organisations",
        json={"name": "Hafenweg Lindenwerk", "tax_id": "DE 136 695 976"},
        headers=desk.bearer(SANA),
    )
    assert made.is_success, made.text
    sheet = sheets.pdf((*sheets.INVOICE, (50, 800, "USt-IdNr. DE136695976")))
    seller = (await desk.read(SANA, sheet))["fields"]["seller"]
    assert (seller["value"], seller["band"]) == ("Hafenweg Lindenwerk", "sure")
    assert "tax id" in seller["evidence"][0]
    strangers = (await desk.read(OTHER, sheet))["fields"]["seller"]
    assert strangers["value"] == "Lindenwerk GmbH"


async def test_confidence_follows_what_people_confirm(desk: Any) -> None:
    before = (await desk.read(SANA, sheets.pdf()))["fields"]["date"]["confidence"]
    assert await desk.documents.tidying.recalibrate() == 0, "little says nothing"
    with psycopg.connect(desk.config.database_url) as connection:
        connection.execute(
            """
            INSERT INTO app.document_outcome (field, source, confidence, score, was_right)
            SELECT 'date', 'text', 0.9, 0.4 + 0.005 * n, n % 3 > 0 FROM generate_series(1, 99) AS n
            """
        )
    document = await desk.read(SANA, sheets.pdf())
    await desk.confirmed(SANA, document, **TAX_IDS)
    assert await desk.documents.tidying.recalibrate() > 99
    after = (await desk.read(SANA, sheets.pdf()))["fields"]["date"]["confidence"]
    assert after < before


async def test_an_upload_that_broke_off_goes_on(desk: Any, documents_config: Any) -> None:
    data = sheets.pdf(attachments={"noise": random.Random(7).randbytes(300_000)})
    digest = hashlib.sha256(data)
    header = {"Content-Digest": f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"}

    async def breaking() -> AsyncIterator[bytes]:
        yield data[:200_000]
        raise BrokenOffError

    intake, owner = desk.documents.intake, SANA.public_key
    with pytest.raises(BrokenOffError):
        await intake.receive(owner, breaking(), name=None, digest=digest.digest(), offset=0)
    with pytest.raises(BrokenOffError):
        await intake.receive(owner, breaking(), name=None, digest=None, offset=0)
    path = f"/uploads/{digest.hexdigest()}"
    progress = await desk.ask(SANA, "GET", path)
    assert progress.status_code == 200, progress.text
    offset = progress.json()["received"]
    assert 0 < offset <= 200_000
    assert (await desk.ask(OTHER, "GET", path)).status_code == 404
    wrong = await desk.ask(
        SANA, "POST", "", content=data[5:], headers={**header, "Upload-Offset": "5"}
    )
    assert wrong.json()["type"] == "/problems/upload-conflict"
    document = await desk.upload(SANA, data[offset:], **header, **{"Upload-Offset": str(offset)})
    assert document["sha256"] == digest.hexdigest()
    await desk.worked()
    assert (await desk.see(SANA, document))["state"] == "needs_review"
    again = await desk.ask(SANA, "POST", "", content=b"", headers=header)
    assert (again.status_code, again.json()["id"]) == (200, document["id"])
    assert len(_files(documents_config.folder)) == 1


async def test_another_file_than_announced_is_not_kept(desk: Any, documents_config: Any) -> None:
    header = {"Content-Digest": f"sha-256=:{base64.b64encode(bytes(32)).decode()}:"}
    answer = await desk.ask(SANA, "POST", "", content=sheets.pdf(), headers=header)
    assert answer.json()["type"] == "/problems/digest-mismatch"
    assert _files(documents_config.folder) == []
    assert (await desk.ask(SANA, "GET", "")).json() == {"items": []}
    for wrong in ("sha-256=:short:", "md5=:AAAA:", "nonsense"):
        answer = await desk.ask(SANA, "POST", "", content=b"", headers={"Content-Digest": wrong})
        assert answer.status_code == 400, wrong


def _next_month(text: str) -> str:
    """What the same seller's next invoice says instead."""
    others = {
        "2026-0815": "2026-0914", "03.11.2026": "05.12.2026", "03.12.2026": "05.01.2027",
        "1.523,20": "1.404,20", "1.280,00": "1.180,00", "243,20": "224,20", "1.200,00": "1.100,00",
    }  # fmt: skip
    for one, other in others.items():
        text = text.replace(one, other)
    return text


async def test_the_same_invoice_is_found_again(desk: Any) -> None:
    data = sheets.pdf()
    mine = await desk.read(SANA, data)
    assert mine["duplicates"] == []
    same = await desk.ask(SANA, "POST", "", content=data)
    assert (same.status_code, same.json()["id"]) == (200, mine["id"])
    moved = [(x + 3, top + 40, text) for x, top, text in sheets.INVOICE]
    near = await desk.read(SANA, sheets.pdf(moved))
    assert [(each["kind"], each["document"]) for each in near["duplicates"]] == [
        ("near_duplicate", mine["id"])
    ]
    stranger = await desk.read(OTHER, data)
    assert sorted(each["kind"] for each in stranger["duplicates"]) == [
        "near_duplicate", "same_file",
    ]  # fmt: skip
    for each in stranger["duplicates"]:
        assert each == {"kind": each["kind"], "yours": False}, "of strangers nothing else is told"
    later = [(x, top, _next_month(text)) for x, top, text in sheets.INVOICE]
    assert (await desk.read(SANA, sheets.pdf(later)))["duplicates"] == [], "next month's invoice"
    await desk.confirmed(SANA, mine, **TAX_IDS)
    other = await desk.read(OTHER, sheets.pdf(later))
    said = {
        name: field["value"]
        for name, field in (await desk.see(SANA, mine))["fields"].items()
        if field["must_confirm"]
    }
    answer = await desk.change(OTHER, "PATCH", other, json={"fields": said})
    assert {"kind": "same_invoice", "yours": False} in answer.json()["duplicates"]


async def test_erasure_leaves_a_certificate_and_nothing_else(
    desk: Any, documents_config: Any
) -> None:
    data = sheets.pdf()
    document = await desk.read(SANA, data)
    held_back = await desk.ask(SANA, "DELETE", f"/{document['id']}")
    assert held_back.status_code == 428
    erased = await desk.change(SANA, "DELETE", document)
    assert erased.status_code == 200, erased.text
    assert erased.json()["state"] == "erased"
    assert (erased.json()["sha256"], erased.json()["name"]) == (None, None)
    assert erased.json()["fields"] == {}
    for path in ("/copy", "/original", "/pages/0", "/opening"):
        answer = await desk.ask(SANA, "GET", f"/{document['id']}{path}")
        assert answer.status_code == 410, path
    assert _files(documents_config.folder) == []
    assert _rows(desk.config, "SELECT FROM app.document_secret") == []
    assert _rows(desk.config, "SELECT FROM app.document_print") == []

    certificate = (await desk.client.get(f"/v1/documents/{document['id']}/certificate")).json()
    signer = Keypair.from_secret(desk.config.sign_in_seed).public_key
    said = check_certificate(certificate, signer)
    assert said["document"] == document["id"]
    assert said["doc_hash"] == document["doc_hash"]
    forged = {**certificate, "message": certificate["message"].replace("request", "retention")}
    for wrong, key in ((forged, signer), (certificate, OTHER.public_key), ({}, signer)):
        with pytest.raises(ValueError, match="not signed"):
            check_certificate(wrong, key)
    assert json.loads(certificate["message"])["statement"].startswith("The key and the salt")
    logged = "SELECT action FROM audit.entry WHERE about = %s ORDER BY number"
    assert _rows(desk.config, logged, document["id"]) == [("document.erase",)]
    again = await desk.upload(SANA, data)
    assert again["id"] != document["id"], "what was erased may come again"


async def test_everybody_takes_along_what_is_held_on_them(desk: Any, bearer: Any) -> None:
    mine, other = await desk.read(SANA, sheets.pdf()), await desk.read(OTHER, sheets.pdf())
    answer = await desk.client.get("/v1/me/data", headers=bearer(desk.config, SANA))
    assert answer.status_code == 200, answer.text
    held = answer.json()
    owned = {table.name for table in metadata.sorted_tables if "owner" in table.columns}
    assert owned < set(held), "every table with people's own rows"
    (document,) = held["document"]
    assert document["id"] == mine["id"]
    assert document["reading"]["fields"]["total"]["value"] == "1523.20"
    assert other["id"] not in answer.text
    await desk.ask(SANA, "GET", f"/{mine['id']}/opening")
    again = await desk.client.get("/v1/me/data", headers=bearer(desk.config, SANA))
    (access,) = again.json()["document_access"]
    assert (access["document"], access["action"]) == (mine["id"], "opening")


async def test_each_step_is_told_to_its_owner(desk: Any) -> None:
    async with await psycopg.AsyncConnection.connect(
        desk.config.database_url, autocommit=True
    ) as session:
        await session.execute(f"LISTEN {CHANNEL}")
        await desk.read(SANA, sheets.pdf())
        told = [notice.payload async for notice in session.notifies(timeout=10, stop_after=4)]
    hint = Hint(SANA.public_key, ("documents",))
    assert [msgspec.json.decode(each, type=Hint) for each in told] == [hint] * 4


async def test_parties_that_were_confirmed_are_known_again(desk: Any) -> None:
    first = await desk.read(SANA, sheets.pdf())
    said = {**TAX_IDS, "seller": "Lindenwerk  GmbH", "buyer": "Obsthof Brandt KG"}
    await desk.confirmed(SANA, first, **said)
    later = [(x, top, _next_month(text)) for x, top, text in sheets.INVOICE]
    second = await desk.read(SANA, sheets.pdf(later))
    for name, value in said.items():
        field = second["fields"][name]
        assert (field["value"], field["band"]) == (" ".join(value.split()), "sure")
        assert "known from before" in field["evidence"][0]
        assert field["box"] is not None
    strangers = await desk.read(OTHER, sheets.pdf(later))
    assert strangers["fields"]["seller_tax_id"]["value"] is None
    elsewhere = [(x, top, text.replace("Lindenwerk", "Eschenhof")) for x, top, text in later]
    third = await desk.read(SANA, sheets.pdf(elsewhere))
    assert third["fields"]["seller"]["value"] != "Lindenwerk GmbH"
    assert third["fields"]["buyer"]["value"] == "Obsthof Brandt KG"


async def test_an_xml_has_fields_and_no_pages(desk: Any) -> None:
    data = sheets.cii()
    document = await desk.read(SANA, data)
    assert (document["state"], document["kind"], document["pages"]) == ("needs_review", "xml", [])
    assert document["fields"]["seller_tax_id"]["value"] == "DE136695976"
    assert (await desk.ask(SANA, "GET", f"/{document['id']}/original")).content == data
    assert (await desk.ask(SANA, "GET", f"/{document['id']}/pages/0")).status_code == 404
    assert (await desk.ask(SANA, "GET", f"/{document['id']}/copy")).status_code == 422
    broken = await desk.read(SANA, sheets.cii(total="9999.00"))
    assert (broken["state"], broken["reason"]) == ("refused", "breaks_rules")

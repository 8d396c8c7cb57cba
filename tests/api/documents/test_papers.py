"""Papers: filled from confirmed facts, accepted by signature, checked by anybody."""

from __future__ import annotations

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from click.testing import CliRunner
from stellar_sdk import Keypair

from api.documents.papers import signing
from api.documents.papers.signing import Signature
from stellarsettle.documents import check_paper
from tests.api.documents import sheets

pytestmark = pytest.mark.anyio

SANA, DORA, OTHER = (Keypair.random() for _ in range(3))
TAX_IDS = {"seller_tax_id": "DE136695976", "buyer_tax_id": "DE811907980"}


async def _ask(desk: Any, who: Keypair, method: str, path: str = "", **options: Any) -> Any:
    return await desk.client.request(
        method, f"/v1/papers{path}", headers=desk.bearer(who), **options
    )


async def _made(desk: Any, kind: str = "assignment", **facts: str) -> dict[str, Any]:
    document = await desk.confirmed(SANA, await desk.read(SANA, sheets.pdf()), **TAX_IDS, **facts)
    wanted = {
        "document": document["id"], "kind": kind, "recourse": True, "counterparty": DORA.public_key,
    }  # fmt: skip
    answer = await _ask(desk, SANA, "POST", json=wanted)
    assert answer.status_code == 201, answer.text
    again = await _ask(desk, SANA, "POST", json=wanted)
    assert again.json()["id"] == answer.json()["id"], "the same again is the same"
    paper: dict[str, Any] = answer.json()
    return paper


def _text(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return " ".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


async def _accepted(desk: Any, who: Keypair, paper: dict[str, Any]) -> Any:
    message = (await _ask(desk, who, "GET", f"/{paper['id']}/message")).json()["message"]
    signature = base64.b64encode(who.sign_message(message)).decode()
    return await _ask(
        desk, who, "POST", f"/{paper['id']}/signatures", json={"signature": signature}
    )


async def test_a_paper_is_filled_accepted_and_checked(desk: Any, tmp_path: Path) -> None:
    paper = await _made(desk, buyer="Łódź #eval(1) *Obst* $x$ Ελλάς AG")
    file = await _ask(desk, SANA, "GET", f"/{paper['id']}/file")
    assert hashlib.sha256(file.content).hexdigest() == paper["sha256"]
    with pikepdf.open(io.BytesIO(file.content)) as pdf:
        assert b"pdfaid" in pdf.Root.Metadata.read_bytes()
    text = _text(file.content)
    for word in ("2026-0815", "1523.20 EUR", "Łódź #eval(1) *Obst* $x$ Ελλάς AG", "With recourse"):
        assert word in text
    assert (await _accepted(desk, SANA, paper)).status_code == 200
    whole = await _accepted(desk, DORA, paper)
    signers = {each["signer"] for each in whole.json()["signatures"]}
    assert signers == {SANA.public_key, DORA.public_key}
    (tmp_path / "paper.pdf").write_bytes(file.content)
    (tmp_path / "paper.json").write_bytes(whole.content)
    arguments = [str(tmp_path / "paper.pdf"), str(tmp_path / "paper.json")]
    checked = CliRunner().invoke(check_paper, arguments)
    assert checked.exit_code == 0, checked.output
    assert checked.output.count("accepted by") == 2
    (tmp_path / "paper.pdf").write_bytes(file.content + b" ")
    altered = CliRunner().invoke(check_paper, arguments)
    assert altered.exit_code != 0
    assert "another file" in altered.output


async def test_papers_are_shown_to_their_parties_only(desk: Any) -> None:
    paper = await _made(desk, "notice")
    listed = await _ask(desk, DORA, "GET", params={"document": paper["document"]})
    assert [each["id"] for each in listed.json()["items"]] == [paper["id"]]
    hidden = await _ask(desk, OTHER, "GET", params={"document": paper["document"]})
    assert hidden.json() == {"items": []}
    for path in ("", "/file", "/message"):
        assert (await _ask(desk, OTHER, "GET", f"/{paper['id']}{path}")).status_code == 404
    wanted = {"document": paper["document"], "kind": "notice", "recourse": False}
    assert (await _ask(desk, OTHER, "POST", json=wanted)).status_code == 404


async def test_only_the_signers_own_key_over_this_text_accepts(desk: Any) -> None:
    paper = await _made(desk)
    message = (await _ask(desk, SANA, "GET", f"/{paper['id']}/message")).json()["message"]
    for forged in (DORA.sign_message(message), SANA.sign_message(f"{message}."), bytes(64)):
        said = {"signature": base64.b64encode(forged).decode()}
        answer = await _ask(desk, SANA, "POST", f"/{paper['id']}/signatures", json=said)
        assert answer.json()["type"] == "/problems/signature-refused"
    assert (await _ask(desk, SANA, "GET", f"/{paper['id']}")).json()["signatures"] == []


async def test_an_unconfirmed_document_makes_no_paper_and_erasure_ends_them(desk: Any) -> None:
    document = await desk.read(SANA, sheets.pdf())
    wanted = {"document": document["id"], "kind": "assignment", "recourse": False}
    answer = await _ask(desk, SANA, "POST", json=wanted)
    assert answer.json()["type"] == "/problems/not-confirmed"
    await desk.confirmed(SANA, document, **TAX_IDS)
    paper = (await _ask(desk, SANA, "POST", json=wanted)).json()
    erased = await desk.ask(SANA, "DELETE", f"/{document['id']}", headers={"If-Match": "*"})
    assert erased.status_code == 200
    assert (await _ask(desk, SANA, "GET", f"/{paper['id']}/file")).status_code == 410


def test_an_acceptance_of_something_else_is_none() -> None:
    pdf = b"a paper"
    digest = hashlib.sha256(pdf).digest()

    def given(message: str, signer: Keypair = SANA) -> Signature:
        signature = base64.b64encode(signer.sign_message(message)).decode()
        return Signature(SANA.public_key, message, signature, 0)

    text = signing.text("Notice", 1, digest, SANA.public_key, "net")
    signing.accepts(pdf, given(text))
    for wrong in (
        given(text, DORA),
        given(text.replace("I accept", "I do not accept")),
        given(text.replace(SANA.public_key, DORA.public_key)),
        given(signing.text("Notice", 1, bytes(32), SANA.public_key, "net")),
        given(""),
    ):
        with pytest.raises(ValueError, match=r"sign|accepts|names"):
            signing.accepts(pdf, wrong)


async def test_delivery_notes_stand_beside_their_invoice(desk: Any) -> None:
    invoice, note = [await desk.read(SANA, sheets.pdf()) for _ in range(2)]
    said = {"invoice": invoice["id"], "purpose": "delivery_note"}
    strange = await desk.read(OTHER, sheets.pdf())
    refused = await desk.change(
        SANA, "PUT", note, "/support", json=said | {"invoice": strange["id"]}
    )
    assert refused.status_code == 404
    itself = await desk.change(SANA, "PUT", note, "/support", json=said | {"invoice": note["id"]})
    assert itself.status_code == 409
    answer = await desk.change(SANA, "PUT", note, "/support", json=said)
    assert answer.status_code == 200, answer.text
    assert answer.json()["must_confirm"] == []
    beside = await desk.ask(SANA, "GET", f"/{invoice['id']}/supporting")
    assert [(each["id"], each["purpose"]) for each in beside.json()["items"]] == [
        (note["id"], "delivery_note")
    ]
    confirmed = await desk.change(SANA, "POST", answer.json(), "/confirmation")
    assert confirmed.json()["type"] == "/problems/document-state"
    chain = await desk.change(SANA, "PUT", invoice, "/support", json=said | {"invoice": note["id"]})
    assert chain.status_code == 404, "what supports an invoice is not one"

"""Hostile files through the whole intake: a named refusal, soon, and nothing of them left."""

from __future__ import annotations

import resource
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from stellar_sdk import Keypair

from api.errors import Problem
from tests.api.documents import hostile, sheets

pytestmark = pytest.mark.anyio

_SECONDS = 20.0
"""The ten that are promised, and room for a machine that does much else."""
_MEMORY = 128 << 20
_SOMEBODY = Keypair.random()
_GIGABYTE = 1 << 30

AT_THE_DOOR: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "document-empty"),
    "program named pdf": (lambda: b"\x7fELF" + bytes(500), "document-unknown-type"),
    "web page named pdf": (lambda: b"<html><script>1</script></html>", "document-unknown-type"),
    "archive": (hostile.zip_bomb, "document-unknown-type"),
    "archive with a symbolic link": (hostile.archive_with_link, "document-unknown-type"),
    "EICAR itself": (lambda: hostile.EICAR, "document-unknown-type"),
    "header not first": (lambda: b"junk" + sheets.pdf(), "document-unknown-type"),
    "21 MB": (lambda: b"%PDF-1.7" + bytes(21 << 20), "document-too-large"),
}
IN_THE_HOUSE: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "flate bomb": (lambda: sheets.flate_bomb(200), {"bomb"}),
    "flate bomb packed twice": (hostile.twice_packed, {"bomb"}),
    "form bomb": (hostile.form_bomb, {"bomb"}),
    "a form in itself": (hostile.endless_form, {"bomb"}),
    "200,000 pages": (hostile.many_pages, {"too_many_pages", "timeout"}),
    "broken references": (hostile.broken_references, {"needs_review"}),
    "cut in half": (lambda: sheets.pdf()[:400], {"broken", "crashed"}),
    "encrypted": (sheets.encrypted, {"encrypted"}),
    "javascript": (lambda: sheets.with_action("/JavaScript"), {"active_content"}),
    "launch": (lambda: sheets.with_action("/Launch"), {"active_content"}),
    "pdf and zip": (lambda: sheets.pdf() + b"PK\x05\x06" + bytes(18), {"polyglot"}),
    "attached zip bomb": (
        lambda: hostile.attached(hostile.zip_bomb(), compressed=True), {"bomb"},
    ),
    "attached pdf in pdf in pdf": (
        lambda: _nested(4), {"attachments"},
    ),
    "10,001 pixels": (hostile.huge_png, {"image_too_large", "broken"}),
    "60,000 pixels in a pdf": (hostile.pdf_with_huge_picture, {"image_too_large"}),
    "XXE": (hostile.outside_entity, {"not_an_invoice"}),
    "billion laughs": (hostile.billion_laughs, {"not_an_invoice"}),
    "EICAR in an XML": (
        lambda: sheets.cii().replace(b"</rsm:Cross", b"<!--" + hostile.EICAR + b"--></rsm:Cross"),
        {"malware"},
    ),
    "EICAR attached": (lambda: hostile.attached(hostile.EICAR, compressed=False), {"malware"}),
    "EICAR attached, packed": (
        lambda: hostile.attached(hostile.EICAR, compressed=True), {"malware"},
    ),
    "EICAR in base64": (lambda: hostile.ubl_with(hostile.EICAR), {"malware"}),
    "EICAR in a PDF in a PDF": (
        lambda: hostile.attached(
            hostile.attached(hostile.EICAR, compressed=True), compressed=True
        ),
        {"malware"},
    ),
}  # fmt: skip


def _nested(depth: int) -> bytes:
    data = sheets.pdf()
    for _ in range(depth):
        data = hostile.attached(data, compressed=True)
    return data


def _left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of one's own for temporary files."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


async def test_what_no_document_can_be_is_refused_at_the_door(
    desk: Any, documents_config: Any
) -> None:
    for name, (make, refusal) in AT_THE_DOOR.items():
        answer = await desk.ask(_SOMEBODY, "POST", "?name=invoice.pdf", content=make())
        assert answer.json()["type"] == f"/problems/{refusal}", name
    assert _left(documents_config.folder) == []
    assert (await desk.ask(_SOMEBODY, "GET", "")).json() == {"items": []}


@pytest.mark.parametrize("name", IN_THE_HOUSE)
async def test_a_hostile_file_ends_in_its_refusal(
    name: str, desk: Any, documents_config: Any, quiet: Path
) -> None:
    make, ends = IN_THE_HOUSE[name]
    data = make()
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    document = await desk.read(_SOMEBODY, data)
    took = time.monotonic() - began
    end = document["reason"] if document["state"] == "refused" else document["state"]
    assert end in ends, document["message"]
    assert took < _SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < _MEMORY >> 10
    if document["state"] == "refused":
        assert document["message"]
        assert _left(documents_config.folder) == []
    assert _left(quiet) == []


async def test_five_gigabytes_are_not_read(desk: Any, documents_config: Any) -> None:
    read = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal read
        yield b"%PDF-1.7"
        while read < 5 * _GIGABYTE:
            read += 1 << 20
            yield bytes(1 << 20)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    owner = _SOMEBODY.public_key
    with pytest.raises(Problem, match="larger than 20 MB"):
        await desk.documents.intake.receive(owner, stream(), name=None, digest=None, offset=0)
    assert read <= 21 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < _MEMORY >> 10
    assert _left(documents_config.folder) == []
    announced = await desk.ask(
        _SOMEBODY, "POST", "", content=b"%PDF-", headers={"Content-Length": str(5 * _GIGABYTE)}
    )
    assert announced.json()["type"] == "/problems/document-too-large"


async def test_a_file_of_the_machine_that_a_pdf_names_stays_outside(desk: Any) -> None:
    document = await desk.read(_SOMEBODY, hostile.with_file_outside())
    assert document["state"] in {"needs_review", "refused"}
    assert "root:" not in str(document)

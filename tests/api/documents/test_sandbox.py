"""Hostile files end in their named refusal, soon, and take nothing with them."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api.documents.reading import sandbox
from api.documents.reading.refusal import Refusal, RefusedError
from tests.api.documents import sheets

_SECONDS = 20.0
"""The ten that are promised, and room for a machine that does much else."""


def _claims_many_pages() -> bytes:
    return sheets.pdf().replace(b"/Count 1", b"/Count 200000")


_HOSTILE: list[tuple[str, Callable[[], bytes], set[Refusal]]] = [
    ("empty", lambda: b"", {Refusal.EMPTY}),
    ("too large", lambda: b"%PDF-" + bytes(21 << 20), {Refusal.TOO_LARGE}),
    ("web page", lambda: b"<html></html>", {Refusal.UNKNOWN_TYPE}),
    ("program", lambda: b"\x7fELF" + bytes(100), {Refusal.UNKNOWN_TYPE}),
    ("header not first", lambda: b"junk%PDF-1.7" + sheets.pdf(), {Refusal.UNKNOWN_TYPE}),
    ("pdf and zip", lambda: sheets.pdf() + b"PK\x05\x06" + bytes(18), {Refusal.POLYGLOT}),
    ("cut in half", lambda: sheets.pdf()[:400], {Refusal.BROKEN, Refusal.CRASHED}),
    ("encrypted", sheets.encrypted, {Refusal.ENCRYPTED}),
    ("javascript", lambda: sheets.with_action("/JavaScript"), {Refusal.ACTIVE_CONTENT}),
    ("launch", lambda: sheets.with_action("/Launch"), {Refusal.ACTIVE_CONTENT}),
    ("21 pages", lambda: sheets.pdf(pages=21), {Refusal.TOO_MANY_PAGES}),
    ("200,000 pages", _claims_many_pages, {Refusal.TOO_MANY_PAGES, Refusal.BROKEN}),
    ("a page of 4 metres", lambda: sheets.pdf(mediabox=(11_000, 100)), {Refusal.PAGE_TOO_LARGE}),
    (
        "11 attachments",
        lambda: sheets.pdf(attachments={f"{n}.txt": b"x" for n in range(11)}),
        {Refusal.ATTACHMENTS},
    ),
    (
        "a huge attachment",
        lambda: sheets.pdf(attachments={"big.bin": bytes(6 << 20)}),
        {Refusal.ATTACHMENTS},
    ),
]


@pytest.mark.parametrize(
    ("make", "refusals"),
    [each[1:] for each in _HOSTILE],
    ids=[each[0] for each in _HOSTILE],
)
def test_a_hostile_file_is_refused_by_name(
    make: Callable[[], bytes], refusals: set[Refusal]
) -> None:
    began = time.monotonic()
    with pytest.raises(RefusedError) as refused:
        sandbox.read(make())
    assert refused.value.refusal in refusals
    assert time.monotonic() - began < _SECONDS


def test_a_bomb_ends_with_its_process_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that unpacks to 800 MB is refused; the parent grows not."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    data = sheets.flate_bomb()
    assert len(data) < 5 << 20
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(RefusedError) as refused:
        sandbox.read(data)
    assert refused.value.refusal is Refusal.BOMB
    assert time.monotonic() - began < _SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(RefusedError) as refused:
        sandbox.read(sheets.pdf(), wall_seconds=0.001)
    assert refused.value.refusal is Refusal.TIMEOUT


def test_a_good_file_comes_out_as_it_is() -> None:
    reading = sandbox.read(sheets.pdf())
    assert reading.fields["total"].value == "1523.20"
    assert sandbox.read(sheets.cii()).fields["number"].value == "2026-0815"

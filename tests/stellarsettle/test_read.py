"""`stellarsettle read`: fields as a table, and their places on a picture of the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from stellarsettle.documents import read
from tests.api.documents import sheets


@pytest.fixture
def invoice(tmp_path: Path) -> Path:
    file = tmp_path / "invoice.pdf"
    file.write_bytes(sheets.pdf())
    return file


def test_places_are_drawn_onto_the_page(invoice: Path, tmp_path: Path) -> None:
    picture = tmp_path / "boxes.png"
    ran = CliRunner().invoke(read, [str(invoice), "--draw", str(picture)])
    assert ran.exit_code == 0, ran.output
    assert "2026-0815" in ran.output
    with Image.open(picture) as image:
        assert image.size == (910, 1287)
        green = [colour for _, colour in image.getcolors(1 << 20) or () if colour == (0, 128, 64)]
    assert green, "a field that is sure has a green box"


def test_what_cannot_be_drawn_is_said(invoice: Path, tmp_path: Path) -> None:
    nowhere = CliRunner().invoke(read, [str(invoice), "--draw", str(tmp_path / "no" / "b.png")])
    assert "cannot be written" in nowhere.output
    blank = tmp_path / "blank.pdf"
    blank.write_bytes(sheets.pdf([(50, 300, "nothing?")]))
    empty = CliRunner().invoke(read, [str(blank), "--draw", str(tmp_path / "b.png")])
    assert "nothing to draw" in empty.output
    assert nowhere.exit_code == empty.exit_code == 1

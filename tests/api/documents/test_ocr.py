"""Scans: pictures and PDFs that hold nothing but a picture."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from PIL import Image

from api.documents.reading import sandbox
from api.documents.reading.field import Source
from api.documents.reading.refusal import Refusal, RefusedError
from tests.api.documents import sheets


def _picture(degrees: float = 0.0) -> Image.Image:
    document = pypdfium2.PdfDocument(sheets.pdf())
    try:
        page: Image.Image = document[0].render(scale=200 / 72, grayscale=True).to_pil()
        return page.rotate(degrees, fillcolor=255, resample=Image.Resampling.BICUBIC)
    finally:
        document.close()


def _bytes(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form, resolution=200)
    return out.getvalue()


@pytest.mark.parametrize("degrees", [0.0, 0.8, -0.8])
def test_a_scan_is_read_though_it_lies_askew(degrees: float) -> None:
    reading = sandbox.read(_bytes(_picture(degrees), "PNG"))
    found = {name: field.value for name, field in reading.fields.items()}
    assert found["number"] == "2026-0815"
    assert (found["date"], found["total"], found["currency"]) == ("2026-11-03", "1523.20", "EUR")
    assert (found["net"], found["tax"]) == ("1280.00", "243.20")
    assert reading.fields["total"].source is Source.OCR


def test_a_pdf_without_words_is_looked_at_as_a_picture() -> None:
    reading = sandbox.read(_bytes(_picture(), "PDF"))
    assert reading.fields["total"].value == "1523.20"
    assert reading.fields["total"].source is Source.OCR
    box = reading.fields["total"].box
    assert box is not None
    assert 470 <= box.x0 <= 490


def test_without_tesseract_the_second_reader_reads_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    reading = sandbox.read(_bytes(_picture(), "PNG"))
    total = reading.fields["total"]
    assert (total.value, total.evidence[-1]) == ("1523.20", "only one of two readers found it")


def test_an_empty_page_gives_no_fields() -> None:
    reading = sandbox.read(_bytes(Image.new("L", (400, 300), 255), "PNG"))
    assert reading.wordless
    assert reading.fields == {}


def test_a_picture_with_too_many_pixels_is_refused() -> None:
    with pytest.raises(RefusedError) as refused:
        sandbox.read(_bytes(Image.new("1", (10_001, 10)), "PNG"))
    assert refused.value.refusal is Refusal.IMAGE_TOO_LARGE


def test_a_broken_picture_is_refused() -> None:
    with pytest.raises(RefusedError) as refused:
        sandbox.read(_bytes(Image.new("L", (50, 50)), "PNG")[:60])
    assert refused.value.refusal is Refusal.BROKEN

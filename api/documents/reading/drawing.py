"""Pages as pictures for a reviewer, and copies that say who took them. Run in the sandbox only."""

from __future__ import annotations

import io
from typing import Final

import pikepdf
import pypdfium2 as pdfium
from PIL import Image, ImageDraw

from api.documents.reading import container, ocr
from api.documents.reading.container import Kind
from api.documents.reading.refusal import Refusal, RefusedError

DPI: Final = 110
"""Sharp enough to read small print, small enough to load at once."""

_THUMBNAIL: Final = 18
_GREY: Final = 0.45
_SIZE: Final = 8.0
_MARGIN: Final = 12.0


def page_image(data: bytes, number: int) -> bytes:
    """A page, counted from 0, as PNG. Raises RefusedError."""
    image = _pdf_page(data, number, DPI / 72) if _is_pdf(data) else _picture(data, number)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def thumbnail(data: bytes) -> Image.Image:
    """The first page of a PDF, small and grey. Raises RefusedError."""
    return _pdf_page(data, 0, _THUMBNAIL / 72, grayscale=True)


def stamped(data: bytes, line: str) -> bytes:
    """The document as PDF, `line` at the foot of every page. Raises RefusedError."""
    if not _is_pdf(data):
        return _stamped_picture(ocr.upright(data), line)
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            for page in pdf.pages:
                _stamp(pdf, page, line)
            out = io.BytesIO()
            pdf.save(out)
    except (pikepdf.PdfError, ValueError, TypeError) as error:
        raise RefusedError(Refusal.BROKEN, f"The PDF is broken: {error}") from error
    return out.getvalue()


def _is_pdf(data: bytes) -> bool:
    kind = container.kind_of(data)
    if kind is Kind.XML:
        raise RefusedError(Refusal.UNKNOWN_TYPE, "An XML has no pages.")
    return kind is Kind.PDF


def _pdf_page(data: bytes, number: int, scale: float, *, grayscale: bool = False) -> Image.Image:
    try:
        document = pdfium.PdfDocument(data)
        try:
            if number >= len(document):
                raise RefusedError(Refusal.UNKNOWN_TYPE, "There is no such page.")
            image: Image.Image = document[number].render(scale=scale, grayscale=grayscale).to_pil()
            return image
        finally:
            document.close()
    except pdfium.PdfiumError as error:
        raise RefusedError(Refusal.BROKEN, f"The PDF cannot be displayed: {error}") from error


def _picture(data: bytes, number: int) -> Image.Image:
    if number:
        raise RefusedError(Refusal.UNKNOWN_TYPE, "There is no such page.")
    image = ocr.upright(data)
    image.thumbnail((image.width * DPI // ocr.DPI, image.height * DPI // ocr.DPI))
    return image


def _stamp(pdf: pikepdf.Pdf, page: pikepdf.Page, line: str) -> None:
    """Written after the page's own content, whose state is closed around."""
    left, bottom = (float(side) for side in page.mediabox[:2])
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    name = page.add_resource(font, pikepdf.Name.Font)
    escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    text = (
        f"Q q {_GREY} g BT {name} {_SIZE} Tf"
        f" {left + _MARGIN} {bottom + _MARGIN} Td ({escaped}) Tj ET Q"
    )
    page.contents_add(pdf.make_stream(b"q"), prepend=True)
    page.contents_add(pdf.make_stream(text.encode("ascii", "replace")))


def _stamped_picture(image: Image.Image, line: str) -> bytes:
    pen = ImageDraw.Draw(image)
    height = max(12, image.height // 80)
    pen.text((height, image.height - 2 * height), line, fill=90, font_size=height)
    out = io.BytesIO()
    image.save(out, "PDF", resolution=ocr.DPI)
    return out.getvalue()

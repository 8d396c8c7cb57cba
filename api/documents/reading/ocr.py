"""Words from pictures: scanned pages and photographs, by two readers. In the sandbox only.

Tesseract, whose model of the Latin script reads all languages that the vocabulary knows at once,
and beside it `second_reader`. What both read alike is surely what stands there.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec
import pypdfium2 as pdfium
from PIL import Image, ImageOps

from api.documents.reading import second_reader
from api.documents.reading.page import Box, Page, Word, page_of, straightened
from api.documents.reading.refusal import Refusal, RefusedError

DPI: Final = 200
"""Pages are drawn, and pictures taken to be, at so many dots an inch."""

MAX_SIDE: Final = 10_000
_MAX_PIXELS: Final = 50_000_000
_LANGUAGES: Final = ("Latin", "eng")
_LAYOUT: Final = "--psm 4"
"""A page is a column of text of varying sizes: rows stay whole, as tables of amounts need."""


class Readings(msgspec.Struct, frozen=True):
    """The same pages as two readers see them; no `first` where Tesseract is not installed."""

    first: list[Page] | None
    second: list[Page]


def pages_of_image(data: bytes) -> Readings:
    """The words of a picture; of several in one file the first. Raises RefusedError."""
    return _readings([upright(data)])


def upright(data: bytes) -> Image.Image:
    """A picture in grey, turned as it was taken. Raises RefusedError."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            if max(width, height) > MAX_SIDE or width * height > _MAX_PIXELS:
                raise RefusedError(
                    Refusal.IMAGE_TOO_LARGE, f"The picture is {width} by {height} pixels."
                )
            return ImageOps.exif_transpose(image).convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RefusedError(Refusal.BROKEN, f"The picture is broken: {error}") from error


def pages_of_pdf(data: bytes, limit: int) -> Readings:
    """The words that the first `limit` pages show. Raises pypdfium2.PdfiumError."""
    document = pdfium.PdfDocument(data)
    try:
        return _readings(
            [
                document[number].render(scale=DPI / 72, grayscale=True).to_pil()
                for number in range(min(len(document), limit))
            ]
        )
    finally:
        document.close()


def _readings(images: Sequence[Image.Image]) -> Readings:
    """Both at once: Tesseract is a process of its own, so each has a processor."""
    language = _language()
    with ThreadPoolExecutor(1) as beside:
        first = language and beside.submit(
            lambda: [_words(image, number, language) for number, image in enumerate(images)]
        )
        second = [second_reader.words(image, number) for number, image in enumerate(images)]
        return Readings(_pages(images, first.result()) if first else None, _pages(images, second))


def _pages(images: Sequence[Image.Image], lines: Sequence[list[list[Word]]]) -> list[Page]:
    """Words in pixels become pages in points."""
    scale = 72 / DPI
    return [
        page_of(number, image.width * scale, image.height * scale,
                [_scaled(word, scale) for word in straightened(words)])
        for number, (image, words) in enumerate(zip(images, lines, strict=True))
    ]  # fmt: skip


def _scaled(word: Word, scale: float) -> Word:
    box = Box(*(side * scale for side in msgspec.structs.astuple(word.box)))
    return msgspec.structs.replace(word, box=box)


def _words(image: Image.Image, number: int, language: str) -> list[list[Word]]:
    """Tesseract's lines of words, in pixels."""
    import pytesseract  # noqa: PLC0415 -- a third of a second that a text need not wait for

    os.environ["OMP_THREAD_LIMIT"] = "1"
    table = pytesseract.image_to_data(
        image, lang=language, config=_LAYOUT, output_type=pytesseract.Output.DICT
    )
    lines: dict[tuple[int, ...], list[Word]] = {}
    for row in zip(*(table[each] for each in _COLUMNS), strict=True):
        text, sure, left, top, width, height, *line = row
        if text.strip() and float(sure) >= 0:
            box = Box(left, top, left + width, top + height)
            word = Word(text.strip(), box, number, float(sure) / 100)
            lines.setdefault(tuple(line), []).append(word)
    return list(lines.values())


_COLUMNS: Final = (
    "text", "conf", "left", "top", "width", "height", "block_num", "par_num", "line_num",
)  # fmt: skip


def _language() -> str | None:
    """The best model that is installed; None without Tesseract."""
    import pytesseract  # noqa: PLC0415 -- as above

    try:
        installed = pytesseract.get_languages()
    except pytesseract.TesseractNotFoundError:
        return None
    return next((each for each in _LANGUAGES if each in installed), "eng")

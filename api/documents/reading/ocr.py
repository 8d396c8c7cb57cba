"""Words from pictures: scanned pages and photographs, by Tesseract. To be run in the sandbox only.

The model of the Latin script reads all languages that the vocabulary knows at once.
"""

from __future__ import annotations

import io
import os
import statistics
from typing import Final

import msgspec
import pypdfium2 as pdfium
from PIL import Image, ImageOps

from api.documents.reading.page import Box, Page, Word, page_of
from api.documents.reading.refusal import Refusal, RefusedError

DPI: Final = 200
"""Pages are drawn, and pictures taken to be, at so many dots an inch."""

MAX_SIDE: Final = 10_000
_MAX_PIXELS: Final = 50_000_000
_LANGUAGES: Final = ("Latin", "eng")
_LAYOUT: Final = "--psm 4"
"""A page is a column of text of varying sizes: rows stay whole, as tables of amounts need."""


def pages_of_image(data: bytes) -> list[Page]:
    """The words of a picture; of several in one file the first. Raises RefusedError."""
    return [_page(upright(data), 0)]


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


def pages_of_pdf(data: bytes, limit: int) -> list[Page]:
    """The words that the first `limit` pages show. Raises pypdfium2.PdfiumError."""
    document = pdfium.PdfDocument(data)
    try:
        return [
            _page(document[number].render(scale=DPI / 72, grayscale=True).to_pil(), number)
            for number in range(min(len(document), limit))
        ]
    finally:
        document.close()


def _page(image: Image.Image, number: int) -> Page:
    scale = 72 / DPI
    width, height = image.size
    return page_of(number, width * scale, height * scale, _words(image, number, scale))


def _words(image: Image.Image, number: int, scale: float) -> list[Word]:
    import pytesseract  # noqa: PLC0415 -- a third of a second that a text need not wait for

    os.environ["OMP_THREAD_LIMIT"] = "1"
    table = pytesseract.image_to_data(
        image, lang=_language(), config=_LAYOUT, output_type=pytesseract.Output.DICT
    )
    lines: dict[tuple[int, ...], list[Word]] = {}
    for row in zip(*(table[each] for each in _COLUMNS), strict=True):
        text, sure, left, top, width, height, *line = row
        if text.strip() and float(sure) >= 0:
            box = Box(left * scale, top * scale, (left + width) * scale, (top + height) * scale)
            word = Word(text.strip(), box, number, float(sure) / 100)
            lines.setdefault(tuple(line), []).append(word)
    slope = _slope(list(lines.values()))
    return [_straightened(word, slope) for words in lines.values() for word in words]


_COLUMNS: Final = (
    "text", "conf", "left", "top", "width", "height", "block_num", "par_num", "line_num",
)  # fmt: skip


def _slope(lines: list[list[Word]]) -> float:
    """How much lines fall from left to right: a scan lies never quite straight."""
    slopes: list[float] = []
    for words in lines:
        first, last = words[0].box, words[-1].box
        length = last.x0 - first.x0
        if length > _LONG:
            # Longer lines tell more, so they count more often.
            slopes += [(last.y1 - first.y1) / length] * int(length // _LONG)
    return statistics.median(slopes) if slopes else 0.0


_LONG: Final = 70.0
"""Points from which a line tells how the page lies."""


def _straightened(word: Word, slope: float) -> Word:
    box = word.box
    fall = slope * box.x0
    straight = Box(box.x0, box.y0 - fall, box.x1, box.y1 - fall)
    return msgspec.structs.replace(word, box=straight)


def _language() -> str:
    """The best model that is installed."""
    import pytesseract  # noqa: PLC0415 -- as above

    try:
        installed = pytesseract.get_languages()
    except pytesseract.TesseractNotFoundError as error:
        raise RefusedError(
            Refusal.UNREADABLE_HERE, "Scans cannot be read here: Tesseract is not installed."
        ) from error
    return next((each for each in _LANGUAGES if each in installed), "eng")

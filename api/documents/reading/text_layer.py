"""Words from a PDF's text layer, built from the boxes of its characters.

A PDF knows no words: spaces may be missing, and a kerned word comes in pieces. The loose boxes
(as wide as the character's advance) of the characters of a word touch each other; where there is
a gap, another word begins. To be run in the sandbox only.
"""

from __future__ import annotations

import ctypes
import math
from typing import Final

import pypdfium2 as pdfium
from pypdfium2 import raw

from api.documents.reading.page import Box, Page, Word, page_of

_GAP: Final = 0.17
"""A gap of this share of the font's size separates two words."""

_BACK: Final = 0.5
_DRIFT: Final = 0.5
_UPRIGHT: Final = 0.05
"""Radians by which a line may be turned and still be read."""


def pages(data: bytes, limit: int) -> list[Page]:
    """The first `limit` pages. Raises pypdfium2.PdfiumError for what is no readable PDF."""
    document = pdfium.PdfDocument(data)
    try:
        return [_page(document[number], number) for number in range(min(len(document), limit))]
    finally:
        document.close()


def _page(page: pdfium.PdfPage, number: int) -> Page:
    width, height = page.get_size()
    text = page.get_textpage()
    try:
        return page_of(number, width, height, _words(text, number, height))
    finally:
        text.close()


def _words(text: pdfium.PdfTextPage, number: int, height: float) -> list[Word]:
    words: list[Word] = []
    letters: list[str] = []
    boxes: list[Box] = []

    def finish() -> None:
        if letters:
            box = Box(
                min(each.x0 for each in boxes),
                min(each.y0 for each in boxes),
                max(each.x1 for each in boxes),
                max(each.y1 for each in boxes),
            )
            # Characters beyond 16 bits come as two surrogates.
            whole = "".join(letters).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            words.append(Word(whole, box, number))
            letters.clear()
            boxes.clear()

    rectangle = raw.FS_RECTF()
    for index in range(raw.FPDFText_CountChars(text)):
        letter = chr(raw.FPDFText_GetUnicode(text, index))
        if letter.isspace() or (not letter.isprintable() and not "\ud800" <= letter <= "\udfff"):
            finish()
            continue
        if abs(math.remainder(raw.FPDFText_GetCharAngle(text, index), math.tau)) > _UPRIGHT:
            continue
        raw.FPDFText_GetLooseCharBox(text, index, ctypes.byref(rectangle))
        box = Box(
            rectangle.left, height - rectangle.top, rectangle.right, height - rectangle.bottom
        )
        if boxes and not _follows(boxes[-1], box, raw.FPDFText_GetFontSize(text, index)):
            finish()
        letters.append(letter)
        boxes.append(box)
    finish()
    return words


def _follows(before: Box, box: Box, size: float) -> bool:
    """Whether a character stands right after another one."""
    size = max(size, box.height, 1.0)
    return (
        abs(before.middle - box.middle) <= _DRIFT * size
        and -_BACK * size <= box.x0 - before.x1 <= _GAP * size
    )

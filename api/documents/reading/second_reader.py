"""The second reader of scans: RapidOCR, whose models lie in its wheel. In the sandbox only.

It finds lines where Tesseract, which thinks in paragraphs, drops words, and errs in other letters.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final

from PIL import Image

from api.documents.reading.page import Box, Word

_SIDE: Final = 1280
"""Pixels of the longer side of the picture in which lines are looked for; letters are then read
at full sharpness. Larger costs a second a page and finds nothing more."""

_Point = Sequence[float]


def words(image: Image.Image, number: int) -> list[list[Word]]:
    """The lines of words of page `number`, in pixels."""
    import numpy as np  # noqa: PLC0415 -- as below

    found = _engine()(np.asarray(image.convert("RGB")), use_cls=False)
    if found.txts is None:
        return []
    return [
        line
        for corners, text, sure in zip(found.boxes, found.txts, found.scores, strict=True)
        if (line := list(_split(text.strip(), corners.tolist(), number, float(sure))))
    ]


@functools.cache
def _engine() -> Any:
    """One thread: the other processor is Tesseract's, or another document's."""
    import cv2  # noqa: PLC0415 -- a second of imports that a text need not wait for
    from rapidocr import RapidOCR  # noqa: PLC0415 -- as above

    cv2.setNumThreads(1)
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.limit_type": "max",
            "Det.limit_side_len": _SIDE,
        }
    )


def _split(text: str, corners: Sequence[_Point], page: int, sure: float) -> Iterator[Word]:
    """A line as words, the width shared by length; `corners` clockwise from the top left."""
    parts = text.split()
    if not parts:
        return
    (left, top), (right, top_right), (_, bottom_right), (_, bottom) = corners
    # Where each word ends, counted in letters with one space behind each word.
    ends = list(itertools.accumulate(len(part) + 1 for part in parts))
    share = (right - left) / (ends[-1] - 1)
    fall, height = (top_right - top + bottom_right - bottom) / 2, (bottom - top)
    for part, end in zip(parts, ends, strict=True):
        x0 = left + share * (end - len(part) - 1)
        y0 = top + fall * (x0 - left) / max(right - left, 1.0)
        yield Word(part, Box(x0, y0, x0 + share * len(part), y0 + height), page, sure)

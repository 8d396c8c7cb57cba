"""A value that was read: what it is, where it stands, how surely, and why."""

from __future__ import annotations

import enum

import msgspec

from api.documents.reading.page import Box


class Source(enum.Enum):
    """Where a value was read."""

    XML = "xml"
    TEXT = "text"
    OCR = "ocr"
    HUMAN = "human"


class Field(msgspec.Struct, frozen=True):
    """A value as text in its normal form (amounts with a point, dates ISO), and why to believe it.

    `box` is in points from the top left of `page` (counted from 0); both are missing where the
    value stands on no page. `against` are the reasons to doubt it. `score` is what `calibration`
    made the confidence of; None for what is no guess.
    """

    value: str
    confidence: float
    source: Source
    page: int | None
    box: Box | None
    evidence: tuple[str, ...]
    against: tuple[str, ...] = ()
    score: float | None = None

"""The words of invoices: which phrases of a page name which field (`vocabulary.toml`)."""

from __future__ import annotations

import enum
import functools
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from api.documents.reading.page import Box, Page, Segment, Word, around
from api.documents.reading.values import plain


class Strength(enum.Enum):
    """How surely a phrase names its field."""

    STRONG = "strong"
    WEAK = "weak"
    NOT = "not"


class Label(msgspec.Struct, frozen=True):
    """A phrase on a page that names a field, or surely names another thing (`NOT`).

    `row` and `segment` are indices into its page, `first` and `last` of its words in the segment.
    `phrase` is as in the vocabulary.
    """

    field: str
    strength: Strength
    phrase: str
    page: int
    row: int
    segment: int
    first: int
    last: int
    box: Box


_FILE: Final = Path(__file__).with_suffix(".toml")
_LONGEST: Final = 6
"""Tokens that a phrase can be written in."""

_COMPOUNDS: Final = ("rechnung", "factuur", "faktura")
"""Words that others are put in front of: a Teilrechnung is a Rechnung."""


@functools.cache
def _words() -> dict[str, dict[str, list[str]]]:
    with _FILE.open("rb") as file:
        return tomllib.load(file)


def extra(field: str, kind: str) -> frozenset[str]:
    """A further list of a field in the vocabulary, such as the words around payment terms."""
    return frozenset(_words()[field][kind])


@functools.cache
def _phrases() -> dict[str, list[tuple[str, Strength]]]:
    """The fields that a phrase names. Phrases are kept without spaces: `Rechnungs-Nr`."""
    known: dict[str, list[tuple[str, Strength]]] = {}
    for field, lists in _words().items():
        for strength in Strength:
            for phrase in lists.get(strength.value, ()):
                known.setdefault(plain(phrase).replace(" ", ""), []).append((field, strength))
    return known


def labels(pages: Sequence[Page]) -> list[Label]:
    """All labels of the pages, in reading order; of phrases that overlap the longest counts."""
    return [
        label
        for page in pages
        for row_index, row in enumerate(page.rows)
        for segment_index, segment in enumerate(row.segments)
        for label in _labels(segment, page.number, row_index, segment_index)
    ]


def _labels(segment: Segment, page: int, row: int, index: int) -> list[Label]:
    """The labels of a segment. A word may be torn (`Br utto`) or written together."""
    tokens = [(token, place) for place, word in enumerate(segment.words) for token in _tokens(word)]
    found: list[tuple[int, int, str, str, Strength]] = []
    for start in range(len(tokens)):
        joined = ""
        for end in range(start + 1, min(start + _LONGEST, len(tokens)) + 1):
            joined += tokens[end - 1][0]
            for field, strength in _phrases().get(joined, ()):
                found.append((start, end, joined, field, strength))
    return [
        Label(
            field,
            strength,
            " ".join(token for token, _ in tokens[start:end]),
            page,
            row,
            index,
            tokens[start][1],
            tokens[end - 1][1],
            around(segment.words[tokens[start][1] : tokens[end - 1][1] + 1]),
        )
        for start, end, _, field, strength in found
        if not any(_covers(other, (start, end, field, strength)) for other in found)
    ]


def _covers(
    other: tuple[int, int, str, str, Strength], label: tuple[int, int, str, Strength]
) -> bool:
    """Whether a longer phrase speaks for these words: of the field, or of any if this is weak."""
    start, end, field, strength = label
    inside = other[0] <= start and end <= other[1] and other[1] - other[0] > end - start
    return inside and (other[3] == field or strength is Strength.WEAK)


@functools.lru_cache(maxsize=8192)
def _plain_tokens(text: str) -> tuple[str, ...]:
    if text.startswith("(") and text.endswith(")"):
        return ()
    tokens = plain(text).split()
    return tuple(
        next((each for each in _COMPOUNDS if token.endswith(each)), token) for token in tokens
    )


def _tokens(word: Word) -> tuple[str, ...]:
    return _plain_tokens(word.text)

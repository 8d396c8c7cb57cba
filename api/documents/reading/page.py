"""Pages as words with their boxes, put into rows and segments, whatever they were read from."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

_SAME_ROW: Final = 0.45
"""Share of a word's height that the middles of two words of a row may lie apart."""

_COLUMN_GAP: Final = 1.1
"""A gap wider than this many times the row's height separates two segments."""

_LONG: Final = 10.0
"""So many times its height a line is at least wide that tells how the page lies."""

_LABELLED: Final = re.compile(r"([^\W\d][^\d:]{0,30}(?::|[°º]|\.:))([^:/]\S*)")


class Box(msgspec.Struct, frozen=True, array_like=True):
    """A rectangle on a page in points (1/72 inch), from the page's top left corner."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def height(self) -> float:
        """From top to bottom, in points."""
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        """Half way between top and bottom."""
        return (self.y0 + self.y1) / 2


class Word(msgspec.Struct, frozen=True):
    """A run of characters without a gap; `page` counts from 0.

    `sure` is how surely these are the characters, from 0 to 1: less than 1 only for scans.
    """

    text: str
    box: Box
    page: int
    sure: float = 1.0


class Segment(msgspec.Struct, frozen=True):
    """Neighbouring words of a row, without a column's gap between them."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words with one space between them."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """Around all its words."""
        return around(self.words)


class Row(msgspec.Struct, frozen=True):
    """Words at one height of a page, from left to right."""

    words: tuple[Word, ...]
    segments: tuple[Segment, ...]

    @property
    def page(self) -> int:
        """Its page, counted from 0."""
        return self.words[0].page

    @property
    def middle(self) -> float:
        """The height at which it runs, in points from the top."""
        return statistics.fmean(word.box.middle for word in self.words)


class Page(msgspec.Struct, frozen=True):
    """A page of a document: size in points, and what stands on it."""

    number: int
    width: float
    height: float
    rows: tuple[Row, ...]


def around(words: Iterable[Word]) -> Box:
    """The smallest box around `words`, which lie on one page."""
    boxes = [word.box for word in words]
    return Box(
        min(box.x0 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.x1 for box in boxes),
        max(box.y1 for box in boxes),
    )


def straightened(lines: Sequence[Sequence[Word]]) -> list[Word]:
    """The words of a scan, which lies never quite straight, as if it did."""
    slope = _slope(lines)
    return [_raised(word, slope * word.box.x0) for words in lines for word in words]


def _slope(lines: Sequence[Sequence[Word]]) -> float:
    """How much lines fall from left to right."""
    slopes: list[float] = []
    for words in lines:
        first, last = words[0].box, words[-1].box
        length, long = last.x0 - first.x0, _LONG * max(first.height, 1.0)
        if length > long:
            # Longer lines tell more, so they count more often.
            slopes += [(last.y1 - first.y1) / length] * int(length // long)
    return statistics.median(slopes) if slopes else 0.0


def _raised(word: Word, fall: float) -> Word:
    box = word.box
    return msgspec.structs.replace(word, box=Box(box.x0, box.y0 - fall, box.x1, box.y1 - fall))


def page_of(number: int, width: float, height: float, words: Sequence[Word]) -> Page:
    """A page from its words in any order; a label written onto its value is cut from it."""
    parts = [part for word in words for part in _cut(word)]
    return Page(number, width, height, tuple(map(_row, _rows(parts))))


def _cut(word: Word) -> list[Word]:
    """`Nr.:4711` and `n°4711` as two words, the width shared by length."""
    found = _LABELLED.fullmatch(word.text)
    if found is None:
        return [word]
    share = len(found[1]) / len(word.text)
    cut = word.box.x0 + (word.box.x1 - word.box.x0) * share
    left = Box(word.box.x0, word.box.y0, cut, word.box.y1)
    right = Box(cut, word.box.y0, word.box.x1, word.box.y1)
    return [
        Word(found[1], left, word.page, word.sure),
        Word(found[2], right, word.page, word.sure),
    ]


def _rows(words: Sequence[Word]) -> list[list[Word]]:
    """Words grouped by height: a word joins the row whose middle is nearest, if near enough."""
    rows: list[list[Word]] = []
    middles: list[float] = []
    for word in sorted(words, key=lambda each: each.box.middle):
        reach = max(word.box.height, 4.0) * _SAME_ROW
        if middles and word.box.middle - middles[-1] <= reach:
            row = rows[-1]
            row.append(word)
            middles[-1] += (word.box.middle - middles[-1]) / len(row)
        else:
            rows.append([word])
            middles.append(word.box.middle)
    return rows


def _row(words: list[Word]) -> Row:
    words.sort(key=lambda word: word.box.x0)
    gap = _COLUMN_GAP * statistics.median(word.box.height for word in words)
    segments: list[list[Word]] = [[words[0]]]
    for before, word in itertools.pairwise(words):
        if word.box.x0 - before.box.x1 > gap:
            segments.append([])
        segments[-1].append(word)
    return Row(tuple(words), tuple(Segment(tuple(segment)) for segment in segments))

"""Typed values on the pages: every amount, date and id, with its place."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from api.documents.reading import values
from api.documents.reading.page import Box, Page, Segment, Word, around
from api.documents.reading.values import Amount, Date

_JOINED: Final = 3
"""Words that an amount can be written in: `EUR 1 234,50`."""

_NARROW: Final = 0.42
"""Groups of digits stand this share of their height apart, columns further."""

_ID: Final = re.compile(r"#?(?=[A-Za-z\d/._\-]*\d)[A-Za-z\d][A-Za-z\d/._\-+]{0,38}[A-Za-z\d]|\d")
_GROUP_END: Final = re.compile(r"(^|\D)\d{1,3}$")
_GROUP: Final = re.compile(r"\d{3}(\D|$)")


class Span(msgspec.Struct, frozen=True):
    """Where a value stands: indices of page, row and segment, and of its words in the segment."""

    page: int
    row: int
    segment: int
    first: int
    last: int
    box: Box
    text: str


class Found(msgspec.Struct, frozen=True):
    """All values of a document, each kind in reading order."""

    amounts: list[tuple[Span, Amount]]
    dates: list[tuple[Span, Date]]
    ids: list[tuple[Span, str]]


def find(pages: Sequence[Page]) -> Found:
    """All typed values of the pages."""
    found = Found([], [], [])
    for page in pages:
        for row, index, segment in _segments(page):
            dates = list(_dates(segment, page.number, row, index))
            dated = {place for span, _ in dates for place in range(span.first, span.last + 1)}
            found.dates.extend(dates)
            found.amounts.extend(_amounts(segment, page.number, row, index, dated))
            found.ids.extend(_ids(segment, page.number, row, index, dated))
    return found


def _segments(page: Page) -> Iterator[tuple[int, int, Segment]]:
    for row_index, row in enumerate(page.rows):
        for index, segment in enumerate(row.segments):
            yield row_index, index, segment


def _span(segment: Segment, place: tuple[int, int, int], first: int, last: int) -> Span:
    words = segment.words[first : last + 1]
    return Span(*place, first, last, around(words), " ".join(word.text for word in words))


def _dates(segment: Segment, page: int, row: int, index: int) -> Iterator[tuple[Span, Date]]:
    starts, length = [], 0
    for word in segment.words:
        starts.append(length)
        length += len(word.text) + 1
    for begin, end, date in values.dates(segment.text):
        places = [
            place
            for place, start in enumerate(starts)
            if start < end and begin < start + len(segment.words[place].text)
        ]
        yield _span(segment, (page, row, index), places[0], places[-1]), date


def _amounts(
    segment: Segment, page: int, row: int, index: int, dated: set[int]
) -> Iterator[tuple[Span, Amount]]:
    words, first = segment.words, 0
    while first < len(words):
        count = next(_readable(words, first, dated), 0)
        if count:
            last = first + count - 1
            amount = values.amount(_text(words[first : last + 1]))
            follows = words[last + 1].text if last + 1 < len(words) else ""
            if amount is not None and not follows.startswith("%"):
                yield _span(segment, (page, row, index), first, last), amount
        first += count or 1


def _readable(words: Sequence[Word], first: int, dated: set[int]) -> Iterator[int]:
    """How many words from `first` on make one amount, the most first."""
    for count in range(min(_JOINED, len(words) - first), 0, -1):
        part = words[first : first + count]
        if any(place in dated for place in range(first, first + count)):
            continue
        if all(_joins(*pair) for pair in itertools.pairwise(part)) and values.amount(_text(part)):
            yield count


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _joins(left: Word, right: Word) -> bool:
    """Whether two words may belong to one amount: digits in groups of three, or a currency."""
    if values.currency(left.text) or values.currency(right.text) or left.text in "-(":
        return True
    close = right.box.x0 - left.box.x1 <= _NARROW * max(left.box.height, 1.0)
    return close and bool(_GROUP_END.search(left.text)) and bool(_GROUP.match(right.text))


def _ids(
    segment: Segment, page: int, row: int, index: int, dated: set[int]
) -> Iterator[tuple[Span, str]]:
    for place, word in enumerate(segment.words):
        text = word.text.strip(":;,.()[]*\"'")
        if _ID.fullmatch(text) and place not in dated:
            yield _span(segment, (page, row, index), place, place), text.removeprefix("#")

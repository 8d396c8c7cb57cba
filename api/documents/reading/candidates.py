"""Candidates for each field: values near a label that names it, scored by how near.

A label's value stands right of it in the same row or below it in the same column; a value that a
label of something else claims more strongly is none. Scores are between 0 and 1 and are compared
within a field only; `solver` weighs fields against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from api.documents.reading.page import Page, Row
from api.documents.reading.spans import Span
from api.documents.reading.values import plain
from api.documents.reading.vocabulary import Label, Strength
from api.documents.reading.words import words

ValueT = TypeVar("ValueT")

_WEIGHT: Final = {Strength.STRONG: 1.0, Strength.WEAK: 0.55, Strength.NOT: 1.0}
_FILLERS: Final = frozenset(words("fillers"))
_ROWS_BELOW: Final = 4
_LINE_HEIGHTS_BELOW: Final = 6.0
_WRAPPED: Final = 0.6


class Candidate(msgspec.Struct, Generic[ValueT], frozen=True):
    """A value for a field: where it stands, the label that says so, and how surely."""

    value: ValueT
    span: Span
    score: float
    label: Label | None


def near(
    pages: Sequence[Page],
    labels: Iterable[Label],
    values: Sequence[tuple[Span, ValueT]],
    *,
    below: bool = True,
) -> list[Candidate[ValueT]]:
    """Every value that a label of one field points at, the best pointing label each.

    `labels` are of one field. Values that a `NOT` label points at more strongly are left out.
    """
    by_row: dict[tuple[int, int], list[tuple[Span, ValueT]]] = {}
    for span, value in values:
        by_row.setdefault((span.page, span.row), []).append((span, value))
    best: dict[Span, Candidate[ValueT]] = {}
    against: dict[Span, float] = {}
    for label in labels:
        for (span, value), closeness in _pointed_at(pages, label, by_row, below=below):
            score = closeness * _WEIGHT[label.strength]
            if label.strength is Strength.NOT:
                against[span] = max(against.get(span, 0.0), score)
            elif span not in best or best[span].score < score:
                best[span] = Candidate(value, span, score, label)
    return [each for each in best.values() if against.get(each.span, 0.0) < each.score + 0.05]


def _pointed_at(
    pages: Sequence[Page],
    label: Label,
    by_row: dict[tuple[int, int], list[tuple[Span, ValueT]]],
    *,
    below: bool,
) -> Iterator[tuple[tuple[Span, ValueT], float]]:
    page = pages[label.page]
    for each in by_row.get((label.page, label.row), ()):
        if closeness := _beside(page, label, each[0]):
            yield each, closeness
    if not below:
        return
    for row in range(label.row + 1, min(label.row + 1 + _ROWS_BELOW, len(page.rows))):
        for each in by_row.get((label.page, row), ()):
            if closeness := _beneath(page, label, each[0]):
                yield each, closeness


def _beside(page: Page, label: Label, span: Span) -> float:
    """How surely a value in the label's own row is meant, from 0 to 1."""
    row = page.rows[label.row]
    if span.segment == label.segment:
        if span.first <= label.last:
            return 0.0
        between = row.segments[label.segment].words[label.last + 1 : span.first]
        strange = sum(1 for word in between if not _filler(word.text))
        return max(0.0, 1.0 - 0.13 * strange - 0.01 * len(between))
    if span.segment < label.segment:
        return 0.0
    rest = row.segments[label.segment].words[label.last + 1 :]
    strange = sum(1 for word in rest if not _filler(word.text))
    skipped = row.segments[label.segment + 1 : span.segment]
    labelled = sum(1 for each in skipped if each.text.rstrip().endswith(":"))
    distance = max(0.0, span.box.x0 - label.box.x1) / max(page.width, 1.0)
    return max(0.0, 0.97 - 0.11 * strange - 0.1 * len(skipped) - 0.35 * labelled - 0.2 * distance)


def _beneath(page: Page, label: Label, span: Span) -> float:
    """How surely a value below the label, in its column, is meant."""
    row = page.rows[label.row]
    segment = row.segments[label.segment]
    if _wraps(row, label, span):
        return _WRAPPED
    height = max(label.box.height, 5.0)
    drop = span.box.y0 - label.box.y1
    if drop < -0.3 * height or drop > _LINE_HEIGHTS_BELOW * height:
        return 0.0
    # A label with text of its own behind it has its value there.
    rest = segment.words[label.last + 1 :]
    if any(letter.isdigit() for word in rest for letter in word.text):
        return 0.0
    overlap = min(label.box.x1, span.box.x1) - max(label.box.x0, span.box.x0)
    aligned = min(
        abs(label.box.x0 - span.box.x0),
        abs(label.box.x1 - span.box.x1),
        abs((label.box.x0 + label.box.x1) - (span.box.x0 + span.box.x1)) / 2,
    )
    if overlap <= 0 and aligned > height:
        return 0.0
    off = min(aligned / max(page.width, 1.0) * 2.0, 0.3)
    rows = span.row - label.row - 1
    return max(0.0, 0.86 - 0.12 * rows - 0.04 * max(drop, 0.0) / height - off)


def _wraps(row: Row, label: Label, span: Span) -> bool:
    """Whether the label ends its row and the value begins the next one."""
    ends = label.segment == len(row.segments) - 1 and (
        label.last == len(row.segments[label.segment].words) - 1
    )
    begins = span.row == label.row + 1 and span.segment == span.first == 0
    return ends and begins and (label.segment or label.first) > 0


def _filler(text: str) -> bool:
    word = plain(text)
    return not word or word in _FILLERS or (text.startswith("(") and text.endswith(")"))

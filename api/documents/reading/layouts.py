"""Learned layouts: where a person confirmed a value before, on the same seller's last invoices.

An issuer's next invoice comes from the same program: what stood beside the words "Total TTC", right
aligned at the same edge, stands there again. A place is remembered with the words left of it, so
that a longer table, which moves it down, changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from api.documents.reading.field import Field, Source
from api.documents.reading.known import Party, recognise
from api.documents.reading.page import Box, Page
from api.documents.reading.spans import Found, Span
from api.documents.reading.values import plain

_KINDS: Final = {
    "number": "id",
    "date": "date",
    "due_date": "date",
    "total": "amount",
    "net": "amount",
    "tax": "amount",
}
"""The kind of value that stands where each field stands."""

_MOST_VALUES: Final = 60
_MOST_PLACES: Final = 6
_EDGE: Final = 8.0
_HEIGHT: Final = 4.0
"""Points that edges and heights of one layout may differ."""
_WORDS_BESIDE: Final = 4
_SURE: Final = 0.97


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a value stands: page, box in points, and the words left of it without their digits."""

    page: int
    box: Box
    beside: str


Places = dict[str, dict[str, tuple[Place, ...]]]
"""Of each kind of value (`id`, `date`, `amount`) each value in its normal form, and its places."""


class Layout(msgspec.Struct, frozen=True):
    """A seller's confirmed invoice: the places of the values that a person confirmed, by field."""

    seller: Party
    places: dict[str, tuple[Place, ...]]


def places(pages: Sequence[Page], found: Found) -> Places:
    """All places of all values of a document."""
    kept: Places = {}
    for kind, text, span in _values(found):
        values = kept.setdefault(kind, {})
        if len(values) < _MOST_VALUES or text in values:
            before = values.get(text, ())
            values[text] = (*before, _place(pages, span))[:_MOST_PLACES]
    return kept


def learned(seller: Party, facts: Mapping[str, str], read: Places) -> Layout:
    """The layout of an invoice that a person confirmed as `facts`."""
    confirmed = {
        field: found
        for field, kind in _KINDS.items()
        if field in facts and (found := _of(read.get(kind, {}), facts[field]))
    }
    return Layout(seller, confirmed)


def remembered(
    pages: Sequence[Page], found: Found, layouts: Sequence[Layout], source: Source
) -> dict[str, Field]:
    """The fields that stand where the recognised seller's invoices had them.

    A field is given only if one value stands there and no other.
    """
    seller = recognise(pages, tuple(dict.fromkeys(each.seller for each in layouts)))
    if seller is None:
        return {}
    own = [each for each in layouts if each.seller == seller.party]
    values = list(_values(found))
    return {
        field: answer
        for field in _KINDS
        if (answer := _field(field, pages, values, own, source)) is not None
    }


def _field(
    field: str,
    pages: Sequence[Page],
    values: Iterable[tuple[str, str, Span]],
    layouts: Sequence[Layout],
    source: Source,
) -> Field | None:
    landmarks = [place for layout in layouts for place in layout.places.get(field, ())]
    fits: dict[str, tuple[int, Span]] = {}
    for kind, text, span in values:
        if kind != _KINDS[field]:
            continue
        place = _place(pages, span)
        count = sum(_alike(place, landmark) for landmark in landmarks)
        if count and count > fits.get(text, (0, span))[0]:
            fits[text] = (count, span)
    best = max((count for count, _ in fits.values()), default=0)
    chosen = [(text, span) for text, (count, span) in fits.items() if count == best]
    if len(chosen) != 1:
        return None
    ((text, span),) = chosen
    evidence = ("stands where you confirmed it on this seller's invoices",)
    return Field(text, _SURE, source, span.page, span.box, evidence)


def _alike(place: Place, landmark: Place) -> bool:
    """The same words beside it at the same edge, or the very same place."""
    one, other = place.box, landmark.box
    edge = min(abs(one.x0 - other.x0), abs(one.x1 - other.x1)) <= _EDGE
    if not edge:
        return False
    if landmark.beside:
        return place.beside == landmark.beside
    return place.page == landmark.page and abs(one.middle - other.middle) <= _HEIGHT


def _place(pages: Sequence[Page], span: Span) -> Place:
    row = pages[span.page].rows[span.row]
    left = [word.text for word in row.words if word.box.x1 <= span.box.x0 + 1]
    words = [word for word in plain(" ".join(left)).split() if not any(map(str.isdigit, word))]
    return Place(span.page, span.box, " ".join(words[-_WORDS_BESIDE:]))


def _values(found: Found) -> Iterator[tuple[str, str, Span]]:
    for span, number in found.ids:
        yield "id", number, span
    for span, date in found.dates:
        for day in {date.day_first, date.month_first}:
            yield "date", day.isoformat(), span
    for span, amount in found.amounts:
        if amount.decimals == 2 or amount.mark is not None:
            yield "amount", f"{abs(amount.value):.2f}", span


def _of(values: Mapping[str, tuple[Place, ...]], said: str) -> tuple[Place, ...]:
    """The places of what a person said, in whatever form he said it."""
    return values.get(said) or values.get(_normal(said)) or ()


def _normal(said: str) -> str:
    try:
        return dt.date.fromisoformat(said).isoformat()
    except ValueError:
        pass
    try:
        return f"{Decimal(said):.2f}"
    except InvalidOperation:
        return said

"""Parties that the same person confirmed before: whose name or tax id stands on the page again.

What is read of names is a guess; a name that a person has confirmed, and that is there, is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from api.documents.reading.page import Box, Page, Row, around
from api.documents.reading.values import plain

_BY_BOTH: Final = 0.98
_BY_ONE: Final = 0.95
_SHORTEST: Final = 4
"""Letters and digits below which a name or id may stand on a page by chance."""


class Party(msgspec.Struct, frozen=True):
    """A business as a person confirmed it."""

    name: str
    tax_id: str


class Known(msgspec.Struct, frozen=True):
    """The parties of somebody's confirmed invoices, the last first."""

    sellers: tuple[Party, ...] = ()
    buyers: tuple[Party, ...] = ()


class Recognised(msgspec.Struct, frozen=True):
    """A known party on a page: where, how surely, and by what."""

    party: Party
    page: int
    box: Box
    sure: float
    by: str


def recognise(pages: Sequence[Page], parties: Sequence[Party]) -> Recognised | None:
    """The known party that the pages name; None for none, or for two that are equally likely."""
    found = [each for party in parties if (each := _look(pages, party)) is not None]
    best = max((each.sure for each in found), default=0.0)
    likely = [each for each in found if each.sure == best]
    return likely[0] if len({plain(each.party.name) for each in likely}) == 1 else None


def _look(pages: Sequence[Page], party: Party) -> Recognised | None:
    name = next(_places(pages, plain(party.name)), None)
    tax_id = next(_places(pages, plain(party.tax_id)), None)
    place = name or tax_id
    if place is None:
        return None
    both = name is not None and tax_id is not None
    by = "name and tax id" if both else "name" if name else "tax id"
    return Recognised(party, *place, _BY_BOTH if both else _BY_ONE, by)


def _places(pages: Sequence[Page], text: str) -> Iterator[tuple[int, Box]]:
    """Where words stand that together are `text`, spaces apart."""
    wanted = "".join(text.split())
    if len(wanted) < _SHORTEST:
        return
    for page in pages:
        for row in page.rows:
            if (box := _in_row(row, wanted)) is not None:
                yield page.number, box


def _in_row(row: Row, wanted: str) -> Box | None:
    """The box of a run of whole words that reads as `wanted`."""
    texts = ["".join(plain(word.text).split()) for word in row.words]
    for first in range(len(texts)):
        run = ""
        for last in range(first, len(texts)):
            run += texts[last]
            if run == wanted:
                return around(row.words[first : last + 1])
            if not wanted.startswith(run):
                break
    return None

"""Whose VAT id is whose: check digits tell what is one, words and places whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from stdnum.ch import uid
from stdnum.ch import vat as swiss_vat
from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from api.documents.reading import values
from api.documents.reading.field import Field, Source
from api.documents.reading.page import Box, Page
from api.documents.reading.values import plain
from api.documents.reading.words import words

_YOURS: Final = frozenset(words("yours"))
_LINES: Final = 9
"""A party's id stands at most so many lines below its name."""
_LEADING: Final = 1.6
_COLUMN: Final = 40.0
_BY_WORD, _BY_PLACE, _BY_REST = 0.93, 0.85, 0.8


class _Found(msgspec.Struct, frozen=True):
    """A valid id and where it stands; `yours`: words beside it say that it is the reader's."""

    text: str
    page: int
    row: int
    box: Box
    yours: bool


def read(
    pages: Sequence[Page], buyer: Field | None, seller: Field | None, source: Source
) -> dict[str, Field]:
    """The tax ids of seller and buyer, of whom the names are known or not."""
    found = list(dict.fromkeys(_found(pages)))
    buyers = [each for each in found if each.yours]
    theirs, sure, why = buyers, _BY_WORD, "words beside it say that it is the customer's"
    if not buyers:
        theirs = [each for each in found if _below(buyer, each, seller)]
        sure, why = _BY_PLACE, "below the customer's name"
    fields = {}
    if len({each.text for each in theirs}) == 1:
        fields["buyer_tax_id"] = _field(theirs[0], sure, why, source)
    mine = [each for each in found if each.text not in {other.text for other in theirs}]
    if len({each.text for each in mine}) == 1:
        last = "the only one that is not the customer's"
        fields["seller_tax_id"] = _field(mine[0], _BY_REST, last, source)
    return fields


def _field(found: _Found, score: float, why: str, source: Source) -> Field:
    evidence = ("its check digits are right", why)
    return Field(found.text, score, source, found.page, found.box, evidence)


def _found(pages: Sequence[Page]) -> Iterator[_Found]:
    for page in pages:
        for row_number, row in enumerate(page.rows):
            for segment in row.segments:
                for text in values.vat_ids(segment.text):
                    if is_valid(text):
                        beside = set(plain(" ".join(each.text for each in row.segments)).split())
                        yield _Found(
                            text, page.number, row_number, segment.box, bool(beside & _YOURS)
                        )


def is_valid(text: str) -> bool:
    """Whether a VAT id of Europe, without spaces, has the form and check digits of its country."""
    try:
        if text.startswith("CHE"):
            (swiss_vat if text[-1].isalpha() else uid).validate(text)
        else:
            vat.validate(text)
    except ValidationError:
        return False
    return True


def _below(buyer: Field | None, found: _Found, seller: Field | None) -> bool:
    """Whether the id stands in the lines below the buyer's name, in its column."""
    if buyer is None or buyer.box is None or not _over(buyer, found):
        return False
    # The sender may stand between the two.
    if seller and seller.box and _over(seller, found) and buyer.box.y0 < seller.box.y0:
        return False
    height = max(buyer.box.height, 8.0)
    return found.box.y0 - buyer.box.y1 <= _LEADING * height * _LINES


def _over(party: Field, found: _Found) -> bool:
    """Whether a party's name stands over the id in its column, or beside it."""
    return (
        party.box is not None
        and party.page == found.page
        and party.box.y0 <= found.box.y1
        and abs(party.box.x0 - found.box.x0) < _COLUMN
    )

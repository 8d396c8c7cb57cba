"""Tax ids are told by their check digits, and given to whom they belong."""

from __future__ import annotations

from api.documents.reading import tax_ids
from api.documents.reading.reading import read
from tests.api.documents import sheets

SELLER, BUYER = "DE136695976", "DE811907980"
PARTIES = (
    (50, 40, "Lindenwerk GmbH - Hafenweg 3 - 20457 Hamburg"), (50, 90, "Obsthof Brandt KG"),
    (50, 104, "Dorfstr. 12"), (50, 118, "21635 Jork"), (380, 90, "Rechnungsnummer: 4711"),
)  # fmt: skip


def _ids(*placed: sheets.Placed) -> tuple[str | None, ...]:
    fields = read(sheets.pdf((*PARTIES, *placed))).fields
    return tuple(
        fields[name].value if name in fields else None for name in ("seller_tax_id", "buyer_tax_id")
    )


def test_only_right_check_digits_make_an_id() -> None:
    assert tax_ids.is_valid(SELLER)
    assert tax_ids.is_valid("ATU13585627")
    assert tax_ids.is_valid("CHE107787577")
    assert tax_ids.is_valid("CHE107787577IVA")
    for wrong in ("DE136695977", "DE123456789", "XX136695976", "DE"):
        assert not tax_ids.is_valid(wrong)
    assert _ids((50, 780, "USt-IdNr. DE123456789")) == (None, None)


def test_words_beside_it_say_whose_it_is() -> None:
    found = _ids((380, 120, f"Ihre USt-IdNr.: {BUYER}"), (50, 780, f"USt-IdNr. {SELLER}"))
    assert found == (SELLER, BUYER)


def test_below_the_customers_name_it_is_the_customers() -> None:
    assert _ids((50, 132, f"USt-IdNr. {BUYER}"), (50, 780, SELLER)) == (SELLER, BUYER)
    assert _ids((50, 780, f"USt-IdNr. {SELLER}")) == (SELLER, None)


def test_two_that_could_be_it_are_none() -> None:
    assert _ids((50, 780, SELLER), (300, 780, "ATU13585627")) == (None, None)

"""Who invoices whom, on pages laid out as those of many issuers are; every name is made up."""

from __future__ import annotations

import pytest

from api.documents.reading import values
from api.documents.reading.reading import read
from tests.api.documents import sheets

REST = (
    (50, 400, "Rechnung Nr. 4711"), (50, 414, "Datum 03.11.2026"),
    (380, 500, "Gesamtbetrag"), (480, 500, "119,00 EUR"),
)  # fmt: skip


def _names(*placed: sheets.Placed) -> tuple[str | None, str | None]:
    fields = read(sheets.pdf((*placed, *REST))).fields
    seller, buyer = (fields[name].value if name in fields else None for name in ("seller", "buyer"))
    return seller, buyer


@pytest.mark.parametrize(
    "placed",
    [
        pytest.param(
            (
                (50, 60, "Verkäufer:"), (50, 74, "Nordlicht Handel"), (50, 88, "Hafenstraße 20"),
                (50, 102, "DE 80333 München"), (50, 140, "Käufer:"), (50, 154, "Kiosk Petersen"),
                (50, 168, "Kundenstraße 15"), (50, 182, "DE 69876 Frankfurt"),
                (50, 240, "Nordlicht Handel"), (50, 254, "Hafenstraße 20"), (50, 268, "80333 Kiel"),
            ),
            id="a labelled seller whose address stands there twice",
        ),
        pytest.param(
            (
                (50, 60, "Nordlicht Handel - Hafenstraße 20 - 80333 München"),
                (50, 80, "Kiosk Petersen"), (50, 110, "Bahnstr. 42"), (50, 140, "88802Spielau"),
            ),
            id="lines far apart below the sender's line, the town written onto its code",
        ),
        pytest.param(
            (
                (50, 60, "Nordlicht Handel"), (50, 74, "Haus der Wahl"), (50, 92, "Firma"),
                (50, 106, "Kiosk Petersen"), (50, 120, "Musterweg 11"), (50, 134, "12346 Bad Au"),
                (50, 780, "www.nordlichthandel.de"),
            ),
            id="a salutation close below the letterhead",
        ),
        pytest.param(
            (
                (50, 60, "Nordlicht Handel - Hafenstraße 20 - 80333 München"),
                (320, 90, "Adresse du Client"), (326, 104, "Kiosk Petersen"),
                (326, 118, "58 rue de la mer"), (326, 132, "06000 NICE"),
                (320, 200, "Livraison: adresse"), (326, 214, "Dépôt central"),
                (326, 228, "1 quai du port"), (326, 242, "13002 MARSEILLE"),
            ),
            id="another address for the goods",
        ),
        pytest.param(
            (
                (50, 60, "Nordlicht Handel - Hafenstraße 20 - 80333 München"),
                (50, 84, "Kiosk Petersen"), (50, 96, "Musterweg 11"), (50, 108, "12346 Bad Au"),
                (50, 300, "Customer: 2"), (50, 314, "Your order AB321"),
            ),
            id="a customer's number with something else below",
        ),
    ],
)  # fmt: skip
def test_seller_and_buyer_are_told_apart(placed: tuple[sheets.Placed, ...]) -> None:
    assert _names(*placed) == ("Nordlicht Handel", "Kiosk Petersen")


def test_a_street_is_nobody() -> None:
    seller, buyer = _names((50, 60, "Hafenstraße 20"), (50, 74, "80333 München"))
    assert (seller, buyer) == (None, None)


def _amounts(*placed: sheets.Placed) -> dict[str, str]:
    fields = read(sheets.pdf(((50, 40, "Rechnung Nr. 4711"), *placed))).fields
    return {name: fields[name].value for name in ("total", "net", "tax") if name in fields}


def test_taxes_at_several_rates_are_what_the_total_has_beyond_the_net() -> None:
    found = _amounts(
        (50, 300, "Summe netto"), (480, 300, "473,00 EUR"),
        (50, 314, "7% aus 275,00"), (480, 314, "19,25 EUR"),
        (50, 328, "19% aus 198,00"), (480, 328, "37,62 EUR"),
        (50, 342, "Gesamtbetrag"), (480, 342, "529,87 EUR"),
    )  # fmt: skip
    assert found == {"total": "529.87", "net": "473.00", "tax": "56.87"}


def test_a_difference_that_stands_nowhere_is_no_tax() -> None:
    found = _amounts(
        (50, 300, "Summe netto"), (480, 300, "473,00 EUR"),
        (50, 342, "Gesamtbetrag"), (480, 342, "529,87 EUR"),
    )  # fmt: skip
    assert "tax" not in found


def test_the_number_of_a_place_is_known_by_its_check_digit() -> None:
    assert values.is_gs1("4000001123452")
    assert not values.is_gs1("4000001123453")
    assert not values.is_gs1("40000011")

"""A confirmation teaches where a seller's invoices have their fields; another's never does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from stellar_sdk import Keypair

from api.documents.reading import layouts
from api.documents.reading.known import Party
from api.documents.reading.memory import Memory
from api.documents.reading.reading import Reading, read
from tests.api.documents import sheets

LINDEN = Party("Lindenwerk GmbH", "DE136695976")
BRANDT = Party("Obsthof Brandt KG", "DE811907980")


def _sheet(number: str, total: str, lines: int = 1) -> Sequence[sheets.Placed]:
    """An invoice whose words nobody knows: number and total are called by names of its own."""
    low = 300 + 14 * lines
    return (
        (50, 40, "Lindenwerk GmbH"), (50, 90, "Obsthof Brandt KG"), (380, 90, "Kennung"),
        (480, 90, number), (380, 104, "Vorgang"), (480, 104, "K-99123"), (50, 200, "Abrechnung"),
        *((50.0, 230.0 + 14 * line, f"Posten {line}") for line in range(lines)),
        *((480.0, 230.0 + 14 * line, "5,00 EUR") for line in range(lines)),
        (300, low, "Warenwert"), (480, low, "5,00 EUR"),
        (300, low + 14, "Ergibt alles"), (480, low + 14, total),
    )  # fmt: skip


FACTS = {"number": "A-1001", "total": "1200.00", "date": "2026-11-03"}


def _confirmed(reading: Reading, seller: Party = LINDEN) -> Memory:
    return Memory(layouts=(layouts.learned(seller, FACTS, reading.places),))


def test_what_was_confirmed_is_found_on_the_next_invoice() -> None:
    first = read(sheets.pdf(_sheet("A-1001", "1.200,00 EUR")))
    assert first.fields.get("number") is None
    memory = _confirmed(first)
    assert set(memory.layouts[0].places) == {"number", "total"}, "the date stands nowhere"
    again = read(sheets.pdf(_sheet("A-1002", "77,00 EUR", lines=6)), known=memory)
    assert (again.fields["number"].value, again.fields["total"].value) == ("A-1002", "77.00")
    assert again.fields["number"].evidence[-1].startswith("stands where you confirmed it")
    assert again.fields["number"].confidence > 0.9


def test_the_layout_of_another_seller_teaches_nothing() -> None:
    first = read(sheets.pdf(_sheet("A-1001", "1.200,00 EUR")))
    stranger = Party("Nordlicht Handel AG", "DE999999999")
    other = read(sheets.pdf(_sheet("A-1002", "77,00 EUR")), known=_confirmed(first, stranger))
    assert other == read(sheets.pdf(_sheet("A-1002", "77,00 EUR")))


@pytest.mark.anyio
async def test_a_persons_confirmation_teaches_his_next_document_and_nobody_elses(
    desk: Any,
) -> None:
    sana, other = Keypair.random(), Keypair.random()
    said = {
        "number": "A-1001", "total": "1200.00", "date": "2026-11-03", "due_date": "2026-12-03",
        "currency": "EUR", "seller": LINDEN.name, "seller_tax_id": LINDEN.tax_id,
        "buyer": BRANDT.name, "buyer_tax_id": BRANDT.tax_id,
    }  # fmt: skip
    first = await desk.read(sana, sheets.pdf(_sheet("A-1001", "1.200,00 EUR")))
    await desk.confirmed(sana, first, **said)
    second = await desk.read(sana, sheets.pdf(_sheet("A-1002", "77,00 EUR", lines=3)))
    assert second["fields"]["number"]["value"] == "A-1002"
    assert second["fields"]["total"]["value"] == "77.00"
    strangers = await desk.read(other, sheets.pdf(_sheet("A-1003", "77,00 EUR", lines=3)))
    assert strangers["fields"]["number"]["value"] != "A-1003"

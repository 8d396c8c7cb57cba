"""A party is known again by its name or tax id as whole words, and by nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from api.documents.reading.known import Party, Recognised, recognise
from api.documents.reading.page import Box, Page, Word, page_of

LINDEN = Party("Lindenwerk GmbH & Co. KG", "DE 136 695 976")
BRANDT = Party("Obsthof Brandt KG", "DE811907980")


def _page(*lines: str) -> Page:
    words: list[Word] = []
    for row, line in enumerate(lines):
        x = 50.0
        for text in line.split():
            width = 6.0 * len(text)
            words.append(Word(text, Box(x, 40.0 * row, x + width, 40.0 * row + 10), 0))
            x += width + 4
    return page_of(0, 600, 800, words)


def _recognised(parties: Sequence[Party], *lines: str) -> Recognised | None:
    return recognise([_page(*lines)], parties)


def test_name_and_tax_id_together_are_surer_than_one() -> None:
    both = _recognised([LINDEN], "LINDENWERK GmbH & Co KG", "USt-IdNr. DE136695976")
    name = _recognised([LINDEN], "an Lindenwerk GmbH & Co. KG, Hamburg")
    tax_id = _recognised([LINDEN], "VAT DE 136 695 976")
    assert both is not None
    assert name is not None
    assert tax_id is not None
    assert both.sure > name.sure == tax_id.sure
    assert (both.by, name.by, tax_id.by) == ("name and tax id", "name", "tax id")
    assert name.box.x0 > 50


def test_parts_of_words_are_no_names() -> None:
    assert _recognised([Party("Brandt", "1")], "Obsthof Brandtner KG", "Ausbrandt") is None
    assert _recognised([Party("Co", "7")], "Lindenwerk GmbH & Co. KG", "7") is None


def test_two_that_are_equally_likely_are_nobody() -> None:
    assert _recognised([LINDEN, BRANDT], "Lindenwerk GmbH & Co. KG", "Obsthof Brandt KG") is None
    found = _recognised(
        [LINDEN, BRANDT], "Lindenwerk GmbH & Co. KG", "Obsthof Brandt KG", "DE811907980"
    )
    assert found is not None
    assert found.party == BRANDT
    assert _recognised([], "Obsthof Brandt KG") is None

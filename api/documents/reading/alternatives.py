"""Other values that a person may have meant: what else on the pages is of a field's type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from api.documents.reading import values
from api.documents.reading.page import Page
from api.documents.reading.spans import Found

_MOST: Final = 6


def of(pages: Sequence[Page], found: Found) -> dict[str, tuple[str, ...]]:
    """For each field the values on the pages that could be it, likely ones first."""
    days = Counter(
        day.isoformat() for _, date in found.dates for day in {date.day_first, date.month_first}
    )
    amounts = {
        abs(amount.value) for _, amount in found.amounts if amount.decimals == 2 or amount.mark
    }
    money = [f"{amount:f}" for amount in sorted(amounts, reverse=True)]
    numbers = [text for _, text in found.ids if sum(map(str.isdigit, text)) > 2]
    marks = Counter(amount.mark for _, amount in found.amounts if amount.mark)
    tax_ids = [
        tax_id
        for page in pages
        for row in page.rows
        for segment in row.segments
        for tax_id in values.vat_ids(segment.text)
    ]
    offered: dict[str, Iterable[str]] = {
        "number": numbers,
        "date": sorted(days),
        "due_date": sorted(days, reverse=True),
        "currency": [mark for mark, _ in marks.most_common()],
        "total": money,
        "net": money,
        "tax": money,
        "seller_tax_id": tax_ids,
        "buyer_tax_id": tax_ids,
    }
    return {name: tuple(dict.fromkeys(texts))[:_MOST] for name, texts in offered.items()}

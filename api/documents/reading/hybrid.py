"""Hybrid invoices: a PDF for people with an XML for machines, which must say the same.

`packing` judges how the XML is packed into the PDF (Factur-X 1.0, PDF/A-3), `visible` whether the
page shows what the XML claims. An XML that the page contradicts is not a record of anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from api.documents.reading import values
from api.documents.reading.container import Attachment, Container
from api.documents.reading.einvoice import EInvoice, is_invoice
from api.documents.reading.page import Page
from api.documents.reading.rules import Finding, Severity
from api.documents.reading.spans import Found
from api.documents.reading.values import plain

_NAMES: Final = frozenset(
    {"factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml", "order-x.xml", "cii.xml"}
)
_RELATIONSHIPS: Final = frozenset({"Data", "Alternative", "Source"})
_LEVELS: Final = {
    "minimum": "MINIMUM",
    "basicwl": "BASIC WL",
    "basic": "BASIC",
    "extended": "EXTENDED",
}


def embedded(container: Container) -> Attachment | None:
    """The attachment that is the invoice: by its standard name, else by its content."""
    named = [each for each in container.attachments if each.name.lower() in _NAMES]
    return next(iter(named), None) or next(
        (each for each in container.attachments if is_invoice(each.data)), None
    )


def packing(
    container: Container, attachment: Attachment | None, invoice: EInvoice | None
) -> list[Finding]:
    """What is wrong with how the invoice is packed into the PDF.

    A PDF that never claimed to be a hybrid may carry an XML as it likes; that is only noted.
    """
    found = list(_packing(container, attachment, invoice))
    claims = container.profile or (attachment and attachment.name.lower() in _NAMES)
    if claims:
        return found
    return [msgspec.structs.replace(each, severity=Severity.NOTICE) for each in found]


def _packing(
    container: Container, attachment: Attachment | None, invoice: EInvoice | None
) -> Iterator[Finding]:
    if attachment is None:
        if container.profile:
            yield Finding("attachment", "the PDF claims to hold an invoice as XML, but has none")
        return
    if attachment.name.lower() not in _NAMES:
        yield Finding("attachment-name", f"the XML is named {attachment.name!r}, not factur-x.xml")
    if not container.associated:
        yield Finding("associated-file", "the XML is attached, but not associated (no /AF)")
    if attachment.relationship is None:
        yield Finding("relationship", "the XML's relationship to the PDF is not stated")
    elif attachment.relationship not in _RELATIONSHIPS:
        yield Finding(
            "relationship", f"the relationship {attachment.relationship!r} is not allowed"
        )
    yield from _metadata(container, invoice)
    if not container.intent:
        message = "the PDF has no output intent, so it is no PDF/A-3"
        yield Finding("pdf-a", message, Severity.NOTICE)


def _metadata(container: Container, invoice: EInvoice | None) -> Iterator[Finding]:
    if container.profile is None:
        yield Finding("metadata", "the PDF's metadata do not name the invoice's profile")
    elif invoice and invoice.profile:
        level = _LEVELS.get(invoice.profile.rsplit(":", 1)[-1])
        if level and container.profile.upper() != level:
            message = f"the metadata claim profile {container.profile}, the XML is {level}"
            yield Finding("metadata", message)


def visible(invoice: EInvoice, pages: Sequence[Page], found: Found) -> list[Finding]:
    """The core values of the XML that the pages do not show."""
    return [
        Finding(
            "hybrid-mismatch",
            f"the {name} of the XML ({value}) is not on the page",
            Severity.DOUBT,
        )
        for name, value, shown in _shown(invoice, pages, found)
        if not shown
    ]


def _shown(
    invoice: EInvoice, pages: Sequence[Page], found: Found
) -> Iterator[tuple[str, object, bool]]:
    text = plain(
        " ".join(segment.text for page in pages for row in page.rows for segment in row.segments)
    )
    squashed = text.replace(" ", "")
    amounts = {abs(amount.value) for _, amount in found.amounts}
    dates = {day for _, date in found.dates for day in (date.day_first, date.month_first)}
    if invoice.number:
        yield "number", invoice.number, plain(invoice.number).replace(" ", "") in squashed
    if invoice.date and _is_date(invoice.date):
        yield "date", invoice.date, dt.date.fromisoformat(invoice.date) in dates
    for name, amount in (("total", invoice.total), ("amount due", invoice.due)):
        if amount is not None:
            yield name, amount, abs(amount) in amounts or abs(amount) == Decimal(0)
    if invoice.currency:
        marks = {amount.mark for _, amount in found.amounts} | {
            values.currency(word.text)
            for page in pages for row in page.rows for word in row.words
        }  # fmt: skip
        known = marks - {None}
        yield "currency", invoice.currency, not known or invoice.currency in known


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True

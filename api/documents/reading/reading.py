"""Reads one document: the one function that puts all readers together, run in the sandbox."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec
import pypdfium2

from api.documents.reading import (
    agreement,
    alternatives,
    calibration,
    container,
    drawing,
    einvoice,
    hybrid,
    layouts,
    likeness,
    ocr,
    page_fields,
    rules,
    spans,
    text_layer,
)
from api.documents.reading.container import Kind
from api.documents.reading.einvoice import EInvoice
from api.documents.reading.field import Field, Source
from api.documents.reading.layouts import Places
from api.documents.reading.likeness import Likeness
from api.documents.reading.memory import NOTHING, Memory
from api.documents.reading.page import Page
from api.documents.reading.refusal import Refusal, RefusedError
from api.documents.reading.rules import Finding, Severity

_SCANNED_PAGES: Final = 5
"""Of a scan so many pages are read: an invoice says what matters on its first and last."""

_XML_SURE: Final = 0.99
_XML_DOUBTED: Final = 0.6


class Verdict(enum.Enum):
    """What the file may be used for.

    RECORD: an electronic invoice in order, which the page confirms. REVIEW: a human must look.
    REJECT: an electronic invoice that breaks the rules it claims to keep.
    """

    RECORD = "record"
    REVIEW = "review"
    REJECT = "reject"


class PageSize(msgspec.Struct, frozen=True):
    """Width and height in points."""

    width: float
    height: float


class Reading(msgspec.Struct, frozen=True):
    """What was read from a document; fields that were not found are missing.

    `wordless`: no page holds a word; it is empty, or a scan that nobody looked at as a picture.
    """

    kind: Kind
    verdict: Verdict
    fields: dict[str, Field]
    findings: tuple[Finding, ...]
    pages: tuple[PageSize, ...]
    wordless: bool = False
    alternatives: dict[str, tuple[str, ...]] = {}
    """Other values that a field could have, as they stand on the pages, likely ones first."""
    places: Places = {}
    """Where every value stands: a confirmation tells which of them is which field."""
    likeness: Likeness | None = None
    """What a near-duplicate would have in common; None for what has no pages."""


_PICTURES: Final = frozenset({Kind.PNG, Kind.JPEG, Kind.TIFF})


class Effort(enum.Enum):
    """How much to try: TEXT needs little time and memory; OCR also reads pictures."""

    TEXT = "text"
    OCR = "ocr"


def needs_ocr(kind: Kind, reading: Reading | None = None) -> bool:
    """Whether only OCR can read this: a picture, or a PDF whose pages hold no words."""
    return kind in _PICTURES or (reading is not None and reading.wordless)


def read(
    data: bytes,
    *,
    effort: Effort = Effort.OCR,
    text_only: bool = False,
    known: Memory = NOTHING,
) -> Reading:
    """Everything that `data` tells; `text_only` leaves an embedded invoice out, to measure text.

    `known` is what the person's confirmed documents taught. Raises RefusedError for what is not to
    be opened.
    """
    reading = _read(data, effort, known, text_only=text_only)
    fields = calibration.calibrated(reading.fields, calibration.shipped())
    return msgspec.structs.replace(reading, fields=fields)


def _read(data: bytes, effort: Effort, known: Memory, *, text_only: bool) -> Reading:
    kind = container.kind_of(data)
    if kind is Kind.XML:
        return _xml(data)
    if kind is Kind.PDF:
        return _pdf(data, effort, known, text_only=text_only)
    seen = _seen_by_both(ocr.pages_of_image(data), known)
    return Reading(
        kind,
        Verdict.REVIEW,
        seen.fields,
        (),
        _sizes(seen.pages),
        wordless=not _worded(seen.pages),
        alternatives=seen.alternatives,
        places=seen.places,
        likeness=likeness.of(seen.pages, ocr.upright(data)),
    )


class _Seen(msgspec.Struct, frozen=True):
    """What the words of pages tell."""

    pages: list[Page]
    found: spans.Found
    fields: dict[str, Field]
    alternatives: dict[str, tuple[str, ...]]
    places: Places


def _seen(pages: list[Page], known: Memory, source: Source) -> _Seen:
    found = spans.find(pages)
    fields = page_fields.read(pages, found, known, source)
    return _Seen(pages, found, fields, alternatives.of(pages, found), layouts.places(pages, found))


def _seen_by_both(readings: ocr.Readings, known: Memory) -> _Seen:
    """What two readers tell together; the pages are those of the one who found more words.

    Of a reader that is alone every field is as if the other had not found it.
    """
    other = _seen(readings.second, known, Source.OCR)
    if readings.first is None:
        return msgspec.structs.replace(other, fields=agreement.agreed({}, other.fields))
    one = _seen(readings.first, known, Source.OCR)
    richer = max(one, other, key=lambda seen: _words(seen.pages))
    offered = agreement.offered(one.alternatives, other.alternatives, (one.fields, other.fields))
    return msgspec.structs.replace(
        richer, fields=agreement.agreed(one.fields, other.fields), alternatives=offered
    )


def _xml(data: bytes) -> Reading:
    try:
        invoice = einvoice.parse(data)
    except einvoice.UnreadableXmlError as error:
        raise RefusedError(Refusal.NOT_AN_INVOICE, f"This is no e-invoice: {error}.") from error
    findings = rules.check(invoice)
    return Reading(
        Kind.XML, _verdict(findings), _xml_fields(invoice, findings), tuple(findings), ()
    )


def _pdf(data: bytes, effort: Effort, known: Memory, *, text_only: bool) -> Reading:
    packed = container.open_pdf(data)
    try:
        pages = text_layer.pages(data, container.MAX_PAGES)
        if effort is Effort.OCR and not _worded(pages):
            seen = _seen_by_both(ocr.pages_of_pdf(data, _SCANNED_PAGES), known)
        else:
            seen = _seen(pages, known, Source.TEXT)
    except pypdfium2.PdfiumError as error:
        raise RefusedError(Refusal.BROKEN, f"The PDF cannot be displayed: {error}") from error
    fields = dict(seen.fields)
    invoice, findings = (None, []) if text_only else _embedded(packed)
    if invoice is None:
        verdict = Verdict.REJECT if _broken(findings) else Verdict.REVIEW
    else:
        findings += hybrid.visible(invoice, seen.pages, seen.found)
        fields |= _merge(_xml_fields(invoice, findings), fields)
        verdict = _verdict(findings)
    return Reading(
        Kind.PDF,
        verdict,
        fields,
        tuple(findings),
        _sizes(seen.pages),
        wordless=invoice is None and not _worded(seen.pages),
        alternatives=seen.alternatives,
        places=seen.places,
        likeness=likeness.of(seen.pages, drawing.thumbnail(data) if effort is Effort.OCR else None),
    )


def _sizes(pages: Sequence[Page]) -> tuple[PageSize, ...]:
    return tuple(PageSize(page.width, page.height) for page in pages)


def _worded(pages: Sequence[Page]) -> bool:
    return any(page.rows for page in pages)


def _words(pages: Sequence[Page]) -> int:
    return sum(len(row.words) for page in pages for row in page.rows)


def _embedded(packed: container.Container) -> tuple[EInvoice | None, list[Finding]]:
    """The XML invoice in a PDF, and what is wrong with it and its packing."""
    attachment = hybrid.embedded(packed)
    if attachment is None:
        return None, hybrid.packing(packed, None, None)
    try:
        invoice = einvoice.parse(attachment.data)
    except einvoice.UnreadableXmlError as error:
        return None, [Finding("xml", f"the embedded invoice cannot be read: {error}")]
    return invoice, [*rules.check(invoice), *hybrid.packing(packed, attachment, invoice)]


def _verdict(findings: Sequence[Finding]) -> Verdict:
    if _broken(findings):
        return Verdict.REJECT
    doubted = any(each.severity is Severity.DOUBT for each in findings)
    return Verdict.REVIEW if doubted else Verdict.RECORD


def _broken(findings: Sequence[Finding]) -> bool:
    return any(each.severity is Severity.ERROR for each in findings)


def _xml_fields(invoice: EInvoice, findings: Sequence[Finding]) -> dict[str, Field]:
    """The fields of an electronic invoice; what findings speak against is less sure."""
    said = {
        "number": invoice.number,
        "type_code": invoice.type_code,
        "date": invoice.date,
        "due_date": invoice.due_date,
        "currency": invoice.currency,
        "total": invoice.total,
        "net": invoice.net,
        "tax": invoice.tax,
        "due": invoice.due,
        "seller": invoice.seller,
        "buyer": invoice.buyer,
        "seller_tax_id": invoice.seller_vat or invoice.seller_tax,
        "buyer_tax_id": invoice.buyer_vat,
        "iban": invoice.iban,
    }
    against = tuple(each.message for each in findings)
    sure = _XML_SURE if _verdict(findings) is Verdict.RECORD else _XML_DOUBTED
    return {
        name: Field(
            f"{value:f}" if isinstance(value, Decimal) else value,
            sure,
            Source.XML,
            None,
            None,
            (f"{invoice.syntax} says so",),
            against,
        )
        for name, value in said.items()
        if value is not None
    }


def _merge(xml: dict[str, Field], text: dict[str, Field]) -> dict[str, Field]:
    """The XML's fields, each with the place on the page where the text says the same."""
    merged = {}
    for name, field in xml.items():
        other = text.get(name)
        if other and other.value == field.value:
            field = msgspec.structs.replace(  # noqa: PLW2901
                field,
                page=other.page,
                box=other.box,
                evidence=(*field.evidence, "the page says the same"),
            )
        merged[name] = field
    return merged

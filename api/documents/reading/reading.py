"""Reads one document: the one function that puts all readers together, run in the sandbox."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec
import pypdfium2

from api.documents.reading import (
    alternatives,
    container,
    drawing,
    einvoice,
    hybrid,
    likeness,
    ocr,
    parties,
    rules,
    solver,
    spans,
    text_layer,
    vocabulary,
)
from api.documents.reading.container import Kind
from api.documents.reading.einvoice import EInvoice
from api.documents.reading.known import Known, recognise
from api.documents.reading.likeness import Likeness
from api.documents.reading.page import Box, Page
from api.documents.reading.refusal import Refusal, RefusedError
from api.documents.reading.rules import Finding, Severity
from api.documents.reading.solver import Answer

_SCANNED_PAGES: Final = 5
"""Of a scan so many pages are read: an invoice says what matters on its first and last."""

_XML_SURE: Final = 0.99
_XML_DOUBTED: Final = 0.6


class Source(enum.Enum):
    """Where a value was read."""

    XML = "xml"
    TEXT = "text"
    OCR = "ocr"
    HUMAN = "human"


class Field(msgspec.Struct, frozen=True):
    """A value as text in its normal form (amounts with a point, dates ISO), and why to believe it.

    `box` is in points from the top left of `page` (counted from 0); both are missing where the
    value stands on no page. `against` are the reasons to doubt it.
    """

    value: str
    confidence: float
    source: Source
    page: int | None
    box: Box | None
    evidence: tuple[str, ...]
    against: tuple[str, ...] = ()


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
    likeness: Likeness | None = None
    """What a near-duplicate would have in common; None for what has no pages."""


_PICTURES: Final = frozenset({Kind.PNG, Kind.JPEG, Kind.TIFF})


_NOBODY: Final = Known()


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
    known: Known = _NOBODY,
) -> Reading:
    """Everything that `data` tells; `text_only` leaves an embedded invoice out, to measure text.

    `known` are parties to look for by name. Raises RefusedError for what is not to be opened.
    """
    kind = container.kind_of(data)
    if kind is Kind.XML:
        return _xml(data)
    if kind is Kind.PDF:
        return _pdf(data, effort, known, text_only=text_only)
    pages = ocr.pages_of_image(data)
    found = spans.find(pages)
    return Reading(
        kind,
        Verdict.REVIEW,
        _page_fields(pages, found, Source.OCR) | _known_fields(pages, known, Source.OCR),
        (),
        _sizes(pages),
        wordless=not _worded(pages),
        alternatives=alternatives.of(pages, found),
        likeness=likeness.of(pages, ocr.upright(data)),
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


def _pdf(data: bytes, effort: Effort, known: Known, *, text_only: bool) -> Reading:
    packed = container.open_pdf(data)
    source = Source.TEXT
    try:
        pages = text_layer.pages(data, container.MAX_PAGES)
        if effort is Effort.OCR and not _worded(pages):
            source, pages = Source.OCR, ocr.pages_of_pdf(data, _SCANNED_PAGES)
    except pypdfium2.PdfiumError as error:
        raise RefusedError(Refusal.BROKEN, f"The PDF cannot be displayed: {error}") from error
    found = spans.find(pages)
    fields = _page_fields(pages, found, source) | _known_fields(pages, known, source)
    invoice, findings = (None, []) if text_only else _embedded(packed)
    if invoice is None:
        verdict = Verdict.REJECT if _broken(findings) else Verdict.REVIEW
    else:
        findings += hybrid.visible(invoice, pages, found)
        fields |= _merge(_xml_fields(invoice, findings), fields)
        verdict = _verdict(findings)
    return Reading(
        Kind.PDF,
        verdict,
        fields,
        tuple(findings),
        _sizes(pages),
        wordless=invoice is None and not _worded(pages),
        alternatives=alternatives.of(pages, found),
        likeness=likeness.of(pages, drawing.thumbnail(data) if effort is Effort.OCR else None),
    )


def _sizes(pages: Sequence[Page]) -> tuple[PageSize, ...]:
    return tuple(PageSize(page.width, page.height) for page in pages)


def _worded(pages: Sequence[Page]) -> bool:
    return any(page.rows for page in pages)


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


def _page_fields(pages: Sequence[Page], found: spans.Found, source: Source) -> dict[str, Field]:
    """The fields that the words of the pages give."""
    labels = vocabulary.labels(pages)
    currency = solver.currency(pages, found)
    money = solver.money(pages, labels, found)
    days = solver.days(pages, labels, found, american=bool(currency and currency.value == "USD"))
    seller, buyer = parties.seller_and_buyer(pages, labels)
    answers: dict[str, Answer | None] = {
        "number": solver.number(pages, labels, found),
        "date": days.date,
        "due_date": days.due,
        "currency": currency,
        "total": money.total,
        "net": money.net,
        "tax": money.tax,
        "seller": seller,
        "buyer": buyer,
    }
    return {
        name: _field(answer, _SHARE.get(name, 1.0) * _legible(pages, answer), source)
        for name, answer in answers.items()
        if answer is not None
    }


_SHARE: Final = {"seller": 0.85, "buyer": 0.9, "number": 0.99, "date": 0.99, "due_date": 0.97}
"""How often fields of full score are right on real documents; amounts carry that themselves."""


def _known_fields(pages: Sequence[Page], known: Known, source: Source) -> dict[str, Field]:
    """Seller and buyer with their tax ids, where the pages name one that was confirmed before."""
    fields = {}
    for name, parties_known in (("seller", known.sellers), ("buyer", known.buyers)):
        found = recognise(pages, parties_known)
        if found is None:
            continue
        evidence = (f"a {name} you confirmed before, by {found.by}",)
        place = (source, found.page, found.box, evidence)
        fields[name] = Field(found.party.name, found.sure, *place)
        fields[f"{name}_tax_id"] = Field(found.party.tax_id, found.sure, *place)
    return fields


def _legible(pages: Sequence[Page], answer: Answer) -> float:
    """How surely the characters of the answer are those on the page."""
    if answer.span is None:
        return 1.0
    row = pages[answer.span.page].rows[answer.span.row]
    words = row.segments[answer.span.segment].words[answer.span.first : answer.span.last + 1]
    return min(word.sure for word in words)


def _field(answer: Answer, share: float, source: Source) -> Field:
    span = answer.span
    return Field(
        answer.value,
        round(answer.score * share, 3),
        source,
        span.page if span else None,
        span.box if span else None,
        answer.evidence,
    )

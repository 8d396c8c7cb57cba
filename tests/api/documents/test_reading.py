"""What is read from pages, from XML, and from both at once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.documents.reading import einvoice, rules
from api.documents.reading.field import Source
from api.documents.reading.reading import Verdict, read
from api.documents.reading.refusal import Refusal, RefusedError
from tests.api.documents import sheets

_EXPECTED = {
    "number": "2026-0815",
    "date": "2026-11-03",
    "due_date": "2026-12-03",
    "currency": "EUR",
    "total": "1523.20",
    "net": "1280.00",
    "tax": "243.20",
    "seller": "Lindenwerk GmbH",
    "buyer": "Obsthof Brandt KG",
}


def _values(data: bytes) -> dict[str, str]:
    return {name: field.value for name, field in read(data).fields.items()}


def test_a_page_is_read_with_the_place_of_every_value() -> None:
    reading = read(sheets.pdf())
    assert {name: field.value for name, field in reading.fields.items()} == _EXPECTED
    assert reading.verdict is Verdict.REVIEW
    total = reading.fields["total"]
    assert total.source is Source.TEXT
    assert total.page == 0
    assert total.box is not None
    assert 478 <= total.box.x0 <= 482
    assert 325 <= total.box.y0 <= 332
    assert "net and tax make the total" in total.evidence


def test_words_may_be_torn_and_columns_far_apart() -> None:
    torn = [
        (x, top, text.replace("Gesamtbetrag", "Ges amt betrag").replace("Nummer", "Num mer"))
        for x, top, text in sheets.INVOICE
    ]
    assert _values(sheets.pdf(torn)) == _EXPECTED


def test_a_total_that_no_arithmetic_supports_is_less_sure() -> None:
    wrong = [(x, top, text.replace("1.523,20", "1.532,20")) for x, top, text in sheets.INVOICE]
    right, doubted = read(sheets.pdf()).fields["total"], read(sheets.pdf(wrong)).fields["total"]
    assert doubted.value == "1532.20"
    assert doubted.confidence < right.confidence


def test_months_come_first_where_another_date_proves_it() -> None:
    placed = [(50, 50, "Invoice Date: 11/03/2026"), (50, 70, "Due Date: 12/31/2026")]
    found = _values(sheets.pdf(placed))
    assert (found["date"], found["due_date"]) == ("2026-11-03", "2026-12-31")


def test_a_page_without_words_gives_no_fields() -> None:
    assert read(sheets.pdf([])).fields == {}


def test_an_electronic_invoice_is_a_record() -> None:
    reading = read(sheets.cii())
    assert reading.verdict is Verdict.RECORD
    assert {name: reading.fields[name].value for name in _EXPECTED} == _EXPECTED
    assert all(field.source is Source.XML for field in reading.fields.values())


_BROKEN = [
    ({"total": "1500.00"}, "BR-CO-15"),
    ({"line": "1300.00"}, "BR-CO-13"),
    ({"tax_row": "240.00"}, "BR-CO-14"),
    ({"due": "1.00"}, "BR-CO-16"),
    ({"category": "E", "rate": "0", "tax": "0", "tax_row": "0", "total": "1280.00",
      "due": "1280.00"}, "BR-E-10"),
    ({"vat": ""}, "BR-S-02"),
    ({"price": "-5.00"}, "BR-27"),
    ({"currency": ""}, "BR-05"),
    ({"currency": "XXX"}, "BR-CL-04"),
    ({"number": ""}, "BR-02"),
    ({"date": "20260230"}, "format"),
    ({"date": "2026-11-03"}, "format"),
    ({"price": "1280,00"}, "format"),
    ({"due_date": "20261001"}, "due-date"),
    ({"profile": "urn:factur-x.eu:2p0:ultimate"}, "BR-01"),
    ({"profile": "urn:factur-x.eu:1p0:minimum"}, "profile"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "rule"), _BROKEN)
def test_each_broken_rule_is_named(changes: dict[str, str], rule: str) -> None:
    reading = read(sheets.cii(**changes))
    assert reading.verdict is Verdict.REJECT
    broken = {each.rule for each in reading.findings if each.severity is rules.Severity.ERROR}
    assert rule in broken


def test_ubl_says_the_same_as_cii() -> None:
    data = b"""<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
      xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
      xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2">
      <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID><cbc:ID>7</cbc:ID>
      <cbc:IssueDate>2026-11-03</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
      <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
      <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">19</cbc:TaxAmount></cac:TaxTotal>
      <cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount>100</cbc:TaxExclusiveAmount>
      <cbc:TaxInclusiveAmount>119</cbc:TaxInclusiveAmount></cac:LegalMonetaryTotal></Invoice>"""
    invoice = einvoice.parse(data)
    assert (invoice.number, invoice.date, invoice.currency) == ("7", "2026-11-03", "EUR")
    assert (invoice.net, invoice.tax, invoice.total) == (Decimal(100), Decimal(19), Decimal(119))


def test_a_hybrid_needs_its_page_to_say_the_same() -> None:
    """The XML is believed where the page confirms it, else a human decides."""
    same = read(sheets.pdf(attachments={"factur-x.xml": sheets.cii()}))
    other = read(sheets.pdf(attachments={"factur-x.xml": sheets.cii(number="4711")}))
    assert same.fields["total"].box is not None
    assert "the page says the same" in same.fields["total"].evidence
    assert "hybrid-mismatch" not in {each.rule for each in same.findings}
    assert "hybrid-mismatch" in {each.rule for each in other.findings}
    assert {"relationship", "metadata"} <= {each.rule for each in same.findings}


def test_an_unreadable_xml_leaves_what_the_page_says() -> None:
    reading = read(sheets.pdf(attachments={"factur-x.xml": sheets.cii()[:-40]}))
    assert reading.verdict is Verdict.REJECT
    assert reading.fields["total"].source is Source.TEXT
    assert reading.fields["total"].value == "1523.20"


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>',
        b"<invoice><number>1</number></invoice>",
        b"<broken",
    ],
)
def test_xml_that_is_no_invoice_is_refused(data: bytes) -> None:
    with pytest.raises(RefusedError) as refused:
        read(data)
    assert refused.value.refusal is Refusal.NOT_AN_INVOICE

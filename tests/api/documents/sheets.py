"""Files made for these tests: PDF pages with text at places, invoices as XML, bombs."""

from __future__ import annotations

import io
import itertools
import zlib
from collections.abc import Sequence

import pikepdf

_numbers = itertools.count(1)

Placed = tuple[float, float, str]
"""Points from the left and from the top, and the text there."""

INVOICE: Sequence[Placed] = (
    (50, 40, "Lindenwerk GmbH - Hafenweg 3 - 20457 Hamburg"),
    (50, 90, "Obsthof Brandt KG"),
    (50, 104, "Dorfstr. 12"),
    (50, 118, "21635 Jork"),
    (380, 90, "Rechnungsnummer:"),
    (480, 90, "2026-0815"),
    (380, 104, "Rechnungsdatum:"),
    (480, 104, "03.11.2026"),
    (50, 200, "Rechnung"),
    (50, 230, "Pos"),
    (90, 230, "Bezeichnung"),
    (400, 230, "Menge"),
    (480, 230, "Betrag"),
    (50, 246, "1"),
    (90, 246, "Palette, Fichte"),
    (400, 246, "120"),
    (480, 246, "1.200,00"),
    (50, 262, "2"),
    (90, 262, "Lieferung"),
    (400, 262, "1"),
    (480, 262, "80,00"),
    (380, 300, "Nettobetrag"),
    (480, 300, "1.280,00 EUR"),
    (380, 314, "19% MwSt"),
    (480, 314, "243,20 EUR"),
    (380, 328, "Gesamtbetrag"),
    (480, 328, "1.523,20 EUR"),
    (50, 380, "Zahlbar bis 03.12.2026 ohne Abzug."),
)
"""An invoice of nobody in particular, with everything on it."""


def pdf(
    placed: Sequence[Placed] = INVOICE,
    *,
    attachments: dict[str, bytes] | None = None,
    pages: int = 1,
    mediabox: tuple[int, int] = (595, 842),
) -> bytes:
    """A PDF with the text on each page, and files attached; no two files are alike."""
    document = pikepdf.new()
    document.docinfo["/Subject"] = f"sheet {next(_numbers)}"
    for _ in range(pages):
        page = document.add_blank_page(page_size=mediabox)
        page.Contents = document.make_stream(_content(placed, mediabox[1]))
        page.Resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(
                F1=pikepdf.Dictionary(
                    Type=pikepdf.Name.Font,
                    Subtype=pikepdf.Name.Type1,
                    BaseFont=pikepdf.Name.Helvetica,
                    Encoding=pikepdf.Name.WinAnsiEncoding,
                )
            )
        )
    for name, data in (attachments or {}).items():
        document.attachments[name] = pikepdf.AttachedFileSpec(
            document,
            data,
            description="",
            filename=name,
            mime_type="",
            creation_date="",
            mod_date="",
        )
    return saved(document)


def saved(document: pikepdf.Pdf, encryption: pikepdf.Encryption | None = None) -> bytes:
    """The document's bytes."""
    out = io.BytesIO()
    document.save(out, encryption=encryption or False)
    return out.getvalue()


def encrypted() -> bytes:
    """The invoice behind a password."""
    document = pikepdf.open(io.BytesIO(pdf()))
    return saved(document, pikepdf.Encryption(user="secret", owner="secret"))


def with_action(kind: str) -> bytes:
    """The invoice, which wants something done when it is opened."""
    document = pikepdf.open(io.BytesIO(pdf()))
    action = pikepdf.Dictionary(S=pikepdf.Name(kind), JS=pikepdf.String("app.alert(1)"))
    document.Root.OpenAction = document.make_indirect(action)
    return saved(document)


def _content(placed: Sequence[Placed], height: float) -> bytes:
    lines = [b"BT"]
    for x, top, text in placed:
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        lines.append(f"/F1 10 Tf 1 0 0 1 {x} {height - top - 10} Tm".encode())
        lines.append(b"(" + escaped.encode("cp1252") + b") Tj")
    return b"\n".join([*lines, b"ET"])


def flate_bomb(mebibytes: int = 800) -> bytes:
    """A small PDF whose page's content unpacks to `mebibytes`."""
    document = pikepdf.new()
    page = document.add_blank_page()
    packer = zlib.compressobj(9)
    chunk = b"0 0 m 1 1 l S " * (1 << 16)
    count = (mebibytes << 20) // len(chunk)
    packed = b"".join([*(packer.compress(chunk) for _ in range(count)), packer.flush()])
    stream = pikepdf.Stream(document, b"")
    stream.write(packed, filter=pikepdf.Name.FlateDecode)
    page.Contents = stream
    return saved(document)


_CII = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice
 xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
 <rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
  <ram:ID>{profile}</ram:ID>
 </ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
 <rsm:ExchangedDocument><ram:ID>{number}</ram:ID><ram:TypeCode>380</ram:TypeCode>
  <ram:IssueDateTime><udt:DateTimeString format="102">{date}</udt:DateTimeString>
  </ram:IssueDateTime>
 </rsm:ExchangedDocument>
 <rsm:SupplyChainTradeTransaction>
  <ram:IncludedSupplyChainTradeLineItem>
   <ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>
    <ram:ChargeAmount>{price}</ram:ChargeAmount></ram:NetPriceProductTradePrice>
   </ram:SpecifiedLineTradeAgreement>
   <ram:SpecifiedLineTradeDelivery><ram:BilledQuantity>1</ram:BilledQuantity>
   </ram:SpecifiedLineTradeDelivery>
   <ram:SpecifiedLineTradeSettlement>
    <ram:ApplicableTradeTax><ram:CategoryCode>{category}</ram:CategoryCode>
     <ram:RateApplicablePercent>{rate}</ram:RateApplicablePercent></ram:ApplicableTradeTax>
    <ram:SpecifiedTradeSettlementLineMonetarySummation>
     <ram:LineTotalAmount>{line}</ram:LineTotalAmount>
    </ram:SpecifiedTradeSettlementLineMonetarySummation>
   </ram:SpecifiedLineTradeSettlement>
  </ram:IncludedSupplyChainTradeLineItem>
  <ram:ApplicableHeaderTradeAgreement>
   <ram:SellerTradeParty><ram:Name>Lindenwerk GmbH</ram:Name>
    <ram:SpecifiedTaxRegistration>{vat}</ram:SpecifiedTaxRegistration></ram:SellerTradeParty>
   <ram:BuyerTradeParty><ram:Name>Obsthof Brandt KG</ram:Name></ram:BuyerTradeParty>
  </ram:ApplicableHeaderTradeAgreement>
  <ram:ApplicableHeaderTradeSettlement>
   <ram:InvoiceCurrencyCode>{currency}</ram:InvoiceCurrencyCode>
   <ram:ApplicableTradeTax><ram:CalculatedAmount>{tax_row}</ram:CalculatedAmount>
    <ram:BasisAmount>{net}</ram:BasisAmount><ram:CategoryCode>{category}</ram:CategoryCode>
    <ram:RateApplicablePercent>{rate}</ram:RateApplicablePercent></ram:ApplicableTradeTax>
   <ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>
    <udt:DateTimeString format="102">{due_date}</udt:DateTimeString>
   </ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>
   <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
    <ram:LineTotalAmount>{line}</ram:LineTotalAmount>
    <ram:TaxBasisTotalAmount>{net}</ram:TaxBasisTotalAmount>
    <ram:TaxTotalAmount currencyID="{currency}">{tax}</ram:TaxTotalAmount>
    <ram:GrandTotalAmount>{total}</ram:GrandTotalAmount>
    <ram:DuePayableAmount>{due}</ram:DuePayableAmount>
   </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
  </ram:ApplicableHeaderTradeSettlement>
 </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"""

_VALUES = {
    "profile": "urn:cen.eu:en16931:2017",
    "number": "2026-0815",
    "date": "20261103",
    "due_date": "20261203",
    "currency": "EUR",
    "price": "1280.00",
    "line": "1280.00",
    "net": "1280.00",
    "rate": "19",
    "category": "S",
    "tax_row": "243.20",
    "tax": "243.20",
    "total": "1523.20",
    "due": "1523.20",
    "vat": '<ram:ID schemeID="VA">DE136695976</ram:ID>',
}


def cii(**changes: str) -> bytes:
    """The same invoice as CII XML, with some values changed."""
    return _CII.format(**{**_VALUES, **changes}).encode()

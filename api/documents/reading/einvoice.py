"""Electronic invoices: CII (Factur-X, ZUGFeRD 1 and 2, XRechnung) and UBL (Peppol, XRechnung).

The XML is parsed without entities, DTDs or network. A field that is missing stays None; whether
that is allowed is for `rules` to say.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

import msgspec
from lxml import etree
from lxml.etree import _Element

MAX_BYTES: Final = 5 << 20


class UnreadableXmlError(ValueError):
    """The bytes are no XML that may be opened, or no invoice; the message says which and why."""


class TaxRow(msgspec.Struct, frozen=True):
    """One row of the VAT breakdown: category code (UNTDID 5305), rate in percent, amounts."""

    category: str | None
    rate: Decimal | None
    basis: Decimal | None
    amount: Decimal | None
    exemption: bool


class Line(msgspec.Struct, frozen=True):
    """One line: net price, its base quantity, quantity, net amount, VAT category and rate."""

    price: Decimal | None
    per: Decimal | None
    quantity: Decimal | None
    net: Decimal | None
    category: str | None
    rate: Decimal | None
    adjusted: bool


class EInvoice(msgspec.Struct, frozen=True):
    """What an electronic invoice says, EN 16931's names in brackets.

    number (BT-1), type_code (BT-3), date (BT-2), due_date (BT-9), currency (BT-5), lines' sum
    (BT-106), allowances (BT-107), charges (BT-108), net (BT-109), tax (BT-110), total (BT-112),
    prepaid (BT-113), rounding (BT-114), due (BT-115). Dates are ISO texts; what is no date is kept
    as written in `malformed`.
    """

    syntax: str
    profile: str | None
    number: str | None
    type_code: str | None
    date: str | None
    due_date: str | None
    currency: str | None
    seller: str | None
    buyer: str | None
    seller_vat: str | None
    seller_tax: str | None
    buyer_vat: str | None
    iban: str | None
    lines_sum: Decimal | None
    allowances: Decimal | None
    charges: Decimal | None
    net: Decimal | None
    tax: Decimal | None
    total: Decimal | None
    prepaid: Decimal | None
    rounding: Decimal | None
    due: Decimal | None
    lines: tuple[Line, ...]
    taxes: tuple[TaxRow, ...]
    malformed: tuple[str, ...]


_CII: Final = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
_ZUGFERD1: Final = {
    "rsm": "urn:ferd:CrossIndustryDocument:invoice:1p0",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:12",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:15",
}
_UBL: Final = {
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
}
_UBL_ROOTS: Final = {
    "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": "Invoice",
    "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": "CreditNote",
}

_CII_PATHS: Final = {
    "profile": "{context}/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
    "number": "{document}/ram:ID",
    "type_code": "{document}/ram:TypeCode",
    "date": "{document}/ram:IssueDateTime/*",
    "due_date": "{settle}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/*",
    "currency": "{settle}/ram:InvoiceCurrencyCode",
    "seller": "{agree}/ram:SellerTradeParty/ram:Name",
    "buyer": "{agree}/ram:BuyerTradeParty/ram:Name",
    "seller_vat": "{agree}/ram:SellerTradeParty/{tax_id}[@schemeID='VA']",
    "seller_tax": "{agree}/ram:SellerTradeParty/{tax_id}[@schemeID='FC']",
    "buyer_vat": "{agree}/ram:BuyerTradeParty/{tax_id}[@schemeID='VA']",
    "iban": "{settle}//ram:PayeePartyCreditorFinancialAccount/ram:IBANID",
    "lines_sum": "{sums}/ram:LineTotalAmount",
    "allowances": "{sums}/ram:AllowanceTotalAmount",
    "charges": "{sums}/ram:ChargeTotalAmount",
    "net": "{sums}/ram:TaxBasisTotalAmount",
    "total": "{sums}/ram:GrandTotalAmount",
    "prepaid": "{sums}/ram:TotalPrepaidAmount",
    "rounding": "{sums}/ram:RoundingAmount",
    "due": "{sums}/ram:DuePayableAmount",
}
_UBL_PATHS: Final = {
    "profile": "cbc:CustomizationID",
    "number": "cbc:ID",
    "type_code": "cbc:InvoiceTypeCode|cbc:CreditNoteTypeCode",
    "date": "cbc:IssueDate",
    "due_date": "cbc:DueDate|cac:PaymentMeans/cbc:PaymentDueDate",
    "currency": "cbc:DocumentCurrencyCode",
    "seller_vat": "cac:AccountingSupplierParty/cac:Party/{vat}/cbc:CompanyID",
    "seller_tax": "cac:AccountingSupplierParty/cac:Party/{other_tax}/cbc:CompanyID",
    "buyer_vat": "cac:AccountingCustomerParty/cac:Party/{vat}/cbc:CompanyID",
    "iban": "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID",
    "lines_sum": "cac:LegalMonetaryTotal/cbc:LineExtensionAmount",
    "allowances": "cac:LegalMonetaryTotal/cbc:AllowanceTotalAmount",
    "charges": "cac:LegalMonetaryTotal/cbc:ChargeTotalAmount",
    "net": "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount",
    "total": "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount",
    "prepaid": "cac:LegalMonetaryTotal/cbc:PrepaidAmount",
    "rounding": "cac:LegalMonetaryTotal/cbc:PayableRoundingAmount",
    "due": "cac:LegalMonetaryTotal/cbc:PayableAmount",
}
_UBL_PLACES: Final = {
    "vat": "cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']",
    "other_tax": "cac:PartyTaxScheme[cac:TaxScheme/cbc:ID!='VAT']",
}
_UBL_NAMES: Final = (
    "cac:Party/cac:PartyLegalEntity/cbc:RegistrationName",
    "cac:Party/cac:PartyName/cbc:Name",
)
_COMPACT: Final = frozenset({"iban", "seller_vat", "buyer_vat"})
_AMOUNTS: Final = frozenset(
    {"lines_sum", "allowances", "charges", "net", "total", "prepaid", "rounding", "due"}
)
_DATES: Final = frozenset({"date", "due_date"})


class _Reader:
    """Finds values under a root and remembers what could not be read."""

    def __init__(self, root: _Element, namespaces: dict[str, str]) -> None:
        self.root = root
        self.namespaces = namespaces
        self.malformed: list[str] = []

    def all(self, path: str, under: _Element | None = None) -> list[_Element]:
        place = self.root if under is None else under
        return cast("list[_Element]", place.xpath(path, namespaces=self.namespaces))

    def text(
        self, path: str, under: _Element | None = None, *, compact: bool = False
    ) -> str | None:
        for element in self.all(path, under):
            if element.text and element.text.strip():
                return ("" if compact else " ").join(element.text.split())
        return None

    def number(self, path: str, under: _Element | None = None) -> Decimal | None:
        text = self.text(path, under)
        if text is None:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            self.malformed.append(text)
            return None
        if not value.is_finite():
            self.malformed.append(text)
            return None
        return value

    def date(self, path: str) -> str | None:
        text = self.text(path)
        if text is None:
            return None
        if self.all(f"({path})[@format='102']") and not (len(text) == 8 and text.isdigit()):
            self.malformed.append(text)
        compact = len(text) == 8 and text.isdigit()  # format 102
        iso = f"{text[:4]}-{text[4:6]}-{text[6:]}" if compact else text[:10]
        try:
            dt.date.fromisoformat(iso)
        except ValueError:
            self.malformed.append(text)
        return iso


def parse(data: bytes) -> EInvoice:
    """The invoice in `data`. Raises UnreadableXmlError."""
    root = _root(data)
    if root.tag == f"{{{_CII['rsm']}}}CrossIndustryInvoice":
        return _cii(root, "CII", _CII)
    if root.tag == f"{{{_ZUGFERD1['rsm']}}}CrossIndustryDocument":
        return _cii(root, "ZUGFeRD 1", _ZUGFERD1)
    if root.tag in _UBL_ROOTS:
        return _ubl(root, _UBL_ROOTS[root.tag])
    raise UnreadableXmlError(f"{etree.QName(root).localname} is no invoice of CII or UBL")


def binary_objects(data: bytes) -> list[str]:
    """Files that the XML carries, in base64 as written. Raises UnreadableXmlError."""
    carriers = {"EmbeddedDocumentBinaryObject", "AttachmentBinaryObject"}
    texts = [
        element.text
        for element in _root(data).iter()
        if {str(element.tag).rpartition("}")[2]} <= carriers
    ]
    return [text for text in texts if text]


def is_invoice(data: bytes) -> bool:
    """Whether the bytes look like the XML of an invoice, readable or not."""
    return b"CrossIndustry" in data or b"ubl:schema:xsd" in data


def _root(data: bytes) -> _Element:
    if len(data) > MAX_BYTES:
        raise UnreadableXmlError(f"the XML is larger than {MAX_BYTES} bytes")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise UnreadableXmlError("the XML declares a document type, which no invoice needs")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableXmlError(f"the XML is broken: {error}") from error


def _cii(root: _Element, syntax: str, namespaces: dict[str, str]) -> EInvoice:
    reader = _Reader(root, namespaces)
    old = syntax != "CII"
    trade = "rsm:SpecifiedSupplyChainTradeTransaction" if old else "rsm:SupplyChainTradeTransaction"
    header = "ram:ApplicableSupplyChainTrade" if old else "ram:ApplicableHeaderTrade"
    settle = f"{trade}/{header}Settlement"
    monetary = "Monetary" if old else "HeaderMonetary"
    sums = f"{settle}/ram:SpecifiedTradeSettlement{monetary}Summation"
    places = {
        "context": "rsm:SpecifiedExchangedDocumentContext"
        if old
        else "rsm:ExchangedDocumentContext",
        "document": "rsm:HeaderExchangedDocument" if old else "rsm:ExchangedDocument",
        "agree": f"{trade}/{header}Agreement",
        "settle": settle,
        "sums": sums,
        "tax_id": "ram:SpecifiedTaxRegistration/ram:ID",
    }
    paths = {name: path.format(**places) for name, path in _CII_PATHS.items()}
    plain = _plain(reader, paths)
    currency = plain["currency"]
    tax = reader.number(f"{sums}/ram:TaxTotalAmount[@currencyID='{currency}']")
    if tax is None:
        tax = reader.number(f"{sums}/ram:TaxTotalAmount")
    return EInvoice(
        syntax=syntax,
        **plain,
        tax=tax,
        lines=tuple(
            _cii_line(reader, each)
            for each in reader.all(f"{trade}/ram:IncludedSupplyChainTradeLineItem")
        ),
        taxes=tuple(
            TaxRow(
                reader.text("ram:CategoryCode", each),
                reader.number("ram:RateApplicablePercent|ram:ApplicablePercent", each),
                reader.number("ram:BasisAmount", each),
                reader.number("ram:CalculatedAmount", each),
                bool(reader.all("ram:ExemptionReason|ram:ExemptionReasonCode", each)),
            )
            for each in reader.all(f"{settle}/ram:ApplicableTradeTax")
        ),
        malformed=tuple(reader.malformed),
    )


def _plain(reader: _Reader, paths: dict[str, str]) -> dict[str, Any]:
    """The fields that stand at one place each."""
    return {
        name: reader.number(path)
        if name in _AMOUNTS
        else reader.date(path)
        if name in _DATES
        else reader.text(path, compact=name in _COMPACT)
        for name, path in paths.items()
    }


def _cii_line(reader: _Reader, line: _Element) -> Line:
    agree = "(ram:SpecifiedLineTradeAgreement|ram:SpecifiedSupplyChainTradeAgreement)"
    deliver = "(ram:SpecifiedLineTradeDelivery|ram:SpecifiedSupplyChainTradeDelivery)"
    settle = "(ram:SpecifiedLineTradeSettlement|ram:SpecifiedSupplyChainTradeSettlement)"
    price = f"{agree}/ram:NetPriceProductTradePrice"
    return Line(
        price=reader.number(f"{price}/ram:ChargeAmount", line),
        per=reader.number(f"{price}/ram:BasisQuantity", line),
        quantity=reader.number(f"{deliver}/ram:BilledQuantity", line),
        net=reader.number(f"{settle}/*/ram:LineTotalAmount", line),
        category=reader.text(f"{settle}/ram:ApplicableTradeTax/ram:CategoryCode", line),
        rate=reader.number(
            f"{settle}/ram:ApplicableTradeTax/ram:RateApplicablePercent"
            f"|{settle}/ram:ApplicableTradeTax/ram:ApplicablePercent",
            line,
        ),
        adjusted=bool(reader.all(f"{settle}/ram:SpecifiedTradeAllowanceCharge", line)),
    )


def _ubl(root: _Element, kind: str) -> EInvoice:
    reader = _Reader(root, _UBL)
    plain = _plain(reader, {name: path.format(**_UBL_PLACES) for name, path in _UBL_PATHS.items()})
    currency = plain["currency"]
    parties: dict[str, Any] = {
        name: next(
            (text for path in _UBL_NAMES if (text := reader.text(f"cac:{party}/{path}"))), None
        )
        for name, party in (
            ("seller", "AccountingSupplierParty"),
            ("buyer", "AccountingCustomerParty"),
        )
    }
    tax = reader.number(f"cac:TaxTotal/cbc:TaxAmount[@currencyID='{currency}']")
    return EInvoice(
        syntax=f"UBL {kind}",
        **plain,
        **parties,
        tax=tax,
        lines=tuple(
            _ubl_line(reader, each) for each in reader.all("cac:InvoiceLine|cac:CreditNoteLine")
        ),
        taxes=tuple(
            TaxRow(
                reader.text("cac:TaxCategory/cbc:ID", each),
                reader.number("cac:TaxCategory/cbc:Percent", each),
                reader.number("cbc:TaxableAmount", each),
                reader.number("cbc:TaxAmount", each),
                bool(
                    reader.all(
                        "cac:TaxCategory/cbc:TaxExemptionReason"
                        "|cac:TaxCategory/cbc:TaxExemptionReasonCode",
                        each,
                    )
                ),
            )
            for each in reader.all("cac:TaxTotal/cac:TaxSubtotal")
        ),
        malformed=tuple(reader.malformed),
    )


def _ubl_line(reader: _Reader, line: _Element) -> Line:
    return Line(
        price=reader.number("cac:Price/cbc:PriceAmount", line),
        per=reader.number("cac:Price/cbc:BaseQuantity", line),
        quantity=reader.number("cbc:InvoicedQuantity|cbc:CreditedQuantity", line),
        net=reader.number("cbc:LineExtensionAmount", line),
        category=reader.text("cac:Item/cac:ClassifiedTaxCategory/cbc:ID", line),
        rate=reader.number("cac:Item/cac:ClassifiedTaxCategory/cbc:Percent", line),
        adjusted=bool(reader.all("cac:AllowanceCharge", line)),
    )

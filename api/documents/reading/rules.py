"""What is wrong with an electronic invoice: the rules of EN 16931 that a financier relies on.

Each finding names the rule as the standard does (BR-..., BR-CO-...), so that the seller's software
can be mended. Rules of profiles that carry no lines (MINIMUM, BASIC WL) leave out what needs them.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec
from stdnum.eu import vat as eu_vat

from api.documents.reading.einvoice import EInvoice
from api.documents.reading.values import CURRENCIES

_TOLERANCE: Final = Decimal("0.01")
_TAX_TOLERANCE: Final = Decimal(1)
"""The standard lets VAT of a row differ by one unit: some countries round to whole units."""
_KNOWN_PARTS: Final = (
    "urn:cen.eu:en16931:2017", "urn:factur-x.eu:1p0:", "urn:zugferd.de:2p", "urn:xeinkauf.de:",
    "urn:xoev-de:", "urn:fdc:", "urn:ferd:", "urn:cen.eu:en16931",
)  # fmt: skip
_FACTURX: Final = frozenset({"minimum", "basicwl", "basic", "extended"})
_EXEMPT: Final = frozenset({"E", "AE", "K", "G", "O"})


class Severity(enum.Enum):
    """ERROR breaks the standard, DOUBT needs a human's look, NOTICE is good to know."""

    ERROR = "error"
    DOUBT = "doubt"
    NOTICE = "notice"


class Finding(msgspec.Struct, frozen=True):
    """A broken rule: its name in the standard, and what is wrong in a sentence."""

    rule: str
    message: str
    severity: Severity = Severity.ERROR


def check(invoice: EInvoice) -> list[Finding]:
    """All broken rules, in the standard's order of things; empty for an invoice in order."""
    return [
        *_required(invoice),
        *_formats(invoice),
        *_sums(invoice),
        *_lines(invoice),
        *_taxes(invoice),
        *_parties(invoice),
    ]


def _required(invoice: EInvoice) -> Iterator[Finding]:
    for rule, name, value in (
        ("BR-01", "a specification identifier", invoice.profile),
        ("BR-02", "an invoice number", invoice.number),
        ("BR-03", "an issue date", invoice.date),
        ("BR-04", "a type code", invoice.type_code),
        ("BR-05", "a currency", invoice.currency),
        ("BR-06", "the seller's name", invoice.seller),
        ("BR-07", "the buyer's name", invoice.buyer),
        ("BR-13", "a total without VAT", invoice.net),
        ("BR-14", "a total with VAT", invoice.total),
        ("BR-15", "an amount due for payment", invoice.due),
    ):
        if value is None:
            yield Finding(rule, f"{name} is missing")
    if invoice.profile and not _known_profile(invoice.profile):
        yield Finding("BR-01", f"{invoice.profile!r} is no profile that exists")
    if invoice.profile and "minimum" in invoice.profile and invoice.lines:
        yield Finding("profile", "the profile MINIMUM has no lines, this invoice has")


def _known_profile(profile: str) -> bool:
    tail = profile.rsplit(":", 1)[-1]
    if profile.startswith("urn:factur-x.eu:"):
        return profile == f"urn:factur-x.eu:1p0:{tail}" and tail in _FACTURX
    return any(part in profile for part in _KNOWN_PARTS)


def _formats(invoice: EInvoice) -> Iterator[Finding]:
    for text in invoice.malformed:
        yield Finding("format", f"{text!r} is neither an amount nor a date of the calendar")
    if invoice.currency and invoice.currency not in CURRENCIES:
        yield Finding("BR-CL-04", f"{invoice.currency!r} is no currency in use")
    if invoice.date and invoice.due_date and not invoice.malformed:
        issued = dt.date.fromisoformat(invoice.date)
        if dt.date.fromisoformat(invoice.due_date) < issued:
            yield Finding("due-date", "the invoice is due before it was issued")


def _differ(left: Decimal, right: Decimal) -> bool:
    return abs(left - right) > _TOLERANCE


def _sums(invoice: EInvoice) -> Iterator[Finding]:
    nil = Decimal(0)
    if invoice.net is not None and invoice.lines_sum is not None:
        expected = invoice.lines_sum - (invoice.allowances or nil) + (invoice.charges or nil)
        if _differ(expected, invoice.net):
            yield Finding(
                "BR-CO-13", f"lines less allowances plus charges make {expected}, not {invoice.net}"
            )
    if invoice.total is not None and invoice.net is not None:
        expected = invoice.net + (invoice.tax or nil)
        if _differ(expected, invoice.total):
            yield Finding("BR-CO-15", f"net and VAT make {expected}, not {invoice.total}")
    if invoice.due is not None and invoice.total is not None:
        expected = invoice.total - (invoice.prepaid or nil) + (invoice.rounding or nil)
        if _differ(expected, invoice.due) and "minimum" not in (invoice.profile or ""):
            yield Finding("BR-CO-16", f"the amount due would be {expected}, not {invoice.due}")


def _lines(invoice: EInvoice) -> Iterator[Finding]:
    nets = [line.net for line in invoice.lines]
    if invoice.lines and invoice.lines_sum is not None and None not in nets:
        total = sum((net for net in nets if net is not None), Decimal(0))
        if _differ(total, invoice.lines_sum):
            yield Finding("BR-CO-10", f"the lines make {total}, not {invoice.lines_sum}")
    for place, line in enumerate(invoice.lines, start=1):
        if line.price is not None and line.price < 0:
            yield Finding("BR-27", f"line {place} has a negative price")
        if None in (line.price, line.quantity, line.net) or line.adjusted:
            continue
        expected = line.price * line.quantity / (line.per or Decimal(1))  # type: ignore[operator]
        if abs(expected - line.net) > Decimal("0.02"):  # type: ignore[operator]
            message = f"line {place} makes {expected:.2f}, not {line.net}"
            yield Finding("line-total", message, Severity.NOTICE)


def _taxes(invoice: EInvoice) -> Iterator[Finding]:
    rows = [row for row in invoice.taxes if row.amount is not None]
    if rows and invoice.tax is not None:
        total = sum((row.amount for row in rows if row.amount is not None), Decimal(0))
        if _differ(total, invoice.tax):
            yield Finding("BR-CO-14", f"the VAT rows make {total}, not {invoice.tax}")
    kinds = [(row.category, row.rate and row.rate.normalize()) for row in invoice.taxes]
    if len(set(kinds)) < len(kinds):
        yield Finding("BR-S-08", "two VAT rows have the same category and rate")
    for row in rows:
        if row.basis is not None and row.rate is not None and row.amount is not None:
            expected = row.basis * row.rate / 100
            if abs(expected - row.amount) > _TAX_TOLERANCE:
                yield Finding(
                    "BR-CO-17", f"{row.rate} % of {row.basis} are {expected:.2f}, not {row.amount}"
                )
        if row.category in _EXEMPT and not row.exemption:
            yield Finding(f"BR-{row.category}-10", "no reason is given for the exemption from VAT")


def _parties(invoice: EInvoice) -> Iterator[Finding]:
    charges = any(row.category == "S" for row in invoice.taxes)
    if charges and not (invoice.seller_vat or invoice.seller_tax):
        yield Finding("BR-S-02", "VAT is charged, but the seller's VAT id is missing")
    for name, vat in (("seller", invoice.seller_vat), ("buyer", invoice.buyer_vat)):
        if vat and vat[:2].upper() in _CHECKED and not eu_vat.is_valid(vat):
            message = f"the {name}'s VAT id {vat} has wrong check digits"
            yield Finding("vat-id", message, Severity.NOTICE)


_CHECKED: Final = frozenset(code.upper() for code in eu_vat.MEMBER_STATES)

"""What a person says a document is: values as invoices print them, checked and in one form.

A draft is made of these and of nothing that was only read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from api.documents.records import Record, State
from api.errors import FieldFault, Problem
from api.transactions.natural import NaturalKey, identity
from api.values import Currency, Hash32, PrintedAmount, PrintedText

_LONGEST_NAME: Final = 200


class Party(msgspec.Struct, frozen=True):
    """A business as the invoice names it."""

    name: str
    tax_id: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmed invoice: what a draft is made of, and a listing's `doc_hash` and `natural_key`.

    Amounts are decimals in the invoice's own currency, dates ISO.
    """

    number: str
    date: str
    due_date: str
    currency: str
    total: str
    net: str | None
    tax: str | None
    seller: Party
    debtor: Party
    doc_hash: Hash32
    natural_key: dict[str, str]


def confirmed(record: Record) -> Facts:
    """The facts of a confirmed document. Raises Problem "not-confirmed"."""
    facts = record.facts
    if record.state is not State.CONFIRMED or record.commitment is None:
        raise Problem("not-confirmed")
    return Facts(
        number=facts["number"],
        date=facts["date"],
        due_date=facts["due_date"],
        currency=facts["currency"],
        total=facts["total"],
        net=facts.get("net"),
        tax=facts.get("tax"),
        seller=Party(facts["seller"], facts["seller_tax_id"]),
        debtor=Party(facts["buyer"], facts["buyer_tax_id"]),
        doc_hash=Hash32(record.commitment),
        natural_key=natural_key(facts),
    )


def natural_key(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts that make an invoice that invoice, as `create-escrow` takes them."""
    return {
        "seller_tax_id": facts["seller_tax_id"],
        "debtor_tax_id": facts["buyer_tax_id"],
        "number": facts["number"],
        "amount": facts["total"],
        "currency": facts["currency"],
        "issue_date": facts["date"],
    }


def natural(platform_key: bytes, facts: Mapping[str, str]) -> bytes | None:
    """The invoice's identity on chain; None where the facts do not make one."""
    try:
        key = natural_key(facts)
        return identity(
            platform_key,
            NaturalKey(
                seller_tax_id=PrintedText.parse(key["seller_tax_id"]),
                debtor_tax_id=PrintedText.parse(key["debtor_tax_id"]),
                number=PrintedText.parse(key["number"]),
                amount=PrintedAmount.parse(key["amount"]),
                currency=Currency.parse(key["currency"]),
                issue_date=dt.date.fromisoformat(key["issue_date"]),
            ),
        )
    except (KeyError, ValueError):
        return None


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise ValueError(f"a name has 1 to {_LONGEST_NAME} characters that can be printed")
    return name


def _printed(text: str) -> str:
    PrintedText.parse(text.strip())
    return text.strip()


def _date(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError("a date is written 2026-01-31") from error


def _amount(text: str) -> str:
    return str(PrintedAmount.parse(text))


def _amount_or_nothing(text: str) -> str:
    return "0.00" if text in {"0", "0.0", "0.00"} else _amount(text)


_FORMS: Final[Mapping[str, Callable[[str], str]]] = {
    "seller": _name,
    "buyer": _name,
    "number": _printed,
    "date": _date,
    "due_date": _date,
    "currency": lambda text: str(Currency.parse(text)),
    "total": _amount,
    "seller_tax_id": _printed,
    "buyer_tax_id": _printed,
    "net": _amount,
    "tax": _amount_or_nothing,
}
OPTIONAL: Final = ("net", "tax")
MUST_CONFIRM: Final = tuple(name for name in _FORMS if name not in OPTIONAL)
"""Nothing becomes a draft before a person confirmed each of these."""


def corrected(facts: Mapping[str, str], said: Mapping[str, str | None]) -> dict[str, str]:
    """The facts with what a person says now; None takes one back. Raises Problem."""
    faults, result = [], dict(facts)
    for name, value in said.items():
        try:
            if name not in _FORMS:
                raise ValueError("this is no field that can be confirmed")  # noqa: TRY301
            if value is None:
                result.pop(name, None)
            else:
                result[name] = _FORMS[name](value)
        except ValueError as error:
            faults.append(FieldFault(f"/fields/{name}", f"{str(error).capitalize()}."))
    if faults:
        raise Problem("invalid-field", faults[0].detail, faults=tuple(faults))
    return result


def missing(facts: Mapping[str, str]) -> tuple[str, ...]:
    """What a person has yet to confirm."""
    return tuple(name for name in MUST_CONFIRM if name not in facts)


def require_sound(facts: Mapping[str, str]) -> None:
    """Refuse facts that no invoice can have together. Raises Problem."""
    if left := missing(facts):
        faults = tuple(FieldFault(f"/fields/{name}", "Not confirmed yet.") for name in left)
        raise Problem("not-confirmed", f"Not confirmed yet: {', '.join(left)}.", faults=faults)
    if facts["due_date"] < facts["date"]:
        detail = "The invoice is due before it was issued."
        raise Problem("invalid-field", detail, faults=(FieldFault("/fields/due_date", detail),))

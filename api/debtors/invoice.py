"""The invoice that a debtor is asked about: as the ledger has it, and as it is printed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec

from api.database import Connection
from api.debtors.schemas import Printed
from api.errors import FieldFault, Problem
from api.invoices.schemas import Status
from api.reads import Meta, read
from api.transactions.natural import NaturalKey
from api.values import Currency, PrintedAmount, PrintedText
from projections import details

OVER: tuple[Status, ...] = ("settled", "refunding", "refunded", "cancelled", "written_off")
"""Where nobody owes anything (any more)."""


class Terms(msgspec.Struct, frozen=True):
    """What was agreed, as far as it matters here; hashes in hex."""

    natural: str
    doc_hash: str


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice on the ledger; amounts are digits in base units of `asset`."""

    id: str
    status: Status
    disputed: bool
    asset: str
    seller: str
    debtor: str | None
    face: str
    paid: str
    amount_due: str
    due_at: int
    terms: Terms


async def invoice_of(connection: Connection, which: bytes) -> tuple[Invoice | None, Meta]:
    """An invoice as the read models have it, and as of when; None if there is none."""
    found = await read(connection, details.by_id(which))
    meta = Meta(found.ledger, found.time)
    return (None if found.body is None else msgspec.json.decode(found.body, type=Invoice)), meta


def natural_key(printed: Printed) -> NaturalKey:
    """What is printed, normalised; raises "invalid-field" with every field that is wrong."""
    facts: dict[str, Any] = {}
    faults = []
    for name, parse in _FORMS.items():
        try:
            facts[name] = parse(getattr(printed, name))
        except ValueError as error:
            faults.append(FieldFault(f"/printed/{name}", f"{str(error).capitalize()}."))
    if faults:
        raise Problem("invalid-field", faults[0].detail, faults=tuple(faults))
    return NaturalKey(**facts)


_FORMS: dict[str, Callable[[str], Any]] = {
    "seller_tax_id": PrintedText.parse,
    "debtor_tax_id": PrintedText.parse,
    "number": PrintedText.parse,
    "amount": PrintedAmount.parse,
    "currency": Currency.parse,
    "issue_date": dt.date.fromisoformat,
}

"""A draft: everything may be missing until it is published."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

import msgspec

from api.errors import FieldFault
from api.reads import Hex, Moment
from api.transactions.requests import BasisPoints, Body, Counter, Duration, Seconds
from api.values import Amount, AnyAddress, ContractAddress, Currency, Hash32, PrintedAmount

_NAME = msgspec.Meta(max_length=200, examples=["Dupont SA"])
_PRINTED = msgspec.Meta(max_length=64, examples=["INV-0001"])
_TAX_ID = msgspec.Meta(max_length=64, examples=["DE811907980"])
_DATE = msgspec.Meta(max_length=10, examples=["2026-01-31"])
_DECIMAL = msgspec.Meta(
    pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$(?!\n)", max_length=20, examples=["12.5"],
    description="A decimal number",
)  # fmt: skip

Decimal = Annotated[str, _DECIMAL]
State = Literal["draft", "published", "on_ledger"]


class Line(Body, frozen=True, kw_only=True):
    """One line of the invoice; `amount` is without tax, in the invoice's currency."""

    description: Annotated[str, msgspec.Meta(min_length=1, max_length=500, examples=["Linen"])]
    quantity: Decimal = "1"
    unit_price: Decimal
    amount: Decimal
    tax_percent: Decimal = "0"


class DraftPrinted(Body, frozen=True, kw_only=True):
    """What the invoice prints: of the first six its identity is made."""

    seller_tax_id: Annotated[str, _TAX_ID] | None = None
    debtor_tax_id: Annotated[str, _TAX_ID] | None = None
    number: Annotated[str, _PRINTED] | None = None
    amount: PrintedAmount | None = None
    currency: Currency | None = None
    issue_date: Annotated[str, _DATE] | None = None
    due_date: Annotated[str, _DATE] | None = None
    seller: Annotated[str, _NAME] | None = None
    debtor: Annotated[str, _NAME] | None = None


class DraftTerms(Body, frozen=True, kw_only=True):
    """What investors will be offered, as `create-escrow` takes it."""

    asset: ContractAddress | None = None
    debtor: AnyAddress | None = None
    face: Amount | None = None
    target: Amount | None = None
    par: Amount | None = None
    min_raise: Amount | None = None
    fee_bps: BasisPoints | None = None
    late_bps: BasisPoints | None = None
    late_cap_bps: BasisPoints | None = None
    due_at: Seconds | None = None
    deadline: Seconds | None = None
    grace: Duration | None = None
    release_delay: Duration | None = None
    needs_ack: bool | None = None
    doc_hash: Hash32 | None = None
    attempt: Counter | None = None


class Content(Body, frozen=True, kw_only=True):
    """A draft's content. Changes are merged (RFC 7396): what is left out stays, null takes away."""

    document_id: uuid.UUID | None = None
    """An own document that was confirmed: what it says is filled in when the draft begins."""
    printed: DraftPrinted = DraftPrinted()
    lines: Annotated[tuple[Line, ...], msgspec.Meta(max_length=200)] = ()
    terms: DraftTerms = DraftTerms()


class DraftRequest(Content, frozen=True, kw_only=True):
    """A new draft, of one's own or of an organisation."""

    organisation_id: uuid.UUID | None = None


class DraftSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A draft in a list; `id` of the invoice once its transaction was built."""

    id: uuid.UUID
    cursor: int
    owner: str
    organisation_id: uuid.UUID | None
    state: State
    number: str | None
    debtor: str | None
    amount: str | None
    currency: str | None
    version: int
    created_at: Moment
    changed_at: Moment
    intent_id: uuid.UUID | None
    invoice_id: Hex | None


class Draft(DraftSummary, frozen=True, kw_only=True):
    """A draft, and what stands against publishing it: by JSON pointers into `content`."""

    content: dict[str, Any]
    problems: tuple[FieldFault, ...]


class DraftPage(msgspec.Struct, frozen=True):
    """The newest first; `next` is the `after` of the following page."""

    data: tuple[DraftSummary, ...]
    next: int | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change: `changes` maps JSON pointers to what stands there since; null: nothing."""

    version: int
    by: str
    at: Moment
    action: Literal["begin", "change", "publish"]
    changes: dict[str, Any]


class History(msgspec.Struct, frozen=True):
    """Every change, the newest first."""

    data: tuple[Change, ...]

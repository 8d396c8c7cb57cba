"""What sellers ask, what debtors are shown and say."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

import msgspec

from api.debtors.bank import BankAccount
from api.invoices.schemas import Status
from api.profile.schemas import EmailAddress
from api.reads import Digits, Hex, Meta, Moment, Strkey
from api.values import Hash32

Language = Literal["en", "de"]
Kind = Literal["confirmed", "disputed"]
_NAME = msgspec.Meta(min_length=1, max_length=200, examples=["Sana Textiles GmbH"])
_PERSON = msgspec.Meta(
    min_length=2, max_length=200, pattern=r"\S", description="Who says so: name and position",
    examples=["Jean Dupont, accounts payable"],
)  # fmt: skip
_REASON = msgspec.Meta(
    min_length=3, max_length=2_000, pattern=r"\S", examples=["Half of the goods never came."]
)


class Printed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the invoice prints: it must be what the ledger's invoice was made of."""

    seller_tax_id: Annotated[str, msgspec.Meta(max_length=64, examples=["DE811907980"])]
    debtor_tax_id: Annotated[str, msgspec.Meta(max_length=64, examples=["FR40303265045"])]
    number: Annotated[str, msgspec.Meta(max_length=64, examples=["INV-0001"])]
    amount: Annotated[str, msgspec.Meta(max_length=18, examples=["10000.00"])]
    currency: Annotated[str, msgspec.Meta(max_length=3, examples=["EUR"])]
    issue_date: Annotated[str, msgspec.Meta(max_length=10, examples=["2026-01-31"])]


class DebtorInvitationRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Whom to ask about an own invoice that names no debtor's account."""

    invoice_id: Hash32
    email: EmailAddress
    seller: Annotated[str, _NAME]
    """How the debtor knows you."""
    debtor: Annotated[str, _NAME]
    printed: Printed
    language: Language = "en"
    days: Annotated[int, msgspec.Meta(ge=1, le=400, description="How long the link is good")] = 180


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What a debtor is asked to confirm: what the invoice prints, what the ledger holds of it.

    `face` is in base units of `asset`; `reference` goes onto the transfer to `pay_to`.
    """

    invoice: Hex
    seller: Annotated[str, _NAME]
    seller_address: Strkey
    debtor: Annotated[str, _NAME]
    printed: Printed
    face: Digits
    asset: Strkey
    due_at: Moment
    doc_hash: Hex
    pay_to: BankAccount
    reference: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a debtor said: `digest` is the SHA-256 of the statement that was shown to him."""

    id: uuid.UUID
    kind: Kind
    name: str
    reason: str | None
    email: str
    at: Moment
    digest: Hex


class DebtorInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation as its seller sees it."""

    id: uuid.UUID
    email: str
    language: Language
    statement: Statement
    created_at: Moment
    expires_at: Moment
    opened_at: Moment | None
    withdrawn_at: Moment | None
    answers: tuple[Answer, ...]


class Invitations(msgspec.Struct, frozen=True):
    """One's invitations, newest first."""

    data: tuple[DebtorInvitation, ...]


class LinkToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the link in the mail ends with."""

    token: Annotated[str, msgspec.Meta(min_length=33, max_length=100)]


class LinkAndCode(LinkToken, frozen=True, forbid_unknown_fields=True):
    """With the code of the second mail."""

    code: Annotated[str, msgspec.Meta(min_length=6, max_length=6, examples=["041223"])]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Where a link leads: who asks whom, before anybody has shown who he is."""

    seller: str
    email: str
    """Where codes go, only hinted at."""
    language: Language
    expires_at: Moment


class GuestPass(msgspec.Struct, frozen=True, kw_only=True):
    """`Authorization: Bearer` for the routes of this one invitation."""

    token: str
    expires_at: Moment


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """What the debtor owes by the ledger, what he is asked, and what he said so far."""

    statement: Statement
    digest: Hex
    status: Status
    disputed: bool
    paid: Digits
    amount_due: Digits
    email: str
    language: Language
    answers: tuple[Answer, ...]
    meta: Meta


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The debt exists as the statement says, nothing stands against it."""

    name: Annotated[str, _PERSON]


class Objection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The debt does not exist as the statement says."""

    name: Annotated[str, _PERSON]
    reason: Annotated[str, _REASON]


class AnswerForStaff(Answer, frozen=True, kw_only=True):
    """An answer as the platform's own people see it."""

    invoice: Hex
    owner: str
    statement: Statement


class StaffAnswers(msgspec.Struct, frozen=True):
    """Answers, the newest first."""

    data: tuple[AnswerForStaff, ...]

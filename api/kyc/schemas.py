"""What goes in and out of KYC."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from api.reads import Moment
from api.transactions.schemas import Intent

Kind = Literal["person", "business"]
Status = Literal["NEEDS_INFO", "PROCESSING", "ACCEPTED", "REJECTED"]
_MESSAGE = msgspec.Meta(min_length=1, max_length=1_000, examples=["The passport is out of date."])
_REVISION = msgspec.Meta(ge=1, description="of the fields that you read", examples=[1])


class KycRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields by their names in SEP-9; those told before stay, if the kind does."""

    kind: Annotated[Kind, msgspec.Meta(examples=["person"])]
    fields: Annotated[dict[str, str], msgspec.Meta(max_length=40, examples=[{"first_name": "Ada"}])]


class AskedField(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is asked, in the form of SEP-12."""

    description: str
    optional: bool
    type: Literal["string"] = "string"


class ProvidedField(msgspec.Struct, frozen=True):
    """A field that was told; its value is not shown again."""

    status: Status


class KycAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How far your case is, in SEP-12's words."""

    id: str | None
    """Null before anything was told."""
    kind: Kind
    status: Status
    message: str | None
    fields: dict[str, AskedField]
    """What has to be told still, and what may be."""
    provided_fields: dict[str, ProvidedField]
    submitted_at: Moment | None
    expires_at: Moment | None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A case as the staff's queue shows it."""

    id: str
    owner: str
    kind: Kind
    status: Status
    revision: int
    message: str | None
    submitted_at: Moment
    age: int
    """Seconds since it was submitted."""
    due_by: Moment
    overdue: bool
    assignee: str | None
    first_approver: str | None
    first_approved_at: Moment | None
    decided_by: str | None
    decided_at: Moment | None
    expires_at: Moment | None


class OpenCase(Case, frozen=True, kw_only=True):
    """A case with what was told in clear; who opened it is in the audit log."""

    fields: dict[str, str]


class Cases(msgspec.Struct, frozen=True):
    """The queue: what is due first comes first."""

    data: tuple[Case, ...]


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it was accepted: by whom, until when, and how long that is kept."""

    id: str
    owner: str
    kind: Kind
    revision: int
    first_approver: str
    first_approved_at: Moment
    decided_by: str
    decided_at: Moment
    expires_at: Moment
    kept_until: Moment


class OpenAcceptance(Acceptance, frozen=True, kw_only=True):
    """With what was accepted, in clear; who opened it is in the audit log."""

    fields: dict[str, str]


class Acceptances(msgspec.Struct, frozen=True):
    """The newest first."""

    data: tuple[Acceptance, ...]


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """You have read this revision and accept it."""

    revision: Annotated[int, _REVISION]
    days: Annotated[int, msgspec.Meta(ge=1, le=1_100, description="How long it holds")] = 365


class Rejection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """You do not accept it; the person is told why."""

    revision: Annotated[int, _REVISION]
    message: Annotated[str, _MESSAGE]


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields that are wanted anew, and why."""

    revision: Annotated[int, _REVISION]
    message: Annotated[str, _MESSAGE]
    fields: Annotated[
        tuple[str, ...], msgspec.Meta(min_length=1, max_length=40, examples=[["id_number"]])
    ]


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The case after your decision.

    Two people accept a case. Then the member is admitted on the chain: `member` is the body for
    `POST /v1/transactions/set-member`; whoever holds the role compliance finds it built.
    """

    case: Case
    member: dict[str, Any] | None = None
    intent: Intent | None = None

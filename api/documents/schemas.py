"""What goes in and out of documents."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from api.documents.duplicates import Duplicate
from api.documents.records import Access
from api.reads import Hex, Moment

Band = Literal["sure", "check", "missing"]
"""How a value is to be taken: as it is, with a look at the page, or to be filled in."""
Said = Literal["xml", "text", "ocr", "human"]
Verdict = Literal["ok", "note", "doubt", "wrong"]
"""How an equation or rule stands: holds, worth knowing, to be looked at, broken."""
StateName = Literal[
    "receiving", "received", "scanned", "read", "needs_review", "confirmed", "refused", "erased"
]


PurposeName = Literal["invoice", "delivery_note", "contract", "other"]


class ReviewField(msgspec.Struct, frozen=True, kw_only=True):
    """One field: what was read or said, how surely, where on which page, and what else it may be.

    `page` counts from 0; `box` is left, top, right, bottom in points from the page's top left.
    """

    value: str | None
    band: Band
    confidence: float
    source: Said | None
    page: int | None
    box: tuple[float, ...] | None
    evidence: tuple[str, ...]
    against: tuple[str, ...]
    alternatives: tuple[str, ...]
    must_confirm: bool
    confirmed: bool


class PageSize(msgspec.Struct, frozen=True):
    """Width and height in points."""

    w_pt: float
    h_pt: float


class Check(msgspec.Struct, frozen=True):
    """Something that holds, or does not: an equation of the invoice, or a rule with its name."""

    code: str
    verdict: Verdict
    sentence: str


class StageView(msgspec.Struct, frozen=True):
    """When a state was reached."""

    state: StateName
    at: Moment


class DocumentView(msgspec.Struct, frozen=True, kw_only=True):
    """A document as its owner sees it in a list."""

    id: UUID
    name: str | None
    state: StateName
    stages: tuple[StageView, ...]
    reason: str | None
    """The name of a refusal or erasure's reason; `message` says it in a sentence."""
    message: str | None
    waiting: str | None
    size: int
    sha256: Hex | None
    cid: str | None
    doc_hash: Hex | None
    """The commitment to the file that a listing carries on chain."""
    held: str | None
    """Why it must not be erased at present."""
    version: int
    purpose: PurposeName
    supports: UUID | None
    """The document of the invoice that this one supports."""


class Review(DocumentView, frozen=True, kw_only=True):
    """A document with everything that was read from it."""

    kind: str | None
    pages: tuple[PageSize, ...]
    fields: dict[str, ReviewField]
    must_confirm: tuple[str, ...]
    """Fields that a person has yet to confirm."""
    checks: tuple[Check, ...]
    duplicates: tuple[Duplicate, ...]


class DocumentList(msgspec.Struct, frozen=True):
    """Own documents, newest first; ask on with `before` the last one's id."""

    items: tuple[DocumentView, ...]


class Corrections(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says of fields: their value, or null to take it back. Saying is confirming."""

    fields: Annotated[
        dict[str, str | None],
        msgspec.Meta(
            min_length=1, max_length=32, examples=[{"number": "2026-0815", "total": "1523.20"}]
        ),
    ]


class Support(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What invoice a document supports, and as what."""

    invoice: Annotated[UUID, msgspec.Meta(description="Another of your documents")]
    purpose: Literal["delivery_note", "contract", "other"]


class Hold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a document must not be erased."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500, examples=["Dispute 12"])]


class UploadProgress(msgspec.Struct, frozen=True):
    """How many bytes of the file came already: where to go on."""

    received: int


class Opening(msgspec.Struct, frozen=True):
    """What opens the commitment: `doc_hash = SHA-256(salt || sha256)`."""

    salt: Hex
    sha256: Hex
    doc_hash: Hex


class AccessList(msgspec.Struct, frozen=True):
    """Everybody who opened the document, newest first."""

    items: tuple[Access, ...]

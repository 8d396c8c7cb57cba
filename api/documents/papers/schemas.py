"""What goes in and out of papers."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from api.documents.papers.signing import Signature
from api.reads import Hex, Moment
from api.values import AccountAddress

KindName = Literal["assignment", "notice"]


class PaperRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paper about one of your confirmed documents.

    `counterparty` is an account that may read and accept it beside you: the assignee of an
    assignment (whoever funds the invoice, if none is named), the debtor of a notice.
    """

    document: UUID
    kind: KindName
    recourse: Annotated[
        bool, msgspec.Meta(description="Who answers if the debtor cannot pay: true, the seller")
    ]
    counterparty: AccountAddress | None = None


class PaperView(msgspec.Struct, frozen=True, kw_only=True):
    """A paper: a file that never changes, and what it is about."""

    id: UUID
    document: UUID
    kind: KindName
    title: str
    version: int
    """Of the template that it was filled from."""
    sha256: Hex
    recourse: bool
    counterparty: str | None
    created_at: Moment


class PaperWhole(PaperView, frozen=True, kw_only=True):
    """A paper and its acceptances."""

    signatures: tuple[Signature, ...]


class PaperList(msgspec.Struct, frozen=True):
    """Papers about a document, newest first."""

    items: tuple[PaperView, ...]


class MessageToSign(msgspec.Struct, frozen=True):
    """The text to sign with the wallet's `signMessage` (SEP-53)."""

    message: str


class PaperAcceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The signature of the text, by the key of the account that is signed in."""

    signature: Annotated[
        str, msgspec.Meta(min_length=88, max_length=88, description="64 bytes in base64")
    ]

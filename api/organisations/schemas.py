"""What goes in and out of organisations."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from api.reads import Moment

Role = Literal["owner", "editor", "viewer"]
_NAME = msgspec.Meta(min_length=1, max_length=200, examples=["Sana Textiles GmbH"])


class OrganisationRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An organisation as its owners describe it."""

    name: Annotated[str, _NAME]
    tax_id: Annotated[str, msgspec.Meta(max_length=64, examples=["DE811907980"])] | None = None


class MemberRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member may do from now on."""

    role: Annotated[Role, msgspec.Meta(examples=["editor"])]


class InvitationRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link by which one person may join."""

    role: Annotated[Role, msgspec.Meta(examples=["viewer"])]
    days: Annotated[int, msgspec.Meta(ge=1, le=30, description="How long the link is good")] = 7


class AcceptRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of an invitation's link."""

    token: Annotated[str, msgspec.Meta(min_length=20, max_length=100, examples=["A" * 43])]


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation, and what you may do in it."""

    id: str
    name: str
    tax_id: str | None
    created_at: Moment
    role: Role


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who belongs to it."""

    owner: str
    role: Role
    joined_at: Moment


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that may still be accepted."""

    id: str
    role: Role
    invited_by: str
    created_at: Moment
    expires_at: Moment


class NewInvitation(Invitation, frozen=True, kw_only=True):
    """An invitation just made; `token` is shown this once."""

    token: str


class Whole(Organisation, frozen=True, kw_only=True):
    """An organisation with everybody in it; owners see the open invitations too."""

    members: tuple[Member, ...]
    invitations: tuple[Invitation, ...]


class OrganisationsAnswer(msgspec.Struct, frozen=True):
    """The organisations you belong to, by name."""

    data: tuple[Organisation, ...]

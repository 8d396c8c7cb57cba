"""Routes of organisations. By hand: no API key joins or invites."""

from __future__ import annotations

import uuid

from litestar import Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.access import BY_HAND, PRIVATE, own
from api.errors import documented
from api.organisations.schemas import (
    AcceptRequest,
    InvitationRequest,
    Member,
    MemberRequest,
    NewInvitation,
    Organisation,
    OrganisationRequest,
    OrganisationsAnswer,
    Whole,
)
from api.organisations.service import Organisations
from api.security import SIGNED_IN, Subject

_NO_STORE = {"Cache-Control": "no-store"}
_OWN = own("organisation", by_hand=True)
_WRITTEN = documented(400, 401, 404, 409, 413, 422)


@get("/", opt=PRIVATE, security=SIGNED_IN, summary="Your organisations",
     responses=documented(401))  # fmt: skip
async def list_organisations(
    organisations: NamedDependency[Organisations], subject: NamedDependency[Subject]
) -> Response[OrganisationsAnswer]:
    """Those you belong to, and what you may do in each."""
    return Response(OrganisationsAnswer(await organisations.own(subject.owner)), headers=_NO_STORE)


@post("/", opt=BY_HAND, security=SIGNED_IN, summary="Found an organisation",
      responses=documented(400, 401, 409, 413, 422))  # fmt: skip
async def found_organisation(
    data: JSONBody[OrganisationRequest],
    organisations: NamedDependency[Organisations],
    subject: NamedDependency[Subject],
) -> Response[Organisation]:
    """You are its first owner."""
    return Response(await organisations.found(subject.owner, data), headers=_NO_STORE)


@get("/{organisation_id:uuid}", opt=own("organisation"), security=SIGNED_IN,
     summary="One of your organisations", responses=documented(401, 404, 422))  # fmt: skip
async def get_organisation(
    organisation_id: FromPath[uuid.UUID],
    organisations: NamedDependency[Organisations],
    subject: NamedDependency[Subject],
) -> Response[Whole]:
    """Everybody in it; its owners see the open invitations too."""
    whole = await organisations.whole(subject.owner, organisation_id)
    return Response(whole, headers=_NO_STORE)


@put("/{organisation_id:uuid}", opt=_OWN, security=SIGNED_IN,
     summary="Describe an organisation (its owners)", responses=_WRITTEN)  # fmt: skip
async def put_organisation(
    organisation_id: FromPath[uuid.UUID],
    data: JSONBody[OrganisationRequest],
    organisations: NamedDependency[Organisations],
    subject: NamedDependency[Subject],
) -> Response[Organisation]:
    """Its name, and the tax id that its invoices print."""
    described = await organisations.describe(subject.owner, organisation_id, data)
    return Response(described, headers=_NO_STORE)


@put("/{organisation_id:uuid}/members/{member:str}", opt=_OWN, security=SIGNED_IN,
     summary="Let a member do more or less (its owners)", responses=_WRITTEN)  # fmt: skip
async def put_member(
    organisation_id: FromPath[uuid.UUID],
    member: FromPath[str],
    data: JSONBody[MemberRequest],
    organisations: NamedDependency[Organisations],
    subject: NamedDependency[Subject],
) -> Response[Member]:
    """An organisation always keeps one owner."""
    changed = await organisations.set_role(subject.owner, organisation_id, member, data.role)
    return Response(changed, headers=_NO_STORE)


@delete("/{organisation_id:uuid}/members/{member:str}", opt=_OWN, security=SIGNED_IN,
        status_code=204, summary="Take a member out (its owners), or leave",
        responses=documented(401, 404, 409, 422))  # fmt: skip
async def remove_member(
    organisation_id: FromPath[uuid.UUID],
    member: FromPath[str],
    organisations: NamedDependency[Organisations],
    subject: NamedDependency[Subject],
) -> None:
    """Everybody may leave, but for the last owner."""
    await organisations.remove(subject.owner, organisation_id, member)


@post("/{organisation_id:uuid}/invitations", opt=_OWN, security=SIGNED_IN,
      summary="Invite somebody (its owners)", responses=_WRITTEN)  # fmt: skip
async def invite(
    organisation_id: FromPath[uuid.UUID],
    data: JSONBody[InvitationRequest],
    organisations: NamedDependency[Organisations],
    subject: NamedDependency[Subject],
) -> Response[NewInvitation]:
    """A link's token, shown this once; whoever brings it first joins."""
    invited = await organisations.invite(subject.owner, organisation_id, data)
    return Response(invited, headers=_NO_STORE)


@delete("/{organisation_id:uuid}/invitations/{invitation_id:uuid}", opt=_OWN, security=SIGNED_IN,
        status_code=204, summary="Withdraw an invitation (its owners)",
        responses=documented(401, 404, 422))  # fmt: skip
async def withdraw_invitation(
    organisation_id: FromPath[uuid.UUID],
    invitation_id: FromPath[uuid.UUID],
    organisations: NamedDependency[Organisations],
    subject: NamedDependency[Subject],
) -> None:
    """Its link leads nowhere from now on."""
    await organisations.withdraw(subject.owner, organisation_id, invitation_id)


@post("/invitations/accept", opt=BY_HAND, security=SIGNED_IN, status_code=200,
      summary="Join an organisation", responses=documented(400, 401, 409, 413, 422))  # fmt: skip
async def accept_invitation(
    data: JSONBody[AcceptRequest],
    organisations: NamedDependency[Organisations],
    subject: NamedDependency[Subject],
) -> Response[Organisation]:
    """With the token of a link, once."""
    return Response(await organisations.accept(subject.owner, data.token), headers=_NO_STORE)


router = Router(
    "/v1/organisations",
    route_handlers=[
        list_organisations,
        found_organisation,
        get_organisation,
        put_organisation,
        put_member,
        remove_member,
        invite,
        withdraw_invitation,
        accept_invitation,
    ],
    tags=["accounts"],
)

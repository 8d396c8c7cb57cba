"""Routes of debtors without a wallet: the seller's, the guest's, the staff's."""

from __future__ import annotations

import uuid
from typing import Annotated

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter

from api.access import BY_HAND, GUEST, PRIVATE, PUBLIC, SIGN_IN, only, own
from api.debtors.guests import Guests
from api.debtors.passes import Guest
from api.debtors.schemas import (
    Answer,
    Confirmation,
    DebtorInvitation,
    DebtorInvitationRequest,
    GuestPass,
    Invitations,
    Link,
    LinkAndCode,
    LinkToken,
    Objection,
    Owed,
    StaffAnswers,
)
from api.debtors.service import Debtors
from api.errors import Problem, documented
from api.security import SIGNED_IN, Subject
from api.values import Hash32

_NO_STORE = {"Cache-Control": "no-store"}
_INVITED: list[dict[str, list[str]]] = [{"invited": []}]
_READERS = only("verifier", "servicer", "arbiter", "staff:operations", "staff:risk")

Seen = Annotated[str | None, HeaderParameter(name="If-Match", description="The ETag you saw")]


@post("/invitations", opt=BY_HAND, security=SIGNED_IN, summary="Ask a debtor without a wallet",
      responses=documented(400, 401, 404, 409, 413, 422))  # fmt: skip
async def invite_debtor(
    data: JSONBody[DebtorInvitationRequest],
    debtors: NamedDependency[Debtors],
    subject: NamedDependency[Subject],
) -> Response[DebtorInvitation]:
    """A mail with a link goes there. What is printed must be what the invoice was made of."""
    return Response(await debtors.invite(subject, data), headers=_NO_STORE)


@get("/invitations", opt=PRIVATE, security=SIGNED_IN, summary="Debtors you asked",
     responses=documented(401, 422))  # fmt: skip
async def list_invitations(
    debtors: NamedDependency[Debtors],
    subject: NamedDependency[Subject],
    invoice_id: FromQuery[Hash32 | None] = None,
) -> Response[Invitations]:
    """The newest first, each with what the debtor said."""
    return Response(Invitations(await debtors.own(subject.owner, invoice_id)), headers=_NO_STORE)


@get("/invitations/{invitation_id:uuid}", opt=own("debtor"), security=SIGNED_IN,
     summary="A debtor you asked", responses=documented(401, 404, 422))  # fmt: skip
async def get_invitation(
    invitation_id: FromPath[uuid.UUID],
    debtors: NamedDependency[Debtors],
    subject: NamedDependency[Subject],
) -> Response[DebtorInvitation]:
    """With what the debtor said."""
    return Response(await debtors.one(subject.owner, invitation_id), headers=_NO_STORE)


@delete("/invitations/{invitation_id:uuid}", opt=own("debtor", by_hand=True), security=SIGNED_IN,
        status_code=204, summary="Withdraw a debtor's link",
        responses=documented(401, 404, 422))  # fmt: skip
async def withdraw_debtor(
    invitation_id: FromPath[uuid.UUID],
    debtors: NamedDependency[Debtors],
    subject: NamedDependency[Subject],
) -> None:
    """It leads nowhere from now on. What was said stays."""
    await debtors.withdraw(subject.owner, invitation_id)


@post("/link", opt=PUBLIC | SIGN_IN, status_code=200, summary="Where a debtor's link leads",
      responses=documented(400, 410, 413, 422))  # fmt: skip
async def look_at_link(
    data: JSONBody[LinkToken], guests: NamedDependency[Guests]
) -> Response[Link]:
    """Who asks, and whom; nothing of the invoice."""
    return Response(await guests.look(data.token), headers=_NO_STORE)


@post("/code", opt=PUBLIC | SIGN_IN, status_code=200, summary="Send a code to the invited address",
      responses=documented(400, 409, 410, 413, 422))  # fmt: skip
async def send_code(data: JSONBody[LinkToken], guests: NamedDependency[Guests]) -> Response[Link]:
    """Six digits by mail, good once, for a quarter of an hour."""
    return Response(await guests.send_code(data.token), headers=_NO_STORE)


@post("/pass", opt=PUBLIC | SIGN_IN, status_code=200, summary="Come in with link and code",
      responses=documented(400, 410, 413, 422))  # fmt: skip
async def enter(
    data: JSONBody[LinkAndCode], guests: NamedDependency[Guests]
) -> Response[GuestPass]:
    """A pass for half an hour, as `Authorization: Bearer` of the three routes below."""
    return Response(await guests.enter(data.token, data.code), headers=_NO_STORE)


@get("/invoice", opt=GUEST, security=_INVITED, summary="What you owe (with a debtor's pass)",
     responses=documented(401, 410))  # fmt: skip
async def get_owed(
    guests: NamedDependency[Guests], guest: NamedDependency[Guest]
) -> Response[Owed]:
    """The invoice, what is due now, the account to pay into, and what you said so far."""
    owed = await guests.owed(guest)
    return Response(owed, headers={**_NO_STORE, "ETag": f'"{owed.digest}"'})


@post("/confirmation", opt=GUEST, security=_INVITED, summary="Confirm the debt (debtor's pass)",
      responses=documented(400, 401, 409, 410, 412, 413, 422, 428))  # fmt: skip
async def confirm_debt(
    data: JSONBody[Confirmation],
    guests: NamedDependency[Guests],
    guest: NamedDependency[Guest],
    if_match: Seen = None,
) -> Response[Answer]:
    """Kept as evidence, with what you were shown. It moves no money and signs nothing."""
    return Response(await guests.confirm(guest, _seen(if_match), data), headers=_NO_STORE)


@post("/objection", opt=GUEST, security=_INVITED, summary="Object to the debt (debtor's pass)",
      responses=documented(400, 401, 409, 410, 412, 413, 422, 428))  # fmt: skip
async def object_to_debt(
    data: JSONBody[Objection],
    guests: NamedDependency[Guests],
    guest: NamedDependency[Guest],
    if_match: Seen = None,
) -> Response[Answer]:
    """Kept as evidence; the seller and the platform's arbiters are told."""
    return Response(await guests.dispute(guest, _seen(if_match), data), headers=_NO_STORE)


@get("/debtors", opt=_READERS, security=SIGNED_IN, summary="What debtors said (staff)",
     responses=documented(401, 422))  # fmt: skip
async def list_answers(
    debtors: NamedDependency[Debtors],
    subject: NamedDependency[Subject],
    invoice_id: FromQuery[Hash32 | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 100,
) -> Response[StaffAnswers]:
    """The newest first, each with the statement that was shown and the address that was proven."""
    return Response(await debtors.answers(subject, invoice_id, limit), headers=_NO_STORE)


def _seen(if_match: str | None) -> str:
    if if_match is None:
        raise Problem("precondition-required")
    return if_match.strip().removeprefix("W/").strip('"')


router = Router(
    "/v1/debtors",
    route_handlers=[
        invite_debtor,
        list_invitations,
        get_invitation,
        withdraw_debtor,
        look_at_link,
        send_code,
        enter,
        get_owed,
        confirm_debt,
        object_to_debt,
    ],
    tags=["debtors"],
)
staff_router = Router("/v1/admin", route_handlers=[list_answers], tags=["admin"])

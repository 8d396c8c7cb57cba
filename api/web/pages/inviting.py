"""A seller asks debtors without a wallet: whom, about which invoice, and what they said."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from api.access import BY_HAND, own
from api.debtors.schemas import DebtorInvitationRequest
from api.debtors.service import Debtors
from api.errors import Problem
from api.security import Subject
from api.values import Hash32
from api.web.forms import converted, typed_into
from api.web.site import Site

_PRINTED = "printed."


@get("/seller/debtors/{invoice_id:str}", opt=BY_HAND, include_in_schema=False)
async def get_debtors(
    request: Request[Any, Any, Any],
    invoice_id: FromPath[str],
    site: NamedDependency[Site],
    debtors: NamedDependency[Debtors],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Who was asked about an own invoice, what they said, and a form to ask."""
    return await _page(request, site, debtors, subject, _invoice(invoice_id))


@post("/seller/debtors/{invoice_id:str}", opt=BY_HAND, include_in_schema=False, status_code=303)
async def ask_debtor(
    request: Request[Any, Any, Any],
    invoice_id: FromPath[str],
    site: NamedDependency[Site],
    debtors: NamedDependency[Debtors],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Sends the link."""
    which = _invoice(invoice_id)
    typed = typed_into(await request.body())
    try:
        await debtors.invite(subject, _wanted(which, typed))
    except Problem as problem:
        return await _page(request, site, debtors, subject, which, problem, typed)
    return Redirect(f"/seller/debtors/{which.hex()}", status_code=303)


@post("/seller/invitations/{invitation_id:uuid}/withdraw", opt=own("debtor", by_hand=True),
      include_in_schema=False, status_code=303)  # fmt: skip
async def withdraw_invitation(
    invitation_id: FromPath[uuid.UUID],
    debtors: NamedDependency[Debtors],
    subject: NamedDependency[Subject],
) -> Redirect:
    """Lets a link lead nowhere."""
    invited = await debtors.one(subject.owner, invitation_id)
    await debtors.withdraw(subject.owner, invitation_id)
    return Redirect(f"/seller/debtors/{invited.statement.invoice}", status_code=303)


def _invoice(text: str) -> Hash32:
    try:
        return Hash32.parse(text)
    except ValueError as error:
        raise Problem("not-found", "There is no invoice of that id.") from error


def _wanted(which: Hash32, typed: dict[str, str]) -> DebtorInvitationRequest:
    """The form as the API is asked; raises "invalid-field"."""
    plain: dict[str, Any] = {
        name: typed.get(name, "").strip() for name in ("email", "seller", "debtor", "language")
    }
    plain["printed"] = {
        name.removeprefix(_PRINTED): value.strip()
        for name, value in typed.items()
        if name.startswith(_PRINTED)
    }
    return converted(plain | {"invoice_id": which}, DebtorInvitationRequest)


async def _page(  # noqa: PLR0913, PLR0917 -- a page and what went wrong on it
    request: Request[Any, Any, Any],
    site: Site,
    debtors: Debtors,
    subject: Subject,
    which: Hash32,
    problem: Problem | None = None,
    typed: dict[str, str] | None = None,
) -> Response[Any]:
    page = site.pages.page(
        request,
        "seller/debtors.html",
        standing=await site.standing(),
        status=200 if problem is None else problem.kind.status,
        invoice=which.hex(),
        invitations=await debtors.own(subject.owner, which),
        problem=problem,
        typed=typed or {},
    )
    page.headers["Cache-Control"] = "no-store"
    return page

"""Telling who one is (SEP-12): field by field, and how far it is."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect

from api.access import BY_HAND
from api.errors import Problem
from api.kyc.fields import FIELDS
from api.kyc.schemas import KycRequest
from api.kyc.service import Kyc
from api.security import Subject
from api.web.forms import converted, typed_into
from api.web.names import kyc_states
from api.web.pages.account.frame import shown
from api.web.site import Site

_FIELD = "field."


@get("/kyc", opt=BY_HAND, include_in_schema=False)
async def get_kyc(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    kyc: NamedDependency[Kyc],
    subject: NamedDependency[Subject],
    kind: FromQuery[str] = "",
) -> Response[Any]:
    """What is asked of a person or a business, what was told, and how far the case is."""
    return await _page(request, site, kyc, subject, kind)


@post("/kyc", opt=BY_HAND, include_in_schema=False, status_code=303)
async def tell_kyc(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    kyc: NamedDependency[Kyc],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Takes what was typed; what was told before and left empty now stays."""
    typed = typed_into(await request.body())
    told = {
        name.removeprefix(_FIELD): value.strip()
        for name, value in typed.items()
        if name.startswith(_FIELD) and value.strip()
    }
    kind = typed.get("kind", "")
    try:
        await kyc.put(subject.owner, converted({"kind": kind, "fields": told}, KycRequest))
    except Problem as problem:
        return await _page(request, site, kyc, subject, kind, problem, told)
    return Redirect("/kyc", status_code=303)


@post("/kyc/forget", opt=BY_HAND, include_in_schema=False, status_code=303)
async def forget_kyc(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    kyc: NamedDependency[Kyc],
    subject: NamedDependency[Subject],
) -> Response[Any]:
    """Erases what was told, with its key."""
    try:
        await kyc.forget(subject.owner)
    except Problem as problem:
        return await _page(request, site, kyc, subject, "", problem)
    return Redirect("/kyc", status_code=303)


async def _page(  # noqa: PLR0913, PLR0917 -- a page and what went wrong on it
    request: Request[Any, Any, Any],
    site: Site,
    kyc: Kyc,
    subject: Subject,
    kind: str,
    problem: Problem | None = None,
    told: dict[str, str] | None = None,
) -> Response[Any]:
    case = await kyc.own(subject.owner)
    chosen = kind if kind in FIELDS else case.kind
    return shown(
        request,
        site,
        "kyc.html",
        problem,
        case=case,
        kind=chosen,
        asked=list(FIELDS[chosen].values()),
        known={} if chosen != case.kind else case.provided_fields,
        typed=told or {},
        states=kyc_states(site.pages.translate(request)),
    )

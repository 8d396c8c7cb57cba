"""Debtors without a wallet: a link, a code, what is owed, and what they say of it.

Whoever entered the code is known by a cookie that only these pages are sent; each form carries the
same pass, so that no other site can answer for its reader.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from api.access import SIGN_IN, VISITED
from api.config import ApiConfig
from api.debtors import links
from api.debtors.guests import Guests
from api.debtors.invoice import OVER
from api.debtors.passes import Guest, Passes
from api.debtors.schemas import Confirmation, Objection
from api.errors import Problem
from api.web.forms import converted, typed_into
from api.web.site import Site

_COOKIE = "__Secure-debtor"
_PASS_SECONDS = 1_800
_OF_ONE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_CODE = "0123456789"


@get("/i/{token:str}", opt=VISITED, include_in_schema=False)
async def get_invitation(  # noqa: PLR0913, PLR0917 -- who asks, where to, and how far it is
    request: Request[Any, Any, Any],
    token: FromPath[str],
    site: NamedDependency[Site],
    config: NamedDependency[ApiConfig],
    guests: NamedDependency[Guests],
    passes: NamedDependency[Passes],
    sent: FromQuery[str] = "",
) -> Response[Any]:
    """Who asks, and a code to ask for; with the code entered, the invoice and the two answers."""
    guest = _guest(config, passes, token, request.cookies.get(_COOKIE, ""))
    if guest is None:
        return await _door(request, site, guests, token, sent=bool(sent))
    return await _owed(request, site, guests, token, guest)


@post("/i/{token:str}/code", opt=VISITED | SIGN_IN, include_in_schema=False, status_code=303)
async def ask_for_code(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    site: NamedDependency[Site],
    guests: NamedDependency[Guests],
) -> Response[Any]:
    """Has a code sent to the invited address."""
    try:
        await guests.send_code(token)
    except Problem as problem:
        return await _door(request, site, guests, token, sent=True, problem=problem)
    return Redirect(f"/i/{token}?sent=yes", status_code=303, headers=_OF_ONE)


@post("/i/{token:str}/enter", opt=VISITED | SIGN_IN, include_in_schema=False, status_code=303)
async def enter_code(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    site: NamedDependency[Site],
    guests: NamedDependency[Guests],
) -> Response[Any]:
    """Takes the code, and keeps the pass for half an hour."""
    typed = typed_into(await request.body()).get("code", "")
    try:
        came = await guests.enter(token, "".join(sign for sign in typed if sign in _CODE))
    except Problem as problem:
        return await _door(request, site, guests, token, sent=True, problem=problem)
    cookie = Cookie(
        _COOKIE, value=came.token, path="/i/", max_age=_PASS_SECONDS, secure=True, httponly=True,
        samesite="strict",
    )  # fmt: skip
    return Redirect(f"/i/{token}", status_code=303, cookies=[cookie], headers=_OF_ONE)


@post("/i/{token:str}/answer", opt=VISITED, include_in_schema=False, status_code=303)
async def give_answer(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    site: NamedDependency[Site],
    config: NamedDependency[ApiConfig],
    guests: NamedDependency[Guests],
    passes: NamedDependency[Passes],
) -> Response[Any]:
    """Keeps a confirmation of what was shown, or a dispute where there is a reason."""
    typed = typed_into(await request.body())
    guest = _guest(config, passes, token, typed.get("pass", ""))
    if guest is None:
        return await _door(request, site, guests, token, problem=Problem("pass-required"))
    seen = typed.get("seen", "")
    said: dict[str, str] = {
        name: typed[name].strip() for name in ("name", "reason") if name in typed
    }
    try:
        if "reason" in said:
            await guests.dispute(guest, seen, converted(said, Objection))
        else:
            await guests.confirm(guest, seen, converted(said, Confirmation))
    except Problem as problem:
        return await _owed(request, site, guests, token, guest, problem=problem, said=said)
    return Redirect(f"/i/{token}", status_code=303, headers=_OF_ONE)


def _guest(config: ApiConfig, passes: Passes, token: str, given: str) -> Guest | None:
    """Who brings a pass that is good for the invitation of this link."""
    invitation = links.opened(config.platform_key, token)
    guest = passes.read(given) if given else None
    return guest if guest is not None and guest.invitation == invitation else None


async def _door(
    request: Request[Any, Any, Any],
    site: Site,
    guests: Guests,
    token: str,
    *,
    sent: bool = False,
    problem: Problem | None = None,
) -> Response[Any]:
    page = site.pages.page(
        request,
        "debtor/door.html",
        standing=None,
        status=200 if problem is None else problem.kind.status,
        link=await guests.look(token),
        token=token,
        sent=sent,
        problem=problem,
    )
    page.headers |= _OF_ONE
    return page


async def _owed(  # noqa: PLR0913 -- a page and what went wrong on it
    request: Request[Any, Any, Any],
    site: Site,
    guests: Guests,
    token: str,
    guest: Guest,
    *,
    problem: Problem | None = None,
    said: dict[str, str] | None = None,
) -> Response[Any]:
    owed = await guests.owed(guest)
    page = site.pages.page(
        request,
        "debtor/owed.html",
        standing=await site.standing(),
        status=200 if problem is None else problem.kind.status,
        secret=True,
        owed=owed,
        over=owed.status in OVER,
        symbols=await site.assets.symbols({owed.statement.asset}),
        token=token,
        guest_pass=request.cookies.get(_COOKIE, ""),
        problem=problem,
        said=said or {},
    )
    page.headers |= _OF_ONE
    return page

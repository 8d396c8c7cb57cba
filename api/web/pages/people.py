"""Signing in and out, and what belongs to oneself."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect

from api.access import BY_HAND, VISITED
from api.config import ApiConfig
from api.dashboard.schemas import Membership
from api.database import Database
from api.errors import Problem
from api.notifications.service import Notifications
from api.reads import read
from api.security import Subject, set_cookie
from api.sessions.service import Sessions
from api.transactions.service import Intents
from api.web import demo
from api.web.forms import typed_into
from api.web.pages.reference import local
from api.web.site import Site
from projections.members import by_address


@get("/login", opt=VISITED, include_in_schema=False, sync_to_thread=False)
def get_login(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    to: FromQuery[str] = "/",
) -> Response[str]:
    """Wallets to sign in with; afterwards the browser goes on to `to`."""
    return site.pages.page(
        request,
        "people/login.html",
        standing=None,
        to=local(to),
    )


@get("/tour", opt=VISITED, include_in_schema=False)
async def get_tour(
    request: Request[Any, Any, Any], site: NamedDependency[Site], config: NamedDependency[ApiConfig]
) -> Response[str]:
    """Step by step through an invoice's life, where there are people to be; else nothing."""
    if not demo.people(config.demo_people):
        raise Problem("not-found")
    return site.pages.page(request, "tour/tour.html", standing=await site.standing())


@post("/logout", opt=BY_HAND, include_in_schema=False, status_code=303)
async def sign_out(
    request: Request[Any, Any, Any],
    sessions: NamedDependency[Sessions],
    subject: NamedDependency[Subject],
) -> Redirect:
    """Ends this browser's session."""
    if subject.session is not None:
        await sessions.end(subject.owner, subject.session)
    set_cookie(request, "", seconds=0)
    return Redirect("/", status_code=303, headers={"Cache-Control": "no-store"})


@get("/account", opt=BY_HAND, include_in_schema=False)
async def get_account(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    database: NamedDependency[Database],
    sessions: NamedDependency[Sessions],
    intents: NamedDependency[Intents],
    subject: NamedDependency[Subject],
) -> Response[str]:
    """Membership, sessions, and what was signed lately."""
    async with database.private(subject.owner) as connection:
        found = await read(connection, by_address(subject.address))
    page = await intents.page(subject.owner, limit=20, after=None)
    return site.pages.page(
        request,
        "people/account.html",
        standing=site.pages.standing(found),
        membership=None if found.body is None else msgspec.json.decode(found.body, type=Membership),
        sessions=await sessions.own(subject.owner),
        current=str(subject.session),
        intents=page.data,
    )


@get("/account/email", opt=VISITED, include_in_schema=False, sync_to_thread=False)
def ask_address_confirmation(
    request: Request[Any, Any, Any], site: NamedDependency[Site], token: FromQuery[str] = ""
) -> Response[str]:
    """Where the link of a mail leads: a program that only looks at links confirms nothing."""
    return site.pages.page(request, "people/email.html", standing=None, token=token, done=False)


@post("/account/email", opt=VISITED, include_in_schema=False, status_code=200)
async def confirm_address(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    notifications: NamedDependency[Notifications],
) -> Response[str]:
    """Whoever has the link may: it went to that address alone. No session is needed or used."""
    typed = typed_into(await request.body())
    await notifications.confirm_address(typed.get("token", ""))
    return site.pages.page(request, "people/email.html", standing=None, token="", done=True)

"""How the system is, what an operator has to look at, and who did what."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from api.admin.routes import OPERATORS
from api.admin.service import Administration
from api.audit import log
from api.roles import Roles
from api.security import Subject
from api.web.names import document_states
from api.web.pages.admin.frame import AUDITORS, shown
from api.web.site import Site


@get("/admin/system", opt=OPERATORS, include_in_schema=False)
async def get_system(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
    administration: NamedDependency[Administration],
) -> Response[str]:
    """Node, lag, coverage, quarantine, money that does not add up, jobs, documents."""
    return await shown(
        request,
        site,
        roles,
        subject,
        "system.html",
        system=await administration.system(),
        troubles=await administration.troubles(),
        states=document_states(site.pages.translate(request)),
    )


@post("/admin/jobs/{number:int}", opt=OPERATORS, include_in_schema=False, status_code=303)
async def retry_job(
    number: FromPath[int],
    administration: NamedDependency[Administration],
    subject: NamedDependency[Subject],
) -> Redirect:
    """Let a job that was given up try again."""
    await administration.retry(subject, number)
    return Redirect("/admin/system", status_code=303)


@get("/admin/audit", opt=AUDITORS, include_in_schema=False)
async def get_audit_log(  # noqa: PLR0913, PLR0917 -- the framework fills them by name
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
    actor: FromQuery[str] = "",
    about: FromQuery[str] = "",
    before: Annotated[int | None, QueryParameter(ge=1, le=2**53 - 1)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> Response[str]:
    """Every privileged action, the newest first; the address is the search."""
    wishes = {"actor": actor.strip(), "about": about.strip()}
    async with site.database.staff(subject.owner, await roles.of(subject)) as connection:
        found = await log.page(
            connection,
            before=before,
            actor=wishes["actor"] or None,
            about=wishes["about"] or None,
            limit=limit + 1,
        )
    entries = found[:limit]
    kept = {name: value for name, value in wishes.items() if value}
    further = {**kept, "limit": limit, "before": entries[-1].number if entries else 1}
    return await shown(
        request,
        site,
        roles,
        subject,
        "audit.html",
        entries=[(entry, msgspec.json.decode(entry.detail)) for entry in entries],
        wishes=wishes,
        next=f"/admin/audit?{urlencode(further)}" if len(found) > limit else None,
    )

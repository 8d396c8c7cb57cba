"""Members, roles, parameters, contracts, money: what is changed is changed by transactions."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect

from api.access import ADMIN, STAFF_SCOPES, only
from api.admin.routes import KEEPERS
from api.admin.service import Administration
from api.dashboard.schemas import Overview
from api.errors import invalid_field
from api.reads import Read, read
from api.roles import Roles
from api.security import Subject
from api.staff.schemas import StaffRequest
from api.staff.service import Staff
from api.values import AccountAddress
from api.web.forms import typed_into
from api.web.pages.admin.frame import EVERYBODY, shown
from api.web.site import Site
from projections.members import holders
from projections.platform import overview

_OWNER = only(ADMIN)


@get("/admin/members", opt=KEEPERS, include_in_schema=False)
async def get_members(  # noqa: PLR0913, PLR0917 -- the framework fills them by name
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
    administration: NamedDependency[Administration],
    staff: NamedDependency[Staff],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    after: Annotated[str, QueryParameter(max_length=56)] = "",
) -> Response[str]:
    """Everybody who was ever a member or holds a role; the owner sees the staff too."""
    found = await administration.members(limit, after)
    owner = ADMIN in await roles.of(subject)
    return await shown(
        request,
        site,
        roles,
        subject,
        "members.html",
        members=found.data,
        next=None if found.next is None else f"/admin/members?limit={limit}&after={found.next}",
        staff=await staff.everybody(subject) if owner else None,
        scopes=STAFF_SCOPES,
    )


@post("/admin/staff", opt=_OWNER, include_in_schema=False, status_code=303)
async def put_staff(
    request: Request[Any, Any, Any],
    staff: NamedDependency[Staff],
    subject: NamedDependency[Subject],
) -> Redirect:
    """Give an account the ticked scopes instead of those it had; none takes it off the staff."""
    typed = typed_into(await request.body())
    try:
        address = AccountAddress.parse(typed.get("address", "").strip())
    except ValueError as error:
        raise invalid_field("/address", f"{error}.".capitalize()) from error
    scopes = [scope for scope in STAFF_SCOPES if f"scope.{scope}" in typed]
    if scopes:
        await staff.put(subject, address, msgspec.convert({"scopes": scopes}, StaffRequest))
    else:
        await staff.remove(subject, address)
    return Redirect("/admin/members", status_code=303)


@get("/admin/params", opt=EVERYBODY, include_in_schema=False)
async def get_parameters(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
) -> Response[str]:
    """Bounds of new invoices, assets, who holds which role, pause, owners, announced code."""
    found, platform = await _platform(site)
    async with site.database.public() as connection:
        held = await read(connection, holders())
    return await shown(
        request,
        site,
        roles,
        subject,
        "params.html",
        standing=site.pages.standing(found),
        platform=platform,
        holders=msgspec.json.decode(held.body or b"{}")["items"],
        symbols=await site.assets.symbols({asset.asset for asset in platform.assets}),
        now=found.time,
    )


@get("/admin/money", opt=EVERYBODY, include_in_schema=False)
async def get_money(
    request: Request[Any, Any, Any],
    site: NamedDependency[Site],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
) -> Response[str]:
    """What the contracts hold of each asset, fees earned and collected."""
    found, platform = await _platform(site)
    return await shown(
        request,
        site,
        roles,
        subject,
        "money.html",
        standing=site.pages.standing(found),
        platform=platform,
        symbols=await site.assets.symbols({asset.asset for asset in platform.assets}),
    )


async def _platform(site: Site) -> tuple[Read, Overview]:
    async with site.database.public() as connection:
        found = await read(connection, overview())
    return found, msgspec.json.decode(found.body or b"", type=Overview)

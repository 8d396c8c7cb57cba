"""The platform as everybody may see it, and you as it sees you."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency

from api.access import PRIVATE, SHARED
from api.dashboard.schemas import MeAnswer, OverviewAnswer
from api.database import Database
from api.documentation import answers
from api.reads import answer, read
from api.security import SIGNED_IN, Subject
from projections.members import by_address
from projections.platform import overview


@get("/platform", opt=SHARED, summary="The platform", responses=answers(OverviewAnswer, 404, 422))
async def get_platform(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    at: NamedDependency[int | None],
) -> Response[bytes]:
    """Administration, limits, all money per asset, invoices by status."""
    async with database.public() as connection:
        return answer(request, await read(connection, overview(), at), what="platform")


@get(
    "/me",
    opt=PRIVATE,
    security=SIGNED_IN,
    summary="You",
    responses=answers(MeAnswer, 401, 404, 422),
)
async def get_me(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    subject: NamedDependency[Subject],
    at: NamedDependency[int | None],
) -> Response[bytes]:
    """The account you are signed in with, its membership and roles."""
    async with database.private(subject.owner) as connection:
        found = await read(connection, by_address(subject.address), at)
    me = {"address": subject.address, "membership": msgspec.Raw(found.body or b"null")}
    shown = msgspec.structs.replace(found, body=msgspec.json.encode(me))
    return answer(request, shown, subject=subject, what="account")


router = Router("/v1", route_handlers=[get_platform, get_me], tags=["dashboard"])

"""Reading the audit log."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from api.access import ADMIN, only
from api.audit import log
from api.audit.chain import Entry
from api.audit.schemas import AuditAnswer, AuditEntry
from api.database import Database
from api.errors import documented
from api.roles import Roles
from api.security import SIGNED_IN, Subject

READERS = (ADMIN, "staff:operations", "staff:compliance")


@get("/", opt=only(*READERS), security=SIGNED_IN, summary="The audit log (staff)",
     responses=documented(401, 422))  # fmt: skip
async def list_entries(  # noqa: PLR0913 -- the framework fills them by name
    database: NamedDependency[Database],
    roles: NamedDependency[Roles],
    subject: NamedDependency[Subject],
    *,
    actor: FromQuery[str | None] = None,
    about: FromQuery[str | None] = None,
    before: Annotated[int | None, QueryParameter(ge=1, le=2**53 - 1)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> Response[AuditAnswer]:
    """Every privileged action, the newest first. `stellarsettle audit verify` proves the chain."""
    async with database.staff(subject.owner, await roles.of(subject)) as connection:
        found = await log.page(connection, before=before, actor=actor, about=about, limit=limit + 1)
    shown = tuple(_shown(entry) for entry in found[:limit])
    answer = AuditAnswer(shown, shown[-1].number if len(found) > limit else None)
    return Response(answer, headers={"Cache-Control": "no-store"})


def _shown(entry: Entry) -> AuditEntry:
    return AuditEntry(
        number=entry.number,
        at=entry.at // 1_000_000,
        actor=entry.actor,
        action=entry.action,
        about=entry.about,
        detail=msgspec.json.decode(entry.detail),
        hash=entry.hash.hex(),
    )


router = Router("/v1/audit", route_handlers=[list_entries], tags=["admin"])

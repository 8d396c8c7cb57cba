"""Is the process alive, and does what it shows keep up with the ledger?"""

from __future__ import annotations

from typing import Literal

import msgspec
import psycopg
import psycopg_pool
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec

from api.config import ApiConfig
from api.database import Database
from api.errors import Problem, documented
from api.security import PUBLIC
from api.stellar import Ledger

_APPLIED = "SELECT ledger FROM read.applied"
_NO_STORE = {"Cache-Control": "no-store"}


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether to send people here. Ledgers are sequence numbers, None where unknown.

    A node that is away does not make the service unready: what was read stays readable. Read
    models that lag do.
    """

    ready: bool
    database: Literal["answers", "unreachable"]
    node: Literal["answers", "unreachable"]
    as_of_ledger: int | None
    newest_ledger: int | None
    lag_ledgers: int | None


@get("/live", opt=PUBLIC, summary="Alive?", responses=documented())
async def live() -> Response[Alive]:
    """Answers as long as the process can."""
    return Response(Alive(), headers=_NO_STORE)


@get("/ready", opt=PUBLIC, summary="Ready?",
     responses=documented() | {503: ResponseSpec(Readiness, generate_examples=False,
                                                 description="Not ready")})  # fmt: skip
async def ready(
    config: NamedDependency[ApiConfig],
    database: NamedDependency[Database],
    ledger: NamedDependency[Ledger],
) -> Response[Readiness]:
    """503 while the database is away or the read models lag behind the ledger."""
    answers, applied = await _applied(database)
    newest = await _newest(ledger)
    lag = None if applied is None or newest is None else max(0, newest - applied)
    fit = answers and applied is not None and (lag is None or lag <= config.ready_lag_ledgers)
    readiness = Readiness(
        ready=fit,
        database="answers" if answers else "unreachable",
        node="unreachable" if newest is None else "answers",
        as_of_ledger=applied,
        newest_ledger=newest,
        lag_ledgers=lag,
    )
    return Response(readiness, status_code=200 if fit else 503, headers=_NO_STORE)


async def _applied(database: Database) -> tuple[bool, int | None]:
    try:
        async with database.public() as connection:
            row = await (await connection.execute(_APPLIED)).fetchone()
    except (psycopg.OperationalError, psycopg_pool.PoolTimeout):
        return False, None
    return True, row["ledger"] or None if row is not None else None


async def _newest(ledger: Ledger) -> int | None:
    try:
        return (await ledger.health()).latest_ledger
    except Problem:
        return None


router = Router("/health", route_handlers=[live, ready], tags=["health"])

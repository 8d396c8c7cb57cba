"""Is the process alive, and does what it shows keep up with the ledger?"""

from __future__ import annotations

from typing import Literal

import msgspec
import psycopg
import psycopg_pool
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec

from api.access import PUBLIC
from api.config import ApiConfig
from api.database import Database
from api.errors import NOT_MIGRATED, Problem, documented
from api.stellar import Ledger

_APPLIED = """
    SELECT applied.ledger, whole.whole_through, whole.quarantined::int AS quarantined,
           (SELECT ledger FROM ledger.conservation) AS conserved_through,
           (SELECT count(*)::int FROM ledger.drift WHERE gone_ledger IS NULL) AS drifts
    FROM read.applied AS applied, ledger.coverage() AS whole
"""
_NO_STORE = {"Cache-Control": "no-store"}

DatabaseState = Literal["answers", "unreachable", "not-migrated"]
NetworkState = Literal["right", "wrong", "unknown"]


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether to send people here, and if not, why. Ledgers are sequence numbers, or None.

    A node that is away does not make the service unready: what was read stays readable. Read
    models that lag do, and so does a node on another network.
    """

    ready: bool
    database: DatabaseState
    node: Literal["answers", "unreachable"]
    network: NetworkState
    """Whether the node's network passphrase is the configured one."""
    as_of_ledger: int | None
    newest_ledger: int | None
    lag_ledgers: int | None
    whole_through: int | None
    """Up to this ledger nothing is missing and nothing waits to be understood."""
    quarantined: int
    """Events that wait to be understood; what they are about may be shown as it was before."""
    conserved_through: int | None
    """As of this ledger it was last checked that money adds up, here and on the chain."""
    drifts: int
    """Sums that do not add up; what is shown of them is not to be relied upon."""
    reasons: tuple[str, ...]
    """What keeps the service from being ready, for the operator; empty where it is."""


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
    """503 while the database is away or empty, the read models lag, or the network is wrong."""
    state, stand = await _stand(database)
    applied = stand.ledger
    newest, network = await _newest(ledger), await network_of(ledger)
    lag = None if applied is None or newest is None else max(0, newest - applied)
    reasons = _reasons(state, applied, network, lag, config.ready_lag_ledgers)
    readiness = Readiness(
        ready=not reasons,
        database=state,
        node="unreachable" if newest is None else "answers",
        network=network,
        as_of_ledger=applied,
        newest_ledger=newest,
        lag_ledgers=lag,
        whole_through=stand.whole_through,
        quarantined=stand.quarantined,
        conserved_through=stand.conserved_through,
        drifts=stand.drifts,
        reasons=reasons,
    )
    return Response(readiness, status_code=503 if reasons else 200, headers=_NO_STORE)


def _reasons(
    state: DatabaseState, applied: int | None, network: NetworkState, lag: int | None, most: int
) -> tuple[str, ...]:
    found = []
    if state == "unreachable":
        found.append("The database does not answer: start it or correct its URL.")
    elif state == "not-migrated":
        found.append("The database has no tables: run the migrations.")
    elif applied is None:
        found.append("No ledger has been read yet: start the indexer.")
    if network == "wrong":
        found.append(
            "The node is on another network: correct its URL or the configured passphrase."
        )
    if lag is not None and lag > most:
        found.append(f"The read models are {lag} ledgers behind, {most} are allowed.")
    return tuple(found)


class _Stand(msgspec.Struct, frozen=True):
    """What the database says of itself; None before the first ledger."""

    ledger: int | None = None
    whole_through: int | None = None
    quarantined: int = 0
    conserved_through: int | None = None
    drifts: int = 0


async def _stand(database: Database) -> tuple[DatabaseState, _Stand]:
    try:
        async with database.public() as connection:
            row = await (await connection.execute(_APPLIED)).fetchone()
    except (*NOT_MIGRATED, psycopg.errors.UndefinedFunction):
        return "not-migrated", _Stand()
    except (psycopg.OperationalError, psycopg_pool.PoolTimeout):
        return "unreachable", _Stand()
    if row is None:
        return "answers", _Stand()
    return "answers", _Stand(**row | {"ledger": row["ledger"] or None})


async def _newest(ledger: Ledger) -> int | None:
    try:
        return (await ledger.health()).latest_ledger
    except Problem:
        return None


async def network_of(ledger: Ledger) -> NetworkState:
    """Whether the node is on our network, as far as it says."""
    try:
        return "right" if await ledger.is_right_network() else "wrong"
    except Problem:
        return "unknown"


router = Router("/health", route_handlers=[live, ready], tags=["health"])

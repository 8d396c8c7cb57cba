"""Sessions in PostgreSQL. Whoever has a session's sealed id sees that row, its owner all his."""

from __future__ import annotations

import uuid
from typing import Any

from api.database import Connection
from api.tokens import Proof

_SEEN = "SELECT set_config('stellarsettle.session', %s, true)"
_INSERT = """
INSERT INTO app.session (id, owner, method, client_domain, kind, agent, expires_at)
VALUES (%(id)s, %(owner)s, %(method)s, %(client_domain)s, %(kind)s, %(agent)s,
        now() + make_interval(secs => %(seconds)s))
"""
_GOOD = """
ended_at IS NULL AND expires_at > now()
AND renewed_at > now() - make_interval(secs => %(idle)s)
"""
_BY_ID = f"""
SELECT id, owner, method, client_domain, kind, generation,
       ({_GOOD}) AS good,
       extract(epoch FROM now() - renewed_at)::float8 AS age,
       extract(epoch FROM expires_at)::bigint AS expires_at
FROM app.session WHERE id = %(id)s
"""  # noqa: S608
_RENEW = f"""
UPDATE app.session SET generation = generation + 1, renewed_at = now()
WHERE id = %(id)s AND generation = %(generation)s AND {_GOOD}
RETURNING id
"""  # noqa: S608
_END = """
UPDATE app.session SET ended_at = now(), ended_by = %(why)s
WHERE ended_at IS NULL AND (%(id)s::uuid IS NULL OR id = %(id)s)
RETURNING id
"""
_OWN = f"""
SELECT id::text, method, client_domain, kind, agent,
       extract(epoch FROM created_at)::bigint AS created_at,
       extract(epoch FROM renewed_at)::bigint AS renewed_at,
       extract(epoch FROM expires_at)::bigint AS expires_at
FROM app.session WHERE {_GOOD} ORDER BY app.session.created_at DESC, id
"""  # noqa: S608
_SWEEP = "DELETE FROM app.session WHERE expires_at < now() - interval '30 days'"


async def present(connection: Connection, session: uuid.UUID) -> None:
    """Let the rest of this transaction see the row of a session whose id was proven."""
    await connection.execute(_SEEN, (str(session),))


async def insert(
    connection: Connection, session: uuid.UUID, proof: Proof, *, kind: str, agent: str, seconds: int
) -> None:
    """Begin a session of the transaction's subject."""
    values = {"id": session, "kind": kind, "agent": agent or None, "seconds": seconds}
    proven = {"owner": proof.owner, "method": proof.method, "client_domain": proof.client_domain}
    await connection.execute(_INSERT, values | proven)


async def by_id(connection: Connection, session: uuid.UUID, *, idle: int) -> dict[str, Any] | None:
    """One session with whether it is `good` and its `age` since it was renewed, in seconds."""
    return await (await connection.execute(_BY_ID, {"id": session, "idle": idle})).fetchone()


async def renew(connection: Connection, session: uuid.UUID, generation: int, *, idle: int) -> bool:
    """Go on to the next generation, if this one is the current: one of many at once succeeds."""
    values = {"id": session, "generation": generation, "idle": idle}
    return await (await connection.execute(_RENEW, values)).fetchone() is not None


async def end(connection: Connection, session: uuid.UUID | None, *, why: str) -> list[uuid.UUID]:
    """End one session that is seen, or all; those that were not ended before."""
    rows = await connection.execute(_END, {"id": session, "why": why})
    return [row["id"] for row in await rows.fetchall()]


async def own(connection: Connection, *, idle: int) -> list[dict[str, Any]]:
    """The subject's sessions that are good, the newest first."""
    return await (await connection.execute(_OWN, {"idle": idle})).fetchall()


async def sweep(connection: Connection) -> int:
    """Forget sessions that were over a month ago; a worker's transaction."""
    return (await connection.execute(_SWEEP)).rowcount

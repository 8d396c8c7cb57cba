"""Assignments, and what the database says of the whole system."""

from __future__ import annotations

from typing import Any

from api.database import Connection

_ASSIGNED = "SELECT encode(invoice, 'hex') AS id, assignee FROM app.assignment WHERE queue = %s"
_ASSIGN = """
INSERT INTO app.assignment (queue, invoice, assignee) VALUES (%s, %s, %s)
ON CONFLICT (queue, invoice) DO UPDATE SET assignee = excluded.assignee, assigned_at = now()
"""
_STAND = """
SELECT applied.ledger, applied.closed_at, whole.first, whole.whole_through,
       whole.quarantined::int AS quarantined, whole.missed::int AS missed,
       (SELECT count(*)::int FROM ledger.failure) AS failed,
       (SELECT c.ledger FROM app.cursor AS c) AS worker
FROM read.applied AS applied, ledger.coverage() AS whole
"""
_GAPS = """
SELECT * FROM (
    SELECT lag(through) OVER (ORDER BY first) + 1 AS first, first - 1 AS last FROM ledger.stretch
) AS between WHERE first <= last ORDER BY first LIMIT 100
"""
_JOBS = "SELECT state, count(*)::int AS jobs FROM app.job GROUP BY state"


async def assigned(connection: Connection, queue: str) -> dict[str, str]:
    """Invoice (hex) to who looks after it."""
    rows = await (await connection.execute(_ASSIGNED, (queue,))).fetchall()
    return {row["id"]: row["assignee"] for row in rows}


async def assign(connection: Connection, queue: str, invoice: bytes, assignee: str) -> None:
    """Say who looks after an invoice from now on."""
    await connection.execute(_ASSIGN, (queue, invoice, assignee))


async def stand(connection: Connection) -> dict[str, Any]:
    """How far everything is; a worker's transaction, which may count the outbox."""
    row = await (await connection.execute(_STAND)).fetchone() or {}
    gaps = await (await connection.execute(_GAPS)).fetchall()
    jobs = await (await connection.execute(_JOBS)).fetchall()
    return {**row, "gaps": gaps, "jobs": {each["state"]: each["jobs"] for each in jobs}}

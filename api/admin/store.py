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
_EVENTS = """
SELECT (q.position >> 32)::int AS ledger, c.kind AS contract, encode(e.tx_hash, 'hex') AS tx_hash,
       q.reason, encode(q.invoice, 'hex') AS invoice
FROM ledger.quarantine AS q JOIN ledger.event AS e USING (position, index)
LEFT JOIN ledger.contract AS c ON c.id = e.contract
ORDER BY q.position, q.index LIMIT 100
"""
_DRIFTS = """
SELECT subject, law, expected::text AS expected, found::text AS found, first_ledger
FROM ledger.drift WHERE gone_ledger IS NULL ORDER BY id LIMIT 100
"""
_CHECKED = "SELECT ledger, balances FROM ledger.conservation"
_DOCUMENTS = "SELECT state, count(*)::int AS documents FROM app.document GROUP BY state"


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


async def troubles(connection: Connection) -> dict[str, Any]:
    """What the indexer could not read, what does not add up, where documents are; a worker's."""
    events = await (await connection.execute(_EVENTS)).fetchall()
    drifts = await (await connection.execute(_DRIFTS)).fetchall()
    checked = await (await connection.execute(_CHECKED)).fetchone()
    documents = await (await connection.execute(_DOCUMENTS)).fetchall()
    return {
        "events": events,
        "drifts": drifts,
        "checked_ledger": checked and checked["ledger"],
        "balances": checked["balances"] if checked else 0,
        "documents": {each["state"]: each["documents"] for each in documents},
    }

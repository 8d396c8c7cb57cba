"""Drafts in PostgreSQL: policies decide who sees and who writes."""

from __future__ import annotations

import uuid
from typing import Any

from psycopg.types.json import Jsonb

from api.database import Connection

_STATE = """
CASE WHEN EXISTS (SELECT FROM read.invoice AS i WHERE i.invoice = d.invoice) THEN 'on_ledger'
     WHEN d.intent IS NOT NULL THEN 'published' ELSE 'draft' END AS state
"""
_SUMMARY = f"""
d.id, d.number AS cursor, d.owner, d.organisation AS organisation_id, {_STATE},
d.content #>> '{{printed,number}}' AS number, d.content #>> '{{printed,debtor}}' AS debtor,
d.content #>> '{{printed,amount}}' AS amount, d.content #>> '{{printed,currency}}' AS currency,
d.version, extract(epoch FROM d.created_at)::bigint AS created_at,
extract(epoch FROM d.changed_at)::bigint AS changed_at, d.intent AS intent_id,
encode(d.invoice, 'hex') AS invoice_id
"""
_INSERT = """
INSERT INTO app.draft (id, owner, organisation, content) VALUES (%s, %s, %s, %s)
"""
_ONE = f"SELECT {_SUMMARY}, d.content FROM app.draft AS d WHERE d.id = %s"  # noqa: S608
_LOCK = "SELECT FROM app.draft WHERE id = %s FOR UPDATE"
_PAGE = f"""
SELECT {_SUMMARY} FROM app.draft AS d
WHERE (%(after)s::bigint IS NULL OR d.number < %(after)s)
  AND (%(organisation)s::uuid IS NULL OR d.organisation = %(organisation)s)
  AND (%(like)s::text IS NULL OR concat_ws(' ', d.content #>> '{{printed,number}}',
       d.content #>> '{{printed,debtor}}', d.content #>> '{{printed,seller}}') ILIKE %(like)s)
ORDER BY d.number DESC LIMIT %(limit)s
"""  # noqa: S608
_UPDATE = """
UPDATE app.draft SET content = %(content)s, version = version + 1, changed_at = now()
WHERE id = %(id)s RETURNING version
"""
_PUBLISH = """
UPDATE app.draft SET intent = %(intent)s, invoice = %(invoice)s, version = version + 1,
    changed_at = now()
WHERE id = %(id)s RETURNING version
"""
_DELETE = "DELETE FROM app.draft WHERE id = %s"
_CHANGE = """
INSERT INTO app.draft_change (draft, version, by, action, changes) VALUES (%s, %s, %s, %s, %s)
"""
_HISTORY = """
SELECT version, by, extract(epoch FROM at)::bigint AS at, action, changes FROM app.draft_change
WHERE draft = %s ORDER BY version DESC LIMIT 1000
"""


async def insert(
    connection: Connection,
    draft: uuid.UUID,
    owner: str,
    organisation: uuid.UUID | None,
    content: dict[str, Any],
) -> None:
    """A new draft, version 1."""
    await connection.execute(_INSERT, (draft, owner, organisation, Jsonb(content)))


async def one(
    connection: Connection, draft: uuid.UUID, *, lock: bool = False
) -> dict[str, Any] | None:
    """A draft that the subject may see; `lock`: that he may write, until the transaction ends."""
    if lock and (await connection.execute(_LOCK, (draft,))).rowcount == 0:
        return None
    return await (await connection.execute(_ONE, (draft,))).fetchone()


async def page(
    connection: Connection,
    *,
    organisation: uuid.UUID | None,
    words: str | None,
    after: int | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Drafts that the subject may see, the newest first, whose names hold `words`."""
    values = {
        "organisation": organisation,
        "like": None if words is None else f"%{_literal(words)}%",
        "after": after,
        "limit": limit,
    }
    return await (await connection.execute(_PAGE, values)).fetchall()


async def update(connection: Connection, draft: uuid.UUID, content: dict[str, Any]) -> int:
    """Keep a new content; the new version."""
    values = {"id": draft, "content": Jsonb(content)}
    row = await (await connection.execute(_UPDATE, values)).fetchone()
    return int(row["version"]) if row else 0


async def publish(
    connection: Connection, draft: uuid.UUID, intent: uuid.UUID, invoice: bytes
) -> int:
    """Keep which transaction publishes it; the new version."""
    values = {"id": draft, "intent": intent, "invoice": invoice}
    row = await (await connection.execute(_PUBLISH, values)).fetchone()
    return int(row["version"]) if row else 0


async def delete(connection: Connection, draft: uuid.UUID) -> None:
    """Throw it away, its history too."""
    await connection.execute(_DELETE, (draft,))


async def note(
    connection: Connection,
    draft: uuid.UUID,
    version: int,
    by: str,
    action: str,
    changes: dict[str, Any],
) -> None:
    """Keep who changed what."""
    await connection.execute(_CHANGE, (draft, version, by, action, Jsonb(changes)))


async def history(connection: Connection, draft: uuid.UUID) -> list[dict[str, Any]]:
    """Every change, the newest first."""
    return await (await connection.execute(_HISTORY, (draft,))).fetchall()


def _literal(words: str) -> str:
    """For LIKE: every sign means itself."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

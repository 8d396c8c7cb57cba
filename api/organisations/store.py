"""Organisations in PostgreSQL: members see theirs, whoever has a link sees what it leads to."""

from __future__ import annotations

import uuid
from typing import Any

from api.database import Connection

_ORGANISATION = (
    "o.id::text, o.name, o.tax_id, extract(epoch FROM o.created_at)::bigint AS created_at"
)
_WITHIN = "SELECT set_config('stellarsettle.organisation', %s, true)"
_PRESENTED = "SELECT set_config('stellarsettle.invitation', %s, true)"
_OWN = f"""
SELECT {_ORGANISATION}, m.role FROM app.organisation AS o
JOIN app.organisation_member AS m ON m.organisation = o.id AND m.owner = %(owner)s
WHERE %(id)s::uuid IS NULL OR o.id = %(id)s
ORDER BY o.name, o.id
"""  # noqa: S608
_INSERT = "INSERT INTO app.organisation (id, name, tax_id) VALUES (%s, %s, %s)"
_UPDATE = "UPDATE app.organisation SET name = %s, tax_id = %s WHERE id = %s"
_JOIN = """
INSERT INTO app.organisation_member (organisation, owner, role) VALUES (%s, %s, %s)
ON CONFLICT DO NOTHING RETURNING owner
"""
_LOCK = "SELECT FROM app.organisation WHERE id = %s FOR UPDATE"
_MEMBERS = """
SELECT owner, role, extract(epoch FROM joined_at)::bigint AS joined_at
FROM app.organisation_member AS m WHERE organisation = %s ORDER BY m.joined_at, owner
"""
_SET_ROLE = """
UPDATE app.organisation_member SET role = %s WHERE organisation = %s AND owner = %s
"""
_LEAVE = "DELETE FROM app.organisation_member WHERE organisation = %s AND owner = %s"
_INVITATION = """
id::text, role, invited_by, extract(epoch FROM created_at)::bigint AS created_at,
extract(epoch FROM expires_at)::bigint AS expires_at
"""
_OPEN = "ended_at IS NULL AND expires_at > now()"
_INVITE = f"""
INSERT INTO app.invitation (id, organisation, role, digest, invited_by, expires_at)
VALUES (%(id)s, %(organisation)s, %(role)s, %(digest)s, %(by)s,
        now() + make_interval(days => %(days)s))
RETURNING {_INVITATION}
"""  # noqa: S608
_INVITATIONS = f"""
SELECT {_INVITATION} FROM app.invitation WHERE organisation = %s AND {_OPEN}
ORDER BY app.invitation.created_at, id
"""  # noqa: S608
_WITHDRAW = f"""
UPDATE app.invitation SET ended_at = now() WHERE id = %s AND organisation = %s AND {_OPEN}
"""  # noqa: S608
_ACCEPT = f"""
UPDATE app.invitation SET ended_at = now(), accepted_by = %s WHERE digest = %s AND {_OPEN}
RETURNING organisation, role
"""  # noqa: S608


async def within(connection: Connection, organisation: uuid.UUID) -> None:
    """Let the rest of this transaction see all of an organisation: membership was proven."""
    await connection.execute(_WITHIN, (str(organisation),))


async def own(
    connection: Connection, owner: str, organisation: uuid.UUID | None = None
) -> list[dict[str, Any]]:
    """The organisations that `owner` belongs to, or the one of them that is named."""
    values = {"owner": owner, "id": organisation}
    return await (await connection.execute(_OWN, values)).fetchall()


async def insert(
    connection: Connection, organisation: uuid.UUID, name: str, tax_id: str | None
) -> None:
    """A new organisation, with nobody in it yet."""
    await within(connection, organisation)
    await connection.execute(_INSERT, (organisation, name, tax_id))


async def update(
    connection: Connection, organisation: uuid.UUID, name: str, tax_id: str | None
) -> None:
    """Describe it anew."""
    await connection.execute(_UPDATE, (name, tax_id, organisation))


async def join(connection: Connection, organisation: uuid.UUID, owner: str, role: str) -> bool:
    """Make somebody a member; False if he was one."""
    values = (organisation, owner, role)
    return await (await connection.execute(_JOIN, values)).fetchone() is not None


async def lock(connection: Connection, organisation: uuid.UUID) -> None:
    """Let nobody else change its members until this transaction ends."""
    await connection.execute(_LOCK, (organisation,))


async def members(connection: Connection, organisation: uuid.UUID) -> list[dict[str, Any]]:
    """Everybody in it, by when they joined."""
    return await (await connection.execute(_MEMBERS, (organisation,))).fetchall()


async def set_role(connection: Connection, organisation: uuid.UUID, owner: str, role: str) -> None:
    """Let a member do more or less."""
    await connection.execute(_SET_ROLE, (role, organisation, owner))


async def leave(connection: Connection, organisation: uuid.UUID, owner: str) -> None:
    """Take a member out."""
    await connection.execute(_LEAVE, (organisation, owner))


async def invite(connection: Connection, values: dict[str, Any]) -> dict[str, Any]:
    """A new invitation."""
    row = await (await connection.execute(_INVITE, values)).fetchone()
    return row or {}


async def invitations(connection: Connection, organisation: uuid.UUID) -> list[dict[str, Any]]:
    """Those that may still be accepted."""
    return await (await connection.execute(_INVITATIONS, (organisation,))).fetchall()


async def withdraw(connection: Connection, organisation: uuid.UUID, invitation: uuid.UUID) -> bool:
    """End an invitation; False if it was over or is none of this organisation's."""
    done = await connection.execute(_WITHDRAW, (invitation, organisation))
    return done.rowcount == 1


async def accept(connection: Connection, digest: bytes, owner: str) -> dict[str, Any] | None:
    """Use a link up: its organisation and role, or None if it is not good (any more)."""
    await connection.execute(_PRESENTED, (digest.hex(),))
    return await (await connection.execute(_ACCEPT, (owner, digest))).fetchone()

"""Cases in PostgreSQL: a person sees his own, compliance all."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from api.database import Connection
from api.documents.storage.keys import Wrapped

DUE_DAYS = 3
KEPT_YEARS = 5
"""How long what was accepted is kept after the acceptance has ended."""

_STATUS = """
CASE WHEN status = 'ACCEPTED' AND expires_at <= now() THEN 'NEEDS_INFO' ELSE status END AS status
"""
_CASE = f"""
id::text, owner, kind, {_STATUS}, revision, message,
extract(epoch FROM submitted_at)::bigint AS submitted_at,
extract(epoch FROM now() - submitted_at)::bigint AS age,
extract(epoch FROM due_by)::bigint AS due_by, due_by < now() AS overdue,
assignee, first_approver, extract(epoch FROM first_approved_at)::bigint AS first_approved_at,
decided_by, extract(epoch FROM decided_at)::bigint AS decided_at,
extract(epoch FROM expires_at)::bigint AS expires_at
"""
_SEALED = "id AS case_id, fields, key_version, wrapped, asked"
_OWN = f"SELECT {_CASE}, {_SEALED} FROM app.kyc_case WHERE owner = %s FOR UPDATE"  # noqa: S608
_BY_ID = f"SELECT {_CASE}, {_SEALED} FROM app.kyc_case WHERE id = %s FOR UPDATE"  # noqa: S608
_QUEUE = f"""
SELECT * FROM (SELECT {_CASE} FROM app.kyc_case) AS shown
WHERE status = %(status)s ORDER BY due_by, id LIMIT %(limit)s
"""  # noqa: S608
_PUT = """
INSERT INTO app.kyc_case (id, owner, kind, status, fields, key_version, wrapped, asked, due_by)
VALUES (%(id)s, %(owner)s, %(kind)s, %(status)s, %(fields)s, %(version)s, %(wrapped)s, %(asked)s,
        now() + make_interval(days => %(due)s))
ON CONFLICT (owner) DO UPDATE SET
    id = excluded.id, kind = excluded.kind, status = excluded.status, fields = excluded.fields,
    key_version = excluded.key_version, wrapped = excluded.wrapped, asked = excluded.asked,
    revision = app.kyc_case.revision + 1, message = NULL,
    submitted_at = now(), due_by = excluded.due_by, first_approver = NULL,
    first_approved_at = NULL, decided_by = NULL, decided_at = NULL, expires_at = NULL
"""
_DELETE = "DELETE FROM app.kyc_case WHERE owner = %s"
_ASSIGN = "UPDATE app.kyc_case SET assignee = %s WHERE id = %s"
_FIRST = "UPDATE app.kyc_case SET first_approver = %s, first_approved_at = now() WHERE id = %s"
_DECIDE = """
UPDATE app.kyc_case SET status = %(status)s, message = %(message)s, asked = %(asked)s,
    decided_by = %(by)s, decided_at = now(),
    expires_at = CASE WHEN %(days)s::int IS NULL THEN NULL
                      ELSE now() + make_interval(days => %(days)s::int) END,
    first_approver = CASE WHEN %(status)s = 'ACCEPTED' THEN first_approver END,
    first_approved_at = CASE WHEN %(status)s = 'ACCEPTED' THEN first_approved_at END
WHERE id = %(id)s
"""
_KEEP = """
INSERT INTO app.kyc_acceptance
    (id, case_id, owner, kind, revision, fields, key_version, wrapped, first_approver,
     first_approved_at, decided_by, decided_at, expires_at, kept_until)
SELECT %(acceptance)s, id, owner, kind, revision, fields, key_version, wrapped, first_approver,
       first_approved_at, decided_by, decided_at, expires_at,
       expires_at + make_interval(years => %(years)s)
FROM app.kyc_case WHERE id = %(case)s
"""
_ACCEPTANCE = """
id::text, owner, kind, revision, first_approver,
extract(epoch FROM first_approved_at)::bigint AS first_approved_at, decided_by,
extract(epoch FROM decided_at)::bigint AS decided_at,
extract(epoch FROM expires_at)::bigint AS expires_at,
extract(epoch FROM kept_until)::bigint AS kept_until
"""
_ACCEPTANCES = f"""
SELECT {_ACCEPTANCE} FROM app.kyc_acceptance AS a WHERE owner = %s ORDER BY a.decided_at DESC, id
"""  # noqa: S608
_ACCEPTED = f"""
SELECT {_ACCEPTANCE}, case_id, fields, key_version, wrapped FROM app.kyc_acceptance WHERE id = %s
"""  # noqa: S608
_FORGET = "DELETE FROM app.kyc_acceptance WHERE kept_until < now()"
_WRAPPED_BEFORE = {
    table: f"""
        SELECT id, {case} AS case_id, key_version, wrapped FROM app.{table}
        WHERE key_version <> %s ORDER BY id LIMIT %s FOR UPDATE
    """  # noqa: S608
    for table, case in (("kyc_case", "id"), ("kyc_acceptance", "case_id"))
}
"""By table; `case_id` is what the key is bound to."""
_WRAP_AGAIN = {
    table: f"UPDATE app.{table} SET key_version = %s, wrapped = %s WHERE id = %s"  # noqa: S608
    for table in _WRAPPED_BEFORE
}


class Held(msgspec.Struct, frozen=True):
    """A wrapped key, the row that it is in, and the case that it is bound to."""

    table: str
    id: uuid.UUID
    case: uuid.UUID
    wrapped: Wrapped


async def own(connection: Connection, owner: str) -> dict[str, Any] | None:
    """The subject's own case."""
    return await (await connection.execute(_OWN, (owner,))).fetchone()


async def by_id(connection: Connection, case: uuid.UUID) -> dict[str, Any] | None:
    """A case, locked until the transaction ends."""
    return await (await connection.execute(_BY_ID, (case,))).fetchone()


async def queue(connection: Connection, status: str, limit: int) -> list[dict[str, Any]]:
    """Cases of a status, what is due first at the front."""
    return await (await connection.execute(_QUEUE, {"status": status, "limit": limit})).fetchall()


async def put(connection: Connection, values: dict[str, Any], wrapped: Wrapped) -> None:
    """Store what a person told; whatever was decided before is over."""
    row = {
        **values,
        "fields": Jsonb(values["fields"]),
        "version": wrapped.version,
        "wrapped": wrapped.data,
        "due": DUE_DAYS,
    }
    await connection.execute(_PUT, row)


async def delete(connection: Connection, owner: str) -> None:
    """Forget a case and the key of its fields."""
    await connection.execute(_DELETE, (owner,))


async def assign(connection: Connection, case: uuid.UUID, assignee: str) -> None:
    """Say who looks after it."""
    await connection.execute(_ASSIGN, (assignee, case))


async def first(connection: Connection, case: uuid.UUID, approver: str) -> None:
    """Keep the first of two approvals."""
    await connection.execute(_FIRST, (approver, case))


async def decide(connection: Connection, case: uuid.UUID, **decision: Any) -> None:
    """Keep a decision: `status`, `by`, and `days`, `message`, `asked` where they apply."""
    values = {"days": None, "message": None, "asked": [], **decision, "id": case}
    await connection.execute(_DECIDE, values)


async def keep(connection: Connection, case: uuid.UUID) -> uuid.UUID:
    """Keep a case as it was just accepted, whatever becomes of it; the id of what is kept."""
    acceptance = uuid.uuid4()
    values = {"acceptance": acceptance, "case": case, "years": KEPT_YEARS}
    await connection.execute(_KEEP, values)
    return acceptance


async def acceptances(connection: Connection, owner: str) -> list[dict[str, Any]]:
    """What was accepted of somebody, the newest first."""
    return await (await connection.execute(_ACCEPTANCES, (owner,))).fetchall()


async def acceptance(connection: Connection, which: uuid.UUID) -> dict[str, Any] | None:
    """What was accepted, and on what: sealed."""
    return await (await connection.execute(_ACCEPTED, (which,))).fetchone()


async def forget(connection: Connection) -> None:
    """Let go what need not be kept any more; a worker's transaction."""
    await connection.execute(_FORGET)


async def wrapped_before(connection: Connection, version: int, limit: int) -> list[Held]:
    """Some keys that another than this master key wraps; a worker's transaction."""
    found = []
    for table, statement in _WRAPPED_BEFORE.items():
        rows = await (await connection.execute(statement.encode(), (version, limit))).fetchall()
        found += [Held(table, row["id"], row["case_id"], wrapped_of(row)) for row in rows]
    return found


async def wrap_again(connection: Connection, held: Held, wrapped: Wrapped) -> None:
    """Keep the same key, wrapped anew."""
    values = (wrapped.version, wrapped.data, held.id)
    await connection.execute(_WRAP_AGAIN[held.table].encode(), values)


def wrapped_of(row: dict[str, Any]) -> Wrapped:
    """The wrapped key of a row."""
    return Wrapped(row["key_version"], bytes(row["wrapped"]))

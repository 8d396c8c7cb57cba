"""Invitations, codes and answers in PostgreSQL."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from api.database import Connection

_PRESENT = "SELECT set_config('stellarsettle.debtor', %s, true)"
_ANSWER = (
    "a.id, a.kind, a.name, a.reason, a.email, extract(epoch FROM a.at)::bigint AS at,"
    " encode(a.digest, 'hex') AS digest"
)
_ANSWERS = f"""
coalesce((
    SELECT jsonb_agg(to_jsonb(said) - 'moment' ORDER BY said.moment, said.id)
    FROM (
        SELECT {_ANSWER}, a.at AS moment FROM app.debtor_answer AS a WHERE a.invitation = i.id
    ) AS said
), '[]') AS answers
"""  # noqa: S608
_INVITATION = f"""
i.id, i.email, i.language, i.statement, extract(epoch FROM i.created_at)::bigint AS created_at,
extract(epoch FROM i.expires_at)::bigint AS expires_at,
extract(epoch FROM i.opened_at)::bigint AS opened_at,
extract(epoch FROM i.withdrawn_at)::bigint AS withdrawn_at, {_ANSWERS}
"""
_OPEN = "withdrawn_at IS NULL AND expires_at > now()"
_INSERT = """
INSERT INTO app.debtor_invitation (id, owner, invoice, email, language, statement, expires_at)
VALUES (%(id)s, %(owner)s, %(invoice)s, %(email)s, %(language)s, %(statement)s,
        now() + make_interval(days => %(days)s))
"""
_COUNT_OPEN = f"""
SELECT count(*) AS open FROM app.debtor_invitation WHERE owner = %s AND invoice = %s AND {_OPEN}
"""  # noqa: S608
_OWN = f"""
SELECT {_INVITATION} FROM app.debtor_invitation AS i
WHERE i.owner = %(owner)s AND (%(id)s::uuid IS NULL OR i.id = %(id)s)
  AND (%(invoice)s::bytea IS NULL OR i.invoice = %(invoice)s)
ORDER BY i.created_at DESC, i.id LIMIT %(limit)s
"""  # noqa: S608
_WITHDRAW = """
UPDATE app.debtor_invitation SET withdrawn_at = now()
WHERE id = %s AND owner = %s AND withdrawn_at IS NULL RETURNING id
"""
_PRESENTED = f"""
SELECT i.owner, i.invoice, {_INVITATION} FROM app.debtor_invitation AS i
WHERE i.id = %s AND {_OPEN} FOR UPDATE
"""  # noqa: S608
_OPENED = """
UPDATE app.debtor_invitation SET opened_at = coalesce(opened_at, now()) WHERE id = %s
"""
_CODES = """
SELECT coalesce(max(number), 0) AS last,
       count(*) FILTER (WHERE sent_at > now() - interval '1 day') AS today,
       coalesce(extract(epoch FROM now() - max(sent_at)), 86400)::float8 AS age
FROM app.debtor_code WHERE invitation = %s
"""
_NEW_CODE = "INSERT INTO app.debtor_code (invitation, number) VALUES (%s, %s)"
_TRY = """
UPDATE app.debtor_code AS c SET tries = tries + 1
WHERE invitation = %(invitation)s AND used_at IS NULL AND tries < %(tries)s
  AND sent_at > now() - make_interval(secs => %(seconds)s)
  AND number = (SELECT max(number) FROM app.debtor_code WHERE invitation = %(invitation)s)
RETURNING number
"""
_USE = "UPDATE app.debtor_code SET used_at = now() WHERE invitation = %s AND number = %s"
_SAY = """
INSERT INTO app.debtor_answer
    (id, invitation, owner, invoice, kind, name, reason, email, code, statement, digest, ledger,
     time)
VALUES (%(id)s, %(invitation)s, %(owner)s, %(invoice)s, %(kind)s, %(name)s, %(reason)s, %(email)s,
        %(code)s, %(statement)s, %(digest)s, %(ledger)s, %(time)s)
RETURNING extract(epoch FROM at)::bigint AS at
"""
_LETTER = "SELECT email, language, statement FROM app.debtor_invitation WHERE id = %s"
_ANSWERED = """
SELECT owner, kind, encode(invoice, 'hex') AS invoice, ledger, time
FROM app.debtor_answer WHERE id = %s
"""
_READ = f"""
SELECT {_ANSWER}, encode(a.invoice, 'hex') AS invoice, a.owner, a.statement
FROM app.debtor_answer AS a
WHERE %(invoice)s::bytea IS NULL OR a.invoice = %(invoice)s
ORDER BY a.at DESC, a.id LIMIT %(limit)s
"""  # noqa: S608


class Codes(msgspec.Struct, frozen=True):
    """The codes of an invitation: number of the last, how many in a day, age of the last."""

    last: int
    today: int
    age: float


async def insert(connection: Connection, values: dict[str, Any]) -> None:
    """A new invitation."""
    row = {**values, "statement": Jsonb(values["statement"])}
    await connection.execute(_INSERT, row)


async def count_open(connection: Connection, owner: str, invoice: bytes) -> int:
    """How many invitations of an invoice are good, counted by one at a time."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (owner,))
    row = await (await connection.execute(_COUNT_OPEN, (owner, invoice))).fetchone()
    return 0 if row is None else int(row["open"])


async def own(
    connection: Connection,
    owner: str,
    *,
    invitation: uuid.UUID | None = None,
    invoice: bytes | None = None,
    limit: int = 1,
) -> list[dict[str, Any]]:
    """An owner's invitations, the newest first, or the one that is named."""
    values = {"owner": owner, "id": invitation, "invoice": invoice, "limit": limit}
    return await (await connection.execute(_OWN, values)).fetchall()


async def withdraw(connection: Connection, owner: str, invitation: uuid.UUID) -> bool:
    """End an invitation; False if it was ended or is nobody's."""
    done = await connection.execute(_WITHDRAW, (invitation, owner))
    return await done.fetchone() is not None


async def presented(connection: Connection, invitation: uuid.UUID) -> dict[str, Any] | None:
    """The invitation that a guest has, locked until the transaction ends; None if it is over."""
    await connection.execute(_PRESENT, (str(invitation),))
    return await (await connection.execute(_PRESENTED, (invitation,))).fetchone()


async def opened(connection: Connection, invitation: uuid.UUID) -> None:
    """Keep when its owner's code was first entered."""
    await connection.execute(_OPENED, (invitation,))


async def codes(connection: Connection, invitation: uuid.UUID) -> Codes:
    """How many codes were sent."""
    row = await (await connection.execute(_CODES, (invitation,))).fetchone()
    return msgspec.convert(row, Codes)


async def new_code(connection: Connection, invitation: uuid.UUID, number: int) -> None:
    """Keep that a code is sent."""
    await connection.execute(_NEW_CODE, (invitation, number))


async def try_code(
    connection: Connection, invitation: uuid.UUID, *, tries: int, seconds: int
) -> int | None:
    """Count a try of the last code: its number; None if it was used, tried too often, too old."""
    values = {"invitation": invitation, "tries": tries, "seconds": seconds}
    row = await (await connection.execute(_TRY, values)).fetchone()
    return None if row is None else int(row["number"])


async def use_code(connection: Connection, invitation: uuid.UUID, number: int) -> None:
    """A code is good once."""
    await connection.execute(_USE, (invitation, number))


async def say(connection: Connection, values: dict[str, Any]) -> int:
    """Keep what a debtor said; when that was, Unix seconds."""
    row = {**values, "statement": Jsonb(values["statement"])}
    kept = await (await connection.execute(_SAY, row)).fetchone()
    return 0 if kept is None else int(kept["at"])


async def letter(connection: Connection, invitation: uuid.UUID) -> dict[str, Any] | None:
    """What mails to an invited address are made of."""
    return await (await connection.execute(_LETTER, (invitation,))).fetchone()


async def answered(connection: Connection, answer: uuid.UUID) -> dict[str, Any] | None:
    """What the seller is told of an answer."""
    return await (await connection.execute(_ANSWERED, (answer,))).fetchone()


async def answers(
    connection: Connection, *, invoice: bytes | None, limit: int
) -> list[dict[str, Any]]:
    """Answers for the platform's own people, the newest first."""
    values = {"invoice": invoice, "limit": limit}
    return await (await connection.execute(_READ, values)).fetchall()

"""Notifications in PostgreSQL."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from api.database import Connection
from api.notifications.words import Facts, Reader

_INSERT = """
INSERT INTO app.notification
    (owner, key, kind, topic, invoice, actor, amount, ledger, time, intent, shown)
SELECT n.owner, n.key, n.kind, n.topic, n.invoice, n.actor, n.amount, n.ledger, n.time, n.intent,
       coalesce((p.notifications->n.topic->>'app')::boolean, true)
FROM jsonb_to_recordset(%s) AS n(owner text, key text, kind text, topic text, invoice text,
    actor text, amount numeric, ledger bigint, time bigint, intent uuid)
LEFT JOIN app.preference AS p ON p.owner = n.owner
ON CONFLICT (owner, key) DO NOTHING
RETURNING number, owner, topic
"""
_BY_MAIL = """
SELECT n.number FROM app.notification AS n
JOIN app.profile AS who ON who.owner = n.owner
LEFT JOIN app.preference AS p ON p.owner = n.owner
WHERE n.number = ANY(%s) AND who.email IS NOT NULL AND who.email_confirmed_at IS NOT NULL
  AND coalesce((p.notifications->n.topic->>'email')::boolean, true)
ORDER BY n.number
"""
_BY_HOOK = """
INSERT INTO app.delivery (id, webhook, owner, notification)
SELECT gen_random_uuid(), w.id, n.owner, n.number
FROM app.notification AS n
JOIN app.webhook AS w ON w.owner = n.owner
LEFT JOIN app.preference AS p ON p.owner = n.owner
WHERE n.number = ANY(%s) AND w.ended IS NULL AND (w.topics = '{}' OR n.topic = ANY(w.topics))
  AND coalesce((p.notifications->n.topic->>'webhook')::boolean, true)
ORDER BY n.number, w.created_at
RETURNING id
"""
_FACTS = "kind, topic, invoice, actor, amount::text AS amount, ledger, time, intent"
_PAGE = f"""
SELECT number, {_FACTS}, extract(epoch FROM read_at)::bigint AS read_at FROM app.notification
WHERE owner = %(owner)s AND shown AND (%(after)s::bigint IS NULL OR number < %(after)s)
  AND (NOT %(unread)s OR read_at IS NULL)
ORDER BY number DESC LIMIT %(limit)s
"""  # noqa: S608 -- our own constant
_UNREAD = """
SELECT count(*) AS unread FROM app.notification WHERE owner = %s AND shown AND read_at IS NULL
"""
_READ = """
UPDATE app.notification SET read_at = now()
WHERE owner = %(owner)s AND read_at IS NULL AND number <= %(through)s
  AND (NOT %(only)s OR number = %(through)s)
"""
_READER = "SELECT language, time_zone, number_format FROM app.preference WHERE owner = %s"
_LETTER = f"""
SELECT n.number, n.owner, {_FACTS}, who.email, who.name
FROM app.notification AS n JOIN app.profile AS who ON who.owner = n.owner
WHERE n.number = %s AND who.email IS NOT NULL AND who.email_confirmed_at IS NOT NULL
"""  # noqa: S608 -- the same


_FORGET = "DELETE FROM app.notification WHERE created_at < now() - %s"


class New(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is to be told; of one owner and key there is one."""

    owner: str
    key: str
    kind: str
    topic: str
    ledger: int
    time: int
    invoice: str | None = None
    actor: str | None = None
    amount: str | None = None
    intent: uuid.UUID | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A notification as it is stored; `amount` in base units."""

    number: int
    kind: str
    topic: str
    ledger: int
    time: int
    invoice: str | None
    actor: str | None
    amount: str | None
    intent: uuid.UUID | None
    read_at: int | None = None

    @property
    def facts(self) -> Facts:
        """What its words are made from."""
        return Facts(
            kind=self.kind,
            time=self.time,
            invoice=self.invoice,
            actor=self.actor,
            amount=None if self.amount is None else int(self.amount),
        )


class Letter(msgspec.Struct, frozen=True):
    """A notification and where its mail goes."""

    owner: str
    email: str
    name: str | None
    kept: Kept


async def insert(connection: Connection, new: Sequence[New]) -> dict[int, str]:
    """Keep what was not told before; the numbers of what is new, and whose each is."""
    rows = await connection.execute(_INSERT, (Jsonb(msgspec.to_builtins(new)),))
    return {row["number"]: row["owner"] for row in await rows.fetchall()}


async def by_mail(connection: Connection, numbers: Sequence[int]) -> list[int]:
    """Those of these notifications that their owner wants by mail, to a confirmed address."""
    rows = await connection.execute(_BY_MAIL, (list(numbers),))
    return [row["number"] for row in await rows.fetchall()]


async def by_hook(connection: Connection, numbers: Sequence[int]) -> list[uuid.UUID]:
    """Make a delivery of each of these notifications for each webhook that wants it."""
    rows = await connection.execute(_BY_HOOK, (list(numbers),))
    return [row["id"] for row in await rows.fetchall()]


async def page(
    connection: Connection, owner: str, *, limit: int, after: int | None, unread: bool
) -> list[Kept]:
    """What somebody was told in app, newest first, after one of them."""
    values = {"owner": owner, "limit": limit, "after": after, "unread": unread}
    rows = await connection.execute(_PAGE, values)
    return msgspec.convert(await rows.fetchall(), list[Kept])


async def unread(connection: Connection, owner: str) -> int:
    """How much of it somebody has not read."""
    row = await (await connection.execute(_UNREAD, (owner,))).fetchone()
    return 0 if row is None else int(row["unread"])


async def read(connection: Connection, owner: str, *, through: int, only: bool) -> int:
    """Mark as read all up to a notification, or `only` that one; how many were not before."""
    values = {"owner": owner, "through": through, "only": only}
    return (await connection.execute(_READ, values)).rowcount


async def forget(connection: Connection, older: dt.timedelta) -> None:
    """Forget what was told longer ago than `older`, with its deliveries."""
    await connection.execute(_FORGET, (older,))


async def reader(connection: Connection, owner: str) -> Reader:
    """How somebody wants things written."""
    row = await (await connection.execute(_READER, (owner,))).fetchone()
    return Reader() if row is None else msgspec.convert(row, Reader)


async def letter(connection: Connection, number: int) -> Letter | None:
    """A notification for its owner's mail; None if its address is confirmed no more."""
    row: dict[str, Any] | None = await (await connection.execute(_LETTER, (number,))).fetchone()
    if row is None:
        return None
    return Letter(row["owner"], row["email"], row["name"], msgspec.convert(row, Kept))

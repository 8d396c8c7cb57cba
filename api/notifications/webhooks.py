"""Webhooks: where people's programs are told, signed, tried again, played again."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from typing import Any

import msgspec

from api import outside
from api.config import ApiConfig
from api.database import Connection, Database
from api.errors import Problem, invalid_field
from api.jobs.outbox import enqueue
from api.limits.holdings import count_of, has_room
from api.notifications import signing, store
from api.notifications.schemas import (
    Delivery,
    DeliveryPage,
    Message,
    Notification,
    Webhook,
    WebhookRequest,
)
from api.notifications.store import Kept
from api.notifications.telling import HOOK
from api.notifications.telling import Delivery as Promised

_MOST = 20
_OVERLAP = dt.timedelta(days=1)
_GONE = 410

_COLUMNS = "id, url, topics, created_at, former_until, ended"
_LIST = f"SELECT {_COLUMNS} FROM app.webhook WHERE owner = %s ORDER BY created_at, id"  # noqa: S608
_COUNT = count_of("webhook")
_INSERT = f"""
INSERT INTO app.webhook (id, owner, url, topics) VALUES (%s, %s, %s, %s) RETURNING {_COLUMNS}
"""  # noqa: S608
_DELETE = "DELETE FROM app.webhook WHERE id = %s AND owner = %s"
_ROTATE = f"""
UPDATE app.webhook SET secret = secret + 1, former_until = now() + %s, ended = NULL
WHERE id = %s AND owner = %s RETURNING {_COLUMNS}, secret AS number
"""  # noqa: S608
_OF_DELIVERY = """
SELECT d.id, d.owner, d.tries, d.created_at AS made, w.id AS webhook, w.url, w.secret, w.ended,
       w.former_until > now() AS twice,
       n.number, n.kind, n.topic, n.invoice, n.actor, n.amount::text AS amount, n.ledger, n.time,
       n.intent, extract(epoch FROM n.read_at)::bigint AS read_at
FROM app.delivery AS d
JOIN app.webhook AS w ON w.id = d.webhook
JOIN app.notification AS n ON n.number = d.notification
WHERE d.id = %s
"""
_DELIVERED = """
UPDATE app.delivery SET state = 'delivered', tries = tries + 1, status = %s, error = NULL,
    delivered_at = clock_timestamp()
WHERE id = %s
"""
_FAILED = """
UPDATE app.delivery SET state = %(state)s, tries = tries + 1, status = %(status)s,
    error = %(error)s
WHERE id = %(id)s
"""
_END = "UPDATE app.webhook SET ended = %s WHERE id = %s"
_DELIVERIES = """
SELECT d.id, d.notification, n.kind, d.state, d.tries, d.replays, d.status, d.error,
       d.created_at, d.delivered_at
FROM app.delivery AS d JOIN app.notification AS n ON n.number = d.notification
WHERE d.webhook = %(webhook)s AND d.owner = %(owner)s
  AND (%(after)s::bigint IS NULL OR d.notification < %(after)s)
ORDER BY d.notification DESC LIMIT %(limit)s
"""
_REPLAY = """
UPDATE app.delivery SET state = 'waiting', tries = 0, replays = replays + 1, error = NULL
WHERE owner = %(owner)s AND webhook = %(webhook)s AND id = %(delivery)s
RETURNING id, replays
"""


class _Due(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is to be made."""

    owner: str
    tries: int
    made: dt.datetime
    webhook: uuid.UUID
    url: str
    secret: int
    twice: bool | None
    ended: str | None


class Webhooks:
    """Everybody's webhooks, each seen by its owner, and the messages that go to them."""

    def __init__(self, config: ApiConfig, database: Database) -> None:
        self._config = config
        self._database = database

    async def add(self, owner: str, wanted: WebhookRequest) -> Webhook:
        """Make a webhook; its secret is shown this once.

        Raises "invalid-field" for an address that we may not ask, "too-many" where there are many.
        """
        await self._check(wanted.url)
        identity = uuid.uuid4()
        async with self._database.private(owner) as connection:
            if not await has_room(connection, owner, _COUNT, _MOST):
                raise Problem("too-many-webhooks")
            values = (identity, owner, wanted.url, list(wanted.topics))
            row = await (await connection.execute(_INSERT.encode(), values)).fetchone()
        made = msgspec.convert(row, Webhook)
        return msgspec.structs.replace(made, secret=self._shown(identity, 1))

    async def all(self, owner: str) -> tuple[Webhook, ...]:
        """One's webhooks, the oldest first."""
        async with self._database.private(owner) as connection:
            return await _all(connection, owner)

    async def remove(self, owner: str, webhook: uuid.UUID) -> None:
        """Forget one, and what was sent to it."""
        async with self._database.private(owner) as connection:
            done = await connection.execute(_DELETE, (webhook, owner))
        if not done.rowcount:
            raise _unknown()

    async def rotate(self, owner: str, webhook: uuid.UUID) -> Webhook:
        """Give it a new secret; for a day messages are signed with both. Revives an ended one."""
        async with self._database.private(owner) as connection:
            done = await connection.execute(_ROTATE.encode(), (_OVERLAP, webhook, owner))
            row = await done.fetchone()
        if row is None:
            raise _unknown()
        number = row.pop("number")
        made = msgspec.convert(row, Webhook)
        return msgspec.structs.replace(made, secret=self._shown(webhook, number))

    async def deliveries(
        self, owner: str, webhook: uuid.UUID, *, limit: int, after: int | None
    ) -> DeliveryPage:
        """What was sent to a webhook and what came of it, newest first."""
        async with self._database.private(owner) as connection:
            if webhook not in {one.id for one in await _all(connection, owner)}:
                raise _unknown()
            values = {"webhook": webhook, "owner": owner, "after": after, "limit": limit + 1}
            rows = await (await connection.execute(_DELIVERIES, values)).fetchall()
        found = msgspec.convert(rows, tuple[Delivery, ...])
        more = len(found) > limit
        return DeliveryPage(found[:limit], found[limit - 1].notification if more else None)

    async def replay(self, owner: str, webhook: uuid.UUID, delivery: uuid.UUID) -> None:
        """Send something again, as if it never had been; receivers know it by its id."""
        values = {"owner": owner, "webhook": webhook, "delivery": delivery}
        async with self._database.private(owner) as connection:
            row = await (await connection.execute(_REPLAY, values)).fetchone()
            if row is None:
                raise Problem("not-found", "You have no such delivery.")
            key = f"{delivery}:{row['replays']}"
            await enqueue(connection, HOOK, key, Promised(delivery))

    async def deliver(self, connection: Connection, job: Promised) -> None:
        """Make one try; raises where it failed, after noting it for the webhook's owner.

        A webhook that has ended takes nothing more: that is no failure that an operator could mend.
        """
        row = await (await connection.execute(_OF_DELIVERY, (job.delivery,))).fetchone()
        if row is None:
            return  # the webhook was removed meanwhile
        due, kept = msgspec.convert(row, _Due), msgspec.convert(row, Kept)
        if due.ended is not None:
            await self._note(job, due, None, due.ended, final=True)
            return
        body = await self._body(connection, due, kept)
        try:
            status = await outside.post(
                due.url,
                body,
                self._headers(job.delivery, due, body),
                local=self._config.local_networks,
            )
        except outside.OutsideError as error:
            await self._note(job, due, None, str(error))
            raise
        if 200 <= status < 300:
            await connection.execute(_DELIVERED, (status, job.delivery))
            return
        said = f"It answers with the status {status}."
        if status == _GONE:
            async with self._database.worker() as apart:
                await apart.execute(_END, (said, due.webhook))
            await self._note(job, due, status, said, final=True)
            return
        await self._note(job, due, status, said)
        raise outside.OutsideError(said)

    async def _body(self, connection: Connection, due: _Due, kept: Kept) -> bytes:
        reader = await store.reader(connection, due.owner)
        message = Message(kept.kind, due.made, Notification.of(kept, reader))
        return msgspec.json.encode(message)

    def _headers(self, delivery: uuid.UUID, due: _Due, body: bytes) -> dict[str, str]:
        numbers = (due.secret, due.secret - 1) if due.twice else (due.secret,)
        keys = tuple(
            signing.secret(self._config.platform_key, due.webhook, number) for number in numbers
        )
        signed = signing.headers(str(delivery), int(time.time()), body, keys)
        return {"Content-Type": "application/json", "User-Agent": "StellarSettle", **signed}

    async def _note(
        self, job: Promised, due: _Due, status: int | None, error: str, *, final: bool = False
    ) -> None:
        """Let the owner see a failure, whatever becomes of the job's own transaction."""
        over = final or due.tries + 1 >= HOOK.tries
        values: dict[str, Any] = {
            "id": job.delivery,
            "state": "failed" if over else "waiting",
            "status": status,
            "error": error,
        }
        async with self._database.worker() as apart:
            await apart.execute(_FAILED, values)

    async def _check(self, url: str) -> None:
        if not url.startswith("https://") and not self._config.local_networks:
            raise invalid_field("/url", "A webhook has an https address.")
        try:
            host, port = outside.place(url)
            await outside.addresses_of(host, port, local=self._config.local_networks)
        except outside.OutsideError as error:
            raise invalid_field("/url", str(error)) from error

    def _shown(self, webhook: uuid.UUID, number: int) -> str:
        return signing.shown(signing.secret(self._config.platform_key, webhook, number))


async def _all(connection: Connection, owner: str) -> tuple[Webhook, ...]:
    rows = await (await connection.execute(_LIST.encode(), (owner,))).fetchall()
    return msgspec.convert(rows, tuple[Webhook, ...])


def _unknown() -> Problem:
    return Problem("not-found", "You have no such webhook.")

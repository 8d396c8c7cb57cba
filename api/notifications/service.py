"""One's own notifications, and the confirmation of the address that mail goes to."""

from __future__ import annotations

import time

import msgspec

from api.config import ApiConfig
from api.database import Connection, Database
from api.errors import Problem
from api.jobs.outbox import Kind, enqueue
from api.live.hints import hint
from api.notifications import store
from api.notifications.allowance import allow_mail
from api.notifications.letters import confirmation
from api.notifications.mail import Mailing
from api.notifications.schemas import Notification, NotificationPage
from api.notifications.telling import TOPIC
from api.seals import Seals

_PURPOSE = "email"
_DAY_SECONDS = 86_400

_UNCONFIRMED = """
SELECT email FROM app.profile WHERE owner = %s AND email IS NOT NULL AND email_confirmed_at IS NULL
"""
_CONFIRM = """
UPDATE app.profile SET email_confirmed_at = now() WHERE owner = %s AND email = %s
RETURNING email
"""


class Asked(msgspec.Struct, frozen=True):
    """Somebody wants an address to be asked whether it is theirs."""

    owner: str
    email: str
    expires_at: int


CONFIRM = Kind(name="confirm-email", payload=Asked)


class Notifications:
    """Everybody's notifications, each seen by its owner."""

    def __init__(self, config: ApiConfig, database: Database, seals: Seals) -> None:
        self._config = config
        self._database = database
        self._seals = seals

    async def page(
        self, owner: str, *, limit: int, after: int | None, unread: bool
    ) -> NotificationPage:
        """What somebody was told, newest first."""
        async with self._database.private(owner) as connection:
            found = await store.page(connection, owner, limit=limit + 1, after=after, unread=unread)
            left = await store.unread(connection, owner)
            reader = await store.reader(connection, owner)
        shown = tuple(Notification.of(kept, reader) for kept in found[:limit])
        return NotificationPage(shown, left, shown[-1].number if len(found) > limit else None)

    async def unread(self, owner: str) -> int:
        """How much somebody has not read."""
        async with self._database.private(owner) as connection:
            return await store.unread(connection, owner)

    async def read(self, owner: str, number: int, *, only: bool) -> int:
        """Mark one, or all up to one, as read; how much is unread then."""
        async with self._database.private(owner) as connection:
            if await store.read(connection, owner, through=number, only=only):
                await hint(connection, owner, TOPIC)
            return await store.unread(connection, owner)

    async def ask_address(self, owner: str) -> None:
        """Have the address of one's profile asked; raises "nothing-to-confirm" without one.

        The same address is asked once an hour at most; raises "too-many-mails".
        """
        if not self._config.mail_url:
            raise Problem("no-mail")
        now = int(time.time())
        async with self._database.private(owner) as connection:
            row = await (await connection.execute(_UNCONFIRMED, (owner,))).fetchone()
            if row is None:
                raise Problem("nothing-to-confirm")
            asked = Asked(owner, row["email"], now + _DAY_SECONDS)
            key = f"{self._seals.seal(_PURPOSE, row['email'])}:{owner}:{now // 3600}"
            if await enqueue(connection, CONFIRM, key, asked):
                await allow_mail(connection, self._seals, row["email"], owner=owner)

    async def confirm_address(self, token: str) -> None:
        """What the link says is confirmed; raises "nothing-to-confirm" for any other token."""
        asked = self._opened(token)
        if asked is None or asked.expires_at < time.time():
            raise Problem("nothing-to-confirm", "This link is not one of ours, or too old.")
        async with self._database.private(asked.owner) as connection:
            done = await connection.execute(_CONFIRM, (asked.owner, asked.email))
            if await done.fetchone() is None:
                raise Problem("nothing-to-confirm", "The profile names another address by now.")

    def token(self, asked: Asked) -> str:
        """What only the owner of the address is given."""
        text = msgspec.json.encode(asked).hex()
        return f"{text}.{self._seals.seal(_PURPOSE, text)}"

    def _opened(self, token: str) -> Asked | None:
        text, _, seal = token.partition(".")
        if not self._seals.fits(_PURPOSE, text, seal):
            return None
        return msgspec.json.decode(bytes.fromhex(text), type=Asked)


class Confirming:
    """Sends the mails that ask for a confirmation."""

    def __init__(self, config: ApiConfig, mailing: Mailing, notifications: Notifications) -> None:
        self._config = config
        self._mailing = mailing
        self._notifications = notifications

    async def send(self, connection: Connection, asked: Asked) -> None:
        """Write to the address."""
        reader = await store.reader(connection, asked.owner)
        token = self._notifications.token(asked)
        link = f"{self._config.public_url}/account/email?token={token}"
        name = f"confirm-{token.rpartition('.')[2]}"
        await self._mailing.post(confirmation(reader, link), asked.email, name=name)

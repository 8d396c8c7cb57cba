"""The debtor's half: a link, a code, what he owes, and what he says of it.

Each transaction sees the one invitation that was presented, and nothing else of anybody's.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from api.audit.log import record
from api.config import ApiConfig
from api.database import Connection, Database
from api.debtors import links, mails, store
from api.debtors.invoice import OVER, Invoice, invoice_of
from api.debtors.passes import Guest, Passes
from api.debtors.schemas import (
    Answer,
    Confirmation,
    GuestPass,
    Kind,
    Link,
    Objection,
    Owed,
    Statement,
)
from api.errors import Problem
from api.jobs.outbox import enqueue
from api.notifications.allowance import allow_mail
from api.seals import Seals

_CODE_SECONDS = 900
_CODE_TRIES = 5
_CODES_A_DAY = 8
_CODE_EVERY_SECONDS = 30
_MOST_ANSWERS = 10


class Guests:
    """People who were sent a link."""

    def __init__(self, config: ApiConfig, database: Database, seals: Seals, passes: Passes) -> None:
        self._key = config.platform_key
        self._mails = bool(config.mail_url)
        self._database = database
        self._seals = seals
        self._passes = passes

    async def look(self, token: str) -> Link:
        """Where a link leads; raises "link-over"."""
        async with self._presented(self._opened(token)) as (_, row):
            return _link(row)

    async def send_code(self, token: str) -> Link:
        """Send a code to the invited address, and to no other.

        Raises "link-over", "no-mail", "code-too-soon", "too-many-mails".
        """
        if not self._mails:
            raise Problem("no-mail")
        async with self._presented(self._opened(token)) as (connection, row):
            codes = await store.codes(connection, row["id"])
            if codes.today >= _CODES_A_DAY or (codes.last and codes.age < _CODE_EVERY_SECONDS):
                raise Problem("code-too-soon")
            await allow_mail(connection, self._seals, row["email"], owner=None)
            number = codes.last + 1
            await store.new_code(connection, row["id"], number)
            asked = mails.CodeAsked(row["id"], number)
            await enqueue(connection, mails.CODE, f"{row['id']}:{number}", asked)
            return _link(row)

    async def enter(self, token: str, code: str) -> GuestPass:
        """A pass for who has link and code; each code is good once.

        Raises "link-over", "code-wrong" (also for one that is over).
        """
        async with self._presented(self._opened(token)) as (connection, row):
            number = await store.try_code(
                connection, row["id"], tries=_CODE_TRIES, seconds=_CODE_SECONDS
            )
            right = number is not None and hmac.compare_digest(
                links.code(self._key, row["id"], number).encode(), code.encode()
            )
            if right and number is not None:
                await store.use_code(connection, row["id"], number)
                await store.opened(connection, row["id"])
        # The try counts, so the transaction is kept before anybody is told.
        if not right or number is None:
            raise Problem("code-wrong")
        text, guest = self._passes.write(row["id"], number)
        return GuestPass(token=text, expires_at=guest.expires_at)

    async def owed(self, guest: Guest) -> Owed:
        """What the guest is asked, and what he said so far; raises "link-over"."""
        async with self._presented(guest.invitation) as (connection, row):
            return await _owed(connection, row)

    async def confirm(self, guest: Guest, seen: str, said: Confirmation) -> Answer:
        """The debt is as it was shown (`seen`: the statement's digest, hex).

        Said again, it is the same answer. Raises "link-over", "precondition-failed",
        "not-possible" where the invoice has ended, "too-many".
        """
        return await self._say(guest, seen, "confirmed", said.name, None)

    async def dispute(self, guest: Guest, seen: str, said: Objection) -> Answer:
        """The debt is not as it was shown; raises as `confirm` does."""
        return await self._say(guest, seen, "disputed", said.name, said.reason)

    async def _say(
        self, guest: Guest, seen: str, kind: Kind, name: str, reason: str | None
    ) -> Answer:
        async with self._presented(guest.invitation) as (connection, row):
            owed = await _owed(connection, row)
            if not hmac.compare_digest(owed.digest.encode(), seen.encode("utf-8", "replace")):
                raise Problem("precondition-failed")
            if (same := _same(owed.answers, kind, name, reason)) is not None:
                return same
            if owed.status in OVER:
                raise Problem("not-possible", "This invoice has ended: nobody owes it any more.")
            if len(owed.answers) >= _MOST_ANSWERS:
                raise Problem("too-many", f"You answered {_MOST_ANSWERS} times.")
            answer = Answer(
                id=uuid.uuid4(), kind=kind, name=name, reason=reason, email=owed.email,
                at=0, digest=owed.digest,
            )  # fmt: skip
            return await self._keep(connection, row, guest, owed, answer)

    async def _keep(
        self,
        connection: Connection,
        row: dict[str, Any],
        guest: Guest,
        owed: Owed,
        answer: Answer,
    ) -> Answer:
        """As a row that stays, in the log's chain, and as something to tell the seller."""
        values = {
            **msgspec.structs.asdict(answer),
            "invitation": row["id"],
            "owner": row["owner"],
            "invoice": row["invoice"],
            "code": guest.code,
            "statement": row["statement"],
            "digest": bytes.fromhex(answer.digest),
            "ledger": owed.meta.as_of_ledger,
            "time": owed.meta.as_of_time,
        }
        at = await store.say(connection, values)
        actor = f"debtor:{row['id']}"
        detail = {"answer": str(answer.id), "digest": answer.digest}
        await record(connection, actor, f"debtor.{answer.kind}", owed.statement.invoice, **detail)
        await enqueue(connection, mails.ANSWERED, str(answer.id), mails.Answered(answer.id))
        return msgspec.structs.replace(answer, at=at)

    def _opened(self, token: str) -> uuid.UUID:
        invitation = links.opened(self._key, token)
        if invitation is None:
            raise Problem("link-over")
        return invitation

    @asynccontextmanager
    async def _presented(
        self, invitation: uuid.UUID
    ) -> AsyncIterator[tuple[Connection, dict[str, Any]]]:
        async with self._database.public() as connection, connection.transaction():
            row = await store.presented(connection, invitation)
            if row is None:
                raise Problem("link-over")
            yield connection, row


async def _owed(connection: Connection, row: dict[str, Any]) -> Owed:
    invoice, meta = await invoice_of(connection, row["invoice"])
    if invoice is None:
        raise Problem("not-read-yet")
    statement = msgspec.convert(row["statement"], Statement)
    return Owed(
        statement=statement,
        digest=digest(statement).hex(),
        status=invoice.status,
        disputed=invoice.disputed,
        paid=invoice.paid,
        amount_due=_due(invoice),
        email=row["email"],
        language=row["language"],
        answers=msgspec.convert(row["answers"], tuple[Answer, ...]),
        meta=meta,
    )


def digest(statement: Statement) -> bytes:
    """SHA-256 of a statement as JSON with its names in order: what an answer is about."""
    return hashlib.sha256(msgspec.json.encode(statement, order="deterministic")).digest()


def _due(invoice: Invoice) -> str:
    """What is owed: by the contract once it is financed, before that the face itself."""
    return invoice.face if invoice.status in {"created", "open", "funded"} else invoice.amount_due


def _same(answers: tuple[Answer, ...], kind: Kind, name: str, reason: str | None) -> Answer | None:
    """The last answer, if it says just this."""
    last = answers[-1] if answers else None
    if last is not None and (last.kind, last.name, last.reason) == (kind, name, reason):
        return last
    return None


def _link(row: dict[str, Any]) -> Link:
    mailbox, _, domain = row["email"].rpartition("@")
    return Link(
        seller=row["statement"]["seller"],
        email=f"{mailbox[:1]}***@{domain}",
        language=row["language"],
        expires_at=row["expires_at"],
    )

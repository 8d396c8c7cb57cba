"""What people do with documents: look, correct, confirm, open, hold, erase; each by their right."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID

from api.audit import log as audit
from api.database import Database
from api.documents import duplicates, facts, records, review
from api.documents.erasure import Erasure
from api.documents.reading import sandbox
from api.documents.reading.refusal import RefusedError
from api.documents.records import Access, ChangedError, Purpose, Record, State
from api.documents.schemas import Opening, Review
from api.documents.vault import Vault
from api.errors import Problem

T = TypeVar("T")

_READABLE: Final = (State.NEEDS_REVIEW, State.CONFIRMED)
_DRAWN_AT_ONCE: Final = 2


class Desk:
    """Each method is for one signed-in account, `subject`; what it may not see is not there."""

    def __init__(
        self, database: Database, vault: Vault, erasure: Erasure, platform_key: bytes
    ) -> None:
        self._database = database
        self._vault = vault
        self._erasure = erasure
        self._platform_key = platform_key
        self._drawing = asyncio.Semaphore(_DRAWN_AT_ONCE)

    async def documents(self, subject: str, before: UUID | None, limit: int) -> list[Record]:
        """Own documents, newest first."""
        async with self._database.private(subject) as connection:
            return await records.of_owner(connection, subject, before=before, limit=limit)

    async def document(self, subject: str, document: UUID) -> Record:
        """One that the subject may see. Raises Problem "not-found"."""
        async with self._database.private(subject) as connection:
            record = await records.one(connection, document)
        if record is None:
            raise Problem("not-found", "There is no such document, or it is not yours to see.")
        return record

    async def review(self, subject: str, record: Record) -> Review:
        """Everything that was read, and what else looks like it."""
        natural = record.natural or facts.natural(self._platform_key, review.shown_values(record))
        async with self._database.worker() as connection:
            found = await duplicates.find(connection, record, natural)
        if not await self._reviews(subject):
            found = duplicates.shown_to_owner(found)
        return review.review(record, found if record.state in _READABLE else ())

    async def correct(self, subject: str, record: Record, said: dict[str, str | None]) -> Record:
        """What the owner says of fields. Raises Problem."""
        _require_owner(subject, record)
        if record.state is not State.NEEDS_REVIEW:
            raise Problem("document-state", f"This document is {record.state.value}.")
        changed = facts.corrected(record.facts, said)
        async with self._database.private(subject) as connection:
            return await _changing(records.change(connection, record, facts=changed))

    async def support(
        self, subject: str, record: Record, invoice: UUID, purpose: Purpose
    ) -> Record:
        """The owner says that this supports an invoice: it is read no further. Raises Problem."""
        _require_owner(subject, record)
        supported = await self.document(subject, invoice)
        if supported.owner != subject or supported.purpose is not Purpose.INVOICE:
            raise Problem("not-found", "The invoice is one of your own documents.")
        if supported.id == record.id or record.state is not State.NEEDS_REVIEW:
            raise Problem("document-state", f"This document is {record.state.value}.")
        async with self._database.private(subject) as connection:
            if await records.supporting(connection, record.id):
                raise Problem("document-state", "Other documents support this one.")
            change = records.change(connection, record, purpose=purpose, supports=supported.id)
            return await _changing(change)

    async def supporting(self, subject: str, document: UUID) -> list[Record]:
        """What supports an invoice, those that the subject may see."""
        async with self._database.private(subject) as connection:
            return await records.supporting(connection, document)

    async def confirm(self, subject: str, record: Record) -> Record:
        """The owner says that all of it is so: facts are final, and a draft may be made of them."""
        _require_owner(subject, record)
        if record.state is not State.NEEDS_REVIEW:
            raise Problem("document-state", f"This document is {record.state.value}.")
        if record.purpose is not Purpose.INVOICE:
            raise Problem("document-state", f"This is a {record.purpose.value}, not an invoice.")
        facts.require_sound(record.facts)
        natural = facts.natural(self._platform_key, record.facts)
        async with self._database.worker() as connection:
            done = await _changing(
                records.change(connection, record, State.CONFIRMED, natural=natural)
            )
            await records.note_outcomes(connection, review.outcomes(record))
            await audit.record(connection, subject, "document.confirm", str(record.id))
        return done

    async def page(self, subject: str, record: Record, number: int) -> bytes:
        """A page as PNG, drawn in the sandbox. Raises Problem."""
        _require_readable(record)
        if record.reading is None or not 0 <= number < len(record.reading.pages):
            raise Problem("not-found", "The document has no such page.")
        return await self._made(
            record, subject, f"page {number}", lambda data: sandbox.draw(data, number)
        )

    async def copy(self, subject: str, record: Record) -> bytes:
        """The document for reading, marked with who took it and when. Raises Problem for an XML."""
        _require_readable(record)
        now = dt.datetime.now(dt.UTC)
        line = f"Copy for {subject}, {now:%Y-%m-%d %H:%M} UTC"
        return await self._made(record, subject, "copy", lambda data: sandbox.stamp(data, line))

    async def original(self, subject: str, record: Record) -> AsyncGenerator[bytes]:
        """The very file, for those who have to prove it: its owner and the platform's reviewers."""
        await self._require_owner_or_reviewer(subject, record)
        _require_readable(record)
        return await self._vault.stream(record, subject, "original")

    async def opening(self, subject: str, record: Record) -> Opening:
        """Salt and hash that open the commitment. Raises Problem."""
        await self._require_owner_or_reviewer(subject, record)
        _require_readable(record)
        secrets = await self._vault.opening(record, subject, "opening")
        if record.sha256 is None or record.commitment is None:
            raise Problem("document-gone")
        return Opening(secrets.salt.hex(), record.sha256.hex(), record.commitment.hex())

    async def accesses(self, subject: str, record: Record) -> tuple[Access, ...]:
        """Who opened it, newest first."""
        async with self._database.private(subject) as connection:
            return await records.accesses(connection, record.id)

    async def erase(self, subject: str, record: Record) -> Record:
        """The owner wants it gone. Raises Problem where a hold or the ledger forbids it."""
        _require_owner(subject, record)
        return await _changing(self._erasure.erase(record, "request", by=subject))

    async def hold(self, subject: str, record: Record, reason: str | None) -> Record:
        """A reviewer of the platform forbids erasure, or (None) allows it again."""
        verb = "release" if reason is None else "hold"
        async with self._database.worker() as connection:
            await audit.record(connection, subject, f"document.{verb}", str(record.id))
            return await _changing(records.change(connection, record, hold=reason))

    async def certificate(self, document: UUID) -> dict[str, str]:
        """What proves an erasure, for anybody. Raises Problem "not-found"."""
        async with self._database.worker() as connection:
            record = await records.one(connection, document)
        if record is None or record.certificate is None:
            raise Problem("not-found", "No document of this name was erased.")
        return record.certificate

    async def _reviews(self, subject: str) -> bool:
        async with self._database.private(subject) as connection:
            return await records.may_review(connection)

    async def _require_owner_or_reviewer(self, subject: str, record: Record) -> None:
        if record.owner != subject and not await self._reviews(subject):
            raise Problem("forbidden")

    async def _made(
        self, record: Record, subject: str, action: str, make: Callable[[bytes], bytes]
    ) -> bytes:
        """What the sandbox makes of a file, which is in memory only while it is its turn."""
        try:
            async with self._drawing:
                data = await self._vault.read(record, subject, action)
                return await asyncio.to_thread(make, data)
        except RefusedError as error:
            raise Problem("document-refused", str(error)) from error


async def _changing(change: Awaitable[T]) -> T:
    try:
        return await change
    except ChangedError as error:
        raise Problem("precondition-failed") from error


def _require_owner(subject: str, record: Record) -> None:
    if record.owner != subject:
        raise Problem("forbidden")


def _require_readable(record: Record) -> None:
    if record.state is State.ERASED:
        raise Problem("document-gone")
    if record.state not in _READABLE:
        raise Problem("document-state", f"This document is {record.state.value}.")

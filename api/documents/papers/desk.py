"""What people do with papers: have one filled, read it, accept it."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import uuid
from uuid import UUID

import msgspec

from api.audit import log as audit
from api.config import ApiConfig
from api.database import Database
from api.documents import facts, records
from api.documents.papers import filling, signing, store
from api.documents.papers.filling import TITLES, VERSIONS, Kind, Terms
from api.documents.papers.signing import Signature
from api.documents.papers.store import Paper
from api.errors import Problem
from api.tokens import account_of


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What paper about which confirmed document; `counterparty` may read and accept it too."""

    document: UUID
    kind: Kind
    recourse: bool
    counterparty: str | None


class Papers:
    """Each method is for one signed-in account, `subject`; what it may not see is not there."""

    def __init__(self, config: ApiConfig, database: Database) -> None:
        self._config = config
        self._database = database

    async def make(self, subject: str, wanted: Wanted) -> Paper:
        """Fill a paper about an own confirmed document. Raises Problem."""
        async with self._database.private(subject) as connection:
            record = await records.one(connection, wanted.document)
        if record is None or record.owner != subject:
            raise Problem("not-found", "There is no such document, or it is not yours.")
        now = dt.datetime.now(dt.UTC)
        terms = Terms(
            assignor=account_of(subject),
            assignee=wanted.counterparty if wanted.kind is Kind.ASSIGNMENT else None,
            recourse=wanted.recourse,
            escrow=self._config.escrow,
            day=now.date(),
        )
        said = facts.confirmed(record)
        pdf = await asyncio.to_thread(filling.filled, wanted.kind, said, terms)
        paper = Paper(
            id=uuid.uuid4(),
            document=record.id,
            owner=subject,
            counterparty=wanted.counterparty,
            kind=wanted.kind,
            version=VERSIONS[wanted.kind],
            sha256=hashlib.sha256(pdf).digest(),
            recourse=wanted.recourse,
            created_at=now,
        )
        async with self._database.private(subject) as connection:
            return await store.add(connection, paper, pdf)

    async def paper(self, subject: str, paper: UUID) -> tuple[Paper, tuple[Signature, ...]]:
        """One that the subject may see, and who accepted it. Raises Problem "not-found"."""
        async with self._database.private(subject) as connection:
            found = await store.one(connection, paper)
            if found is None:
                raise Problem("not-found", "There is no such paper, or it is not yours to see.")
            return found, await store.signatures(connection, paper)

    async def about(self, subject: str, document: UUID) -> list[Paper]:
        """The papers about a document that the subject may see."""
        async with self._database.private(subject) as connection:
            return await store.of_document(connection, document)

    async def pdf(self, subject: str, paper: UUID) -> bytes:
        """The file. Raises Problem."""
        await self.paper(subject, paper)
        async with self._database.private(subject) as connection:
            found = await store.pdf(connection, paper)
        if found is None:
            raise Problem("document-gone")
        return found

    async def message(self, subject: str, paper: UUID) -> str:
        """The text by whose signature the subject accepts. Raises Problem."""
        found, _ = await self.paper(subject, paper)
        return self._text(found, subject)

    async def accept(self, subject: str, paper: UUID, signature: str) -> tuple[Signature, ...]:
        """The subject accepts; everybody who did. Raises Problem "signature-refused"."""
        found, _ = await self.paper(subject, paper)
        if subject not in (found.owner, found.counterparty):
            raise Problem("forbidden", "Only the paper's parties accept it.")
        message = self._text(found, subject)
        signer = account_of(subject)
        try:
            signing.require(signer, message, signature)
        except ValueError as error:
            raise Problem("signature-refused") from error
        now = int(dt.datetime.now(dt.UTC).timestamp())
        async with self._database.worker() as connection:
            given = Signature(signer, message, signature, now)
            await store.sign(connection, paper, subject, given)
            await audit.record(connection, subject, "paper.accept", str(paper))
            return await store.signatures(connection, paper)

    def _text(self, paper: Paper, subject: str) -> str:
        return signing.text(
            TITLES[paper.kind],
            paper.version,
            paper.sha256,
            account_of(subject),
            self._config.network_passphrase,
        )

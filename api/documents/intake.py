"""Taking a file in: streamed, counted, sealed; an interrupted upload goes on where it ended."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import uuid
from collections.abc import AsyncIterator
from typing import Final

import msgspec
import psycopg

from api.database import Database
from api.documents import records
from api.documents.config import DocumentsConfig
from api.documents.processing import promise
from api.documents.quarantine import BusyError, Quarantine, Upload
from api.documents.reading.container import MAX_BYTES, kind_of
from api.documents.reading.refusal import Refusal, RefusedError
from api.documents.records import Record, State
from api.documents.storage.keys import Secrets, commitment
from api.documents.vault import Vault
from api.errors import Problem

_HEAD: Final = 1024
"""So many first bytes tell what a file is."""
_BATCH: Final = 1 << 16


class BrokenOffError(Exception):
    """The line broke before the file was here."""


class Received(msgspec.Struct, frozen=True):
    """The document, and whether this upload made it."""

    record: Record
    new: bool


class Intake:
    """Takes files in, and promises the work on them."""

    def __init__(self, config: DocumentsConfig, database: Database, vault: Vault) -> None:
        self._config = config
        self._database = database
        self._vault = vault
        self._quarantine: Quarantine = vault.quarantine

    async def receive(
        self,
        owner: str,
        stream: AsyncIterator[bytes],
        *,
        name: str | None,
        digest: bytes | None,
        offset: int,
    ) -> Received:
        """The document of the file that `stream` brings from `offset` on.

        With the `digest` (SHA-256) of the whole file told before, what came of an upload that broke
        off is kept, and the file is known if the owner uploaded it before. Raises Problem.
        """
        known = await self._known(owner, digest)
        if known is not None and known.state is not State.RECEIVING:
            return Received(known, new=False)
        record = known or await self._begin(owner, name, digest)
        try:
            return await self._write(record, stream, digest, offset)
        except Problem as problem:
            if problem.kind.slug != "upload-conflict":
                await self._discard(record)
            raise
        except BaseException:
            # The line broke, or this process ends: without a digest nobody could go on.
            if digest is None:
                await asyncio.shield(self._discard(record))
            raise

    async def received(self, owner: str, digest: bytes) -> int:
        """How much of a file came already. Raises Problem for one that nobody began."""
        record = await self._known(owner, digest)
        if record is None:
            raise Problem("not-found", "No upload of this file was begun.")
        if record.state is not State.RECEIVING:
            return record.size
        upload = await self._open(record)
        try:
            return upload.received
        finally:
            upload.close()

    async def _known(self, owner: str, digest: bytes | None) -> Record | None:
        if digest is None:
            return None
        async with self._database.private(owner) as connection:
            return await records.live(connection, owner, digest)

    async def _begin(self, owner: str, name: str | None, digest: bytes | None) -> Record:
        document = uuid.uuid4()
        wrapped = self._config.master_keys.wrap(document, Secrets.fresh())
        async with self._database.worker() as connection:
            held = await records.held(connection, owner)
            if held.waiting >= self._config.waiting_per_owner:
                raise Problem("too-many-documents")
            self._require_room(held.documents + 1, held.bytes)
            try:
                return await records.begin(
                    connection, document, owner, name=name, sha256=digest, wrapped=wrapped
                )
            except psycopg.errors.UniqueViolation as error:
                raise Problem("upload-conflict", "This file is being uploaded already.") from error

    def _require_room(self, documents: int, size: int) -> None:
        """Raises Problem where an owner would have more than anybody may."""
        config = self._config
        if documents > config.documents_per_owner or size > config.bytes_per_owner:
            raise Problem(
                "document-quota",
                f"{config.documents_per_owner} documents and {config.bytes_per_owner >> 20} MB"
                " are kept for one account.",
            )

    async def _open(self, record: Record) -> Upload:
        async with self._database.worker() as connection:
            secrets = await self._vault.secrets(connection, record.id)
        place = self._quarantine.place(record.id)
        try:
            return await asyncio.to_thread(Upload, place, record.id, secrets)
        except BusyError as error:
            raise Problem("upload-conflict", "This file is being uploaded already.") from error

    async def _write(
        self, record: Record, stream: AsyncIterator[bytes], digest: bytes | None, offset: int
    ) -> Received:
        upload = await self._open(record)
        try:
            if upload.received != offset:
                raise Problem(
                    "upload-conflict", f"The next byte that is missing is {upload.received}."
                )
            await _fill(upload, stream)
            if digest is not None and digest != upload.sha256:
                raise Problem("digest-mismatch")
            await asyncio.to_thread(upload.finish)
        finally:
            await asyncio.to_thread(upload.close)
        return await self._finish(record, upload)

    async def _finish(self, record: Record, upload: Upload) -> Received:
        try:
            async with self._database.worker() as connection:
                held = await records.held(connection, record.owner)
                self._require_room(held.documents, held.bytes + upload.received)
                secrets = await self._vault.secrets(connection, record.id)
                done = await records.change(
                    connection,
                    record,
                    State.RECEIVED,
                    sha256=upload.sha256,
                    size=upload.received,
                    cid=upload.cid(),
                    commitment=commitment(secrets.salt, upload.sha256),
                )
                await promise(connection, record.id)
        except psycopg.errors.UniqueViolation:
            await self._discard(record)
            known = await self._known(record.owner, upload.sha256)
            if known is None:
                raise
            return Received(known, new=False)
        return Received(done, new=True)

    async def _discard(self, record: Record) -> None:
        async with self._database.worker() as connection:
            await records.discard(connection, record.id)
        await asyncio.to_thread(self._quarantine.remove, record.id)


async def _fill(upload: Upload, stream: AsyncIterator[bytes]) -> None:
    """Write what comes, in batches; stop at the first byte too many, or of the wrong type."""
    batch = bytearray()
    head = b"" if upload.received == 0 else None
    async for piece in stream:
        batch += piece
        if upload.received + len(batch) > MAX_BYTES:
            raise Problem("document-too-large")
        if head is not None and len(batch) >= _HEAD:
            _refuse_other_types(bytes(batch[:_HEAD]))
            head = None
        if len(batch) >= _BATCH:
            await asyncio.to_thread(upload.write, bytes(batch))
            batch.clear()
    if head is not None:
        _refuse_other_types(bytes(batch[:_HEAD]))
    if batch:
        await asyncio.to_thread(upload.write, bytes(batch))


def _refuse_other_types(head: bytes) -> None:
    try:
        kind_of(head)
    except RefusedError as error:
        if error.refusal not in (Refusal.EMPTY, Refusal.UNKNOWN_TYPE):
            return  # the head tells no more: the whole file is looked at later
        raise Problem(f"document-{error.refusal.value.replace('_', '-')}", str(error)) from error


def parse_digest(header: str) -> bytes:
    """The SHA-256 of `Content-Digest: sha-256=:base64:` (RFC 9530). Raises ValueError."""
    algorithm, _, value = header.partition("=:")
    digest = base64.b64decode(value.removesuffix(":"), validate=True)
    if algorithm.strip().lower() != "sha-256" or len(digest) != hashlib.sha256().digest_size:
        raise ValueError("the digest is written sha-256=:base64:")
    return digest

"""The one place where a document is opened: its key unwrapped, and the access logged with it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator
from typing import BinaryIO, Final
from uuid import UUID

from api.audit import log as audit
from api.database import Connection, Database
from api.documents import records
from api.documents.config import DocumentsConfig
from api.documents.quarantine import Quarantine, pieces
from api.documents.records import Record
from api.documents.storage.keys import Secrets
from api.documents.storage.sealing import opened
from api.documents.storage.stores import Replicas, StoreError
from api.errors import Problem

_ROTATED_AT_ONCE: Final = 100
WORKER: Final = "worker"
"""The viewer that the log names where nobody looks: scanning, reading, checking."""


class Vault:
    """Opens sealed files, wherever they are at the moment."""

    def __init__(self, config: DocumentsConfig, database: Database, replicas: Replicas) -> None:
        self._keys = config.master_keys
        self._database = database
        self.replicas = replicas
        self.quarantine = Quarantine(config.folder / "quarantine")

    async def secrets(self, connection: Connection, document: UUID) -> Secrets:
        """Key and salt. Raises Problem "document-gone" once they are destroyed, KeyLostError."""
        wrapped = await records.wrapped(connection, document)
        if wrapped is None:
            raise Problem("document-gone")
        return self._keys.unwrap(document, wrapped)

    async def opening(self, record: Record, viewer: str, action: str) -> Secrets:
        """Key and salt for somebody who may have them; the access is logged with it."""
        async with self._database.worker() as connection:
            await records.log_access(connection, record.id, viewer, action)
            await audit.record(connection, viewer, "document.open", str(record.id), use=action)
            return await self.secrets(connection, record.id)

    async def rotate(self) -> int:
        """Wrap everything with the newest master key; how much that was. Raises KeyLostError."""
        done = 0
        while (some := await self._rotate_some()) is not None:
            done += some
        return done

    async def _rotate_some(self) -> int | None:
        """A hundred documents in one transaction; None if all have the newest key."""
        async with self._database.worker() as connection:
            old = await records.wrapped_before(connection, self._keys.current, _ROTATED_AT_ONCE)
            for document, wrapped in old.items():
                again = self._keys.wrap(document, self._keys.unwrap(document, wrapped))
                await records.wrap_again(connection, document, again)
        return len(old) or None

    async def quarantined(self, record: Record) -> bytes:
        """A file on its way in, whole. Raises FileNotFoundError, TamperedError, KeyLostError."""
        async with self._database.worker() as connection:
            await records.log_access(connection, record.id, WORKER, record.state.value)
            secrets = await self.secrets(connection, record.id)
        return await asyncio.to_thread(lambda: b"".join(self.quarantine.opened(record.id, secrets)))

    async def read(self, record: Record, viewer: str, action: str) -> bytes:
        """A kept file, whole. Raises Problem."""
        return b"".join([piece async for piece in await self.stream(record, viewer, action)])

    async def stream(self, record: Record, viewer: str, action: str) -> AsyncGenerator[bytes]:
        """A kept file in pieces, each checked before it is given; the access is logged.

        Raises Problem before the first piece; TamperedError among them cannot happen, since the
        sealed file was checked against its CID.
        """
        secrets = await self.opening(record, viewer, action)
        return _plain(await self._fetched(record), secrets, record.id)

    async def _fetched(self, record: Record) -> BinaryIO:
        """A sealed copy, checked against its CID; nobody but the opened file knows of it."""
        if record.cid is None:
            raise Problem("document-gone")
        place = self.quarantine.place(uuid.uuid4())
        try:
            await self.replicas.fetch(record.cid, place)
            return await asyncio.to_thread(place.open, "rb")
        except StoreError as error:
            raise Problem("document-unavailable") from error
        finally:
            await asyncio.to_thread(place.unlink, missing_ok=True)


async def _plain(sealed: BinaryIO, secrets: Secrets, document: UUID) -> AsyncGenerator[bytes]:
    with sealed:
        plain = opened(pieces(sealed), secrets.data_key, document)
        while (piece := await asyncio.to_thread(next, plain, None)) is not None:
            yield piece

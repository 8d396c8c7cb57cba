"""From received to ready for review: scanned, read, kept. Each step is committed by itself.

The work is a job of the outbox: a worker that dies gives it back, and another goes on with the step
that was not finished. What waits for a scanner or a store waits as long as it takes; what fails in
any other way again and again is refused by `tidying`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

import msgspec

from api.database import Connection, Database
from api.documents import duplicates, outcomes, records
from api.documents.reading import sandbox
from api.documents.reading.calibration import calibrated
from api.documents.reading.container import Kind as FileKind
from api.documents.reading.reading import Verdict
from api.documents.reading.refusal import RefusedError
from api.documents.records import Record, State
from api.documents.scanning import Scanner, ScannerUnavailableError
from api.documents.storage.keys import KeyLostError
from api.documents.storage.sealing import TamperedError
from api.documents.storage.stores import StoreError
from api.documents.vault import Vault
from api.jobs.outbox import Kind, enqueue

_PAUSE: Final = dt.timedelta(seconds=5)

_log = logging.getLogger("stellarsettle.documents")


class Work(msgspec.Struct, frozen=True):
    """Take a document as far as it goes; `turn` counts how often it had to wait."""

    document: UUID
    turn: int = 0


KIND: Final = Kind(name="document", payload=Work, tries=4, seconds=300)


async def promise(connection: Connection, document: UUID) -> None:
    """The document that this transaction writes will be worked on."""
    await enqueue(connection, KIND, f"{document}/0", Work(document))


class Processing:
    """Works on documents, one step after the other."""

    def __init__(self, database: Database, vault: Vault, scanner: Scanner) -> None:
        self._database = database
        self._vault = vault
        self._scanner = scanner

    async def work(self, connection: Connection, work: Work) -> None:
        """The job. Where it has to wait, the same is promised anew for a little later."""
        async with self._database.worker() as own:
            record = await records.one(own, work.document)
        if record is None:
            return
        waits_for = await self._as_far_as_it_goes(record)
        if waits_for is not None:
            await records.wait_for(connection, record.id, waits_for)
            again = msgspec.structs.replace(work, turn=work.turn + 1)
            await enqueue(connection, KIND, f"{record.id}/{again.turn}", again, delay=_PAUSE)

    async def _as_far_as_it_goes(self, record: Record) -> str | None:
        """What the document waits for; None if it came to the end of this."""
        try:
            while (step := self._step(record.state)) is not None:
                record = await step(record)
        except RefusedError as error:
            await self._refuse(record, error.refusal.value, str(error))
        except (FileNotFoundError, TamperedError) as error:
            _log.error("document %s is lost: %s", record.id, error)
            await self._refuse(record, "lost", "The file was lost on its way. Upload it again.")
        except ScannerUnavailableError as error:
            _log.warning("document %s waits: %s", record.id, error)
            return "scanner"
        except StoreError as error:
            _log.warning("document %s waits: %s", record.id, error)
            return "store"
        except KeyLostError as error:
            _log.error("document %s waits: %s", record.id, error)
            return "key"
        return None

    def _step(self, state: State) -> Callable[[Record], Awaitable[Record]] | None:
        steps = {
            State.RECEIVED: self._scan,
            State.SCANNED: self._read,
            State.READ: self._keep,
        }
        return steps.get(state)

    async def _scan(self, record: Record) -> Record:
        """The file, and everything that is packed into it, one by one."""
        data = await self._vault.quarantined(record)
        found = await self._scanner.scan([data])
        if found is None:
            for inner in await asyncio.to_thread(sandbox.unpack, data):
                found = found or await self._scanner.scan([inner])
        if found is not None:
            message = f"The scanner knows this as {found.signature}."
            return await self._refuse(record, "bomb" if found.is_bomb else "malware", message)
        return await self._change(record, State.SCANNED)

    async def _read(self, record: Record) -> Record:
        data = await self._vault.quarantined(record)
        async with self._database.worker() as connection:
            known = await records.memory(connection, record.owner)
            curve = await outcomes.curve(connection)
        async with self._database.private(record.owner) as connection:
            known = known.with_sellers(await records.own_businesses(connection, record.owner))
        reading = await asyncio.to_thread(sandbox.read, data, known=known)
        if curve is not None:
            fields = calibrated(reading.fields, curve)
            reading = msgspec.structs.replace(reading, fields=fields)
        # An XML by itself is nothing but its rules. Where there is a page, a person decides.
        if reading.verdict is Verdict.REJECT and reading.kind is FileKind.XML:
            broken = "; ".join(f"{each.rule}: {each.message}" for each in reading.findings)
            return await self._refuse(record, "breaks_rules", broken[:2_000])
        shown = msgspec.structs.replace(reading, likeness=None)
        async with self._database.worker() as connection:
            if reading.likeness is not None:
                await duplicates.remember(connection, record.id, reading.likeness)
            return await records.change(connection, record, State.READ, reading=shown, waiting=None)

    async def _keep(self, record: Record) -> Record:
        place = self._vault.quarantine.place(record.id)
        if record.cid is None:
            raise FileNotFoundError(place)
        await self._vault.replicas.put(record.cid, place)
        kept = await self._change(record, State.NEEDS_REVIEW)
        await asyncio.to_thread(self._vault.quarantine.remove, record.id)
        return kept

    async def _change(self, record: Record, state: State) -> Record:
        async with self._database.worker() as connection:
            return await records.change(connection, record, state, waiting=None)

    async def _refuse(self, record: Record, reason: str, message: str) -> Record:
        async with self._database.worker() as connection:
            refused = await records.refuse(connection, record, reason, message)
        await asyncio.to_thread(self._vault.quarantine.remove, record.id)
        return refused

"""What comes back by itself: erasing what was kept long enough, checking what the stores keep."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Final

from api.database import Connection, Database
from api.documents import outcomes, processing, records
from api.documents.config import DocumentsConfig
from api.documents.erasure import Erasure
from api.documents.records import ChangedError, Record
from api.documents.vault import WORKER, Vault
from api.errors import Problem
from api.jobs.outbox import Kind
from api.jobs.schedule import Nothing, Recurring

_BROKEN_OFF: Final = dt.timedelta(days=1)
"""So long somebody may go on with an upload."""

_LEFT: Final = dt.timedelta(hours=1)

TIDY: Final = Kind(name="documents-tidy", payload=Nothing, seconds=3600)
CHECK: Final = Kind(name="documents-check", payload=Nothing, seconds=6 * 3600)
RECALIBRATE: Final = Kind(name="documents-recalibrate", payload=Nothing, seconds=300)
RECURRING: Final = (
    Recurring(TIDY, every=3600),
    Recurring(CHECK, every=86_400),
    Recurring(RECALIBRATE, every=86_400),
)

_log = logging.getLogger("stellarsettle.documents")


class Tidying:
    """Keeps documents no longer than they may be kept, and their files for as long."""

    def __init__(
        self, config: DocumentsConfig, database: Database, vault: Vault, erasure: Erasure
    ) -> None:
        self._config = config
        self._database = database
        self._vault = vault
        self._erasure = erasure

    async def on_tidy(self, _: Connection, __: Nothing) -> None:
        """The job that tidies."""
        await self.tidy()

    async def on_check(self, _: Connection, __: Nothing) -> None:
        """The job that checks every copy."""
        await self.check_replicas()

    async def on_recalibrate(self, _: Connection, __: Nothing) -> None:
        """The job that learns from what people confirmed."""
        await self.recalibrate()

    async def recalibrate(self) -> int:
        """Fit confidence to people's confirmations; to how many fields that was."""
        async with self._database.worker() as connection:
            return await outcomes.recalibrate(connection)

    async def tidy(self) -> dict[str, int]:
        """Erase, refuse and discard what is due; how much of each."""
        config = self._config
        async with self._database.worker() as connection:
            unfinished = await records.unfinished(connection, config.keep_unfinished)
            expired = await records.expired(connection, config.keep_confirmed)
            broken_off = await records.broken_off(connection, _BROKEN_OFF)
            given_up = await records.given_up(connection, processing.KIND.name)
        for record in broken_off:
            async with self._database.worker() as connection:
                await records.discard(connection, record.id)
            await self._remove(record)
        for record in given_up:
            async with self._database.worker() as connection:
                message = "Reading the file failed again and again."
                await records.refuse(connection, record, "crashed", message)
            await self._remove(record)
        return {
            "erased": await self._erase([*unfinished, *expired]),
            "uploads discarded": len(broken_off),
            "refused": len(given_up),
            "leftovers removed": await self._sweep(),
        }

    async def _sweep(self) -> int:
        """Remove what processes that died left in quarantine: no document is on its way by it."""
        left = await asyncio.to_thread(self._vault.quarantine.left, _LEFT)
        async with self._database.worker() as connection:
            on_their_way = await records.on_their_way(connection)
        stale = [path for path in left if path.name not in on_their_way]
        for path in stale:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        return len(stale)

    async def _erase(self, due: Iterable[Record]) -> int:
        """Those that are held, or that an invoice needs, wait for another time."""
        erased = 0
        for record in due:
            try:
                await self._erasure.erase(record, "retention", by=WORKER)
                erased += 1
            except (Problem, ChangedError) as error:
                _log.info("document %s stays for now: %s", record.id, error)
        return erased

    async def _remove(self, record: Record) -> None:
        await asyncio.to_thread(self._vault.quarantine.remove, record.id)

    async def check_replicas(self) -> dict[str, int]:
        """Read every file from every store and mend what can be; how many of what."""
        async with self._database.worker() as connection:
            kept = await records.kept(connection)
        found: Counter[str] = Counter()
        for record in kept:
            scratch = self._vault.quarantine.place(uuid.uuid4())
            held = await self._vault.replicas.check(str(record.cid), scratch)
            for store, state in held.items():
                found[f"{store} {state}"] += 1
                if state in ("spoilt", "away"):
                    _log.error("document %s: %s is %s", record.id, store, state)
        return dict(found)

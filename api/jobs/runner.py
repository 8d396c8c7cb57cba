"""Does what waits in the outbox: several jobs at a time, each in a transaction of its own."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from api.database import Connection, Database
from api.jobs import outbox
from api.jobs.outbox import Kind, Taken

P = TypeVar("P")

_log = logging.getLogger("stellarsettle.jobs")

Handler = Callable[[Connection, P], Awaitable[None]]
"""Does one job. What it writes through the connection is kept if, and only if, it succeeds."""

_FIRST_WAIT = 5.0
_LONGEST_WAIT = 6 * 3600.0
_ERROR_LENGTH = 500


class HopelessError(Exception):
    """No further try would help: the job is dead at once. The message says why."""


class Handlers:
    """Which code does which kind of work."""

    def __init__(self) -> None:
        self._handlers: dict[str, tuple[Kind[Any], Handler[Any]]] = {}

    def on(self, kind: Kind[P], handler: Handler[P]) -> None:
        """Let `handler` do jobs of this kind."""
        if kind.name in self._handlers:
            raise ValueError(f"two handlers for {kind.name}")
        self._handlers[kind.name] = (kind, handler)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of all kinds that somebody does."""
        return tuple(self._handlers)

    def of(self, name: str) -> tuple[Kind[Any], Handler[Any]]:
        """The kind of that name and who does it."""
        return self._handlers[name]


def wait_before(retry: int, chance: random.Random) -> dt.timedelta:
    """How long to wait after the `retry`-th failure (from 1): doubling from 5 s up to 6 h.

    Between half of that and all of it, so that what failed together does not come back together.
    """
    whole = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(retry - 1, 30))
    return dt.timedelta(seconds=whole * chance.uniform(0.5, 1.0))


class Runner:
    """Takes one job after the other; several runners do several at a time."""

    def __init__(
        self, database: Database, handlers: Handlers, chance: random.Random | None = None
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._chance = chance or random.Random()  # noqa: S311 -- jitter, no secret

    async def run_one(self) -> bool:
        """Do the job that is due longest; False if none is."""
        async with self._database.worker() as connection:
            job = await outbox.take(connection, self._handlers.kinds)
        if job is None:
            return False
        async with self._database.worker() as connection:
            if await outbox.hold(connection, job):
                await self._do(connection, job)
        return True

    async def _do(self, connection: Connection, job: Taken) -> None:
        kind, handler = self._handlers.of(job.kind)
        if job.tries > kind.tries:
            await self._bury(connection, job, "The process ended during its last try.")
            return
        try:
            async with asyncio.timeout(kind.seconds), connection.transaction():
                await handler(connection, msgspec.convert(job.payload, kind.payload))
        except HopelessError as error:
            await self._bury(connection, job, str(error))
        except TimeoutError:
            await self._failed(connection, job, kind, f"Not done within {kind.seconds:g} s.")
        except Exception as error:  # noqa: BLE001 -- whatever it was, the job is tried again
            await self._failed(connection, job, kind, f"{type(error).__name__}: {error}")
        else:
            await outbox.finish(connection, job)

    async def _failed(
        self, connection: Connection, job: Taken, kind: Kind[Any], error: str
    ) -> None:
        if job.tries >= kind.tries:
            await self._bury(connection, job, error)
            return
        wait = wait_before(job.tries, self._chance)
        _log.warning("job %d (%s) failed, again in %s: %s", job.number, job.kind, wait, error)
        await outbox.postpone(connection, job, wait, error[:_ERROR_LENGTH])

    async def _bury(self, connection: Connection, job: Taken, error: str) -> None:
        _log.error("job %d (%s) is dead: %s", job.number, job.kind, error)
        await outbox.bury(connection, job, error[:_ERROR_LENGTH])

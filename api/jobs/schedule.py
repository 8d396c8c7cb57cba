"""When work recurs: a clock that only puts jobs into the outbox, each of its times once.

A job's key is the number of its interval since 1970. Two clocks, or one that was restarted, or
one that came late, still make one job of it.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable

import msgspec
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from api.database import Database
from api.jobs.outbox import Kind, enqueue


class Nothing(msgspec.Struct, frozen=True):
    """The payload of work that needs none."""


class Recurring(msgspec.Struct, frozen=True):
    """Work that comes back every so many seconds."""

    kind: Kind[Nothing]
    every: int


class Clock:
    """Puts recurring work into the outbox; runs where the worker's lock is held."""

    def __init__(
        self,
        database: Database,
        recurring: Iterable[Recurring],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._recurring = tuple(recurring)
        self._now = now
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin, with what is due in the present interval."""
        for one in self._recurring:
            trigger = IntervalTrigger(seconds=max(1, one.every // 4))
            now = dt.datetime.now(dt.UTC)
            self._scheduler.add_job(
                self.due, trigger, args=(one,), name=one.kind.name, next_run_time=now
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Put nothing in any more."""
        self._scheduler.shutdown(wait=False)

    async def due(self, one: Recurring) -> None:
        """Put in the job of the present interval, unless it is there."""
        interval = int(self._now()) // one.every
        async with self._database.worker() as connection:
            await enqueue(connection, one.kind, str(interval), Nothing())

"""The worker's process: one leads, does what is due and goes on from wherever it was interrupted.

Nothing here is remembered outside the database. Whatever ends the process, the next one takes up
at the last commit; and were there two at once, the rows' own locks keep them from doing anything
twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import msgspec
import psycopg
import psycopg_pool

from api.database import Database
from api.jobs.outbox import CHANNEL as JOB_CHANNEL
from api.jobs.runner import Handlers, Runner
from api.jobs.schedule import Clock, Recurring
from api.worker.leading import LostLeadError, hear, leading, pause

_log = logging.getLogger("stellarsettle.worker")

_AWAY = (psycopg.OperationalError, psycopg_pool.PoolTimeout, LostLeadError)
_AGAIN_SECONDS = 1.0
_POLL_SECONDS = 1.0


class Duty(msgspec.Struct, frozen=True):
    """Something to do whenever `channel` says so, and every second besides.

    `step` does a piece of it, whole, and tells whether there may be more.
    """

    name: str
    channel: str
    step: Callable[[], Awaitable[bool]]


class Worker:
    """Follows, runs jobs and keeps the clock, where it is the only one to do so."""

    def __init__(
        self,
        url: str,
        database: Database,
        handlers: Handlers,
        recurring: tuple[Recurring, ...] = (),
        duties: tuple[Duty, ...] = (),
        *,
        at_once: int = 4,
    ) -> None:
        self._url = url
        self._database = database
        self._recurring = recurring
        runners = (Runner(database, handlers) for _ in range(at_once))
        jobs = (Duty(f"jobs-{n}", JOB_CHANNEL, one.run_one) for n, one in enumerate(runners))
        self._duties = (*duties, *jobs)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is under way then comes to its end.

        A database that is away is waited for. Anything else that a duty raises ends the worker.
        """
        while not stop.is_set():
            try:
                async with leading(self._url, stop) as session:
                    await self._lead(session, stop)
            except* _AWAY as away:
                _end_if_cancelled()
                _log.warning("starting again: %s", away.exceptions[0])
                await pause(stop, _AGAIN_SECONDS)

    async def _lead(self, session: psycopg.AsyncConnection, stop: asyncio.Event) -> None:
        if stop.is_set():
            return
        _log.info("leading")
        wakes = {duty.name: asyncio.Event() for duty in self._duties}
        clock = Clock(self._database, self._recurring)
        clock.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                hearing = tasks.create_task(hear(session, _channels(self._duties, wakes)))
                for duty in self._duties:
                    tasks.create_task(_do(duty, wakes[duty.name], stop))
                await stop.wait()
                for wake in wakes.values():
                    wake.set()
                hearing.cancel()
        finally:
            clock.stop()


def _end_if_cancelled() -> None:
    """A group tells of its tasks' errors even where it was cancelled: that is not to be lost."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _channels(
    duties: tuple[Duty, ...], wakes: Mapping[str, asyncio.Event]
) -> dict[str, Callable[[], object]]:
    """What to call when a channel is heard: it wakes the duties that wait for it."""

    def waking(channel: str) -> Callable[[], object]:
        def wake() -> None:
            for duty in duties:
                if duty.channel == channel:
                    wakes[duty.name].set()

        return wake

    return {duty.channel: waking(duty.channel) for duty in duties}


async def _do(duty: Duty, wake: asyncio.Event, stop: asyncio.Event) -> None:
    while not stop.is_set():
        wake.clear()
        while await duty.step() and not stop.is_set():
            pass
        await pause(wake, _POLL_SECONDS)

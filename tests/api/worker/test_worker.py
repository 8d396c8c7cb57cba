"""One worker works, a second waits for it; a database that goes away is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from api.database import Connection, Database
from api.jobs.outbox import Kind, enqueue
from api.jobs.runner import Handlers
from api.jobs.schedule import Nothing, Recurring
from api.worker.leading import LostLeadError, hear, leading
from api.worker.worker import Duty, Worker

pytestmark = pytest.mark.anyio

_SECONDS = 20
WORK = Kind(name="work", payload=Nothing)


class Shift:
    """A worker with a name, whose jobs and steps are written down."""

    def __init__(self, url: str, database: Database, name: str, diary: asyncio.Queue[str]) -> None:
        self._name, self._diary = name, diary
        self._begun = False
        self.stop = asyncio.Event()
        handlers = Handlers()
        handlers.on(WORK, self._work)
        duties = (Duty("step", "step_channel", self._step),)
        recurring = (Recurring(WORK, every=86_400 * 365),)
        self.worker = Worker(url, database, handlers, recurring, duties, at_once=2)

    async def _work(self, _: Connection, __: Nothing) -> None:
        self._diary.put_nowait(f"{self._name} works")

    async def _step(self) -> bool:
        if not self._begun:
            self._begun = True
            self._diary.put_nowait(f"{self._name} leads")
        return False


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = Database(url, size=8, wait_seconds=5)
    await database.open()
    yield database
    await database.close()


async def _next(diary: asyncio.Queue[str]) -> str:
    async with asyncio.timeout(_SECONDS):
        return await diary.get()


def _end_sessions(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_second_worker_waits_until_the_first_is_gone(database: str) -> None:
    diary: asyncio.Queue[str] = asyncio.Queue()
    async with _opened(database) as opened, asyncio.TaskGroup() as tasks:
        first, second = (Shift(database, opened, name, diary) for name in ("Ada", "Ben"))
        tasks.create_task(first.worker.run(first.stop))
        assert {await _next(diary), await _next(diary)} == {"Ada leads", "Ada works"}
        tasks.create_task(second.worker.run(second.stop))
        async with opened.worker() as connection:
            await enqueue(connection, WORK, "one", Nothing())
        assert await _next(diary) == "Ada works"
        first.stop.set()
        assert await _next(diary) == "Ben leads"
        async with opened.worker() as connection:
            await enqueue(connection, WORK, "two", Nothing())
        assert await _next(diary) == "Ben works"
        second.stop.set()
    assert diary.empty(), "nothing was done twice, recurring work neither"


async def test_sessions_that_end_are_opened_again(database: str) -> None:
    diary: asyncio.Queue[str] = asyncio.Queue()
    async with _opened(database) as opened, asyncio.TaskGroup() as tasks:
        shift = Shift(database, opened, "Ada", diary)
        tasks.create_task(shift.worker.run(shift.stop))
        assert {await _next(diary), await _next(diary)} == {"Ada leads", "Ada works"}
        _end_sessions(database)
        async with opened.worker() as connection:
            await enqueue(connection, WORK, "after", Nothing())
        assert await _next(diary) == "Ada works"
        shift.stop.set()


async def test_a_worker_whose_session_breaks_while_it_is_cancelled_ends(database: str) -> None:
    begun = asyncio.Event()

    async def breaks() -> bool:
        begun.set()
        try:
            return await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise psycopg.OperationalError("the session is gone") from None

    async with _opened(database) as opened:
        worker = Worker(database, opened, Handlers(), duties=(Duty("breaks", "none", breaks),))
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(stop))
        await begun.wait()
        running.cancel()
        await asyncio.wait([running], timeout=_SECONDS)
        stop.set()
    assert running.cancelled()


async def test_a_lock_that_was_lost_is_noticed(database: str) -> None:
    """A pooler may hand out another session: the lock is probed, not believed in."""
    async with leading(database, asyncio.Event()) as session:
        await session.execute("SELECT pg_advisory_unlock_all()")
        with pytest.raises(LostLeadError):
            await hear(session, {"nothing": lambda: None})


async def test_a_defect_ends_the_worker_and_is_not_hidden(database: str) -> None:
    async def breaks() -> bool:
        raise ZeroDivisionError

    async with _opened(database) as opened:
        worker = Worker(database, opened, Handlers(), duties=(Duty("breaks", "none", breaks),))
        with pytest.raises(ExceptionGroup) as raised:
            await worker.run(asyncio.Event())
    assert raised.group_contains(ZeroDivisionError)

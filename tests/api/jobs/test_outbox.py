"""Promised work is done once, together with what it writes, whoever does it and however it ends."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.database import Connection, Database
from api.jobs import desk, outbox
from api.jobs.outbox import Kind, enqueue
from api.jobs.runner import Handlers, HopelessError, Runner, wait_before
from api.jobs.schedule import Clock, Nothing, Recurring
from contracts.wire import Address

pytestmark = pytest.mark.anyio

ADA, BEN = Address("G" + "A" * 55), Address("G" + "B" * 55)


class Number(msgspec.Struct, frozen=True):
    """What a job of these tests is about."""

    value: int


NOTE = Kind(name="note", payload=Number, tries=3, seconds=0.3)


@pytest.fixture
async def outboxed(database: str) -> AsyncIterator[Database]:
    """A database with a table that jobs leave their effect in."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("CREATE TABLE app.effect (value integer, key integer)")
        owner.execute("GRANT ALL ON app.effect TO stellarsettle_api")
    opened = Database(database, size=8, wait_seconds=5)
    await opened.open()
    yield opened
    await opened.close()


async def _note(connection: Connection, payload: Number) -> None:
    await connection.execute("INSERT INTO app.effect (value) VALUES (%s)", (payload.value,))


async def _promise(database: Database, who: Address, *values: int) -> None:
    async with database.private(who) as connection:
        for value in values:
            await enqueue(connection, NOTE, str(value), Number(value))


async def _effects(database: Database) -> list[int]:
    async with database.public() as connection:
        rows = await connection.execute("SELECT value FROM app.effect ORDER BY value")
        return [row["value"] for row in await rows.fetchall()]


async def _jobs(database: Database, state: desk.State) -> list[desk.Job]:
    async with database.worker() as connection:
        return await desk.jobs(connection, state, 100)


def _runner(database: Database, handler: Any = _note) -> Runner:
    handlers = Handlers()
    handlers.on(NOTE, handler)
    return Runner(database, handlers, random.Random(7))


async def _run_due(runner: Runner) -> None:
    while await runner.run_one():
        pass


async def _due_now(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("SET stellarsettle.worker = 'on'")
        owner.execute("UPDATE app.job SET due_at = clock_timestamp() - interval '1 s'")


async def test_work_is_promised_only_if_the_write_is_kept(outboxed: Database) -> None:
    async with outboxed.private(ADA) as connection:
        await enqueue(connection, NOTE, "1", Number(1))
        raise psycopg.Rollback
    assert await _jobs(outboxed, "waiting") == []
    await _promise(outboxed, ADA, 2)
    await _run_due(_runner(outboxed))
    assert await _effects(outboxed) == [2]


async def test_of_one_kind_and_key_there_is_one_job_even_after_it_was_done(
    outboxed: Database,
) -> None:
    runner = _runner(outboxed)
    await _promise(outboxed, ADA, 1, 1)
    await _promise(outboxed, BEN, 1)
    await _run_due(runner)
    await _promise(outboxed, BEN, 1)
    await _run_due(runner)
    assert await _effects(outboxed) == [1]


async def test_who_promises_cannot_see_or_change_what_is_promised(outboxed: Database) -> None:
    await _promise(outboxed, ADA, 1)
    for who in (ADA, BEN):
        async with outboxed.private(who) as connection:
            assert await desk.counts(connection) == {}
            await connection.execute("UPDATE app.job SET state = 'done'")
            await connection.execute("DELETE FROM app.job")
    assert len(await _jobs(outboxed, "waiting")) == 1
    async with outboxed.private(ADA) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(
                "INSERT INTO app.job (kind, key, payload, state) VALUES ('note', '9', '{}', 'done')"
            )


async def test_several_runners_do_each_job_once(outboxed: Database) -> None:
    await _promise(outboxed, ADA, *range(40))
    async with asyncio.TaskGroup() as tasks:
        for _ in range(4):
            tasks.create_task(_run_due(_runner(outboxed)))
    assert await _effects(outboxed) == list(range(40))
    assert len(await _jobs(outboxed, "done")) == 40


async def test_a_failure_leaves_nothing_and_is_tried_again_until_it_is_dead(
    outboxed: Database, database: str
) -> None:
    async def fails(connection: Connection, payload: Number) -> None:
        await _note(connection, payload)
        await connection.execute("SELECT 1 / 0")

    runner = _runner(outboxed, fails)
    await _promise(outboxed, ADA, 1)
    for tries in (1, 2):
        assert await runner.run_one()
        (job,) = await _jobs(outboxed, "waiting")
        assert job.tries == tries
        assert job.due_at > dt.datetime.now(dt.UTC)
        assert not await runner.run_one(), "it waits"
        await _due_now(database)
    assert await runner.run_one()
    (job,) = await _jobs(outboxed, "dead")
    assert job.error == "DivisionByZero: division by zero"
    assert await _effects(outboxed) == []
    async with outboxed.worker() as connection:
        assert await desk.retry(connection, job.number) == 1
        assert await desk.retry(connection, job.number) == 0
    await _run_due(_runner(outboxed))
    assert await _effects(outboxed) == [1]


async def test_what_is_hopeless_is_dead_at_once(outboxed: Database) -> None:
    async def hopeless(_: Connection, __: Number) -> None:
        raise HopelessError("There is no such place.")

    await _promise(outboxed, ADA, 1)
    assert await _runner(outboxed, hopeless).run_one()
    (job,) = await _jobs(outboxed, "dead")
    assert (job.tries, job.error) == (1, "There is no such place.")


async def test_a_try_that_lasts_too_long_has_failed(outboxed: Database) -> None:
    async def sleeps(connection: Connection, payload: Number) -> None:
        await _note(connection, payload)
        await connection.execute("SELECT pg_sleep(30)")

    await _promise(outboxed, ADA, 1)
    assert await _runner(outboxed, sleeps).run_one()
    (job,) = await _jobs(outboxed, "waiting")
    assert job.error == "Not done within 0.3 s."
    assert await _effects(outboxed) == []


async def test_a_job_that_ends_its_process_is_dead_in_the_end(
    outboxed: Database, database: str
) -> None:
    """Its tries are counted before it runs: here the process ends between counting and doing."""
    await _promise(outboxed, ADA, 1)
    for _ in range(NOTE.tries):
        async with outboxed.worker() as connection:
            assert await outbox.take(connection, ["note"]) is not None
        await _due_now(database)
    assert await _runner(outboxed).run_one()
    (job,) = await _jobs(outboxed, "dead")
    assert job.error == "The process ended during its last try."
    assert await _effects(outboxed) == []


async def test_who_was_overtaken_does_nothing(outboxed: Database, database: str) -> None:
    await _promise(outboxed, ADA, 1)
    async with outboxed.worker() as connection:
        slow = await outbox.take(connection, ["note"])
    await _due_now(database)
    await _run_due(_runner(outboxed))
    assert slow is not None
    async with outboxed.worker() as connection:
        assert not await outbox.hold(connection, slow)
    assert await _effects(outboxed) == [1]


async def test_finished_work_is_forgotten_after_a_while(outboxed: Database) -> None:
    await _promise(outboxed, ADA, 1, 2)
    assert await _runner(outboxed).run_one()
    async with outboxed.worker() as connection:
        assert await outbox.purge(connection, dt.timedelta(days=1)) == 0
        assert await outbox.purge(connection, -dt.timedelta(days=1)) == 1
        assert await desk.counts(connection) == {"waiting": 1}


async def test_two_clocks_make_one_job_of_an_interval(outboxed: Database) -> None:
    now = 1_000_000.0
    recurring = Recurring(Kind(name="tidy", payload=Nothing), every=100)
    clocks = [Clock(outboxed, [recurring], lambda: now) for _ in range(2)]
    for clock in clocks:
        await clock.due(recurring)
    now += 99
    await clocks[0].due(recurring)
    assert [job.key for job in await _jobs(outboxed, "waiting")] == ["10000"]
    now += 1
    await clocks[1].due(recurring)
    assert [job.key for job in await _jobs(outboxed, "waiting")] == ["10001", "10000"]


@given(st.integers(1, 10_000), st.integers())
def test_waits_double_up_to_six_hours(retry: int, seed: int) -> None:
    wait = wait_before(retry, random.Random(seed)).total_seconds()
    whole = min(6 * 3600, 5 * 2 ** min(retry - 1, 20))
    assert whole / 2 <= wait <= whole

"""Hints reach whom they are for, in every process, and whoever comes back misses nothing."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx
import psycopg
import pytest
from stellar_sdk import Keypair

from api.live.stream import Stream
from api.live.topics import PATTERN, PRIVATE, PUBLIC
from api.tokens import Subject
from contracts.wire import Address
from stellarsettle import postgres
from tests.api.live.serving import Book, Served, listening, serving

pytestmark = pytest.mark.anyio

ONE, OTHER = bytes.fromhex("0101" * 16), bytes.fromhex("0202" * 16)
TOPIC_ONE, TOPIC_OTHER = f"invoice:{ONE.hex()}", f"invoice:{OTHER.hex()}"


@pytest.fixture(scope="module")
def served(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Three processes of the API, for all tests of this module."""
    import migrations  # noqa: PLC0415

    url = server.create("events")
    migrations.upgrade(url)
    with serving(url, tmp_path_factory.mktemp("events"), workers=3) as running:
        yield running
    server.drop("events")


@pytest.fixture(scope="module")
def book(served: Served) -> Iterator[Book]:
    """The ledgers of these tests, one after the other."""
    writing = Book(served.database)
    writing.close(("params_set", None), ledgers=100)
    yield writing
    writing.end()


async def test_every_process_tells_of_every_ledger(served: Served, book: Book) -> None:
    """Nine streams find their way to three processes; none of them is told of another invoice."""
    opened = [listening(served, f"ledger,marketplace,{TOPIC_ONE}") for _ in range(9)]
    streams = [await one.__aenter__() for one in opened]
    await asyncio.gather(*(stream.next() for stream in streams))
    book.close(("escrow_funded", ONE), ("payout", OTHER))
    for told in await asyncio.gather(*(stream.until(TOPIC_ONE) for stream in streams)):
        assert (told.ledger, told.id) == (book.ledger, str(book.ledger))
        assert told.topics == (TOPIC_ONE, "ledger", "marketplace")
    book.close()
    for told in await asyncio.gather(*(stream.next() for stream in streams)):
        assert (told.ledger, told.topics) == (book.ledger, ("ledger",))
    for one in opened:
        await one.__aexit__(None, None, None)


async def test_who_comes_back_is_told_what_it_missed(served: Served, book: Book) -> None:
    async with listening(served, f"{TOPIC_ONE},{TOPIC_OTHER}") as stream:
        seen = (await stream.next()).id
    book.close(("payout", OTHER))
    book.close(("params_set", None))
    async with listening(served, f"{TOPIC_ONE},{TOPIC_OTHER}", **{"Last-Event-ID": seen}) as stream:
        told = await stream.next()
        assert (told.ledger, told.topics) == (book.ledger, (TOPIC_OTHER,))
    for stranger in (str(book.ledger + 50), "1 or so", "9" * 30):
        headers = {"Last-Event-ID": stranger}
        async with listening(served, f"{TOPIC_ONE},{TOPIC_OTHER}", **headers) as stream:
            assert (await stream.next()).topics == (TOPIC_ONE, TOPIC_OTHER), "read all again"


async def test_who_is_far_behind_reads_everything_again(served: Served, book: Book) -> None:
    before = book.ledger
    book.close(*[("payout", OTHER)] * 600)
    book.close(*[("payout", OTHER)] * 600)
    async with listening(
        served, f"marketplace,{TOPIC_ONE}", **{"Last-Event-ID": str(before)}
    ) as stream:
        assert (await stream.next()).topics == (TOPIC_ONE, "marketplace")


async def test_private_hints_reach_their_owner_only(served: Served, book: Book) -> None:
    ada, ben = Keypair.random(), Keypair.random()
    book.holds(ada.public_key, ONE)
    private = ",".join(PRIVATE)
    async with (
        listening(served, f"{private},ledger", **served.bearer(ada)) as hers,
        listening(served, f"{private},ledger", **served.bearer(ben)) as his,
    ):
        await hers.next(), await his.next()
        book.close(("payout", ONE))
        assert (await hers.until("portfolio")).topics in (("ledger", "portfolio"), ("portfolio",))
        assert (await his.next()).topics == ("ledger",)
        with psycopg.connect(served.database, autocommit=True) as connection:
            told = f'{{"subject":"{ben.public_key}","topics":["notifications"]}}'
            connection.execute("SELECT pg_notify('stellarsettle_hint', %s)", (told,))
        assert (await his.next()).topics == ("notifications",)
        book.close()
        assert (await hers.next()).topics == ("ledger",)


async def test_private_topics_want_a_token_and_topics_must_exist(served: Served) -> None:
    async with httpx.AsyncClient() as client:
        for topics, status in {
            "portfolio": 401,
            "ledger,notifications": 401,
            "": 422,
            "everything": 422,
            "ledger,": 422,
            "invoice:12": 422,
            f"{TOPIC_ONE}\n": 422,
            ",".join(["ledger"] * 51): 422,
        }.items():
            answer = await client.get(f"{served.url}/v1/events", params={"topics": topics})
            assert answer.status_code == status, topics
            assert answer.headers["content-type"] == "application/problem+json"
    every = re.compile(PATTERN)
    assert all(every.fullmatch(topic) for topic in (*PUBLIC, *PRIVATE, TOPIC_ONE))


async def test_a_stream_ends_with_its_token(served: Served, book: Book) -> None:
    bearer = served.bearer(Keypair.random(), seconds=2)
    async with listening(served, "ledger,portfolio", **bearer) as stream:
        assert (await stream.next()).ledger == book.ledger
        assert await stream.ended()


@pytest.mark.parametrize("via", ["cookie", "key"])
async def test_a_stream_of_somebody_is_soon_asked_again_who_that_is(
    via: Literal["cookie", "key"],
) -> None:
    """A session lasts a month, a key a year: neither may be followed on after it was ended."""
    now = [1_000_000.0]
    month = int(now[0]) + 30 * 86_400
    owner = Keypair.random().public_key
    subject = Subject(owner=owner, address=Address(owner), expires_at=month, via=via)
    stream = Stream(["notifications"], subject, clock=lambda: now[0])
    messages = stream.messages(beat_seconds=0.01)
    assert await anext(messages) == b"retry: 2000\n\n"
    assert await anext(messages) == b": beat\n\n"
    now[0] += 900
    stream.add(7, ("notifications",))
    assert [message async for message in messages] == []


async def test_a_lost_connection_of_the_service_loses_no_hint(served: Served, book: Book) -> None:
    async with listening(served, TOPIC_ONE) as stream:
        await stream.next()
        with psycopg.connect(served.database, autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN %'"
            )
        book.close(("payout", ONE))
        assert (await stream.next()).ledger == book.ledger


async def test_the_service_ends_though_streams_are_open(database: str, tmp_path: Path) -> None:
    with serving(database, tmp_path) as running:
        async with listening(running, "ledger") as stream:
            await stream.next()
            began = time.monotonic()
            assert await asyncio.to_thread(running.service.stop) == 0
            assert time.monotonic() - began < 15
            assert await stream.ended()


async def test_what_waits_for_a_slow_client_is_one_hint() -> None:
    stream = Stream(["ledger", TOPIC_ONE])
    messages = stream.messages()
    assert await anext(messages) == b"retry: 2000\n\n"
    for ledger in range(1, 100_001):
        stream.add(ledger, ("ledger", TOPIC_OTHER))
    stream.add(7, (TOPIC_ONE,))
    assert await anext(messages) == (
        b"id: 100000\nevent: hint\n"
        b'data: {"ledger":100000,"topics":["%s","ledger"]}\n\n' % TOPIC_ONE.encode()
    )
    stream.end()
    assert [message async for message in messages] == []


async def test_a_quiet_stream_beats() -> None:
    messages = Stream(["ledger"]).messages(beat_seconds=0.01)
    await anext(messages)
    assert await anext(messages) == b": beat\n\n"
    await messages.aclose()  # type: ignore[attr-defined]

"""Public answers are kept, never too long, never too many, and nobody's own is among them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.access import ACCESS, SHARED
from api.app import ROUTERS
from api.config import ApiConfig
from api.shared import Answer, Kept, Stamps
from tests.api.live.serving import Book

pytestmark = pytest.mark.anyio

Client = AsyncTestClient[Litestar]
INVOICE = b"\x01" * 32
MARKET, PLATFORM = "/v1/marketplace", "/v1/platform"


@pytest.fixture
def book(database: str) -> Iterator[Book]:
    """The one who closes ledgers; in the first something happened to the invoice."""
    book = Book(database)
    book.close(("escrow_funded", INVOICE))
    yield book
    book.end()


@pytest.fixture
async def stamps(database: str) -> AsyncIterator[Stamps]:
    stamps = Stamps(database, seconds=5.0)
    yield stamps
    await stamps.close()


async def test_an_answer_is_kept_until_the_read_models_change(
    client: Client, config: ApiConfig, book: Book
) -> None:
    first = await client.get(PLATFORM)
    assert first.json()["data"]["invoices"] == {}
    with psycopg.connect(config.database_url, autocommit=True) as owner:
        # Without a ledger, as nothing of ours ever does it.
        owner.execute("INSERT INTO read.status_total VALUES (1, 7)")
    assert (await client.get(PLATFORM)).content == first.content, "kept"
    assert (await client.get(f"{PLATFORM}?x=1")).json()["data"]["invoices"] == {"open": 7}
    book.close()
    assert (await client.get(PLATFORM)).json()["data"]["invoices"] == {"open": 7}


async def test_no_answer_is_older_than_the_request(client: Client, book: Book) -> None:
    for _ in range(25):
        book.close(("escrow_funded", INVOICE))
        for path in (MARKET, PLATFORM):
            answer = await client.get(path)
            assert answer.json()["meta"]["as_of_ledger"] == book.ledger
            assert answer.headers["x-as-of-ledger"] == str(book.ledger)


async def test_who_has_a_kept_answer_is_told_so(client: Client, book: Book) -> None:
    tag = "unknown"
    for status in (200, 304, 304):
        answer = await client.get(MARKET, headers={"If-None-Match": tag})
        assert answer.status_code == status
        assert bool(answer.content) == (status == 200)
        tag = answer.headers["etag"]
    book.close()
    assert (await client.get(MARKET, headers={"If-None-Match": tag})).status_code == 200


async def test_each_answer_has_its_own_id_and_limits(client: Client, book: Book) -> None:
    assert book.ledger
    ids = {(await client.get(MARKET)).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_a_fault_is_not_kept(client: Client, book: Book) -> None:
    unknown = f"/v1/invoices/{'ab' * 32}"
    for _ in range(2):
        answer = await client.get(unknown)
        assert answer.status_code == 404
        assert answer.headers["cache-control"] == "no-store"
        assert f"as of ledger {book.ledger}" in answer.json()["detail"]
        book.close()


def test_only_routes_that_know_nobody_are_shared() -> None:
    """Whoever asks: the handler is not even told."""
    shared = [
        handler
        for router in ROUTERS
        for route in router.routes
        for handler in getattr(route, "route_handlers", ())
        if SHARED.items() <= handler.opt.items()
    ]
    assert len(shared) >= 7
    for handler in shared:
        assert handler.opt[ACCESS].anyone
        assert not handler.opt[ACCESS].knows
        assert handler.http_methods == {"GET"}
        assert not {"subject", "visitor"} & handler.fn.__annotations__.keys(), handler


async def test_those_who_wait_share_a_question(stamps: Stamps, book: Book) -> None:
    asked: list[str] = []
    ask = stamps._ask

    async def counted() -> str:
        asked.append("once")
        return await ask()

    stamps._ask = counted  # type: ignore[method-assign]
    found = await asyncio.gather(*(stamps.now() for _ in range(50)))
    assert len(set(found)) == 1
    assert len(asked) == 1
    book.close()
    assert await stamps.now() not in found


async def test_one_who_gives_up_does_not_end_the_question(stamps: Stamps, book: Book) -> None:
    assert book.ledger
    first, second = (asyncio.create_task(stamps.now()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second


async def test_without_a_database_nothing_is_given_again(client: Client, book: Book) -> None:
    assert book.ledger
    stamps = Stamps("postgresql://127.0.0.1:1/nowhere", seconds=5.0)
    assert await stamps.now() is None
    assert (await client.get(MARKET)).status_code == 200


async def test_a_session_that_was_cut_is_opened_anew(
    stamps: Stamps, database: str, book: Book
) -> None:
    assert book.ledger
    before = await stamps.now()
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE '%%tableoid%%' AND pid <> pg_backend_pid()"
        )
    assert await stamps.now() is None
    assert await stamps.now() == before


def test_what_is_kept_is_bounded() -> None:
    kept = Kept(10_000)
    for number in range(100):
        kept.keep((f"/{number}", b""), "stamp", _answer(number))
        assert kept.find(("/0", b""), "stamp") is not None, "asked for all the time"
        assert kept.bytes <= 10_000
    assert kept.find(("/99", b""), "stamp") == _answer(99)
    assert kept.find(("/50", b""), "stamp") is None
    assert kept.find(("/99", b""), "another") is None
    kept.keep(("/1", b""), "another", _answer(1))
    assert kept.find(("/99", b""), "stamp") is None


def test_an_answer_that_is_too_large_is_not_kept() -> None:
    kept = Kept(10_000)
    kept.keep(("/", b""), "stamp", Answer((), bytes(20_000)))
    assert (kept.find(("/", b""), "stamp"), kept.bytes) == (None, 0)


def _answer(number: int) -> Any:
    return Answer(((b"etag", str(number).encode()),), bytes(500))

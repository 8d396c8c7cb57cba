"""Long work waits for its turn, also where nobody waits for what works."""

from __future__ import annotations

import asyncio
import threading

import pytest

from api.errors import Problem
from api.turns import Turns

pytestmark = pytest.mark.anyio


async def test_a_place_is_taken_as_long_as_the_work_lasts() -> None:
    turns = Turns(at_once=1, waiting=1, sentence="Too many.")
    begun, end = threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        return end.wait(20)

    first = asyncio.ensure_future(turns.take(work))
    assert await asyncio.to_thread(begun.wait, 20)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = asyncio.ensure_future(turns.take(lambda: "second"))
    await asyncio.sleep(0)
    with pytest.raises(Problem) as refused:
        await turns.take(lambda: "third")
    assert refused.value.kind.slug == "too-slow"
    assert not second.done(), "the thread of the first still runs"
    end.set()
    assert await second == "second"
    assert await turns.take(lambda: "fourth") == "fourth"


async def test_who_gives_up_waiting_leaves_the_queue() -> None:
    turns = Turns(at_once=1, waiting=1, sentence="Too many.")
    end = threading.Event()
    first = asyncio.ensure_future(turns.take(lambda: end.wait(20)))
    waits = asyncio.ensure_future(turns.take(lambda: False))
    await asyncio.sleep(0)
    waits.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waits
    third = asyncio.ensure_future(turns.take(lambda: True))
    end.set()
    assert await first
    assert await third

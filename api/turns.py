"""Long work in threads, a bounded number at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from api.errors import Problem

T = TypeVar("T")


class Turns:
    """So many work at once, so many more wait; whoever comes then is told to come again.

    A thread cannot be stopped: a place is free again when its work has ended, also where nobody
    waits for it any more.
    """

    def __init__(self, *, at_once: int, waiting: int, sentence: str) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._sentence = sentence
        self._taken = 0

    async def take(self, work: Callable[[], T]) -> T:
        """What `work` gives; raises what it raises, and "too-slow" where too many wait."""
        if self._taken >= self._most:
            raise Problem("too-slow", self._sentence)
        self._taken += 1
        try:
            await self._places.acquire()
        except BaseException:
            self._taken -= 1
            raise
        running = asyncio.ensure_future(asyncio.to_thread(work))
        running.add_done_callback(self._give_back)
        return await asyncio.shield(running)

    def _give_back(self, done: asyncio.Future[Any]) -> None:
        self._taken -= 1
        self._places.release()
        if not done.cancelled():
            done.exception()  # somebody may have stopped waiting for it

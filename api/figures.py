"""The metric registry for those who ask over HTTP: worked out once a ledger, shared by all.

Facts are the whole platform's, so reading them takes its time. Who asks meanwhile is given the
figures of the ledger before, which say so: every answer names the ledger it holds for.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from api.database import session
from projections.analytics import dashboards, facts
from projections.analytics.workings import Workings

T = TypeVar("T")

_REST = 4.0
"""After figures were worked out, nobody has them worked out anew for so many times as long."""
_FIRST_PAUSE = 0.2
"""And at least for so many seconds."""


class Figures:
    """Workings of the newest ledger, made when asked for and at most for a fifth of the time."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._lock = asyncio.Lock()
        self._workings: Workings | None = None
        self._fresh_until = 0.0

    async def dashboard(self, name: str, about: str | None = None) -> list[dashboards.Answer]:
        """The figures of a dashboard of the registry; see `dashboards.answers`."""
        return await self._off_loop(functools.partial(dashboards.answers, name), about)

    async def tables(self, *names: str) -> list[dashboards.Answer]:
        """The figures of whole tables of the registry, such as "M02.invoice"."""
        workings = await self.workings()
        return await asyncio.to_thread(_tables, names, workings)

    async def workings(self) -> Workings:
        """What all metrics are worked out from, as of a ledger that is the newest or nearly so."""
        if self._workings is not None and (
            time.monotonic() < self._fresh_until or self._lock.locked()
        ):
            return self._workings
        async with self._lock:
            if self._workings is None or time.monotonic() >= self._fresh_until:
                started = time.monotonic()
                self._workings = await asyncio.to_thread(self._read)
                took = time.monotonic() - started
                self._fresh_until = time.monotonic() + max(_FIRST_PAUSE, _REST * took)
            return self._workings

    async def _off_loop(self, answer: Callable[[Workings, str | None], T], about: str | None) -> T:
        workings = await self.workings()
        return await asyncio.to_thread(answer, workings, about)

    def _read(self) -> Workings:
        with session(self._url) as connection:
            return Workings(facts.stored(connection))


def _tables(names: Sequence[str], workings: Workings) -> list[dashboards.Answer]:
    return [one for name in names for one in dashboards.of_table(name, workings, {})]

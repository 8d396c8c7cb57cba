"""The metric registry for those who ask over HTTP: worked out once a ledger, shared by all.

Facts are the whole platform's, so reading them takes its time. Who asks for the newest meanwhile
is given the figures of the ledger before, which say so: every answer names the ledger it holds
for. Figures of the past are worked out one ledger at a time, and the last few are kept.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import OrderedDict
from collections.abc import Sequence

from api.database import session
from api.turns import Turns
from projections.analytics import dashboards, facts
from projections.analytics.workings import Workings
from projections.history import mark_at, require_begun

_REST = 4.0
"""After figures were worked out, nobody has them worked out anew for so many times as long."""
_FIRST_PAUSE = 0.2
"""And at least for so many seconds."""
_PAST_KEPT = 2
"""Ledgers of the past: each holds every fact up to it in memory."""
_WAITING = 8
"""So many may wait for figures of the past; whoever comes then is told to come again."""


class Figures:
    """Workings of the newest ledger, made when asked for and at most for a fifth of the time."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._lock = asyncio.Lock()
        self._workings: Workings | None = None
        self._fresh_until = 0.0
        self._past = _Past(database_url)

    async def dashboard(
        self, name: str, about: str | None = None, at: int | None = None
    ) -> list[dashboards.Answer]:
        """The figures of a dashboard of the registry; see `dashboards.answers`.

        As of the end of ledger `at`, None for the newest; raises as `workings` does.
        """
        workings = await self.workings(at)
        return await asyncio.to_thread(dashboards.answers, name, workings, about)

    async def tables(self, *names: str, at: int | None = None) -> list[dashboards.Answer]:
        """The figures of whole tables of the registry, such as "M02.invoice"."""
        workings = await self.workings(at)
        return await asyncio.to_thread(_tables, names, workings)

    async def workings(self, at: int | None = None) -> Workings:
        """What all metrics are worked out from: as of ledger `at`, or the newest or nearly so.

        Raises `history.NotFoldedError`, `history.BeforeFirstError`, and "too-slow" where too many
        ask for the past at once.
        """
        if at is not None:
            return await self._past.workings(at)
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

    def _read(self) -> Workings:
        with session(self._url) as connection:
            return Workings(facts.stored(connection))


class _Past:
    """Workings of ledgers of the past, the last few of them kept until the rows are rebuilt."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._turns = Turns(
            at_once=1,
            waiting=_WAITING,
            sentence="Too many ask for figures of the past at this moment.",
        )
        self._kept: OrderedDict[tuple[int, int], Workings] = OrderedDict()

    async def workings(self, at: int) -> Workings:
        """As of the end of ledger `at`."""
        return await self._turns.take(functools.partial(self._read, at))

    def _read(self, at: int) -> Workings:
        with session(self._url) as connection:
            row = connection.execute("SELECT 'read'::regnamespace::oid::bigint").fetchone()
            name = at, row[0] if row else 0
            if name not in self._kept:
                mark = require_begun(connection, mark_at(connection, at))
                self._kept[name] = Workings(facts.stored(connection, mark))
        self._kept.move_to_end(name)
        while len(self._kept) > _PAST_KEPT:
            self._kept.popitem(last=False)
        return self._kept[name]


def _tables(names: Sequence[str], workings: Workings) -> list[dashboards.Answer]:
    return [one for name in names for one in dashboards.of_table(name, workings, {})]

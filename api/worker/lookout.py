"""Asks the node about transactions that the read models will not tell of: failed, expired, other.

An intent that a wallet reported is asked for until a ledger holds it; any other once its time is
over, unless its owner asks before. What is found is concluded where requests conclude it too.
"""

from __future__ import annotations

import asyncio
import logging

from api.database import Database
from api.errors import Problem
from api.transactions import store
from api.transactions.store import Stored
from api.transactions.tracker import Tracker

_log = logging.getLogger("stellarsettle.worker")

_AT_ONCE = 20
_AWAY = frozenset({"ledger-unreachable", "wrong-network"})


class Lookout:
    """Goes round the open intents that are worth a question, so many at a time."""

    def __init__(self, database: Database, tracker: Tracker) -> None:
        self._database = database
        self._tracker = tracker
        self._after = 0

    async def step(self) -> bool:
        """Ask for the next ones; tells whether the round goes on."""
        async with self._database.worker() as connection:
            found = await store.doubtful(connection, after=self._after, limit=_AT_ONCE)
        await asyncio.gather(*map(self._follow, found))
        self._after = found[-1].number if len(found) == _AT_ONCE else 0
        return self._after != 0

    async def _follow(self, stored: Stored) -> None:
        try:
            await self._tracker.followed(stored)
        except Problem as problem:
            if problem.kind.slug not in _AWAY:
                raise
            _log.warning("intent %s: %s", stored.built.id, problem.detail)

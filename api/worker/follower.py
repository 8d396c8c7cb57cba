"""Follows the read models by a cursor of its own, ledger by ledger.

What a stretch of ledgers means for people is written in one transaction with the cursor: were the
process killed at any moment, it would be written once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from api.database import Connection, Database
from api.errors import Problem
from api.happened import Happened, since
from api.transactions import store
from api.transactions.following import landed_in
from api.transactions.tracker import Tracker

_EVENTS = 500
"""How many events are looked at in one transaction; whole ledgers may have more."""

_LOCK = "SELECT ledger FROM app.cursor FOR UPDATE"
_ADVANCE = "UPDATE app.cursor SET ledger = %s"

Consequence = Callable[[Connection, Happened], Awaitable[None]]
"""Writes what follows from what happened, in the transaction of the connection."""


class Follower:
    """Goes through all ledgers once, in order, and draws every consequence of each."""

    def __init__(self, database: Database, *consequences: Consequence) -> None:
        self._database = database
        self._consequences = consequences

    async def step(self) -> bool:
        """Go on by one transaction; tells whether there may be more."""
        async with self._database.worker() as connection:
            row = await (await connection.execute(_LOCK)).fetchone()
            after = 0 if row is None else row["ledger"]
            try:
                happened = await since(connection, after, _EVENTS)
            except Problem:
                return False  # nothing has been read yet
            if happened.through == after:
                return False
            for consequence in self._consequences:
                await consequence(connection, happened)
            await connection.execute(_ADVANCE, (happened.through,))
        return happened.through < happened.mark.ledger


def settling(tracker: Tracker) -> Consequence:
    """Concludes the intents whose transactions are among what happened, or were waited for."""

    async def settle(connection: Connection, happened: Happened) -> None:
        seen = {one.tx_hash: landed_in(one.ledger, one.time) for one in happened.happenings}
        for stored in await store.awaited(connection, list(seen)):
            known = stored.outcome
            waits = known is not None and known.status == "in_ledger"
            found = known if waits else seen.get(stored.built.hash)
            if found is not None:
                await tracker.conclude(connection, stored, found, happened.mark)

    return settle

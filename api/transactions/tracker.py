"""What became of intents, found out and kept: the one place that concludes anything about them.

The ledger decides. What the read models hold has happened; of everything else a node is asked.
"""

from __future__ import annotations

import msgspec

from api.database import Connection, Database
from api.live.hints import hint
from api.notifications.telling import Telling
from api.stellar import Ledger
from api.transactions import store
from api.transactions.following import Applied, continued, landed_in, projected
from api.transactions.store import Outcome, Stored
from api.transactions.tracing import look_up

TOPIC = "transactions"
"""The private topic of one's own intents."""

_SEEN = """
SELECT applied.ledger AS applied, applied.closed_at AS applied_at, found.ledger, found.closed_at
FROM read.applied LEFT JOIN (
    SELECT min(position) >> 32 AS ledger, min(closed_at) AS closed_at
    FROM read.activity WHERE tx_hash = decode(%s, 'hex')
) AS found ON true
"""


class Tracker:
    """Follows intents of anybody; what it finds is kept under their owner's name."""

    def __init__(self, database: Database, ledger: Ledger, telling: Telling) -> None:
        self._database = database
        self._ledger = ledger
        self._telling = telling

    async def followed(self, stored: Stored) -> Stored:
        """The intent with what became of it, which is found out and kept unless it is final.

        Raises the problems "ledger-unreachable" and "wrong-network".
        """
        known = stored.outcome
        if known is not None and known.final:
            return stored
        if known is None or known.status != "in_ledger":
            found = await self._seen(stored) or await self._look_up(stored)
        else:
            found = known
        if found is None:
            return stored
        async with self._database.private(stored.owner) as connection:
            return await self.conclude(connection, stored, found, await applied(connection))

    async def conclude(
        self, connection: Connection, stored: Stored, found: Outcome, mark: Applied | None
    ) -> Stored:
        """Keep what was found, as far as the read models are; the intent as it is kept.

        Where somebody else was faster, what that one found counts.
        """
        outcome = projected(continued(stored.outcome, found), mark)
        if outcome == stored.outcome:
            return stored
        if not await store.complete(connection, stored, outcome):
            return await store.again(connection, stored)
        await hint(connection, stored.owner, TOPIC)
        concluded = msgspec.structs.replace(stored, outcome=outcome)
        await self._telling.of_intent(connection, concluded)
        return concluded

    async def _seen(self, stored: Stored) -> Outcome | None:
        """What the read models know, which no node has to be asked for."""
        async with self._database.public() as connection:
            row = await (await connection.execute(_SEEN, (stored.built.hash,))).fetchone()
        if row is None or row["ledger"] is None:
            return None
        return landed_in(row["ledger"], row["closed_at"])

    async def _look_up(self, stored: Stored) -> Outcome | None:
        async def is_other(tx_hash: str) -> bool:
            async with self._database.private(stored.owner) as connection:
                return await store.has_hash(connection, tx_hash)

        reported = None if stored.outcome is None else stored.outcome.reported_hash
        return await look_up(self._ledger, stored.built, is_other, reported)


async def applied(connection: Connection) -> Applied | None:
    """How far the read models are; None before the first ledger."""
    row = await (await connection.execute("SELECT ledger, closed_at FROM read.applied")).fetchone()
    return None if row is None else Applied(row["ledger"], row["closed_at"])

"""Events that cannot be read or folded: kept with their bytes, shown, and re-driven in order.

What depends on them: an event names its invoice in its second topic, and everything shown of that
invoice may be behind while it waits (`ledger.in_doubt`). Where not even that can be read, the event
may be about any invoice. Healing folds all stored events again (`indexer.renewal`), so that a
late-comer takes its place in history: the digest afterwards is that of a run that never failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import psycopg

from contracts.scval import ScvalError, decode_body
from indexer.copying import CONTRACTS
from indexer.decode import Quarantined
from indexer.sources.protocol import RawEvent

_WAITING: Final = """
SELECT q.position, q.index, q.reason, q.invoice, e.contract, e.closed_at, e.tx_hash, e.body
FROM ledger.quarantine AS q JOIN ledger.event AS e USING (position, index)
WHERE %(position)s::bigint IS NULL OR (q.position, q.index) = (%(position)s, %(index)s)
ORDER BY q.position, q.index
"""


class Waiting(msgspec.Struct, frozen=True):
    """An event in quarantine: its raw form, why it waits, and what it is about (None: unknown)."""

    event: RawEvent
    reason: str
    invoice: bytes | None

    @property
    def name(self) -> str:
        """Its id as in getEvents."""
        return f"{self.event.position:019d}-{self.event.index:010d}"

    def content(self) -> tuple[Sequence[Any], Any] | None:
        """Topics and data as plain values, None where the XDR itself cannot be read."""
        try:
            return decode_body(self.event.body)
        except ScvalError:
            return None


def waiting(connection: psycopg.Connection, place: tuple[int, int] | None = None) -> list[Waiting]:
    """All events in quarantine in their order, or the one at `place` (position, index)."""
    position, index = place or (None, None)
    rows = connection.execute(_WAITING, {"position": position, "index": index}).fetchall()
    return [
        Waiting(
            RawEvent(position, index, CONTRACTS[contract], closed_at, tx_hash, body),
            reason,
            invoice,
        )
        for position, index, reason, invoice, contract, closed_at, tx_hash, body in rows
    ]


def store(connection: psycopg.Connection, quarantined: Sequence[Quarantined]) -> None:
    """Note events that could not be folded, inside the caller's transaction."""
    if quarantined:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO ledger.quarantine (position, index, reason, invoice)"
                " VALUES (%s, %s, %s, %s)",
                [
                    (event.position, event.index, event.reason, event.invoice)
                    for event in quarantined
                ],
            )

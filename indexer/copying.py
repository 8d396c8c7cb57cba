"""Raw events into PostgreSQL by binary COPY."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import psycopg

from indexer.sources.protocol import RawEvent
from indexer.tables import CONTRACT_IDS

_STATEMENT: Final = (
    "COPY ledger.event (position, index, contract, closed_at, tx_hash, body)"
    " FROM STDIN (FORMAT BINARY)"
)
_TYPES: Final = ("int8", "int4", "int2", "int8", "bytea", "bytea")


def copy_events(connection: psycopg.Connection, events: Sequence[RawEvent]) -> None:
    """Append `events` to `ledger.event`, inside the caller's transaction."""
    if not events:
        return
    with connection.cursor() as cursor, cursor.copy(_STATEMENT) as copy:
        copy.set_types(_TYPES)
        for event in events:
            copy.write_row(
                (
                    event.position,
                    event.index,
                    CONTRACT_IDS[event.contract],
                    event.closed_at,
                    event.tx_hash,
                    event.body,
                )
            )

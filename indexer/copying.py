"""Raw events as PostgreSQL stores them, and into it by binary COPY."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from contracts.wire import Contract
from indexer.sources.protocol import RawEvent

if TYPE_CHECKING:  # who only encodes needs no database
    import psycopg

CONTRACT_IDS: Final = {Contract.ESCROW: 1, Contract.DISTRIBUTOR: 2}
"""Numbers under which contracts are stored; they never change."""

CONTRACTS: Final = {number: contract for contract, number in CONTRACT_IDS.items()}

_STATEMENT: Final = (
    "COPY ledger.event (position, index, contract, closed_at, tx_hash, body)"
    " FROM STDIN (FORMAT BINARY)"
)
_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END: Final = b"\xff\xff"
_SIX_FIELDS: Final = struct.Struct(">h iq ii ih iq i").pack
"""The number of fields, then for each its size and value; of tx_hash only the size."""

_SIZE: Final = struct.Struct(">i").pack


def copy_events(connection: psycopg.Connection, rows: bytes) -> None:
    """Append `encoded` events to `ledger.event`, inside the caller's transaction."""
    with connection.cursor() as cursor, cursor.copy(_STATEMENT) as copy:
        copy.write(rows)


def encoded(events: Sequence[RawEvent]) -> bytes:
    """`events` in the format of a binary COPY."""
    parts = [_HEAD]
    for event in events:
        contract = CONTRACT_IDS[event.contract]
        tx_hash, body = event.tx_hash, event.body
        parts += (
            _SIX_FIELDS(
                *(6, 8, event.position, 4, event.index, 2, contract, 8, event.closed_at),
                len(tx_hash),
            ),
            tx_hash,
            _SIZE(len(body)),
            body,
        )
    parts.append(_END)
    return b"".join(parts)

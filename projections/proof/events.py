"""The raw events that a subject's numbers follow from: read from the database, and decoded."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

import psycopg

from contracts.decoding import UndecodableEventError
from contracts.layouts import EventReader
from contracts.scval import ScvalError
from contracts.wire import Contract
from projections.model import Mark, Record
from projections.proof.bundle import LedgerEvent, Refusal, RefusedError, Subject

_OF_SUBJECT: Final = "(%(invoice)s::bytea IS NULL OR a.invoice = %(invoice)s)"
_EVENTS: Final = f"""
SELECT e.position, e.index, c.kind, e.closed_at, e.tx_hash, e.body
FROM read.activity AS a
JOIN ledger.event AS e ON (e.position, e.index) = (a.position, a.event_index)
JOIN ledger.contract AS c ON c.id = e.contract
WHERE a.position < %(end)s AND {_OF_SUBJECT} ORDER BY e.position, e.index
"""  # noqa: S608  # our own constants; values travel as parameters
_PLACES: Final = f"""
SELECT a.position, a.event_index FROM read.activity AS a
WHERE a.position < %(end)s AND {_OF_SUBJECT} LIMIT %(most)s
"""  # noqa: S608
_OPERATION: Final = 0xFFF
_TRANSACTION: Final = 0xFFFFF

Place = tuple[int, int]
"""Position and index of an event."""


class UnprovableError(Exception):
    """The database cannot vouch for the number: the message says what to do."""


class ArchivedEventsError(UnprovableError):
    """Events that the number follows from do not lie in the database."""

    def __init__(self, ledger: int) -> None:
        super().__init__(
            f"the events of ledger {ledger} were archived: `stellarsettle prove` reads their file"
        )


class TooManyEventsError(UnprovableError):
    """The number follows from more events than may be asked for."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"the number follows from more than {most} events:"
            " `stellarsettle prove` has no such limit"
        )


def in_database(
    connection: psycopg.Connection, subject: Subject, mark: Mark, *, most: int | None = None
) -> list[LedgerEvent]:
    """All events that the subject's figures follow from as of `mark`, in order.

    Raises TooManyEventsError beyond `most`, and ArchivedEventsError where one is not in the
    database.
    """
    wanted = places(connection, subject, mark, most=None if most is None else most + 1)
    if most is not None and len(wanted) > most:
        raise TooManyEventsError(most)
    found = stored(connection, subject, mark)
    elsewhere = wanted - {(event.position, event.index) for event in found}
    if elsewhere:
        raise ArchivedEventsError(min(elsewhere)[0] >> 32)
    return found


def stored(connection: psycopg.Connection, subject: Subject, mark: Mark) -> list[LedgerEvent]:
    """Those of them that are in the database, in order."""
    return [
        at_place(position, index, Contract(kind), closed_at, tx_hash, body)
        for position, index, kind, closed_at, tx_hash, body in connection.execute(
            _EVENTS, _values(subject, mark)
        )
    ]


def places(
    connection: psycopg.Connection, subject: Subject, mark: Mark, *, most: int | None = None
) -> set[Place]:
    """Where all of them are, wherever they are kept; no more than `most`."""
    values = _values(subject, mark) | {"most": most}
    return set(connection.execute(_PLACES, values).fetchall())


def at_place(  # the columns of ledger.event
    position: int, index: int, contract: Contract, closed_at: int, tx_hash: bytes, body: bytes
) -> LedgerEvent:
    """The event as a bundle has it."""
    return LedgerEvent(
        ledger=position >> 32,
        transaction=position >> 12 & _TRANSACTION,
        operation=position & _OPERATION,
        index=index,
        contract=contract,
        closed_at=closed_at,
        tx_hash=tx_hash.hex(),
        xdr=body,
    )


def decoded(events: Sequence[LedgerEvent]) -> list[Record]:
    """What can be folded. Raises RefusedError for what is malformed or of another version."""
    readers = {contract: EventReader(contract) for contract in Contract}
    records = []
    for event in events:
        try:
            body = readers[event.contract].read(event.xdr)
            tx_hash = bytes.fromhex(event.tx_hash)
        except (ScvalError, UndecodableEventError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise RefusedError(Refusal.UNREADABLE, f"event {event.name}: {reason}") from error
        except (KeyError, ValueError, struct.error) as error:
            raise RefusedError(Refusal.FORMAT, f"an event is malformed: {error}") from error
        mark = Mark(event.ledger, event.closed_at)
        records.append(Record(event.contract, body, mark, event.position, event.index, tx_hash))
    return records


def _values(subject: Subject, mark: Mark) -> dict[str, object]:
    return {"invoice": subject.id, "end": (mark.ledger + 1) << 32}

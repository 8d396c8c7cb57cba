"""A hint that something of one person's has changed, told to every process with the commit."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from api.database import Connection

CHANNEL = "stellarsettle_hint"
"""NOTIFY channel: the payload is a `Hint` as JSON."""


class Hint(msgspec.Struct, frozen=True):
    """Whose, and which of the private topics."""

    subject: str
    topics: tuple[str, ...]


async def hint_all(connection: Connection, subjects: Iterable[str], topic: str) -> None:
    """The same for many owners and one topic, in one statement."""
    told = [msgspec.json.encode(Hint(one, (topic,))).decode() for one in subjects]
    await connection.execute(
        "SELECT pg_notify(%s, h) FROM unnest(%s::text[]) AS h", (CHANNEL, told)
    )


async def hint(connection: Connection, subject: str, *topics: str) -> None:
    """Tell whoever is signed in as `subject` (an owner) to read again, if this transaction commits.

    The same hint given twice in a transaction is told once.
    """
    told = msgspec.json.encode(Hint(subject, topics)).decode()
    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, told))

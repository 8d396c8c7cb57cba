"""Raw events lie in partitions by ledger: what is old can be taken away without touching the rest.

A partition is made as a table of its own and then attached, which keeps no reader and no writer of
the others waiting. There is always one more than the newest ledger needs.
"""

from __future__ import annotations

from typing import Final, LiteralString

import msgspec
import psycopg
from psycopg import sql

WIDTH = 1 << 20
"""Ledgers in a partition: two months, at five seconds each."""

_PARTITIONS: Final = r"""
SELECT c.relname,
       coalesce(substring(b.bounds FROM 'FROM \(''(\d+)''')::bigint >> 32, 0),
       substring(b.bounds FROM 'TO \(''(\d+)''')::bigint >> 32
FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bounds) AS b
WHERE i.inhparent = 'ledger.event'::regclass ORDER BY 2
"""
_MAKE: Final[tuple[LiteralString, ...]] = (
    "CREATE TABLE {name} (LIKE ledger.event INCLUDING ALL)",
    "ALTER TABLE ledger.event ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({before})",
)


class Partition(msgspec.Struct, frozen=True):
    """The table `name` in schema ledger; it has the events of ledgers from `first` to `before`."""

    name: str
    first: int
    before: int


def existing(connection: psycopg.Connection) -> list[Partition]:
    """All partitions that are attached, oldest first."""
    return [Partition(*row) for row in connection.execute(_PARTITIONS).fetchall()]


def make_room(connection: psycopg.Connection, after: int, through: int) -> int:
    """Makes the partitions that events of ledgers after `after` up to `through` need, and one more.

    Gives the ledger that has to be asked for again. In the caller's transaction, as the tables'
    owner.
    """
    end = max((partition.before for partition in existing(connection)), default=0)
    wanted = (through // WIDTH + 2) * WIDTH
    first = max(end, after // WIDTH * WIDTH)
    while first < wanted:
        before = (first // WIDTH + 1) * WIDTH
        _make(connection, Partition(f"event_from_{first}", first, before))
        first = before
    return max(end, wanted) - WIDTH


def _make(connection: psycopg.Connection, partition: Partition) -> None:
    parts = {
        "name": sql.Identifier("ledger", partition.name),
        "first": sql.Literal(partition.first << 32),
        "before": sql.Literal(partition.before << 32),
    }
    for statement in _MAKE:
        connection.execute(sql.SQL(statement).format(**parts))

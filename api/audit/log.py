"""Writing the log, in the transaction of what is logged; reading and verifying it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg

from api.audit.chain import Entry, Head, follow
from api.database import Connection

_APPEND = "SELECT audit.append(%s, %s, %s, %s)"
_COLUMNS = "number, at, actor, action, about, detail, hash"
_ALL = f"SELECT {_COLUMNS} FROM audit.entry ORDER BY number"  # noqa: S608
_PAGE = f"""
SELECT {_COLUMNS} FROM audit.entry
WHERE (%(before)s::bigint IS NULL OR number < %(before)s)
  AND (%(actor)s::text IS NULL OR actor = %(actor)s)
  AND (%(about)s::text IS NULL OR about = %(about)s)
ORDER BY number DESC LIMIT %(limit)s
"""  # noqa: S608


async def record(
    connection: Connection, actor: str, action: str, about: str, **detail: Any
) -> None:
    """Log what this transaction does; if it does not come to be, neither does the entry.

    `action` is noun.verb. Personal data has no place in `detail`: nothing here is ever erased.
    """
    text = msgspec.json.encode(detail, order="deterministic").decode()
    await connection.execute(_APPEND, (actor, action, about, text))


async def page(
    connection: Connection, *, before: int | None, actor: str | None, about: str | None, limit: int
) -> list[Entry]:
    """Entries, the newest first, for those whom the policies show them to."""
    values = {"before": before, "actor": actor, "about": about, "limit": limit}
    rows = await (await connection.execute(_PAGE, values)).fetchall()
    return [msgspec.convert(row, Entry) for row in rows]


def verify(url: str, *, kept: Head | None = None) -> Head:
    """Follow the whole log of the database at `url`, its owner's; raises `BrokenChainError`."""
    with psycopg.connect(url) as connection:
        return follow(_entries(connection), kept=kept)


def _entries(connection: psycopg.Connection[Any]) -> Iterator[Entry]:
    with connection.cursor("audit") as cursor:
        cursor.itersize = 1_000
        for row in cursor.execute(_ALL):
            yield Entry(**dict(zip(Entry.__struct_fields__, row, strict=True)))

"""Everything of somebody's, read bit by bit and in clear: no row of it is ever all in memory.

A table with rows of people's own is part of it by having a column `owner`, `viewer` or `by`:
nothing can be forgotten here. Keys and hashes of secrets say nothing of a person and stay; what
they seal is opened.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from psycopg import sql

from api.database import Database
from api.documents.storage.keys import KeyLostError, MasterKeys, Wrapped
from api.kyc.sealing import opened
from api.tables import metadata

_AT_ONCE: Final = 200
_SECRET: Final = {"wrapped", "key_version"}
"""Columns that say nothing of a person, and might help a thief."""
_SECRET_OF: Final = {"api_key": {"digest"}}
"""The same, where only one table's column is one."""
_WHOSE: Final = {
    table: column
    for table in metadata.sorted_tables
    for column in ("owner", "viewer", "by")
    if column in table.columns
}
"""Tables with rows about somebody, and the column that says about whom."""
_PAGE: Final = """
    SELECT to_jsonb(held) AS held, {keys} FROM app.{table} AS held
    WHERE {whose} = %(owner)s {after} ORDER BY {keys} LIMIT %(limit)s
"""
_AFTER: Final = "AND ({keys}) > ({places})"


class Held:
    """Reads what is held on somebody; sealed values are opened with the master keys."""

    def __init__(self, database: Database, keys: MasterKeys | None) -> None:
        self._database = database
        self._keys = keys

    async def of(self, owner: str) -> AsyncIterator[bytes]:
        """One JSON object, table to rows, in pieces; each piece is read by itself."""
        yield b"{"
        for number, (table, whose) in enumerate(_WHOSE.items()):
            yield b'%s"%s":[' % (b"," if number else b"", table.name.encode())
            first = True
            async for row in self._rows(table, whose, owner):
                yield (b"" if first else b",") + msgspec.json.encode(row)
                first = False
            yield b"]"
        yield b"}"

    async def _rows(self, table: sa.Table, whose: str, owner: str) -> AsyncIterator[dict[str, Any]]:
        keys = [column.name for column in table.primary_key.columns]
        last: Sequence[Any] = ()
        while True:
            values = {f"k{n}": value for n, value in enumerate(last)}
            async with self._database.private(owner) as connection:
                found = await connection.execute(
                    _page(table.name, whose, keys, after=bool(last)),
                    {**values, "owner": owner, "limit": _AT_ONCE},
                )
                rows = await found.fetchall()
            for row in rows:
                yield self._in_clear(table.name, row["held"])
            if len(rows) < _AT_ONCE:
                return
            last = [rows[-1][key] for key in keys]

    def _in_clear(self, table: str, held: dict[str, Any]) -> dict[str, Any]:
        hidden = _SECRET | _SECRET_OF.get(table, set())
        told = {name: value for name, value in held.items() if name not in hidden}
        if "fields" in held and "wrapped" in held:
            told["fields"] = self._opened(held)
        return told

    def _opened(self, held: dict[str, Any]) -> dict[str, str] | None:
        """The sealed fields of a case; null where their key is not here."""
        if self._keys is None:
            return None
        case = uuid.UUID(held.get("case_id", held["id"]))
        wrapped = Wrapped(held["key_version"], bytes.fromhex(held["wrapped"].removeprefix("\\x")))
        try:
            return opened(self._keys.unwrap(case, wrapped).data_key, case, held["fields"])
        except KeyLostError:
            return None


def _page(table: str, whose: str, keys: Sequence[str], *, after: bool) -> sql.Composed:
    """Some rows of a table, in the order of its keys, after those that were read."""
    names = sql.SQL(", ").join(map(sql.Identifier, keys))
    places = sql.SQL(", ").join(sql.Placeholder(f"k{n}") for n in range(len(keys)))
    return sql.SQL(_PAGE).format(
        table=sql.Identifier(table),
        whose=sql.Identifier(whose),
        keys=names,
        after=sql.SQL(_AFTER).format(keys=names, places=places) if after else sql.SQL(""),
    )

"""Read models as of any ledger, in SQL: a function `<table>_as_of(ledger)` beside each table.

    SELECT * FROM read.invoice_as_of(61000) WHERE invoice = ...

It gives the table's columns as they were at the end of that ledger. Facts are those whose event is
not after it. Of other rows the newest version up to it is looked up by key; the keys come from the
table itself, which never loses one, so that its indexes serve the past as they serve the present.
The functions are plain SELECTs, which PostgreSQL puts in their place before it plans.

`applied_as_of` gives the ledger and the time that is "now" in it: its own close time where that is
known, which is for every ledger with events and every one that a source told the time of
(`ledger.close`: while following, each; read in bulk by events, one an hour); else that of the last
ledger before that has one. It is 0 before the first. For a ledger that is not folded yet it is
empty, and so is every answer to a query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from projections.query import Query

_TABLE: Final = re.compile(r"\bread\.(\w+)\b(?!\()")
_TIMELESS: Final = frozenset({"address"})
"""What is numbered once is numbered for ever."""

_SUFFIX: Final = "_as_of"

_TABLES: Final = """
SELECT c.relname,
       to_regclass(format('%%I.%%I', n.nspname, c.relname || '_history')) IS NOT NULL,
       (SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       (SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_index AS i
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
        WHERE i.indrelid = c.oid AND i.indisprimary)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname NOT IN ('address', 'digest') AND c.relname NOT LIKE '%%\\_history'
ORDER BY c.relname
"""

_FUNCTION: LiteralString = """
CREATE OR REPLACE FUNCTION {function}(as_of bigint) RETURNS SETOF {table}
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000 AS $$ {body} $$
"""
_FACTS: LiteralString = "SELECT * FROM {table} WHERE position < ((as_of + 1) << 32)"
_VERSIONS: LiteralString = """
SELECT {columns} FROM {table} AS present CROSS JOIN LATERAL (
    SELECT * FROM {history} AS version
    WHERE ({version_keys}) = ({present_keys}) AND version.valid_from <= as_of
    ORDER BY version.valid_from DESC LIMIT 1
) AS past
"""
_MARK: LiteralString = """
SELECT present.single, as_of,
       CASE WHEN as_of = present.ledger THEN present.closed_at ELSE greatest((
           SELECT fact.closed_at FROM {activity} AS fact WHERE fact.position < ((as_of + 1) << 32)
           ORDER BY fact.position DESC, fact.event_index DESC LIMIT 1
       ), (
           SELECT known.closed_at FROM ledger.close AS known WHERE known.ledger <= as_of
           ORDER BY known.ledger DESC LIMIT 1
       ), 0) END
FROM {table} AS present WHERE as_of <= present.ledger
"""


def create(connection: psycopg.Connection, schema: str) -> None:
    """Makes the functions of all read models in `schema`, anew where they are there already.

    They follow from the tables that are there: whatever changes a table calls this afterwards.
    """
    for name, versioned, columns, keys in connection.execute(_TABLES, (schema,)).fetchall():
        parts: dict[str, sql.Composable] = {
            "function": sql.Identifier(schema, f"{name}{_SUFFIX}"),
            "table": sql.Identifier(schema, name),
            "history": sql.Identifier(schema, f"{name}_history"),
            "activity": sql.Identifier(schema, "activity"),
            "columns": _listed(columns, "past", dict.fromkeys(keys, "present")),
            "version_keys": _listed(keys, "version"),
            "present_keys": _listed(keys, "present"),
        }
        body = _MARK if name == "applied" else _VERSIONS if versioned else _FACTS
        parts["body"] = sql.SQL(body).format(**parts)
        connection.execute(sql.SQL(_FUNCTION).format(**parts))


def functions(connection: psycopg.Connection, schema: str) -> Iterator[sql.Composable]:
    """Those that are there, with their arguments."""
    found = connection.execute(
        "SELECT p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace"
        " WHERE n.nspname = %s AND p.proname LIKE %s ORDER BY p.proname",
        (schema, f"%\\{_SUFFIX}"),
    ).fetchall()
    for (name,) in found:
        yield sql.SQL("{}(bigint)").format(sql.Identifier(schema, name))


def source(schema: str, table: str, at: int | None) -> sql.Composable:
    """A table of read models in a FROM, as of the end of ledger `at` (None: as it is)."""
    if at is None:
        return sql.Identifier(schema, table)
    function = sql.Identifier(schema, f"{table}{_SUFFIX}")
    return sql.SQL("{}({})").format(function, sql.Literal(at))


def as_of(query: Query, ledger: int | None) -> Query:
    """The same question about the end of `ledger`; None leaves it as it is.

    It gives no row at all where that ledger is not folded yet.
    """
    if ledger is None:
        return query
    return Query(_TABLE.sub(_in_the_past, query.sql), query.params | {"as_of": ledger})


def _in_the_past(match: re.Match[str]) -> str:
    table = match[1]
    return match[0] if table in _TIMELESS else f"read.{table}{_SUFFIX}(%(as_of)s::bigint)"


def _listed(columns: list[str], owner: str, others: dict[str, str] | None = None) -> sql.Composable:
    owners = others or {}
    names = (sql.Identifier(owners.get(name, owner), name) for name in columns)
    return sql.SQL(", ").join(names)

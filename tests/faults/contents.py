"""Everything in a database that must not depend on what happened to the indexer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from projections.codec import Codec
from projections.engine import Engine
from projections.history import address_names
from projections.model import Model
from projections.registry import MODELS
from projections.tables import history_name

Contents = dict[str, Any]

_LEDGER = {
    "ledger.contract": "SELECT * FROM ledger.contract ORDER BY id",
    "ledger.event": "SELECT * FROM ledger.event ORDER BY position, index",
    "ledger.quarantine": "SELECT * FROM ledger.quarantine ORDER BY position, index",
    "ledger.failure": "SELECT * FROM ledger.failure ORDER BY position",
    "ledger.cursor": "SELECT ledger, closed_at FROM ledger.cursor",
    "ledger.network": "SELECT passphrase FROM ledger.network",
    "read.applied": "SELECT ledger, closed_at FROM read.applied",
    "read.digest": "SELECT * FROM read.digest ORDER BY model, version, ledger",
    "ledger.coverage": "SELECT * FROM ledger.coverage()",
}
_STRETCHES = "SELECT first, through, events FROM ledger.stretch ORDER BY first"


def contents(url: str) -> Contents:
    """Every table of `ledger` and `read`; addresses by their names, stretches as what they cover.

    Left out is what differs between any two runs: how batches were cut, and when they came.
    """
    with psycopg.connect(url) as connection:
        found: Contents = {
            name: connection.execute(statement.encode()).fetchall()
            for name, statement in _LEDGER.items()
        }
        found["stretches"] = _covered(connection)
        found["digest"] = Engine().digest(connection).hex()
        names = address_names(connection, "read")
        for model in MODELS:
            for name, rows in _of_model(connection, model, names):
                found[f"read.{name}"] = rows
    return found


def difference(expected: Contents, found: Contents) -> str:
    """The first table that differs, and how; empty if none does."""
    for name in expected:
        if expected[name] != found[name]:
            pairs = itertools.zip_longest(expected[name], found[name])
            first = next((pair for pair in pairs if pair[0] != pair[1]), None)
            shown = repr(first)[:1500]
            return f"{name}: {len(expected[name])} and {len(found[name])} rows, first {shown}"
    return ""


def _covered(connection: psycopg.Connection) -> list[tuple[int, int, int]]:
    stretches = connection.execute(_STRETCHES.encode()).fetchall()
    for before, after in itertools.pairwise(stretches):
        assert after[0] == before[1] + 1, f"a hole before ledger {after[0]}"
    if not stretches:
        return []
    return [(stretches[0][0], stretches[-1][1], sum(events for _, _, events in stretches))]


def _of_model(
    connection: psycopg.Connection, model: Model[Any], names: dict[int, Any]
) -> Iterator[tuple[str, list[Any]]]:
    codec = Codec(model)
    columns = [column.name for column in codec.columns]
    tables = {model.name: columns}
    if not model.append_only:
        tables[history_name(model)] = [*columns, "valid_from"]
    for table, wanted in tables.items():
        statement = sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join(map(sql.Identifier, wanted)), sql.Identifier("read", table)
        )
        rows = [
            (codec.row(record[: len(columns)], names), record[len(columns) :])
            for record in connection.execute(statement)
        ]
        yield table, sorted(rows, key=lambda row: (model.key_of(row[0]), row[1]))

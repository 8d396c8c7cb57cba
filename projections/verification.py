"""Whether stored read models are whole: digests match history, current rows newest versions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from projections.codec import Codec
from projections.digest import following, start
from projections.history import address_names, rows
from projections.model import Model, Row
from projections.registry import MODELS
from projections.tables import SCHEMA, history_name

_PAGE = 10_000
"""Versions fetched at a time: memory stays bounded whatever the history's length."""


def findings(connection: psycopg.Connection, schema: str = SCHEMA) -> list[str]:
    """One sentence for each model that is not whole; [] when all is well.

    Every digest is computed again from history, and every current row is compared with its newest
    version. Reads the whole schema.
    """
    found = []
    with connection.transaction():
        for model in MODELS:
            if ledger := _first_wrong_digest(connection, model, schema):
                found.append(f"{model.name}: history and digest differ from ledger {ledger} on")
            if not model.append_only and (key := _first_stale_row(connection, model, schema)):
                found.append(f"{model.name}: row {key} is not its newest version")
    return found


def _first_wrong_digest(
    connection: psycopg.Connection, model: Model[Any], schema: str
) -> int | None:
    statement = sql.SQL(
        "SELECT ledger, digest FROM {} WHERE model = %s AND version = %s ORDER BY ledger"
    ).format(sql.Identifier(schema, "digest"))
    stored: dict[int, bytes] = dict(
        connection.execute(statement, (model.name, model.version)).fetchall()
    )
    head = start(model)
    for ledger, changed in _changes(connection, model, schema):
        head = following(head, sorted(changed, key=model.key_of))
        if stored.pop(ledger, None) != head:
            return ledger
    return min(stored, default=None)


def _changes(
    connection: psycopg.Connection, model: Model[Any], schema: str
) -> Iterator[tuple[int, list[Row]]]:
    """For each ledger that changed something, the rows it left changed."""
    codec = Codec(model)
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in codec.columns)
    table = model.name if model.append_only else history_name(model)
    ledger = sql.SQL("position >> 32" if model.append_only else "valid_from")
    statement = sql.SQL("SELECT {names}, {ledger} FROM {table} ORDER BY {ledger}").format(
        names=names, ledger=ledger, table=sql.Identifier(schema, table)
    )
    addresses = address_names(connection, schema)
    with connection.cursor(name=f"verify_{model.name}") as cursor:
        cursor.itersize = _PAGE
        cursor.execute(statement)
        for number, group in itertools.groupby(cursor, key=lambda record: record[-1]):
            yield number, [codec.row(record[:-1], addresses) for record in group]


def _first_stale_row(
    connection: psycopg.Connection, model: Model[Any], schema: str
) -> tuple[Any, ...] | None:
    newest = _newest(connection, model, schema)
    current = rows(connection, model, schema=schema)
    for version, row in itertools.zip_longest(newest, current):
        if version != row:
            return model.key_of(row or version)
    return None


def _newest(connection: psycopg.Connection, model: Model[Any], schema: str) -> list[Row]:
    """The newest version of each key that history has, in key order."""
    codec = Codec(model)
    statement = sql.SQL(
        "SELECT DISTINCT ON ({keys}) {names} FROM {history} ORDER BY {keys}, valid_from DESC"
    ).format(
        keys=sql.SQL(", ").join(map(sql.Identifier, model.key)),
        names=sql.SQL(", ").join(sql.Identifier(column.name) for column in codec.columns),
        history=sql.Identifier(schema, history_name(model)),
    )
    addresses = address_names(connection, schema)
    found = (codec.row(record, addresses) for record in connection.execute(statement))
    return sorted(found, key=model.key_of)

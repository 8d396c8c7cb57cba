"""Rows between memory and PostgreSQL: loaded when a batch touches them, written set by set.

New versions go in by COPY: facts straight into their table, others into a temporary table and by
one upsert into theirs, and each version into the history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from projections.addresses import Addresses
from projections.cache import Generations
from projections.change import StaleEngineError, Step
from projections.codec import COPY_FORMAT, Codec
from projections.columns import Kind
from projections.model import Key, Mark, Model, Row
from projections.tables import history_name

_ARRAYS = {
    Kind.ADDRESS: "int[]",
    Kind.BYTES: "bytea[]",
    Kind.INTEGER: "bigint[]",
    Kind.SMALL: "smallint[]",
    Kind.TEXT: "text[]",
}

_PART = 500
"""Rows made into lines at once: few enough for the processor's cache, which is twice as fast."""


class Shelf:
    """What is in memory of one model: rows at hand, and versions not written yet."""

    def __init__(self, schema: str, model: Model[Any], bound: int) -> None:
        self.model = model
        self.codec = Codec(model)
        self.cache: Generations[Key, Row | None] = Generations(bound)
        self.wanted: set[Key] = set()
        self.before: dict[Key, Row | None] = {}
        self.facts: list[Row] = []
        self.versions: list[tuple[int, list[Row]]] = []
        """Ledgers with the rows that they left different."""
        self.statements = _Statements(schema, self)

    def put(self, row: Row) -> None:
        """Takes a row that a fold returned."""
        key = self.model.key_of(row)
        current = self.cache.current
        if self.model.append_only:
            self.facts.append(row)
            if key in current:
                current[key] = row
            return
        if key not in self.before:
            self.before[key] = current.get(key)
        current[key] = row

    def close(self, ledger: int) -> list[Row]:
        """Ends a ledger: the rows it left different, in key order, each now a version."""
        if self.model.append_only:
            changed, self.facts = sorted(self.facts, key=self.model.key_of), []
        else:
            changed = self._changed()
        if changed:
            self.versions.append((ledger, changed))
        return changed

    def _changed(self) -> list[Row]:
        current, before = self.cache.current, self.before
        changed: list[Row] = []
        for key in sorted(before):
            row = current[key]
            if row is not None and row != before[key]:
                changed.append(row)
        before.clear()
        return changed

    def newest(self) -> list[Row]:
        """The newest version of each key."""
        key_of = self.model.key_of
        return list({key_of(row): row for _, rows in self.versions for row in rows}.values())

    def forget(self) -> None:
        """Drops everything of this model."""
        self.cache.clear()
        self.wanted.clear()
        self.before.clear()
        self.facts.clear()
        self.versions.clear()


class _Statements:
    """The SQL of one model's table, composed once."""

    def __init__(self, schema: str, shelf: Shelf) -> None:
        model = shelf.model
        table = sql.Identifier(schema, model.name)
        stage = sql.Identifier(f"stage_{schema}_{model.name}")
        columns = shelf.codec.columns
        names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
        keys = sql.SQL(", ").join(map(sql.Identifier, model.key))
        arrays = sql.SQL(", ").join(
            sql.SQL("%s::" + _ARRAYS[column.kind]) for column in columns[: len(model.key)]
        )
        changes = sql.SQL(", ").join(
            sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(column.name))
            for column in columns[len(model.key) :]
        )
        parts = {
            "table": table,
            "stage": stage,
            "names": names,
            "keys": keys,
            "arrays": arrays,
            "changes": changes,
            "history": sql.Identifier(schema, history_name(model)),
            "format": sql.SQL(COPY_FORMAT),
        }
        self.select_all = sql.SQL("SELECT {names} FROM {table}").format(**parts)
        self.select = sql.SQL(
            "SELECT {names} FROM {table} JOIN unnest({arrays}) AS wanted({keys}) USING ({keys})"
        ).format(**parts)
        self.make_stage = sql.SQL(
            "CREATE TEMPORARY TABLE IF NOT EXISTS {stage} (LIKE {table}) ON COMMIT DELETE ROWS"
        ).format(**parts)
        self.copy_facts = sql.SQL("COPY {table} ({names}) FROM STDIN {format}").format(**parts)
        self.copy_stage = sql.SQL("COPY {stage} ({names}) FROM STDIN {format}").format(**parts)
        self.copy_history = sql.SQL(
            "COPY {history} ({names}, valid_from) FROM STDIN {format}"
        ).format(**parts)
        self.upsert = sql.SQL(
            "INSERT INTO {table} ({names}) SELECT {names} FROM {stage}"
            " ON CONFLICT ({keys}) DO UPDATE SET {changes}"
        ).format(**parts)
        self.empty_stage = sql.SQL("DELETE FROM {stage}").format(**parts)


class Storage:
    """Rows of all models in `schema`; at least `bound` of each model stay in memory."""

    def __init__(self, schema: str, models: Sequence[Model[Any]], bound: int) -> None:
        self._shelves = {model: Shelf(schema, model, bound) for model in models}
        self._addresses = Addresses(schema, 4 * bound)
        self.applied = sql.Identifier(schema, "applied")
        self._select_mark = sql.SQL("SELECT ledger, closed_at FROM {}").format(self.applied)

    @property
    def rows(self) -> Mapping[Model[Any], Mapping[Key, Row | None]]:
        """The rows at hand by model and key; None for one known not to exist."""
        return {model: shelf.cache.current for model, shelf in self._shelves.items()}

    def begin(self, connection: psycopg.Connection) -> Mark:
        """Loads resident models and the end of the dictionary; gives the last mark."""
        self._addresses.load(connection)
        for shelf in self._shelves.values():
            if shelf.model.resident:
                self._keep(connection, shelf, connection.execute(shelf.statements.select_all))
        found = connection.execute(self._select_mark).fetchone()
        if found is None:
            raise StaleEngineError("the schema has no mark: run `stellarsettle migrate`")
        return Mark(*found)

    def want(self, model: Model[Any], key: Key) -> None:
        """Notes that a fold will look at this row."""
        shelf = self._shelves[model]
        if not model.resident and key not in shelf.cache:
            shelf.wanted.add(key)

    def load(self, connection: psycopg.Connection) -> None:
        """Brings to hand all rows noted; one statement for each model that lacks some."""
        for shelf in self._shelves.values():
            if shelf.wanted:
                keys = list(shelf.wanted)
                shelf.wanted.clear()
                self._load(connection, shelf, keys)
                shelf.cache.current.update(
                    (key, None) for key in keys if key not in shelf.cache.current
                )

    def shelf(self, model: Model[Any]) -> Shelf:
        """Where the rows that a model's folds return are put."""
        return self._shelves[model]

    def close(self, ledger: int) -> Iterator[tuple[Model[Any], list[Row]]]:
        """Ends a ledger: gives each model that it changed, with the rows in key order."""
        for model, shelf in self._shelves.items():
            if (shelf.before or shelf.facts) and (changed := shelf.close(ledger)):
                yield model, changed

    def take(self, connection: psycopg.Connection) -> Iterator[Step]:
        """Writes all versions since the last time, and lets go of rows unused for long.

        Only what `connection` tells of addresses is read; nothing is written yet.
        """
        changed = [shelf for shelf in self._shelves.values() if shelf.versions]
        self._number_addresses(connection, changed)
        yield from self._addresses.take()
        for shelf in changed:
            yield from self._take(shelf)
        for shelf in self._shelves.values():
            if not shelf.model.resident:
                shelf.cache.trim()
        self._addresses.trim()

    def forget(self) -> None:
        """Drops everything kept in memory."""
        for shelf in self._shelves.values():
            shelf.forget()
        self._addresses.clear()

    def _load(self, connection: psycopg.Connection, shelf: Shelf, keys: list[Key]) -> None:
        parts = [list(part) for part in zip(*keys, strict=True)]
        for place in range(len(parts)):
            if shelf.codec.columns[place].kind is Kind.ADDRESS:
                self._addresses.look_up(connection, parts[place])
                numbers = self._addresses.numbers
                # An address that nobody wrote yet has no rows: null finds none.
                parts[place] = [numbers.get(address) for address in parts[place]]
        self._keep(connection, shelf, connection.execute(shelf.statements.select, parts))

    def _keep(
        self, connection: psycopg.Connection, shelf: Shelf, cursor: psycopg.Cursor[Any]
    ) -> None:
        records = cursor.fetchall()
        self._addresses.name(connection, shelf.codec.numbers(records))
        for record in records:
            row = shelf.codec.row(record, self._addresses.names)
            shelf.cache.current[shelf.model.key_of(row)] = row

    def _number_addresses(self, connection: psycopg.Connection, shelves: list[Shelf]) -> None:
        found = set()
        for shelf in shelves:
            for _, rows in shelf.versions:
                found |= shelf.codec.addresses(rows)
        self._addresses.number(connection, found)

    def _take(self, shelf: Shelf) -> Iterator[Step]:
        statements, versions = shelf.statements, shelf.versions
        copied, numbers = shelf.codec.copied, self._addresses.numbers
        if shelf.model.append_only:
            lines = [copied(rows, numbers) for _, rows in versions]
            yield Step(statements.copy_facts, b"".join(lines))
        else:
            yield Step(statements.make_stage)
            newest = shelf.newest()
            parts = (newest[at : at + _PART] for at in range(0, len(newest), _PART))
            lines = [copied(part, numbers) for part in parts]
            yield Step(statements.copy_stage, b"".join(lines))
            yield Step(statements.upsert)
            yield Step(statements.empty_stage)
            lines = [copied(rows, numbers, ledger) for ledger, rows in versions]
            yield Step(statements.copy_history, b"".join(lines))
        versions.clear()

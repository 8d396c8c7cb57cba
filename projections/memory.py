"""The folds on plain dictionaries: read models without a database."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from typing import Any

from projections.model import Key, Model, Record, Row, RowT, View
from projections.registry import MODELS


class Memory:
    """Rows of all models, folded event by event; a fold sees exactly the rows that it declared."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.rows: dict[Model[Any], dict[Key, Row]] = {model: {} for model in MODELS}
        self.apply(records)

    def apply(self, records: Iterable[Record]) -> None:
        """Folds events, which come in order. Raises what a fold raises."""
        for record in records:
            self.fold(record)

    def fold(self, record: Record) -> list[tuple[Model[Any], Row | None, Row]]:
        """Folds one event; gives the rows that follow, each with the one it takes the place of."""
        results = [(model, row) for model in MODELS for row in self._fold(model, record)]
        changes = [(model, self.rows[model].get(model.key_of(row)), row) for model, row in results]
        for model, row in results:
            self.rows[model][model.key_of(row)] = row
        return changes

    def copy(self) -> Memory:
        """The same rows apart from these: what is folded into the one is not in the other."""
        other = Memory()
        other.rows = {model: dict(rows) for model, rows in self.rows.items()}
        return other

    def find(self, model: Model[RowT], *key: object) -> RowT | None:
        """The row of a model at a key."""
        return typing.cast("RowT | None", self.rows[model].get(key))

    def get(self, model: Model[RowT], *key: object) -> RowT:
        """The row of a model at a key. Raises KeyError if it is not there."""
        return typing.cast("RowT", self.rows[model][key])

    def all(self, model: Model[RowT]) -> list[RowT]:
        """All rows of a model in key order."""
        return [typing.cast("RowT", row) for _, row in sorted(self.rows[model].items())]

    def _fold(self, model: Model[Any], record: Record) -> tuple[Row, ...]:
        rule = model.rules.get(type(record.event))
        if rule is None:
            return ()
        declared: dict[Model[Any], dict[Key, Row | None]] = {
            other: dict(self.rows[other]) if other.resident else {} for other in MODELS
        }
        for other, key in rule.reads(record.event):
            declared[other][key] = self.rows[other].get(key)
        return tuple(rule.fold(View(declared), record, record.event))

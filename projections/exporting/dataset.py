"""What can be exported: a table with a key and documented columns, and what a copy of it is of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeAlias

import msgspec
import polars as pl

from projections.exporting.past import Past
from projections.model import Mark
from projections.views.view import Column, View

Compute: TypeAlias = Callable[[Past], pl.DataFrame]
"""Rows in key order, with the dataset's columns in their order."""


class Dataset(msgspec.Struct, frozen=True):
    """A table to export. It is read from `view`, or worked out by `compute`: one of the two.

    `party`: the column of the address whose rows may be asked for alone.
    """

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    party: str | None = None
    view: View | None = None
    compute: Compute | None = None


class Described(msgspec.Struct, frozen=True):
    """A column as files and sidecars tell it."""

    name: str
    type: str
    unit: str
    definition: str


class Stamp(msgspec.Struct, frozen=True):
    """What a file is of: equal stamps mean equal rows.

    `digest`: of all read models as of the ledger, 64 hex digits; `closed_at`: Unix seconds;
    `party`: the one address that the rows are about, null for everybody's.
    """

    dataset: str
    definition: str
    key: tuple[str, ...]
    ledger: int
    closed_at: int
    digest: str
    party: str | None
    columns: tuple[Described, ...]

    def identity(self) -> str:
        """A short name of everything that the rows follow from."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]


def stamp(dataset: Dataset, mark: Mark, digest: bytes, party: str | None) -> Stamp:
    """The stamp of a dataset as of a ledger."""
    return Stamp(
        dataset=dataset.name,
        definition=dataset.meaning,
        key=dataset.key,
        ledger=mark.ledger,
        closed_at=mark.closed_at,
        digest=digest.hex(),
        party=party,
        columns=tuple(
            Described(column.name, column.type.sql, column.unit, column.meaning)
            for column in dataset.columns
        ),
    )

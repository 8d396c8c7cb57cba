"""Rows as lines for PostgreSQL's COPY, and rows from what a SELECT gave."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, LiteralString

import msgspec

from contracts.wire import Address
from projections.columns import Column, Kind, columns_of
from projections.model import Model, RowT

COPY_FORMAT: LiteralString = "(FORMAT csv, NULL 'null', ESCAPE '\\')"
"""Options of a COPY that reads what `copied` makes."""

_encode_lines = msgspec.json.Encoder().encode_lines


class Codec(Generic[RowT]):
    """How the rows of one model are written and read; built once from their types."""

    def __init__(self, model: Model[RowT]) -> None:
        self.columns = columns_of(model)
        self._row = model.row
        self._bytes_places = _places(self.columns, Kind.BYTES)
        self._address_places = _places(self.columns, Kind.ADDRESS)
        self._address_getters = tuple(
            operator.attrgetter(self.columns[place].name) for place in self._address_places
        )
        self._readers = tuple(
            (place, reader)
            for place, column in enumerate(self.columns)
            if (reader := _reader(column)) is not None
        )

    def addresses(self, rows: Sequence[RowT]) -> set[Address]:
        """All addresses that occur in `rows`."""
        found: set[Address] = set()
        for get in self._address_getters:
            found.update(map(get, rows))
        found.discard(None)  # from fields that may be empty
        return found

    def stored(self, rows: Iterable[RowT], numbers: Mapping[Address, int]) -> list[list[Any]]:
        """What the columns hold of each row, for `copied`. `numbers`: integers of addresses."""
        stored = []
        for row in rows:
            values = list(msgspec.structs.astuple(row))
            for place in self._bytes_places:
                if (raw := values[place]) is not None:
                    values[place] = "\\x" + raw.hex()
            for place in self._address_places:
                if (address := values[place]) is not None:
                    values[place] = numbers[address]
            stored.append(values)
        return stored

    def numbers(self, records: Iterable[Sequence[Any]]) -> set[int]:
        """All address integers that occur in selected records."""
        return {
            record[place]
            for record in records
            for place in self._address_places
            if record[place] is not None
        }

    def row(self, record: Sequence[Any], names: Mapping[int, Address]) -> RowT:
        """The row that a selected record holds. `names`: addresses by their integers."""
        values = list(record)
        for place in self._address_places:
            if (number := values[place]) is not None:
                values[place] = names[number]
        for place, read in self._readers:
            if values[place] is not None:
                values[place] = read(values[place])
        return self._row(*values)


def copied(records: Iterable[Sequence[Any]]) -> bytes:
    """Lines for a COPY with `COPY_FORMAT`: a line of JSON without its brackets is such a line.

    Texts are names and symbols: letters, digits and underscores, so nothing in them needs an
    escape, and no bracket is in any value.
    """
    return _encode_lines(records).replace(b"[", b"").replace(b"]", b"")


def _places(columns: Sequence[Column], kind: Kind) -> tuple[int, ...]:
    return tuple(place for place, column in enumerate(columns) if column.kind is kind)


def _reader(column: Column) -> Callable[[Any], Any] | None:
    """What a selected value needs to become a field; None where nothing."""
    if column.kind is Kind.WIDE:
        return int
    return column.enumeration

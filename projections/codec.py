"""Rows as lines of PostgreSQL's COPY text format, and rows from what a SELECT gave."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeAlias

import msgspec

from contracts.wire import Address
from projections.columns import Column, Kind, columns_of
from projections.model import Model, RowT

_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Codec(Generic[RowT]):
    """How the rows of one model are written and read; built once from their types."""

    def __init__(self, model: Model[RowT]) -> None:
        self.columns = columns_of(model)
        self._row = model.row
        self._template = "\t".join(_placeholder(column) for column in self.columns)
        self._address_places = tuple(
            place for place, column in enumerate(self.columns) if column.kind is Kind.ADDRESS
        )
        self._address_getters = tuple(
            operator.attrgetter(self.columns[place].name) for place in self._address_places
        )
        self._writers = tuple(_writer(column) for column in self.columns)
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

    def lines(self, rows: Sequence[RowT], numbers: Mapping[Address, int]) -> list[str]:
        """The rows in COPY's text format, without newlines. `numbers`: integers of addresses.

        Works column by column, so that the loops run inside the interpreter: three times as fast
        as row by row.
        """
        columns = zip(*map(msgspec.structs.astuple, rows), strict=True)
        written = (
            write(values, numbers) for write, values in zip(self._writers, columns, strict=True)
        )
        return list(map(self._template.__mod__, zip(*written, strict=True)))

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


def _placeholder(column: Column) -> str:
    if column.nullable or column.kind is Kind.TEXT:
        return "%s"
    return "\\\\x%s" if column.kind is Kind.BYTES else "%d"


_Writer: TypeAlias = Callable[[tuple[Any, ...], Mapping[Address, int]], Iterable[Any]]


def _writer(column: Column) -> _Writer:
    """What the values of a column need before they go into the template."""
    if column.nullable:
        return _nullable_writer(column.kind)
    match column.kind:
        case Kind.ADDRESS:
            return lambda values, numbers: map(numbers.__getitem__, values)
        case Kind.BYTES:
            return lambda values, _: map(bytes.hex, values)
        case Kind.TEXT:
            return lambda values, _: map(_escaped, values)
    return lambda values, _: values


def _nullable_writer(kind: Kind) -> _Writer:
    match kind:
        case Kind.ADDRESS:
            return lambda values, numbers: [
                _NULL if value is None else numbers[value] for value in values
            ]
        case Kind.BYTES:
            return lambda values, _: [
                _NULL if value is None else "\\\\x" + value.hex() for value in values
            ]
        case Kind.TEXT:
            return lambda values, _: [
                _NULL if value is None else _escaped(value) for value in values
            ]
    return lambda values, _: [_NULL if value is None else value for value in values]


@functools.lru_cache(maxsize=4096)
def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _reader(column: Column) -> Callable[[Any], Any] | None:
    """What a selected value needs to become a field; None where nothing."""
    if column.kind is Kind.WIDE:
        return int
    return column.enumeration

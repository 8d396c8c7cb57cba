"""Rows as lines of PostgreSQL's COPY text format, and rows from what a SELECT gave."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic

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
        self._writers = tuple(
            (place, writer)
            for place, column in enumerate(self.columns)
            if (writer := _writer(column)) is not None
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

    def line(self, row: RowT, numbers: Mapping[Address, int]) -> str:
        """The row in COPY's text format, without the newline. `numbers`: integers of addresses."""
        values = list(msgspec.structs.astuple(row))
        for place in self._address_places:
            if (address := values[place]) is not None:
                values[place] = numbers[address]
        for place, write in self._writers:
            values[place] = write(values[place])
        return self._template % tuple(values)

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


def _writer(column: Column) -> Callable[[Any], Any] | None:
    """What a value needs before it goes into the template; None where nothing."""
    if column.kind is Kind.BYTES:
        return _bytes_or_null if column.nullable else bytes.hex
    if column.kind is Kind.TEXT:
        return _text_or_null
    if column.nullable:
        return _number_or_null
    return None


def _bytes_or_null(value: bytes | None) -> str:
    return _NULL if value is None else "\\\\x" + value.hex()


def _text_or_null(value: str | None) -> str:
    return _NULL if value is None else value.translate(_ESCAPES)


def _number_or_null(value: int | None) -> str:
    return _NULL if value is None else "%d" % value  # noqa: UP031  # True becomes 1, as COPY wants


def _reader(column: Column) -> Callable[[Any], Any] | None:
    """What a selected value needs to become a field; None where nothing."""
    if column.kind is Kind.WIDE:
        return int
    return column.enumeration

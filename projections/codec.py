"""Rows as lines for PostgreSQL's COPY, and rows from what a SELECT gave."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, LiteralString, TypeAlias

import msgspec

from contracts.wire import Address
from projections.columns import Column, Kind, columns_of
from projections.model import Model, RowT

COPY_FORMAT: LiteralString = "(FORMAT csv, NULL 'null', ESCAPE '\\')"
"""Options of a COPY that reads what `Codec.copied` makes."""

_Storing: TypeAlias = Callable[[Iterable[Any], Mapping[Address, int], int | None], list[list[Any]]]

_STORED: Final = {Kind.BYTES: r"'\\x' + {0}.hex()", Kind.ADDRESS: "numbers[{0}]"}
"""Expressions for what is not stored as the field holds it."""

_encode_lines = msgspec.json.Encoder().encode_lines


class Codec(Generic[RowT]):
    """How the rows of one model are written and read; built once from their types."""

    def __init__(self, model: Model[RowT]) -> None:
        self.columns = columns_of(model)
        self._row = model.row
        self._address_places = _places(self.columns, Kind.ADDRESS)
        self._address_getters = tuple(
            operator.attrgetter(self.columns[place].name) for place in self._address_places
        )
        self._stored = _storing(self.columns)
        self._stored_with_ledger = _storing(self.columns, "ledger")
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

    def copied(
        self, rows: Iterable[RowT], numbers: Mapping[Address, int], ledger: int | None = None
    ) -> bytes:
        """Lines for a COPY with `COPY_FORMAT`, of the columns and of `ledger` after them, if given.

        `numbers`: integers of addresses. A line of JSON without its brackets is such a line. Texts
        are names and symbols: letters, digits and underscores, so nothing in them needs an escape,
        and no bracket is in any value.
        """
        stored = self._stored if ledger is None else self._stored_with_ledger
        lines = _encode_lines(stored(rows, numbers, ledger))
        return lines.replace(b"[", b"").replace(b"]", b"")

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


def _storing(columns: Sequence[Column], *after: str) -> _Storing:
    """What makes rows into values for PostgreSQL, written out for these columns.

    A loop over columns within one over rows takes twice the time, and all that is indexed goes
    through here.
    """
    fields = [f"field_{place}" for place in range(len(columns))]
    values = [_stored(column, field) for column, field in zip(columns, fields, strict=True)]
    source = (
        f"lambda rows, numbers, ledger: [[{', '.join([*values, *after])}]"
        f" for ({', '.join(fields)},) in map(fields_of, rows)]"
    )
    storing: _Storing = eval(source, {"fields_of": msgspec.structs.astuple})  # noqa: S307  # ours
    return storing


def _stored(column: Column, field: str) -> str:
    """The expression for what a column holds of a field."""
    if column.kind not in _STORED:
        return field
    stored = _STORED[column.kind].format(field)
    return f"None if {field} is None else {stored}" if column.nullable else stored


def _places(columns: Sequence[Column], kind: Kind) -> tuple[int, ...]:
    return tuple(place for place, column in enumerate(columns) if column.kind is kind)


def _reader(column: Column) -> Callable[[Any], Any] | None:
    """What a selected value needs to become a field; None where nothing."""
    if column.kind is Kind.WIDE:
        return int
    return column.enumeration

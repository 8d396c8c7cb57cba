"""Files that people's tools open: Parquet, Arrow, CSV, NDJSON, Excel. No amount becomes a float.

| | whole amounts | with decimals | wide amounts | what they mean |
|---|---|---|---|---|
| parquet, arrow | int64 | decimal(38, 7) | decimal(38, 0) | metadata of file and columns |
| csv | digits | digits | digits | a JSON file beside |
| ndjson | strings | strings | strings | a JSON file beside |
| xlsx | text | text | text | the first sheet |

A text that a spreadsheet would take for a formula gets an apostrophe in CSV, and is written as a
text in Excel.
"""

from __future__ import annotations

import csv
import enum
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Final

import arro3.io
import msgspec
from arro3.core import DataType, RecordBatchReader, Schema
from arro3.core import Field as ArrowField

from projections.exporting import workbook
from projections.exporting.dataset import Stamp
from projections.views.view import Column, Type

METADATA: Final = "stellarsettle"
"""The key under which a Parquet or Arrow file holds its stamp, as JSON."""

BATCH: Final = 32_768
"""Rows in memory at a time."""

_ROW_GROUP: Final = 4 * BATCH


class Format(enum.StrEnum):
    """A kind of file, named as its files end."""

    PARQUET = "parquet"
    ARROW = "arrow"
    CSV = "csv"
    NDJSON = "ndjson"
    XLSX = "xlsx"


class TooWideError(ValueError):
    """A value has more digits than a decimal of 38: CSV and NDJSON take it, others do not."""


def write(
    chosen: Format,
    of: Stamp,
    columns: Sequence[Column],
    lines: Iterable[bytes],
    target: IO[bytes],
) -> None:
    """Writes rows, given as lines of CSV (`reading.lines`), in a format; nothing is closed.

    Memory does not grow with the number of rows. Raises TooWideError.
    """
    _WRITERS[chosen](of, columns, lines, target)


class _Lines(io.RawIOBase):
    """Lines as a file to read from."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fills the buffer with what comes next."""
        room = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # what io gives is one
        if not self._rest:
            self._rest = memoryview(self._gather(len(room)))
        taken = min(len(room), len(self._rest))
        room[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken

    def _gather(self, wanted: int) -> bytes:
        parts, size = [], 0
        for line in self._lines:
            parts.append(line)
            size += len(line)
            if size >= wanted:
                break
        return b"".join(parts)


_TYPES: Final[dict[Type, DataType]] = {
    Type.AMOUNT: DataType.int64(),
    Type.WIDE: DataType.decimal128(38, 0),
    Type.SCALED: DataType.decimal128(38, 7),
    Type.RATIO: DataType.decimal128(38, 6),
    Type.NUMBER: DataType.int64(),
    Type.PLACE: DataType.int64(),
    Type.FLAG: DataType.bool(),
    Type.TIME: DataType.timestamp("us", tz="UTC"),
    Type.DATE: DataType.date32(),
    Type.TEXT: DataType.utf8(),
}

AS_TEXT: Final = frozenset((Type.AMOUNT, Type.WIDE, Type.SCALED, Type.RATIO, Type.PLACE))
"""What readers of JSON and of Excel would take for a float."""


def schema(of: Stamp, columns: Sequence[Column], *, digits: bool = False) -> Schema:
    """The Arrow schema with the stamp and what each column means; `digits`: amounts as strings."""
    fields = [
        ArrowField(
            column.name,
            DataType.utf8() if digits and column.type in AS_TEXT else _TYPES[column.type],
            metadata={"unit": column.unit, "definition": column.meaning},
        )
        for column in columns
    ]
    return Schema(fields, metadata={METADATA: _stamp(of)})


def _stamp(of: Stamp) -> str:
    return msgspec.json.encode(of).decode()


def _typed(
    lines: Iterable[bytes], wanted: Schema, write_out: Callable[[RecordBatchReader], None]
) -> None:
    source = io.BufferedReader(_Lines(lines), 1 << 16)
    try:
        write_out(arro3.io.read_csv(source, wanted, has_header=False, batch_size=BATCH))
    except Exception as error:
        if found := re.search(r"parse decimal overflow \((-?[\d.]+)\)", str(error)):
            raise TooWideError(
                f"{found[1]} has more digits than this format takes: choose csv or ndjson"
            ) from error
        raise


def _parquet(
    of: Stamp, columns: Sequence[Column], lines: Iterable[bytes], target: IO[bytes]
) -> None:
    _typed(
        lines,
        schema(of, columns),
        lambda rows: arro3.io.write_parquet(
            rows,
            target,
            compression="zstd(3)",
            max_row_group_size=_ROW_GROUP,
            key_value_metadata={METADATA: _stamp(of)},
        ),
    )


def _arrow(of: Stamp, columns: Sequence[Column], lines: Iterable[bytes], target: IO[bytes]) -> None:
    _typed(
        lines,
        schema(of, columns),
        lambda rows: arro3.io.write_ipc(rows, target, compression="zstd"),
    )


def _ndjson(
    of: Stamp, columns: Sequence[Column], lines: Iterable[bytes], target: IO[bytes]
) -> None:
    _typed(
        lines,
        schema(of, columns, digits=True),
        lambda rows: arro3.io.write_ndjson(rows, target, explicit_nulls=True),
    )


def _csv(_: Stamp, columns: Sequence[Column], lines: Iterable[bytes], target: IO[bytes]) -> None:
    target.write((",".join(column.name for column in columns) + "\n").encode())
    texts = [place for place, column in enumerate(columns) if column.type is Type.TEXT]
    target.writelines(_harmless(lines, texts))


_SUSPECT: Final = re.compile(rb'(?:^|,)"?[=+@\t\r-]')
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def _harmless(lines: Iterable[bytes], texts: Sequence[int]) -> Iterator[bytes]:
    """Lines in which no text begins as a formula does; numbers below zero are left alone."""
    for line in lines:
        if not _SUSPECT.search(line):
            yield line
            continue
        (values,) = csv.reader([line.decode()])
        if not any(values[place].startswith(_FORMULA) for place in texts):
            yield line
            continue
        for place in texts:
            if values[place].startswith(_FORMULA):
                values[place] = f"'{values[place]}"
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerow(values)
        yield written.getvalue().encode()


_WRITERS: Final[
    dict[Format, Callable[[Stamp, Sequence[Column], Iterable[bytes], IO[bytes]], None]]
] = {
    Format.PARQUET: _parquet,
    Format.ARROW: _arrow,
    Format.CSV: _csv,
    Format.NDJSON: _ndjson,
    Format.XLSX: workbook.write,
}

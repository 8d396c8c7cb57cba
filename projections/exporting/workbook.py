"""A workbook: the first sheet says what the others hold, which are as many as rows need."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from typing import IO, Any, Final

import xlsxwriter

from projections.exporting.dataset import Stamp
from projections.views.view import Column, Type

SHEET_ROWS: Final = 1_048_575
"""Excel's, less the row of names."""

_WIDTH: Final = 20
_EXACT: Final = 10**15
"""Excel shows fifteen digits: a larger number is a text."""


def write(of: Stamp, columns: Sequence[Column], lines: Iterable[bytes], target: IO[bytes]) -> None:
    """Writes all rows; amounts are texts of digits, so that nothing is rounded."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd hh:mm:ss",
    }
    book = xlsxwriter.Workbook(target, options)
    _about(book, of)
    rows = csv.reader(line.decode() for line in lines)
    for number in itertools.count(1):
        sheet = book.add_worksheet("rows" if number == 1 else f"rows {number}")
        sheet.write_row(0, 0, [column.name for column in columns])
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, _WIDTH)
        written = 0
        for written, row in enumerate(itertools.islice(rows, SHEET_ROWS), 1):
            for place, (column, value) in enumerate(zip(columns, row, strict=True)):
                if value:
                    _write(sheet, written, place, column.type, value)
        if written < SHEET_ROWS:
            break
    book.close()


def _about(book: Any, of: Stamp) -> None:
    sheet = book.add_worksheet("about")
    sheet.set_column(0, 3, _WIDTH)
    facts = (
        ("dataset", of.dataset),
        ("definition", of.definition),
        ("key", ", ".join(of.key)),
        ("ledger", str(of.ledger)),
        ("closed at", dt.datetime.fromtimestamp(of.closed_at, dt.UTC).isoformat()),
        ("digest", of.digest),
        ("address", of.party or "all"),
    )
    for row, (name, value) in enumerate(facts):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, value)
    below = len(facts) + 1
    for place, name in enumerate(("column", "type", "unit", "definition")):
        sheet.write_string(below, place, name)
    for row, column in enumerate(of.columns, below + 1):
        for place, value in enumerate((column.name, column.type, column.unit, column.definition)):
            sheet.write_string(row, place, value)


def _write(sheet: Any, row: int, place: int, kind: Type, value: str) -> None:
    if kind is Type.NUMBER and abs(int(value)) < _EXACT:
        sheet.write_number(row, place, int(value))
    elif kind is Type.FLAG:
        sheet.write_boolean(row, place, value == "true")
    elif kind is Type.TIME:
        moment = dt.datetime.fromisoformat(value)
        sheet.write_datetime(row, place, moment.replace(tzinfo=None))
    else:
        sheet.write_string(row, place, value)

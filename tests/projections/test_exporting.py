"""Exports: exact in every format, documented inside, the same after a kill, harmless to open."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import multiprocessing
import os
import signal
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import polars as pl
import psycopg
import pytest
from arro3.io import read_ipc
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from projections.engine import Engine
from projections.exporting import document, formats, job, reading, registry, workbook
from projections.exporting.dataset import Stamp
from projections.exporting.formats import Format
from projections.model import Mark
from projections.views.view import Column, Type
from tests.projections import story
from tests.projections.analytics.test_facts import lively
from tests.projections.business import ASSET, Business
from tests.projections.support import DAY, START, USDC, Chain


def write(database: str, chain: Chain) -> None:
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as writer:
        Engine().apply(writer, chain.records, chain.mark)


@pytest.fixture
def told(database: str) -> Iterator[psycopg.Connection]:
    """A database that holds a lively business."""
    chain, _ = lively(3, 120)
    write(database, chain)
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def made(
    connection: psycopg.Connection,
    name: str,
    kind: Format,
    folder: Path,
    *,
    ledger: int | None = None,
    party: str | None = None,
) -> tuple[job.Done, Path]:
    dataset = registry.find(name)
    of = reading.stamped(connection, dataset, reading.mark(connection, ledger), party)
    done = job.export(connection, dataset, of, kind, folder)
    return done, folder / done.file


def frame(connection: psycopg.Connection, name: str) -> pl.DataFrame:
    """A view's rows in the order of its key."""
    dataset = registry.find(name)
    keys = ", ".join(f'{key}::text COLLATE "C"' if key in _TEXTS else key for key in dataset.key)
    query = f"SELECT * FROM analytics.{name} ORDER BY {keys}"  # noqa: S608
    return pl.read_database(query, connection)


_TEXTS = {"invoice", "holder", "asset", "contract", "status", "address", "role"}


def test_every_dataset_is_written_and_read_again(told: psycopg.Connection, tmp_path: Path) -> None:
    for name, _ in registry.names():
        dataset = registry.find(name)
        kinds = [column.type for column in dataset.columns]
        done, path = made(told, name, Format.PARQUET, tmp_path)
        rows = pl.read_parquet(path)
        assert rows.columns == [column.name for column in dataset.columns]
        assert len(rows) == done.rows
        assert not rows.select(dataset.key).is_duplicated().any()
        assert not any(dtype.is_float() for dtype in rows.dtypes)
        text = made(told, name, Format.CSV, tmp_path)[1].read_text()
        listed = list(csv.reader(io.StringIO(text)))
        assert listed[0] == rows.columns
        assert listed[1:] == [
            [_digits(kind, value) for kind, value in zip(kinds, row, strict=True)]
            for row in rows.iter_rows()
        ]


@pytest.mark.parametrize("name", ["loan_tape", "events", "lots", "M11.bucket"])
def test_every_format_holds_the_same(told: psycopg.Connection, tmp_path: Path, name: str) -> None:
    kinds = {column.name: column.type for column in registry.find(name).columns}
    rows = pl.read_parquet(made(told, name, Format.PARQUET, tmp_path)[1])
    assert len(rows) > 0
    arrow = made(told, name, Format.ARROW, tmp_path)[1]
    assert pl.read_ipc(arrow).equals(rows)
    written = [
        {column: _digits(kinds[column], value) or None for column, value in row.items()}
        for row in rows.iter_rows(named=True)
    ]
    sound = [column for column, kind in kinds.items() if kind is not Type.TIME]
    listed = ", ".join(f'"{column}"::text' for column in sound)
    query = f"SELECT {listed} FROM '{arrow.with_suffix('.parquet')}'"  # noqa: S608
    assert duckdb.execute(query).fetchall() == [
        tuple(row[column] for column in sound) for row in written
    ]
    lines = made(told, name, Format.NDJSON, tmp_path)[1].read_text().splitlines()
    for line, row in zip(map(json.loads, lines), written, strict=True):
        assert list(line) == list(row)
        for column, value in line.items():
            if kinds[column] in {*formats.AS_TEXT, Type.TEXT}:
                assert value == row[column]
            elif kinds[column] in {Type.NUMBER, Type.FLAG}:
                assert str(value).lower() == row[column]
    sheets = _sheets(made(told, name, Format.XLSX, tmp_path)[1])
    assert sheets["about"][0] == ["dataset", name]
    names, *cells = sheets["rows"]
    assert names == rows.columns
    for row, values in zip(written, cells, strict=True):
        padded = values + [""] * (len(names) - len(values))
        for column, value in zip(names, padded, strict=True):
            if kinds[column] not in {Type.TIME, Type.FLAG}:
                assert value == (row[column] or "")


def _digits(kind: Type, value: Any) -> str:
    """A value as CSV has it."""
    if value is None:
        return ""
    if kind is Type.FLAG:
        return str(value).lower()
    if kind is Type.TIME:
        return f"{value:%Y-%m-%d %H:%M:%S}+00"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _sheets(path: Path) -> dict[str, list[list[str]]]:
    """The cells of a workbook's sheets as texts; no cell may be a formula."""
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(path) as book:
        names = [
            str(sheet.attrib["name"])
            for sheet in etree.fromstring(book.read("xl/workbook.xml")).iter(f"{main}sheet")
        ]
        sheets = {}
        for number, name in enumerate(names, 1):
            tree = etree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            assert tree.find(f".//{main}f") is None
            sheets[name] = [_cells(row) for row in tree.iter(f"{main}row")]
    return sheets


def _cells(row: Any) -> list[str]:
    cells: list[str] = []
    for cell in row:
        letters = cell.get("r").rstrip("0123456789")
        place = 0
        for letter in letters:
            place = place * 26 + ord(letter) - 64
        cells += [""] * (place - len(cells))
        cells[place - 1] = "".join(cell.itertext())
    return cells


def test_a_view_is_exported_as_it_is(told: psycopg.Connection, tmp_path: Path) -> None:
    for name in ("loan_tape", "positions", "cash_flows", "events"):
        _, path = made(told, name, Format.CSV, tmp_path)
        exported = pl.read_csv(path, infer_schema=False)
        for column, values in frame(told, name).to_dict(as_series=False).items():
            kind = next(c.type for c in registry.find(name).columns if c.name == column)
            assert exported[column].fill_null("").to_list() == [_digits(kind, v) for v in values]


def test_files_say_what_they_hold(told: psycopg.Connection, tmp_path: Path) -> None:
    dataset = registry.find("positions")
    done, path = made(told, "positions", Format.PARQUET, tmp_path)
    (found,) = duckdb.execute(
        "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'stellarsettle'", [str(path)]
    ).fetchone() or (b"",)
    inside = msgspec.json.decode(found, type=Stamp)
    assert inside == done.of
    assert (inside.ledger, inside.closed_at) == told.execute(
        "SELECT ledger, closed_at FROM read.applied"
    ).fetchone()
    assert inside.digest == Engine().digest(told).hex()
    schema = read_ipc(made(told, "positions", Format.ARROW, tmp_path)[1]).schema
    assert msgspec.json.decode(schema.metadata[b"stellarsettle"], type=Stamp) == done.of
    for column in dataset.columns:
        assert schema.field(column.name).metadata == {
            b"unit": column.unit.encode(), b"definition": column.meaning.encode(),
        }  # fmt: skip
    beside = msgspec.json.decode((tmp_path / f"{path.name}.json").read_bytes(), type=job.Done)
    assert beside == done


def test_looking_back_gives_what_was_exported_then(database: str, tmp_path: Path) -> None:
    then = {}
    chain = Chain(ledger=5000)
    engine = Engine()
    with (
        psycopg.connect(database, options="-c role=stellarsettle_indexer") as writer,
        psycopg.connect(database, autocommit=True) as reader,
    ):
        for chapter in story.CHAPTERS:
            told = len(chain.records)
            chapter(chain)
            engine.apply(writer, chain.records[told:], chain.mark)
            writer.commit()
            for name in ("loan_tape", "lots", "M11.platform"):
                done, _ = made(reader, name, Format.CSV, tmp_path)
                then[name, chain.mark.ledger] = (done.sha256, done.of.digest)
        for (name, ledger), before in then.items():
            done, _ = made(reader, name, Format.CSV, tmp_path / "later", ledger=ledger)
            assert (done.sha256, done.of.digest) == before


def test_a_finished_file_is_left_alone_and_a_damaged_one_written_again(
    told: psycopg.Connection, tmp_path: Path
) -> None:
    done, path = made(told, "stakes", Format.CSV, tmp_path)
    before = path.stat().st_mtime_ns
    assert made(told, "stakes", Format.CSV, tmp_path)[0] == done
    assert path.stat().st_mtime_ns == before
    path.write_bytes(path.read_bytes()[:-10])
    assert made(told, "stakes", Format.CSV, tmp_path)[0] == done
    assert sorted(each.name for each in tmp_path.iterdir()) == [path.name, f"{path.name}.json"]


@pytest.mark.parametrize("name", ["cash_flows", "positions", "custody", "lots"])
def test_an_export_goes_on_from_wherever_it_was_cut(
    told: psycopg.Connection, tmp_path: Path, name: str
) -> None:
    dataset = registry.find(name)
    of = reading.stamped(told, dataset, reading.mark(told, None))
    whole = b"".join(reading.lines(told, dataset, of))
    wanted = job.export(told, dataset, of, Format.CSV, tmp_path / "whole")
    step = max(len(whole) // 12, 1)
    for cut in {0, 1, *range(step, len(whole), step), len(whole) - 1, len(whole)}:
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / f".{name}-{of.identity()}.rows").write_bytes(whole[:cut])
        assert job.export(told, dataset, of, Format.CSV, folder) == wanted


def _killed_at(url: str, folder: Path, rows: int) -> None:
    """The body of a process that ends itself without warning."""
    job._FLUSH_ROWS = 20  # type: ignore[misc]

    def watch(written: int) -> None:
        if written >= rows:
            os.kill(os.getpid(), signal.SIGKILL)

    with psycopg.connect(url, autocommit=True) as connection:
        dataset = registry.find("events")
        of = reading.stamped(connection, dataset, reading.mark(connection, None))
        job.export(connection, dataset, of, Format.PARQUET, folder, watch)


def test_an_export_survives_being_killed(
    database: str, told: psycopg.Connection, tmp_path: Path
) -> None:
    wanted, _ = made(told, "events", Format.PARQUET, tmp_path / "whole")
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_killed_at, args=(database, tmp_path / "cut", 60))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    (spool,) = (tmp_path / "cut").iterdir()
    assert 60 <= len(spool.read_bytes().splitlines()) < wanted.rows
    done, path = made(told, "events", Format.PARQUET, tmp_path / "cut")
    assert done == wanted
    assert len(list((tmp_path / "cut").iterdir())) == 2
    assert pl.read_parquet(path).equals(pl.read_parquet(tmp_path / "whole" / wanted.file))


def test_two_processes_do_not_write_the_same_file(told: psycopg.Connection, tmp_path: Path) -> None:
    dataset = registry.find("stakes")
    of = reading.stamped(told, dataset, reading.mark(told, None))

    def second(_: int) -> None:
        with pytest.raises(job.BusyError, match="wait for it"):
            job.export(told, dataset, of, Format.CSV, tmp_path)

    job.export(told, dataset, of, Format.CSV, tmp_path, second)


_COLUMNS = (
    Column("name", Type.TEXT, "Anything", "text"),
    Column("amount", Type.WIDE, "Money", "base units"),
)
_OF = Stamp("made", "Made up", ("name",), 1, 0, "", None, ())


def _lines(*rows: tuple[str, str]) -> list[bytes]:
    taken = []
    for row in rows:
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerow(row)
        taken.append(written.getvalue().encode())
    return taken


@given(
    st.lists(
        st.tuples(
            st.text("=+-@\t,\"'ab1 ", min_size=1, max_size=8),
            st.integers(-(10**38) + 1, 10**38 - 1),
        ),
        max_size=6,
    )
)
def test_no_text_is_ever_a_formula_and_no_number_changes(rows: list[tuple[str, int]]) -> None:
    taken = _lines(*((name, str(amount)) for name, amount in rows))
    target = io.BytesIO()
    formats.write(Format.CSV, _OF, _COLUMNS, taken, target)
    read = list(csv.reader(io.StringIO(target.getvalue().decode(), newline="")))[1:]
    assert [int(amount) for _, amount in read] == [amount for _, amount in rows]
    for (name, _), (written, _) in zip(rows, read, strict=True):
        assert written in {name, f"'{name}"}
        assert written[0] not in "=+-@\t\r"
    target = io.BytesIO()
    formats.write(Format.ARROW, _OF, _COLUMNS, taken, target)
    exact = pl.read_ipc(target.getvalue())
    assert exact.rows() == [(name, Decimal(amount)) for name, amount in rows]


def test_excel_gets_texts_not_formulas(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with path.open("wb") as target:
        rows = _lines(("=1+1", "7"), ("http://x", "-8"))
        formats.write(Format.XLSX, _OF, _COLUMNS, rows, target)
    assert _sheets(path)["rows"] == [["name", "amount"], ["=1+1", "7"], ["http://x", "-8"]]


def test_more_rows_than_a_sheet_takes_go_on_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 2)
    path = tmp_path / "book.xlsx"
    with path.open("wb") as target:
        rows = _lines(*((f"n{number}", "1") for number in range(5)))
        formats.write(Format.XLSX, _OF, _COLUMNS, rows, target)
    sheets = _sheets(path)
    assert [len(sheets[name]) for name in ("rows", "rows 2", "rows 3")] == [3, 3, 2]


@pytest.mark.parametrize("kind", [Format.PARQUET, Format.ARROW])
def test_what_a_decimal_cannot_hold_is_refused_by_name(kind: Format) -> None:
    largest = 2**127 - 1
    with pytest.raises(formats.TooWideError, match=f"{largest} has more digits"):
        formats.write(kind, _OF, _COLUMNS, _lines(("a", str(largest))), io.BytesIO())
    target = io.BytesIO()
    formats.write(Format.NDJSON, _OF, _COLUMNS, _lines(("a", str(largest))), target)
    assert json.loads(target.getvalue()) == {"name": "a", "amount": str(largest)}


def test_a_year_has_the_income_that_was_worked_by_hand(database: str, tmp_path: Path) -> None:
    """900 in, 950 due: half is paid in June 2030, half in January 2031; 25 of income each.

    Of the first half 475/900 a share accrue, rounded down: one unit of it comes with the second.
    Another lot of the same investor moved to somebody else: it has no price and is left out.
    """
    chain = Chain()
    business = Business(chain, people=2)
    ann, bob = business.people
    for _ in range(2):
        business.fund(business.list_invoice(), ann, Business.TARGET)
    kept, moved = business.deals
    chain.close(START + 5 * DAY)
    business.transfer(moved, ann, bob, 10 * USDC)
    for day in (100, 300):
        chain.close(START + day * DAY)
        business.pay(kept, 475 * USDC if day == 100 else 525 * USDC)
        business.claim(kept, ann)
    write(database, chain)
    with psycopg.connect(database, autocommit=True) as reader:
        income = pl.read_parquet(made(reader, "realised_income", Format.PARQUET, tmp_path)[1])
        lots = pl.read_parquet(made(reader, "lots", Format.PARQUET, tmp_path, party=ann)[1])
        flows = pl.read_parquet(made(reader, "cash_flows", Format.PARQUET, tmp_path, party=ann)[1])
    mine = income.filter(pl.col("holder") == ann).drop("holder", "asset").rows()
    assert mine == [(2030, 25 * USDC - 1, 2, 1), (2031, 25 * USDC + 1, 2, 1)]
    assert lots["holder"].unique().to_list() == [ann]
    (lot,) = lots.filter(pl.col("invoice") == kept.id.hex()).rows(named=True)
    assert lot["acquired"] == dt.date(2030, 3, 17)
    assert (lot["paid_in"], lot["received"], lot["realised"], lot["realised_null"]) == (
        900 * USDC, 950 * USDC, 50 * USDC, None,
    )  # fmt: skip
    (other,) = lots.filter(pl.col("invoice") == moved.id.hex()).rows(named=True)
    assert (other["realised"], other["realised_null"]) == (None, "moved")
    assert flows["kind"].to_list() == ["stake", "stake", "payout", "payout"]
    assert [str(flow) for flow in flows["amount_scaled"]] == [
        "-900.0000000", "-900.0000000", "474.9999999", "475.0000001",
    ]  # fmt: skip
    assert flows["asset"].unique().to_list() == [ASSET]


def test_the_years_add_up_to_what_the_lots_have(told: psycopg.Connection, tmp_path: Path) -> None:
    income = pl.read_parquet(made(told, "realised_income", Format.PARQUET, tmp_path)[1])
    lots = pl.read_parquet(made(told, "lots", Format.PARQUET, tmp_path)[1])
    by_year = income.group_by("holder").agg(pl.col("realised").sum()).sort("holder")
    by_lot = lots.group_by("holder").agg(pl.col("realised").sum()).sort("holder")
    assert len(by_year) > 2
    assert by_year.rows() == by_lot.rows()


def test_only_what_is_about_an_address_can_be_asked_for_it(told: psycopg.Connection) -> None:
    with pytest.raises(ValueError, match="custody is not about single addresses"):
        reading.stamped(told, registry.find("custody"), Mark(0, 0), "GA")
    with pytest.raises(registry.UnknownDatasetError, match="no dataset 'loans'"):
        registry.find("loans")
    with pytest.raises(reading.NotReadYetError, match="ledger 99999999 is after"):
        reading.mark(told, 99_999_999)


def test_an_empty_database_gives_files_with_columns(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database, autocommit=True) as reader:
        for kind in Format:
            done, path = made(reader, "loan_tape", kind, tmp_path)
            assert done.rows == 0
            assert path.exists()
    assert pl.read_parquet(tmp_path / "loan_tape-0.parquet").shape[0] == 0


def test_the_data_dictionary_is_made_from_the_declarations() -> None:
    assert document.PAGE.read_text() == document.render(), "run `make docs`"

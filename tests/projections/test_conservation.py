"""Sums of movements are what the rows say, of every story; one changed row breaks a law."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from projections.conservation import Drift, drifts
from projections.engine import Engine
from projections.model import Record
from tests.projections import story
from tests.projections.support import History


@pytest.fixture
def writer(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as opened:
        yield opened


def _write(writer: psycopg.Connection, records: list[Record]) -> None:
    Engine().apply(writer, records, records[-1].mark)


def test_the_story_adds_up_in_every_chapter(writer: psycopg.Connection) -> None:
    engine, written = Engine(), 0
    for until in range(1, len(story.CHAPTERS) + 1):
        chain = story.told(until)
        engine.apply(writer, chain.records[written:], chain.mark)
        written = len(chain.records)
        assert drifts(writer) == []


@pytest.mark.parametrize("number", range(12))
def test_real_histories_add_up(corpus: Path, writer: psycopg.Connection, number: int) -> None:
    history = History(corpus / "histories" / f"{number:02}.jsonl")
    records = list(itertools.chain.from_iterable(step.records for step in history.steps()))
    half = records[len(records) // 2].mark
    engine = Engine()
    first = [record for record in records if record.mark.ledger <= half.ledger]
    engine.apply(writer, first, half)
    assert drifts(writer) == []
    engine.apply(writer, records[len(first) :], records[-1].mark)
    assert drifts(writer) == []


_SUMS = {
    "invoice": ("raised", "refunded", "supply", "paid", "investors", "late_paid"),
    "pool": ("late", "fee", "investors", "seller", "claimed", "seller_claimed"),
    "position": ("shares", "paid_in", "received", "refunded"),
    "custody": ("paid_in", "paid_out", "fees", "fees_collected"),
    "funding": ("amount",),
    "payment": ("late", "fee", "investors", "seller", "paid"),
    "money_out": ("amount",),
}


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table, names in _SUMS.items() for column in names]
)
def test_one_unit_more_in_one_row_is_found(
    writer: psycopg.Connection, table: str, column: str
) -> None:
    _write(writer, story.told().records)
    writer.execute(
        sql.SQL(
            "UPDATE read.{table} SET {column} = {column} + 1 WHERE ctid ="
            " (SELECT ctid FROM read.{table} ORDER BY {column} DESC LIMIT 1)"
        ).format(table=sql.Identifier(table), column=sql.Identifier(column))
    )
    found = drifts(writer)
    assert found
    assert all(abs(drift.expected - drift.found) <= 1 for drift in found)


def test_a_missing_row_is_found(writer: psycopg.Connection) -> None:
    _write(writer, story.told().records)
    writer.execute("DELETE FROM read.custody WHERE contract = 'escrow'")
    writer.execute("DELETE FROM read.position WHERE shares = 40000000000")
    found = drifts(writer)
    assert Drift(f"escrow {story.USDC}", "money in is paid in", 98_000_000_000, 0) in found
    broken = {drift.law for drift in found if drift.subject == story.INVOICE.hex()}
    assert broken == {
        "stakes are positions paid in",
        "shares are the supply",
        "payouts are positions received",
    }
    assert str(found[-1]) == (
        f"escrow {story.USDC}: money out is paid out: 98000000000, the row says 0"
    )

"""Every question can be asked about the end of any ledger, and is answered as it was then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from projections import (
    asof,
    disputes,
    funding,
    invoices,
    members,
    payments,
    payouts,
    platform,
    positions,
    rebuild,
    remembering,
    timeline,
    transfers,
    upgrades,
)
from projections.engine import Engine
from projections.history import NotFoldedError, mark_at, rows
from projections.marketplace import open_invoices
from projections.memory import Memory
from projections.model import Mark
from projections.query import Query
from projections.registry import MODELS
from tests.projections import story
from tests.projections.support import DAY, Chain

QUERIES: dict[str, Query] = {
    "invoice": invoices.by_id(story.INVOICE),
    "refunded": invoices.by_id(story.REFUNDED),
    "party": invoices.of_party(story.SELLER),
    "positions": positions.of_invoice(story.INVOICE),
    "portfolio": positions.portfolio(story.ANN),
    "payments": payments.of_invoice(story.INVOICE),
    "payouts": payouts.of_invoice(story.INVOICE),
    "money": payouts.of_address(story.ANN),
    "stakes": funding.of_invoice(story.INVOICE),
    "transfers": transfers.of_invoice(story.INVOICE),
    "disputes": disputes.of_invoice(story.INVOICE),
    "timeline": timeline.of_invoice(story.INVOICE),
    "marketplace": open_invoices(5),
    "member": members.by_address(story.ANN),
    "roles": members.holders(),
    "upgrades": upgrades.all_steps(),
    "overview": platform.overview(),
}


@pytest.fixture
def writer(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as opened:
        yield opened


def _told(writer: psycopg.Connection, engine: Engine) -> Iterator[Mark]:
    """The story, written chapter by chapter."""
    chain = Chain(ledger=5000)
    for chapter in story.CHAPTERS:
        before = len(chain.records)
        chapter(chain)
        engine.apply(writer, chain.records[before:], chain.mark)
        writer.commit()
        yield chain.mark


def _answers(url: str, ledger: int | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """All questions' answers, asked by the role of the API."""
    options = "-c role=stellarsettle_api"
    with psycopg.connect(url, autocommit=True, options=options) as reader:
        asked = {name: asof.as_of(query, ledger) for name, query in QUERIES.items()}
        return {
            name: reader.execute(query.sql, query.params).fetchall()
            for name, query in asked.items()
        }


def test_a_past_answer_is_the_answer_of_then(database: str, writer: psycopg.Connection) -> None:
    then = {mark.ledger: _answers(database) for mark in _told(writer, Engine())}
    for ledger, answers in then.items():
        assert _answers(database, ledger) == answers
    assert _answers(database, None) == answers
    differing = {name for name in QUERIES if len({str(one[name]) for one in then.values()}) > 1}
    assert differing >= {"invoice", "refunded", "portfolio", "payouts", "overview", "timeline"}


def test_between_two_ledgers_nothing_has_changed_but_the_number(
    database: str, writer: psycopg.Connection
) -> None:
    """Where nobody told when a quiet ledger closed, now is the newest time known before it."""
    marks = list(_told(writer, Engine()))
    for mark in marks[:-1]:
        assert mark_at(writer, mark.ledger) == mark
    last = marks[-1]
    Engine().apply(writer, [], Mark(last.ledger + 10, last.closed_at + DAY))
    writer.commit()
    assert mark_at(writer, None) == Mark(last.ledger + 10, last.closed_at + DAY)
    assert mark_at(writer, last.ledger + 5) == Mark(last.ledger + 5, last.closed_at)
    assert mark_at(writer, 1) == Mark(1, 0)
    ((ledger, time, body),) = _answers(database, last.ledger + 5)["overview"]
    assert (ledger, time) == (last.ledger + 5, last.closed_at)
    assert body == _answers(database)["overview"][0][2]


def test_what_is_not_folded_yet_has_no_answer(database: str, writer: psycopg.Connection) -> None:
    *_, last = _told(writer, Engine())
    assert set(map(str, _answers(database, last.ledger + 1).values())) == {"[]"}
    with pytest.raises(NotFoldedError, match=f"ledger {last.ledger + 1} is after {last.ledger}"):
        mark_at(writer, last.ledger + 1)
    writer.rollback()
    with pytest.raises(NotFoldedError):
        remembering.of_invoice(writer, story.INVOICE, at=last.ledger + 1)


def test_rows_for_what_is_hypothetical_come_from_any_ledger(writer: psycopg.Connection) -> None:
    marks = list(_told(writer, Engine()))
    records = story.told().records
    writer.commit()
    for mark in marks:
        then = Memory(record for record in records if record.mark.ledger <= mark.ledger)
        memory, reached = remembering.of_holder(writer, story.ANN, at=mark.ledger)
        assert reached == mark
        for model in remembering.ABOUT_INVOICE:
            assert memory.rows[model].items() <= then.rows[model].items()
    assert memory.rows[positions.POSITION]


def test_the_functions_follow_the_switch_to_rebuilt_tables(
    database: str, writer: psycopg.Connection
) -> None:
    """Their bodies name the schema: those of the new tables must name the new ones."""
    ledgers = [mark.ledger for mark in _told(writer, Engine())]
    before = [_answers(database, ledger) for ledger in ledgers]
    with psycopg.connect(database) as owner:
        owner.execute("GRANT CREATE ON DATABASE " + owner.info.dbname + " TO stellarsettle_indexer")
    rebuild.prepare(writer, "beside")
    list(_told(writer, Engine("beside")))
    beside = [rows(writer, model, at=ledgers[2], schema="beside") for model in MODELS]
    assert beside == [rows(writer, model, at=ledgers[2]) for model in MODELS]
    writer.commit()
    rebuild.complete(writer, "beside")
    rebuild.switch(writer, "beside")
    writer.commit()
    assert [_answers(database, ledger) for ledger in ledgers] == before


def test_an_analysts_condition_reaches_the_index(writer: psycopg.Connection) -> None:
    """The function is a plain SELECT to the planner: a key's past costs a look at its versions."""
    list(_told(writer, Engine()))
    writer.execute("SET LOCAL enable_seqscan = off")
    plan = writer.execute(
        sql.SQL("EXPLAIN SELECT * FROM read.position_as_of(5003) WHERE invoice = {}").format(
            sql.Literal(story.INVOICE)
        )
    ).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "Function Scan" not in text
    assert "position_history_pkey" in text

"""The same facts from the database and from folds in memory, now and as of any ledger."""

from __future__ import annotations

import random

import polars as pl
import psycopg
import pytest
from polars.testing import assert_frame_equal

from projections.analytics import facts
from projections.analytics.facts import Facts
from projections.analytics.registry import METRICS
from projections.analytics.workings import Workings
from projections.engine import Engine
from projections.invoices import INVOICE, TERMS, amount_due
from projections.memory import Memory
from projections.model import Mark
from projections.pools import POOL
from projections.positions import POSITION, claimable
from tests.projections import story
from tests.projections.business import Business
from tests.projections.support import Chain

SEEDS = (1, 2, 3)


def lively(seed: int, ledgers: int = 60) -> tuple[Chain, list[Mark]]:
    """A business on several days, and its ledgers."""
    dice = random.Random(seed)  # reproducible material
    chain = Chain()
    business = Business(chain)
    marks = []
    for _ in range(ledgers):
        chain.close(chain.mark.closed_at + dice.choice((5, 5, 86_400)))
        for _ in range(4):
            business.act(
                dice.randrange(7), dice.randrange(8), dice.randrange(8), dice.randrange(1, 10**10)
            )
        marks.append(chain.mark)
    return chain, marks


def upto(chain: Chain, mark: Mark) -> Facts:
    """Facts of the events up to a ledger, folded in memory."""
    records = [record for record in chain.records if record.mark.ledger <= mark.ledger]
    return facts.remembered(Memory(records), mark)


def assert_same(one: Facts, other: Facts) -> None:
    """Both know the same, in whatever order."""
    assert one.mark == other.mark
    for model in facts.MODELS:
        frames = [each.of(model).sort(model.key) for each in (one, other)]
        assert_frame_equal(*frames)


@pytest.mark.parametrize("seed", SEEDS)
def test_as_of_a_ledger_is_what_its_events_make(database: str, seed: int) -> None:
    chain, marks = lively(seed)
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as writer:
        Engine().apply(writer, chain.records, chain.mark)
    options = "-c role=stellarsettle_api"
    with psycopg.connect(database, autocommit=True, options=options) as reader:
        for mark in (marks[0], marks[17], marks[-2], marks[-1]):
            assert_same(facts.stored(reader, mark), upto(chain, mark))
        assert_same(facts.stored(reader), upto(chain, chain.mark))
        with pytest.raises(ValueError, match="is after"):
            facts.stored(reader, Mark(chain.mark.ledger + 1, chain.mark.closed_at))


def test_an_empty_database_gives_empty_tables(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as reader:
        found = facts.stored(reader)
    assert_same(found, facts.remembered(Memory(), Mark(0, 0)))
    for metric in METRICS:
        metric.compute(Workings(found))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_figure_is_a_number_or_has_a_declared_reason(seed: int) -> None:
    """Exactly one of a figure and its reason is null, in every table, early and late."""
    chain, marks = lively(seed)
    for mark in (marks[2], marks[30], marks[-1]):
        workings = Workings(upto(chain, mark))
        for metric in METRICS:
            for name, frame in metric.compute(workings).items():
                table = next(table for table in metric.tables if table.name == name)
                assert not frame.select(table.key).is_duplicated().any()
                for figure in table.figures:
                    reasons = frame[f"{figure.name}_null"]
                    where = f"{metric.id}.{name}.{figure.name}"
                    assert (frame[figure.name].is_null() != reasons.is_null()).all(), where
                    assert set(reasons.drop_nulls()) <= set(figure.nulls), where


def test_a_metric_needs_no_more_than_its_inputs() -> None:
    """What it does not declare may be empty."""
    chain, _ = lively(1)
    told = upto(chain, chain.mark)
    for metric in METRICS:
        models = {
            name: frame if name in metric.inputs else frame.clear()
            for name, frame in told.models.items()
        }
        whole, part = (metric.compute(Workings(each)) for each in (told, Facts(told.mark, models)))
        for name in whole:
            assert_frame_equal(whole[name], part[name])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    """A database gives rows in the order that suits it."""
    chain, _ = lively(seed)
    told = upto(chain, chain.mark)
    shuffled = Facts(
        told.mark,
        {
            name: frame.sample(fraction=1, shuffle=True, seed=seed)
            for name, frame in told.models.items()
        },
    )
    for metric in METRICS:
        tables = [metric.compute(Workings(each)) for each in (told, shuffled)]
        for name in tables[0]:
            assert_frame_equal(tables[0][name], tables[1][name])


def test_metrics_do_not_depend_on_what_happens_later() -> None:
    """As of the second chapter the story's figures are those of its first two chapters."""
    whole, part = story.told(), story.told(2)
    for metric in METRICS:
        tables = [metric.compute(Workings(upto(chain, part.mark))) for chain in (whole, part)]
        for name in tables[0]:
            assert_frame_equal(tables[0][name], tables[1][name])


@pytest.mark.parametrize("seed", SEEDS)
def test_frames_work_out_what_the_folds_do(seed: int) -> None:
    """Late charges, amounts due and claimable credit: polars and the folds' own arithmetic."""
    chain, marks = lively(seed)
    for mark in (marks[30], marks[-1]):
        memory = Memory(record for record in chain.records if record.mark.ledger <= mark.ledger)
        workings = Workings(facts.remembered(memory, mark))
        due = workings.deals.select("invoice", pl.col("outstanding") + pl.col("late_owed"))
        assert dict(due.iter_rows()) == {
            row.invoice.hex(): amount_due(memory.get(TERMS, row.invoice), row, mark.closed_at)
            for row in memory.all(INVOICE)
        }
        credit = workings.holdings.select("invoice", "holder", "claimable")
        assert {(invoice, holder): units for invoice, holder, units in credit.iter_rows()} == {
            (row.invoice.hex(), row.holder): claimable(row, _index(memory, row.invoice))
            for row in memory.all(POSITION)
        }


def _index(memory: Memory, invoice: bytes) -> int:
    pool = memory.find(POOL, invoice)
    return pool.index if pool else 0


def test_attributes_are_given_once() -> None:
    twice = pl.DataFrame(
        [dict.fromkeys(facts.ATTRIBUTES) | {"invoice": "a"}] * 2, schema=facts.ATTRIBUTES
    )
    with pytest.raises(ValueError, match="attributes twice"):
        facts.remembered(Memory(), Mark(0, 0), attributes=twice)

"""What the past and the proofs of read models cost; prints a line of JSON for each figure.

`projections.digest`: the share of folding and writing that digests take; beside it what histories
take, in time and in space. `projections.asof`: questions about random invoices and holders, now and
as of random ledgers, in one database of about a million versions; `ratio` is the past's p95 to the
present's.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg

import migrations
from contracts import events
from projections import funding, invoices, payments, payouts, positions, timeline
from projections.asof import as_of
from projections.engine import Engine
from projections.query import Query
from stellarsettle import postgres
from tests.bench.bench_projections import business
from tests.bench.meter import report
from tests.projections.support import Chain

_LEDGERS = 500
"""Ledgers in a batch."""

_ROUNDS = 3_000
_VERSIONS = """
SELECT sum(n_live_tup)::bigint FROM pg_stat_user_tables
WHERE schemaname = 'read' AND relname LIKE '%_history'
"""
_MEGABYTES = """
SELECT (sum(pg_total_relation_size(relid)) FILTER (WHERE relname LIKE '%_history') / 1e6)::float8,
       (sum(pg_total_relation_size(relid)) / 1e6)::float8
FROM pg_stat_user_tables WHERE schemaname = 'read'
"""


class Stopwatch:
    """Seconds spent in what it wraps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, timed."""

        def timed(*args: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args)
            finally:
                self.seconds += time.perf_counter() - began

        return timed


def fold(url: str, chain: Chain) -> None:
    """Fold and write everything as the indexer does, and tell what digests and histories took."""
    engine, digesting, history, total = Engine(), Stopwatch(), 0.0, 0.0
    digests = engine._digests
    digests.add = digesting.wrapped(digests.add)  # type: ignore[method-assign]
    with psycopg.connect(url, options="-c role=stellarsettle_indexer") as writer:
        for batch in _batches(chain):
            began = time.perf_counter()
            change = engine.fold(writer, batch, batch[-1].mark)
            versions = [one for one in change.steps if "_history" in one.statement.as_string()]
            others = [one for one in change.steps if one not in versions]
            msgspec.structs.replace(change, steps=others).write(writer)
            before = time.perf_counter()
            reached = msgspec.structs.replace(change, before=change.through, steps=versions)
            reached.write(writer)
            history += time.perf_counter() - before
            writer.commit()
            total += time.perf_counter() - began
    report(
        bench="projections.digest",
        share=round(digesting.seconds / total, 3),
        goal=0.1,
        history_share=round(history / total, 3),
        events=len(chain.records),
        seconds=round(total, 1),
        load=round(os.getloadavg()[0], 1),
    )


def _batches(chain: Chain) -> Iterator[list[Any]]:
    ledgers = [list(group) for _, group in itertools.groupby(chain.records, lambda r: r.mark)]
    for first in range(0, len(ledgers), _LEDGERS):
        yield [record for ledger in ledgers[first : first + _LEDGERS] for record in ledger]


def ask(url: str, chain: Chain) -> None:
    """Ask the same questions about now and about random ledgers, by turns."""
    chance = random.Random(2)  # reproducible material
    with (
        psycopg.connect(url, autocommit=True, options="-c role=stellarsettle_api") as reader,
        psycopg.connect(url, autocommit=True) as owner,
    ):
        owner.execute("ANALYZE")
        (versions,) = owner.execute(_VERSIONS).fetchone() or (0,)
        sizes = owner.execute(_MEGABYTES).fetchone() or (0.0, 0.0)
        now: list[float] = []
        past: list[float] = []
        for number, query in enumerate(itertools.islice(_questions(chain, chance), _ROUNDS)):
            ledger = chance.randint(chain.records[0].mark.ledger, chain.mark.ledger)
            for asked, times in ((query, now), (as_of(query, ledger), past)):
                taken = _seconds(reader, asked)
                if number >= _ROUNDS // 10:  # plans and pages are warm by then
                    times.append(taken)
    present, then = _percentile(now), _percentile(past)
    report(
        bench="projections.asof",
        ms_p95=round(then * 1e3, 2),
        ratio=round(then / present, 2),
        goal=2.0,
        now_ms_p95=round(present * 1e3, 2),
        versions=versions,
        history_mb=round(sizes[0]),
        read_mb=round(sizes[1]),
        load=round(os.getloadavg()[0], 1),
    )


def _questions(chain: Chain, chance: random.Random) -> Iterator[Query]:
    about = [getattr(record.event, "id", None) for record in chain.records[::50]]
    deals = [one for one in about if one is not None]
    holders = [
        record.event.holder for record in chain.records if isinstance(record.event, events.Payout)
    ]
    while True:
        deal, holder = chance.choice(deals), chance.choice(holders)
        yield from (
            invoices.by_id(deal),
            positions.of_invoice(deal),
            payments.of_invoice(deal),
            payouts.of_invoice(deal),
            timeline.of_invoice(deal),
            positions.portfolio(holder),
            funding.of_investor(holder),
        )


def _seconds(reader: psycopg.Connection, query: Query) -> float:
    began = time.perf_counter()
    reader.execute(query.sql, query.params).fetchall()
    return time.perf_counter() - began


def _percentile(times: list[float]) -> float:
    return sorted(times)[len(times) * 95 // 100]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=17_000)
    parser.add_argument("--investors", type=int, default=1_000)
    chosen = parser.parse_args()
    told = business(chosen.invoices, chosen.investors)
    with tempfile.TemporaryDirectory() as folder, postgres.server("", Path(folder)) as server:
        database = server.create("bench")
        migrations.upgrade(database)
        fold(database, told)
        ask(database, told)

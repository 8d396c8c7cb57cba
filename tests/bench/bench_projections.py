"""How fast metrics are worked out; prints a line of JSON for each figure, with its goal.

`projections.xirr`: rates of return of 10,000 investors with 50 flows each. `projections.metrics`:
every table of every metric for a platform of 10,000 invoices, 1,000 investors and 500,000 events,
from the database: reading the facts and computing. `projections.export`: a million rows into a
file by the command line, in a process of its own; `rss_mb` is its highest memory.
`cpu_s` is this process's, so it tells more than `seconds` on a machine that is busy with other
things.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

import migrations
from projections.analytics import facts, xirr
from projections.analytics.registry import METRICS
from projections.analytics.workings import Workings
from projections.engine import Engine
from stellarsettle import postgres
from tests.bench.meter import Memory, report
from tests.projections.business import Business
from tests.projections.support import DAY, Chain

GOALS = {"projections.xirr": 1.0, "projections.metrics": 10.0}
"""Seconds."""

_HOUR = 3600
_STAKES = 20
_PARTS = 6
_LEDGERS = 500
"""Ledgers in a batch."""


def measure_rates(investors: int, flows: int) -> None:
    """Stakes that come back with a gain or a loss, every investor's on days of his own."""
    dice = np.random.default_rng(1)
    days = np.sort(
        np.argsort(dice.random((investors, 700)), axis=1)[:, :flows].astype(np.int64), axis=1
    )
    stakes = dice.integers(10**9, 10**11, (investors, flows // 2)).astype(np.float64)
    amounts = np.empty((investors, flows))
    amounts[:, 0::2] = -stakes
    amounts[:, 1::2] = stakes * dice.choice((0.5, 1.01, 1.02, 1.03, 1.05), stakes.shape)
    started, processor = time.perf_counter(), time.process_time()
    _, outcomes = xirr.solve(
        np.arange(0, investors * flows, flows, dtype=np.int64), days.ravel(), amounts.ravel()
    )
    _report(
        "projections.xirr",
        started,
        processor,
        investors=investors,
        flows=flows,
        found=int((outcomes == xirr.FOUND).sum()),
    )


def measure_metrics(invoices: int, investors: int) -> None:
    """Folds a made-up business into a fresh database, then reads its facts and computes."""
    chain = business(invoices, investors)
    with tempfile.TemporaryDirectory() as folder, postgres.server("", Path(folder)) as server:
        url = server.create("bench")
        migrations.upgrade(url)
        _fold(url, chain)
        with psycopg.connect(url, autocommit=True) as reader:
            reader.execute("ANALYZE")
            started, processor = time.perf_counter(), time.process_time()
            workings = Workings(facts.stored(reader))
        read = time.perf_counter() - started
        spent = {}
        for metric in METRICS:
            before = time.perf_counter()
            metric.compute(workings)
            spent[metric.id] = round(time.perf_counter() - before, 2)
        _report(
            "projections.metrics",
            started,
            processor,
            invoices=invoices,
            investors=investors,
            events=len(chain.records),
            read_s=round(read, 2),
            slowest=dict(sorted(spent.items(), key=lambda item: -item[1])[:5]),
        )


_EVENTS = """
INSERT INTO read.activity
SELECT ((1000 + n / 50) << 32) | ((n %% 50) << 12), 0, 'escrow', 'escrow_funded',
       sha256((n / 100)::text::bytea), 1 + n %% 10000, 10000000 + n, 1900000000 + n / 10,
       sha256(n::text::bytea)
FROM generate_series(1::bigint, %s) AS n
"""
_ADDRESSES = """
INSERT INTO read.address
SELECT n, 'G' || upper(left(encode(sha256(n::text::bytea), 'hex'), 55))
FROM generate_series(1, 10001) AS n
"""


def measure_export(rows: int) -> None:
    """Events as the folds write them, exported as of a ledger in each format."""
    with tempfile.TemporaryDirectory() as folder, postgres.server("", Path(folder)) as server:
        url = server.create("bench")
        migrations.upgrade(url)
        with psycopg.connect(url) as writer:
            writer.execute(_ADDRESSES)
            writer.execute(_EVENTS, (rows,))
            writer.execute("UPDATE read.applied SET ledger = %s", (1000 + rows // 50,))
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE")
        for ending in ("parquet", "arrow", "csv", "ndjson"):
            _export(url, Path(folder) / "files", ending, rows)


def _export(url: str, folder: Path, ending: str, rows: int) -> None:
    command = [sys.executable, "-m", "stellarsettle", "export", "events", "--format", ending]
    started = time.perf_counter()
    with (
        subprocess.Popen(
            [*command, "--to", str(folder)],
            env=os.environ | {"DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process,
        Memory(process.pid) as memory,
    ):
        told, _ = process.communicate()
        if f" {rows} rows " not in told:
            sys.exit("the export failed: there are no figures")
        seconds = time.perf_counter() - started
    (file,) = folder.glob(f"*.{ending}")
    report(
        bench="projections.export",
        format=ending,
        rows=rows,
        rows_per_s=round(rows / seconds),
        rss_mb=round(memory.peak_mb),
        goal_rss_mb=300,
        file_mb=round(file.stat().st_size / 2**20),
        load=round(os.getloadavg()[0], 1),
    )


def business(invoices: int, investors: int) -> Chain:
    """Two years in which every invoice is funded by twenty, paid in parts, often late, claimed."""
    dice = random.Random(1)  # reproducible material
    chain = Chain()
    told = Business(chain, people=investors)
    every = 2 * 365 * DAY // invoices
    plan: list[tuple[int, int, str]] = []
    for number in range(invoices):
        at = chain.mark.closed_at + number * every
        plan.append((at, number, "fund"))
        paid = _PARTS if dice.random() < 0.9 else 1
        times = sorted(at + dice.randrange(20 * DAY, 120 * DAY) for _ in range(paid))
        plan += [(when, number, "pay") for when in times]
        plan += [(when + _HOUR, number, "claim") for when in (times[0], times[-1])]
    end = chain.mark.closed_at + 2 * 365 * DAY
    for at, number, act in sorted(plan):
        if at <= end:
            chain.close(at)
            _act(told, dice, number, act)
    return chain


def _act(told: Business, dice: random.Random, number: int, act: str) -> None:
    if act == "fund":
        deal = told.list_invoice()
        for _ in range(_STAKES):
            told.fund(deal, dice.choice(told.people), Business.TARGET // _STAKES)
        return
    deal = told.deals[number]
    if act == "pay":
        told.pay(deal, Business.FACE // _PARTS + 1)
        return
    for holder in list(deal.shares)[: _STAKES // 2]:
        told.claim(deal, holder)


def _fold(url: str, chain: Chain) -> None:
    ledgers = [list(group) for _, group in itertools.groupby(chain.records, lambda r: r.mark)]
    engine = Engine()
    with psycopg.connect(url, options="-c role=stellarsettle_indexer") as writer:
        for first in range(0, len(ledgers), _LEDGERS):
            batch = [record for ledger in ledgers[first : first + _LEDGERS] for record in ledger]
            engine.apply(writer, batch, batch[-1].mark)
            writer.commit()


def _report(bench: str, started: float, processor: float, **more: Any) -> None:
    line = {
        "bench": bench,
        "seconds": round(time.perf_counter() - started, 2),
        "goal": GOALS[bench],
        "cpu_s": round(time.process_time() - processor, 2),
        "load": round(os.getloadavg()[0], 1),
        **more,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=10_000)
    parser.add_argument("--investors", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("xirr", "metrics", "export"))
    chosen = parser.parse_args()
    if chosen.only in {None, "xirr"}:
        measure_rates(10_000, 50)
    if chosen.only in {None, "export"}:
        measure_export(chosen.rows)
    if chosen.only in {None, "metrics"}:
        measure_metrics(chosen.invoices, chosen.investors)

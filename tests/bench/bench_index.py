"""How fast the ledger becomes rows: every figure is one line of JSON.

`python tests/bench/bench_index.py [NAME...]`, all of them without names. Each starts from a fresh
PostgreSQL server with its usual durability, a node in a process of its own that serves getEvents
on loopback, and the indexer as the command line starts it, in processes of its own. Generating and
serving are not the indexer's work, but share its cores.

`cpu_us` are microseconds of processor time an event, of the indexer and of PostgreSQL: on a machine
that is busy with other things (`load`) they say more than the wall clock does. `rss_mb` is the
indexer's highest memory, all its processes together. `cpu_s` is the indexer's, of which the process
that reads takes `reader_cpu_s`; `phase_s` are seconds of the wall clock, side by side.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg

import migrations
from indexer import rebuild, renewal
from stellarsettle import postgres
from tests.bench import indexed
from tests.bench.meter import cpu_seconds, report
from tests.bench.served import History, serving
from tests.indexer import synthetic

MEMORY_GOAL_MB: Final = 300


class Place(msgspec.Struct):
    """A fresh, migrated database, and its server's process."""

    url: str
    server: int


@contextlib.contextmanager
def place() -> Iterator[Place]:
    """A server of its own, as durable as in service, with a migrated database."""
    with tempfile.TemporaryDirectory() as folder, postgres.running(Path(folder)) as server:
        url = server.create("bench")
        migrations.upgrade(url)
        process = (Path(folder) / "data" / "postmaster.pid").read_text().split()[0]
        yield Place(url, int(process))


def cold(name: str, history: History, goal: int | None = None) -> None:
    """From the first request to the last commit, into an empty database."""
    with place() as where, serving(history) as node:
        line = indexing(where, node.url, node.latest, node.events)
        report(bench=name, goal=goal, holders=history.holders, **line)


def indexing(where: Place, node: str, through: int, events: int) -> dict[str, Any]:
    """Index up to ledger `through`; what it cost, for `events` events."""
    before = cpu_seconds(where.server)
    run = indexed.index(where.url, node, through)
    postgres_s = cpu_seconds(where.server) - before
    return {
        "events": events,
        "events_per_s": round(events / run.seconds),
        "ledgers_per_s": round((through - synthetic.START_LEDGER) / run.seconds),
        "seconds": round(run.seconds, 2),
        "rss_mb": round(run.rss_mb),
        "rss_goal_mb": MEMORY_GOAL_MB,
        "cpu_s": round(run.cpu_s, 2),
        "reader_cpu_s": round(run.reader_cpu_s, 2),
        "postgres_cpu_s": round(postgres_s, 2),
        "cpu_us": round((run.cpu_s + postgres_s) / events * 1e6, 1),
        "phase_s": {phase: round(seconds, 2) for phase, seconds in run.phases.items()},
        "load": round(os.getloadavg()[0], 1),
    }


def rebuilds(name: str) -> None:
    """The history of index.cold folded again from stored events, beside and in place."""
    with place() as where, serving(History("transfers", 200_000)) as node:
        indexed.index(where.url, node.url, node.latest)
        for ending, run in (("", rebuild.rebuild), (".switch", renewal.renew)):
            before, began, own = cpu_seconds(where.server), time.perf_counter(), time.process_time()
            done: Any = run(where.url)
            seconds = time.perf_counter() - began
            if isinstance(done, rebuild.Rebuilt) and not done.equal:
                sys.exit("the rebuild gave another digest: the figures are worth nothing")
            cpu, postgres_s = time.process_time() - own, cpu_seconds(where.server) - before
            report(
                bench=name + ending,
                goal=50_000,
                events=node.events,
                events_per_s=round(node.events / seconds),
                cpu_s=round(cpu, 2),
                postgres_cpu_s=round(postgres_s, 2),
                cpu_us=round((cpu + postgres_s) / node.events * 1e6, 1),
                load=round(os.getloadavg()[0], 1),
            )


def sparse(name: str) -> None:
    """Nearly nothing but empty ledgers."""
    with place() as where, serving(History("sparse", 20, ledgers=20_000)) as node:
        line = indexing(where, node.url, node.latest, node.events)
        report(bench=name, goal_ledgers_per_s=5_000, **line)


def latest(url: str) -> int:
    """The ledger up to which the database is whole."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT ledger FROM ledger.cursor").fetchone()
    return row[0] if row else 0


BENCHES: Final[dict[str, Callable[[str], None]]] = {
    "index.cold": lambda name: cold(name, History("transfers", 200_000), 30_000),
    "index.cold_wide": lambda name: cold(name, History("transfers", 200_000, 200_000), 20_000),
    "index.mixed": lambda name: cold(name, History("lives", 100_000)),
    "index.rebuild": rebuilds,
    "index.sparse": sparse,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    for chosen in parser.parse_args().names or BENCHES:
        if chosen not in BENCHES:
            sys.exit(f"there is no bench {chosen}: choose from {', '.join(BENCHES)}")
        BENCHES[chosen](chosen)

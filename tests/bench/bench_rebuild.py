"""Read models built beside the live ones while the indexer runs; prints a line of JSON.

`projections.rebuild_beside`: a history of share transfers is in, a node goes on closing a ledger
with a hundred more every half second, the indexer follows, and `stellarsettle rebuild --beside`, a
process of its own, makes everything anew and switches. `events_per_s` is of the rebuild, `pause_ms`
the longest time between two commits of the indexer meanwhile, `usual_ms` that of the time before. A
reader in the API's role asks all the time: `read_ms` is its slowest answer.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

import migrations
from projections.tables import APPLIED_CHANNEL
from stellarsettle import postgres
from tests.bench.meter import report
from tests.bench.transfers import History, Shape
from tests.indexer.node import Node, serving
from tests.indexer.support import running, write

_EVERY_SECONDS = 0.5
_USUAL_SECONDS = 15.0


class Commits:
    """When the indexer committed, heard in a thread."""

    def __init__(self, url: str) -> None:
        self.moments: list[float] = []
        self._stop = threading.Event()
        self._url = url
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def longest_ms(self, first: float, last: float) -> float:
        """The longest time between two of them from `first` to `last`."""
        within = [first, *(moment for moment in self.moments if first < moment < last), last]
        return max(after - before for before, after in itertools.pairwise(within)) * 1e3

    def _listen(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(APPLIED_CHANNEL)))
            while not self._stop.is_set():
                self.moments += [time.perf_counter() for _ in connection.notifies(timeout=0.2)]


class Reader:
    """Asks all the time as the API does."""

    def __init__(self, url: str) -> None:
        self.slowest = 0.0
        self.failed = 0
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        options = "-c role=stellarsettle_api"
        with psycopg.connect(self._url, autocommit=True, options=options) as connection:
            while not self._stop.wait(0.01):
                began = time.perf_counter()
                try:
                    connection.execute(
                        "SELECT count(*) FROM read.position JOIN read.terms USING (invoice)"
                        " WHERE invoice = (SELECT invoice FROM read.terms LIMIT 1)"
                    ).fetchall()
                except psycopg.Error:
                    self.failed += 1
                self.slowest = max(self.slowest, time.perf_counter() - began)


@contextmanager
def _closing(node: Node, latest: int) -> Iterator[None]:
    """The node closes a ledger every half second, up to `latest`."""
    stop = threading.Event()

    def close() -> None:
        while node.latest < latest and not stop.wait(_EVERY_SECONDS):
            node.latest += 1

    thread = threading.Thread(target=close)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def measure(url: str, events: int, holders: int) -> None:
    """Fill the database, follow, rebuild."""
    history = History(Shape(holders))
    told = [*history.opening(), *history.transfers(events // history.shape.per_ledger)]
    write(url, told, 10_000)
    more = list(history.transfers(2_000))
    node = Node(more, told[-1].ledger)
    command = [sys.executable, "-m", "stellarsettle", "rebuild", "--beside"]
    with (
        serving(node),
        Commits(url) as commits,
        Reader(url) as reader,
        running(url, node, page_limit=10_000),
        _closing(node, more[-1].ledger),
    ):
        began = time.perf_counter()
        time.sleep(_USUAL_SECONDS)
        start = time.perf_counter()
        before = reader.slowest
        reader.slowest = 0.0
        done = subprocess.run(
            command, env=os.environ | {"DATABASE_URL": url}, check=True, capture_output=True
        )
        end = time.perf_counter()
        time.sleep(2 * _EVERY_SECONDS)
        folded = int(done.stdout.split()[0])
        report(
            bench="projections.rebuild_beside",
            events_per_s=round(folded / (end - start)),
            pause_ms=round(commits.longest_ms(start, time.perf_counter())),
            usual_ms=round(commits.longest_ms(began + 2, start)),
            read_ms=round(reader.slowest * 1e3),
            usual_read_ms=round(before * 1e3),
            failed_reads=reader.failed,
            events=folded,
            holders=holders,
            equal=len({line.split()[1] for line in done.stdout.splitlines()[1:3]}) == 1,
            load=round(os.getloadavg()[0], 1),
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--holders", type=int, default=5_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres.server("", Path(folder)) as server:
        database = server.create("bench")
        migrations.upgrade(database)
        measure(database, chosen.events, chosen.holders)

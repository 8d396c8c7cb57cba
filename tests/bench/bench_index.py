"""How fast events become rows: cold indexing and rebuild; prints a line of JSON for each.

Everything after the network is measured: decoding, folding, and one transaction for raw events,
read models, history, digests and cursor. The events are made up and handed over as pages of ten
thousand, as a node would.

On a machine that is busy with other things the wall clock says little: `cpu_us_per_event` is what
this process (without PostgreSQL's) spent on each event, `load` how many wanted to run at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import tempfile
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

import migrations
from indexer import pipeline, rebuild, renewal
from indexer.sources.protocol import Batch, RawEvent
from indexer.writer import CHANNEL
from projections.model import Mark
from stellarsettle import postgres
from tests.indexer import synthetic

PAGE = 10_000
TARGETS = {"index.cold": 30_000}
"""Events per second that the design asks for, at 5,000 holders."""


class Recorded:
    """A source that holds all events in memory."""

    def __init__(self, events: list[RawEvent]) -> None:
        self._events = events
        self.latest = events[-1].ledger

    def fetch(self, after: int) -> Batch | None:
        """About a page of whole ledgers."""
        start = bisect_right(self._events, after, key=lambda event: event.ledger)
        if start == len(self._events):
            return None
        last = self._events[min(start + PAGE, len(self._events)) - 1]
        end = bisect_right(self._events, last.ledger, key=lambda event: event.ledger)
        return Batch(self._events[start:end], Mark(last.ledger, last.closed_at), self.latest)


def measure(count: int, holders: int) -> None:
    """Index about `count` events over `holders` holders into a fresh database, then rebuild."""
    invoices = max(1, count // 27)
    events = synthetic.ledgers(1, synthetic.story(1, invoices, holders=holders), per_ledger=40)
    with tempfile.TemporaryDirectory() as folder, postgres.server("", Path(folder)) as server:
        url = server.create("bench")
        migrations.upgrade(url)
        with _reported("index.cold", len(events), holders):
            _index(url, events)
        with _reported("rebuild", len(events), holders):
            rebuilt = rebuild.rebuild(url)
        with _reported("rebuild.switch", len(events), holders):
            renewed = renewal.renew(url)
        if not rebuilt.equal or renewed.changed:
            sys.exit("the rebuild gave another digest: the figures are worth nothing")


def _index(url: str, events: list[RawEvent]) -> None:
    """Returns when the last event is committed."""
    stop = threading.Event()
    source = Recorded(events)
    watcher = threading.Thread(target=_stop_when_through, args=(url, events[-1].ledger, stop))
    watcher.start()
    pipeline.run(url, source, synthetic.DEPLOYMENT, stop, pipeline.Options(poll_seconds=0.1))
    watcher.join()


def _stop_when_through(url: str, ledger: int, stop: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        for notice in connection.notifies():
            if int(notice.payload) >= ledger:
                stop.set()
                return


@contextmanager
def _reported(bench: str, events: int, holders: int) -> Iterator[None]:
    """Measures what happens inside and prints it as one line."""
    wall, processor = time.perf_counter(), time.process_time()
    yield
    seconds, processor_seconds = time.perf_counter() - wall, time.process_time() - processor
    rate = events / seconds
    line = {
        "bench": bench,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load": round(os.getloadavg()[0], 1),
        "holders": holders,
        "events": events,
        "seconds": round(seconds, 2),
        "events_per_second": round(rate),
        "ratio_to_target": round(rate / TARGETS[bench], 2) if bench in TARGETS else None,
        "cpu_us_per_event": round(processor_seconds / events * 1e6, 1),
        "peak_mb_with_generated_events": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--holders", type=int, default=5_000)
    chosen = parser.parse_args()
    measure(chosen.events, chosen.holders)

"""The indexer in a process of its own: follows a node until a ledger is committed, and tells how.

`python -m tests.bench.indexed DATABASE_URL NODE_URL LEDGER` writes one line of JSON.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import msgspec
import psycopg
from psycopg import sql

from indexer import pipeline
from indexer.progress import Nobody, Step
from indexer.reading import Job, Reader
from indexer.sources.opening import Endpoints
from projections.tables import APPLIED_CHANNEL
from tests.bench.meter import Memory, cpu_seconds, family
from tests.indexer import synthetic


class Run(msgspec.Struct, frozen=True):
    """`seconds` from the start of a running program to the last commit; CPU seconds; memory.

    Of `cpu_s` the process that reads took `reader_cpu_s`. `phases` are seconds of the wall clock
    by phase; the phases are side by side.
    """

    seconds: float
    cpu_s: float
    reader_cpu_s: float
    phases: dict[str, float]
    rss_mb: float = 0


class _Phases(Nobody):
    """Adds up how long the batches were in each phase."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(("fetch", "decode", "fold", "commit"), 0.0)

    def committed(self, step: Step) -> None:
        """Add a batch."""
        for phase in self.seconds:
            self.seconds[phase] += getattr(step, phase)


def index(database: str, node: str, through: int) -> Run:
    """Index in a process of its own up to ledger `through`."""
    command = [sys.executable, "-m", "tests.bench.indexed", database, node, str(through)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as process,
        Memory(process.pid) as memory,
    ):
        assert process.stdout
        line = process.stdout.readline()
        run = msgspec.json.decode(line, type=Run)
    return msgspec.structs.replace(run, rss_mb=memory.peak_mb)


def follow(database: str, node: str, through: int) -> Run:
    """The indexer as it is started by the command line, until ledger `through` is committed."""
    began, before = time.perf_counter(), cpu_seconds(os.getpid())
    phases = _Phases()
    stop = threading.Event()
    watcher = threading.Thread(target=_stop_when_through, args=(database, through, stop))
    watcher.start()
    with Reader(Job(Endpoints((node,)), synthetic.DEPLOYMENT, poll_seconds=0.1)) as reader:
        pipeline.run(database, reader, synthetic.DEPLOYMENT, stop, phases)
        seconds = time.perf_counter() - began
        reading = sum(cpu_seconds(child) for child in family(os.getpid())[1:])
    watcher.join()
    cpu = cpu_seconds(os.getpid()) - before
    return Run(seconds, cpu, reading, phases.seconds)


def _stop_when_through(url: str, ledger: int, stop: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(APPLIED_CHANNEL)))
        for notice in connection.notifies():
            if int(notice.payload) >= ledger:
                stop.set()
                return


if __name__ == "__main__":
    run = follow(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.stdout.write(msgspec.json.encode(run).decode() + "\n")

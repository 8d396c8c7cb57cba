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
from indexer.reading import Job, Reader
from indexer.sources.opening import Endpoints
from projections.tables import APPLIED_CHANNEL
from tests.bench.meter import Memory, cpu_seconds
from tests.indexer import synthetic


class Run(msgspec.Struct, frozen=True):
    """`seconds` from the start of a running program to the last commit; CPU seconds; memory."""

    seconds: float
    cpu_s: float
    rss_mb: float


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


def follow(database: str, node: str, through: int) -> None:
    """The indexer as it is started by the command line, until ledger `through` is committed."""
    stop = threading.Event()
    watcher = threading.Thread(target=_stop_when_through, args=(database, through, stop))
    watcher.start()
    with Reader(Job(Endpoints((node,)), synthetic.DEPLOYMENT, poll_seconds=0.1)) as reader:
        pipeline.run(database, reader, synthetic.DEPLOYMENT, stop)
    watcher.join()


def _stop_when_through(url: str, ledger: int, stop: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(APPLIED_CHANNEL)))
        for notice in connection.notifies():
            if int(notice.payload) >= ledger:
                stop.set()
                return


if __name__ == "__main__":
    began, before = time.perf_counter(), cpu_seconds(os.getpid())
    follow(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    seconds = time.perf_counter() - began
    run = Run(seconds, cpu_seconds(os.getpid()) - before, 0)
    sys.stdout.write(msgspec.json.encode(run).decode() + "\n")

"""How soon a standby goes on when the writer is killed: one line of JSON.

Two indexers as processes on one database, at the tip of a network that closes a ledger every 20 ms.
The one that writes is killed with SIGKILL; measured is the time until the next ledger is committed
by the other. Half of it is the pause between two tries for the lock.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg

import migrations
from stellarsettle import postgres
from tests.bench.meter import report
from tests.indexer import synthetic
from tests.indexer.node import Node, serving
from tests.indexer.support import ledger_of, wait_for

TAKEOVERS = 12
GOAL_SECONDS = 2.0
_FAR = synthetic.START_LEDGER + 1_000_000


def main() -> None:
    """Kill the writer again and again."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.running(Path(folder)) as server,
        serving(Node([], synthetic.START_LEDGER)) as node,
    ):
        url = server.create("bench")
        migrations.upgrade(url)
        over = threading.Event()
        clock = threading.Thread(target=_close_ledgers, args=(node, over))
        clock.start()
        writer = _started(url, node)
        try:
            wait_for(url, synthetic.START_LEDGER)
            seconds = []
            for _ in range(TAKEOVERS):
                standby = _started(url, node)
                _wait_until_it_stands_by(url)
                seconds.append(_takeover(url, writer))
                writer = standby
        finally:
            writer.kill()
            writer.wait()
            over.set()
            clock.join()
    report(
        bench="index.standby",
        takeover_s_p50=round(statistics.median(seconds), 3),
        takeover_s_max=round(max(seconds), 3),
        goal=GOAL_SECONDS,
    )


def _takeover(url: str, writer: subprocess.Popen[bytes]) -> float:
    writer.kill()
    writer.wait()
    began, stood = time.perf_counter(), ledger_of(url)
    wait_for(url, stood + 1)
    return time.perf_counter() - began


def _started(url: str, node: Node) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.bench.indexed", url, node.url, str(_FAR)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def _wait_until_it_stands_by(url: str) -> None:
    """Each has sessions that listen, and one that writes or tries for the lock."""
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND query LIKE 'SELECT pg_try_advisory_lock%'"
            ).fetchone()
            if row and row[0]:
                return
            time.sleep(0.05)


def _close_ledgers(node: Node, over: threading.Event) -> None:
    while not over.wait(0.02):
        node.latest += 1


if __name__ == "__main__":
    main()

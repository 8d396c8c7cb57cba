"""How fresh the rows are: every figure is one line of JSON.

`python tests/bench/bench_live.py [NAME...]`, all of them without names. The real command,
`stellarsettle index` with its usual settings, follows the local ledger into a PostgreSQL server as
durable as in service. An investor pays again and again; each payment is a transaction in a ledger
of its own, and a row of `read.activity`.

`index.live` is the time from the close of a ledger, by the clock of the machine, until its row can
be read: that is when the indexer's NOTIFY is heard. `index.restart` is the time from the start of
the command until its first commit, each time after a SIGKILL and a few ledgers missed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

import migrations
from projections.tables import APPLIED_CHANNEL
from stellarsettle import devnet, postgres
from stellarsettle.settings import Settings
from tests.bench.funding import Investor, Node, listed_invoice
from tests.bench.meter import report

LEDGERS: Final = 500
LIVE_GOAL_SECONDS: Final = 1.0
RESTARTS: Final = 20
RESTART_GOAL_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = (0.05, 0.15)
_MISSED: Final = 3
_SEED: Final = 7
_NAMES: Final = {name.upper() for name in Settings.__struct_fields__}


class Place:
    """A ledger with an open invoice, a database, and who listens for what becomes readable."""

    def __init__(self, network: devnet.Devnet, url: str, connection: psycopg.Connection) -> None:
        self.network = network
        self._invoice = listed_invoice(network, 1)
        self._investor = Investor(network, self._invoice.investors[0], self._invoice)
        self._node = Node(network.rpc)
        self._listening = connection
        kept = {name: value for name, value in os.environ.items() if name not in _NAMES}
        self._environment = {**kept, **self._invoice.environment, "DATABASE_URL": url}
        listen = sql.SQL("LISTEN {}").format(sql.Identifier(APPLIED_CHANNEL))
        connection.execute(listen)

    def pay(self) -> int:
        """One payment; returns the ledger that it is in, which is the newest."""
        self._investor.fund(self._node)
        ledger: int = self._node.call("getHealth")["latestLedger"]
        return ledger

    def start(self) -> subprocess.Popen[bytes]:
        """The indexer's command."""
        command = [sys.executable, "-m", "stellarsettle", "index"]
        return subprocess.Popen(command, env=self._environment, stderr=subprocess.DEVNULL)

    def readable(self, timeout: float) -> Iterator[int]:
        """Ledgers as they become readable, until none did for `timeout` seconds."""
        for notice in self._listening.notifies(timeout=timeout):
            yield int(notice.payload)

    def payments(self) -> int:
        """Rows of payments that can be read."""
        row = self._listening.execute(
            "SELECT count(*) FROM read.activity WHERE name = 'escrow_funded'"
        ).fetchone()
        return int(row[0]) if row else 0


@contextlib.contextmanager
def place() -> Iterator[Place]:
    """Everything that is needed, until the block ends."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.running(Path(folder)) as server,
        devnet.running() as network,
    ):
        url = server.create("bench")
        migrations.upgrade(url)
        with psycopg.connect(url, autocommit=True) as connection:
            yield Place(network, url, connection)


def live(name: str) -> None:
    """Payments at the pace of ledgers; when each was readable."""
    with place() as where, where.start() as indexer:
        try:
            _first_commit(where)
            chance, before = random.Random(_SEED), where.payments()
            ledgers: list[int] = []
            heard: dict[int, float] = {}
            for _ in range(LEDGERS):
                ledgers.append(where.pay())
                _hear(where, heard, chance.uniform(*_PAUSE_SECONDS))
            while max(heard) < ledgers[-1]:
                _hear(where, heard, 0.1)
            if where.payments() - before != LEDGERS:
                sys.exit("rows are missing: the figures are worth nothing")
        finally:
            indexer.kill()
        closes = {one.sequence: one.wall_ms / 1_000 for one in where.network.closes(ledgers[0])}
    seconds = sorted(_since(heard, ledger) - closes[ledger] for ledger in ledgers)
    report(
        bench=name,
        seconds_p50=round(_at(seconds, 0.50), 3),
        seconds_p99=round(_at(seconds, 0.99), 3),
        seconds_max=round(seconds[-1], 3),
        ledgers=len(ledgers),
        poll_s=Settings().poll_seconds,
        goal=LIVE_GOAL_SECONDS,
        load=round(os.getloadavg()[0], 1),
    )


def _hear(where: Place, heard: dict[int, float], seconds: float) -> None:
    """For so long note what becomes readable."""
    over = time.monotonic() + seconds
    while (left := over - time.monotonic()) > 0:
        for ledger in where.readable(left):
            heard[ledger] = time.time()


def _since(heard: dict[int, float], ledger: int) -> float:
    """When a ledger was readable: with it all before it are."""
    return min(moment for through, moment in heard.items() if through >= ledger)


def restart(name: str) -> None:
    """Kill it, miss a few ledgers, start it: until the first commit."""
    with place() as where:
        seconds = []
        indexer = where.start()
        try:
            _first_commit(where)
            for _ in range(RESTARTS):
                indexer.kill()
                indexer.wait()
                for _ in range(_MISSED):
                    where.pay()
                list(where.readable(0))  # what was said before it died
                began = time.perf_counter()
                indexer = where.start()
                _first_commit(where)
                seconds.append(time.perf_counter() - began)
        finally:
            indexer.kill()
            indexer.wait()
    seconds.sort()
    report(
        bench=name,
        seconds_p50=round(_at(seconds, 0.50), 3),
        seconds_p99=round(_at(seconds, 0.99), 3),
        restarts=len(seconds),
        goal=RESTART_GOAL_SECONDS,
        load=round(os.getloadavg()[0], 1),
    )


def _first_commit(where: Place) -> None:
    if next(where.readable(60), None) is None:
        sys.exit("nothing was committed within a minute")


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


BENCHES: Final[dict[str, Callable[[str], None]]] = {"index.live": live, "index.restart": restart}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    for chosen in parser.parse_args().names or BENCHES:
        if chosen not in BENCHES:
            sys.exit(f"there is no bench {chosen}: choose from {', '.join(BENCHES)}")
        BENCHES[chosen](chosen)

"""Hours in short: a mixed load for minutes on end, and whether anything grows with it.

`python tests/bench/soak.py --minutes 30` prints one line of JSON and fails if memory or connections
of the API's processes, or the database's sessions, grew between the second quarter of the time and
the last; the first is for getting warm. A ledger closes every five seconds.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Self

import msgspec
import psycopg
import uvloop

from stellarsettle import postgres
from tests.api.live.serving import Served, serving
from tests.bench import load, market
from tests.bench.bench_api import OUT_OF_REACH, PROCESSES, ledgers_closing, people
from tests.bench.load import Ask
from tests.bench.meter import family, megabytes, report
from tests.bench.mix import Mix

_PER_SECOND = 100
_SAMPLE_SECONDS = 2.0
_GROWN = 1.05
"""More than a twentieth is growth: what fills up once (caches, pools) is warm by then."""
_SPARE = {"mb": 8.0, "sockets": 4.0, "sessions": 2.0}
"""What may come and go at any moment."""


class Sample(msgspec.Struct, frozen=True):
    """Memory of the API's processes, their open sockets, the sessions of the database."""

    mb: float
    sockets: int
    sessions: int


class Samples:
    """Looks again and again while the block runs."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.taken: list[Sample] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        with psycopg.connect(self._served.database, autocommit=True) as looking:
            while not self._over.wait(_SAMPLE_SECONDS):
                found = looking.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                ).fetchone()
                processes = family(self._served.service.pid)
                sockets = sum(map(_sockets, processes))
                memory = sum(map(megabytes, processes))
                self.taken.append(Sample(memory, sockets, found[0] if found else 0))


def _sockets(pid: int) -> int:
    try:
        handles = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return 0
    return sum(1 for handle in handles if handle.is_symlink() and _is_socket(handle))


def _is_socket(handle: Path) -> bool:
    try:
        return str(handle.readlink()).startswith("socket:")
    except OSError:
        return False


def grown(taken: Sequence[Sample]) -> dict[str, tuple[float, float]]:
    """By what was measured: medians of the second quarter and of the last, where they grew."""
    quarter = len(taken) // 4
    found = {}
    for name in Sample.__struct_fields__:
        values = [getattr(sample, name) for sample in taken]
        before, after = median(values[quarter : 2 * quarter]), median(values[-quarter:])
        if after > before * _GROWN + _SPARE[name]:
            found[name] = (before, after)
    return found


def soak(minutes: float, invoices: int) -> None:
    """Print the line; end the program with an error if something grew."""
    with (
        tempfile.TemporaryDirectory() as name,
        postgres.server("", Path(name) / "postgres") as server,
    ):
        url = server.create("soak")
        told = market.write(url, market.Shape(invoices=invoices, open=min(500, invoices // 4)))
        with (
            serving(url, Path(name), workers=PROCESSES, further=OUT_OF_REACH) as served,
            ledgers_closing(url),
            Samples(served) as samples,
        ):
            mix = Mix(told, people(served, 500, seconds=int(minutes * 60) + 600))
            port = int(served.url.rpartition(":")[2])
            answered = uvloop.run(
                load.run(port, _with_errors(mix), per_second=_PER_SECOND, seconds=minutes * 60)
            )
    found = grown(samples.taken)
    first, last = samples.taken[len(samples.taken) // 4], samples.taken[-1]
    report(
        bench="api.soak",
        minutes=minutes,
        requests=sum(answered.statuses.values()),
        failed=answered.failed,
        mb=[round(first.mb), round(last.mb)],
        sockets=[first.sockets, last.sockets],
        sessions=[first.sessions, last.sessions],
        grown=found,
        ms_p95=answered.percentile(0.95),
        load=round(os.getloadavg()[0], 1),
    )
    if found or answered.failed:
        sys.exit("something grew, or was not answered")


def _with_errors(mix: Mix) -> load.Asking:
    """The mix, and among a hundred requests one that is refused."""
    number = 0

    def ask() -> Ask:
        nonlocal number
        number += 1
        return Ask("refused", f"/v1/invoices/none-{number}") if number % 100 == 0 else mix.ask()

    return ask


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--invoices", type=int, default=2_000)
    chosen = parser.parse_args()
    soak(chosen.minutes, chosen.invoices)

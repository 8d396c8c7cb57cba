"""How fast the API answers; prints a line of JSON for each figure.

`bench_api.py [list_pg list_cached mixed intent]`, all of them without names. The processes are
those of `stellarsettle serve`, PostgreSQL is as durable as in service, and whoever asks runs on the
same processors. Limits count, but are out of reach.

`api.list_pg`: 50 offers, written as JSON by PostgreSQL for each request. `api.list_cached`: the
same, kept. `api.mixed`: what people and programs ask, at 500 requests a second, of one million
events and 10,000 invoices; a ledger closes every five seconds. `api.intent`: `fund` built and
simulated on the local ledger, one after the other.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import uvloop
from stellar_sdk import Keypair

from projections.tables import APPLIED_CHANNEL
from stellarsettle import local, postgres, story
from tests.api.live.serving import Served, serving
from tests.bench import load, market, wrk
from tests.bench.meter import report
from tests.bench.mix import Mix

PROCESSES = 2
OUT_OF_REACH = dict.fromkeys(
    ("LIMIT_ADDRESS", "LIMIT_USER", "LIMIT_SIGN_IN", "LIMIT_STREAMS"), str(10**9)
)
_OFFERS = "/v1/marketplace?limit=50"
_LEDGER_SECONDS = 5


def lists(url: str, folder: Path, seconds: int, name: str) -> None:
    """One list, as often as it is answered."""
    goal, megabytes = {"list_pg": (3_000, "0"), "list_cached": (10_000, "32")}[name]
    settings = {**OUT_OF_REACH, "CACHE_MB": megabytes}
    with serving(url, folder, workers=PROCESSES, further=settings) as served:
        wrk.run(served.url + _OFFERS, seconds=2)  # plans are made by then
        rate = wrk.run(served.url + _OFFERS, seconds=seconds)
    report(bench=f"api.{name}", **msgspec.structs.asdict(rate), goal=goal, items=50,
           processes=PROCESSES, load=_load())  # fmt: skip


def mixed(url: str, folder: Path, seconds: int, told: market.Market) -> None:
    """A realistic load at a constant pace."""
    with (
        serving(url, folder, workers=PROCESSES, further=OUT_OF_REACH) as served,
        ledgers_closing(url),
    ):
        mix = Mix(told, people(served, 200))
        port = int(served.url.rpartition(":")[2])
        for warm, length in ((True, 5), (False, seconds)):
            answered = uvloop.run(load.run(port, mix.ask, per_second=500, seconds=length))
            if answered.failed:
                sys.exit(f"not everything was answered: {dict(answered.statuses)}")
            if warm:
                continue
            report(
                bench="api.mixed",
                ms_p50=answered.percentile(0.50),
                ms_p95=answered.percentile(0.95),
                ms_p99=answered.percentile(0.99),
                goal_ms_p95=20,
                per_second=500,
                kinds_ms_p95={kind: answered.percentile(0.95, kind)
                              for kind in sorted(answered.milliseconds)},
                events=told.events,
                invoices=len(told.invoices),
                processes=PROCESSES,
                load=_load(),
            )  # fmt: skip


def people(served: Served, number: int, seconds: int = 900) -> list[dict[str, str]]:
    """Headers of so many people who are signed in for so long."""
    return [served.bearer(Keypair.random(), seconds) for _ in range(number)]


@contextlib.contextmanager
def ledgers_closing(url: str) -> Iterator[None]:
    """Every five seconds another ledger, in which nothing happens but that time goes on."""
    over = threading.Event()

    def close() -> None:
        with psycopg.connect(url, autocommit=True) as owner:
            while not over.wait(_LEDGER_SECONDS):
                owner.execute("UPDATE read.applied SET ledger = ledger + 1")
                owner.execute(
                    "SELECT pg_notify(%s, ledger::text) FROM read.applied", (APPLIED_CHANNEL,)
                )

    closing = threading.Thread(target=close)
    closing.start()
    try:
        yield
    finally:
        over.set()
        closing.join()


def intents(url: str, folder: Path, number: int) -> None:
    """Stakes prepared one after the other by an investor who never signs."""
    with local.running(folder, url) as platform:
        cast = story.gather(platform)
        tale = story.Story(platform, cast, lambda _: None)
        tale.admit()
        invoice = tale.list_invoice("INTENT-1")
        platform.wait_until_shown()
        times = []
        for _ in range(number):
            began = time.perf_counter()
            cast.investors[0].prepare("fund", invoice_id=invoice, amount=str(local.UNITS))
            times.append((time.perf_counter() - began) * 1000)
    answered = load.Answered({"fund": times[number // 10 :]}, Counter({201: number}))
    report(
        bench="api.intent",
        ms_p50=answered.percentile(0.50),
        ms_p95=answered.percentile(0.95),
        ms_p99=answered.percentile(0.99),
        goal_ms_p95=60,
        intents=number,
        load=_load(),
    )


def _load() -> float:
    return round(os.getloadavg()[0], 1)


NAMES = ("list_pg", "list_cached", "mixed", "intent")


def main() -> None:
    """Print a line for each name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES])
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--invoices", type=int, default=10_000, help="about a hundred events each")
    chosen = parser.parse_args()
    names = chosen.names or NAMES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with postgres.server(os.environ.get("DATABASE_URL", ""), folder / "postgres") as server:
            if set(names) - {"intent"}:
                url = server.create("bench_api")
                told = market.write(url, market.Shape(invoices=chosen.invoices))
                for one in names:
                    if one in {"list_pg", "list_cached"}:
                        lists(url, folder, chosen.seconds, one)
                    elif one == "mixed":
                        mixed(url, folder, chosen.seconds * 2, told)
                server.drop("bench_api")
            if "intent" in names:
                intents(server.create("bench_intent"), folder, 200)
                server.drop("bench_intent")


if __name__ == "__main__":
    main()

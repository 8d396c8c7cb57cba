"""How fast the local ledger is: every figure is one line of JSON.

`python tests/bench/bench_devnet.py [NAME...]`, all of them without names. The client is this
process and shares the machine's cores with the ledger; what it does for a transaction is little
more than to join bytes and to sign. `ledger_cpu_ms` and `client_cpu_ms` are the processor time of
each for one transaction or page: on a machine that is busy with other things they say more than
the wall clock.
"""

from __future__ import annotations

import argparse
import functools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from stellar_sdk import Asset, Keypair

from stellarsettle.devnet import BINARY, running
from tests.bench.funding import Investor, Node, listed_invoice
from tests.bench.meter import cpu_seconds, report

STARTS = 5
CLIENTS = 4
INVESTORS = 32
STAKES = 40
"""Of each investor."""
LEDGERS = 100_000
STEP = 100
"""Ledgers from one event to the next in a long history."""
PAGES = 200
RETENTION = 1_000


def start() -> None:
    """From the command to the first answer: the median of some."""
    taken = []
    for _ in range(STARTS):
        begun = time.perf_counter()
        with running() as network:
            Node(network.rpc).call("getHealth")
            taken.append(time.perf_counter() - begun)
    report(bench="devnet.start", seconds=round(sorted(taken)[STARTS // 2], 4), goal=0.5)


def tx() -> None:
    """`fund_escrow` simulated, signed, sent and read back over HTTP by some clients at once."""
    with running() as network:
        invoice = listed_invoice(network, INVESTORS)
        investors = [Investor(network, key, invoice) for key in invoice.investors]
        taken: list[float] = []

        def work(own: list[Investor]) -> None:
            node = Node(network.rpc)
            for _ in range(STAKES):
                for investor in own:
                    begun = time.perf_counter()
                    investor.fund(node)
                    taken.append(time.perf_counter() - begun)

        ledger = ledger_process()
        spent, own = cpu_seconds(ledger), time.process_time()
        begun = time.perf_counter()
        together([functools.partial(work, investors[n::CLIENTS]) for n in range(CLIENTS)])
        seconds = time.perf_counter() - begun
        report(
            bench="devnet.tx",
            tx_per_s=round(len(taken) / seconds, 1),
            ms_p50=milliseconds(taken, 0.50),
            ms_p99=milliseconds(taken, 0.99),
            ledger_cpu_ms=round((cpu_seconds(ledger) - spent) / len(taken) * 1_000, 3),
            client_cpu_ms=round((time.process_time() - own) / len(taken) * 1_000, 3),
            transactions=len(taken),
            clients=CLIENTS,
            goal=300,
        )


def events_page() -> None:
    """A page of events from anywhere in a long history, most of whose ledgers have none."""
    with running(options=("--retention", str(2 * LEDGERS))) as network:
        node = Node(network.rpc)
        latest = long_history(node, LEDGERS)
        contract = Asset.native().contract_id(network.passphrase)
        taken = []
        ledger = ledger_process()
        spent = cpu_seconds(ledger)
        for number in range(PAGES):
            request = {
                "startLedger": 2 + number * (latest - 2) // PAGES,
                "filters": [{"type": "contract", "contractIds": [contract]}],
                "pagination": {"limit": 100},
            }
            begun = time.perf_counter()
            node.call("getEvents", **request)
            taken.append(time.perf_counter() - begun)
        report(
            bench="devnet.events_page",
            ms_p50=milliseconds(taken, 0.50),
            ms_p95=milliseconds(taken, 0.95),
            ledger_cpu_ms=round((cpu_seconds(ledger) - spent) / PAGES * 1_000, 3),
            ledgers=latest - 1,
            goal=20,
        )


def memory() -> None:
    """What a ledger holds in memory after ten times its retention, and after a hundred times."""
    with running(options=("--retention", str(RETENTION))) as network:
        node = Node(network.rpc)
        held = []
        for ledgers in (10 * RETENTION, 90 * RETENTION):
            long_history(node, ledgers, snapshots=True)
            held.append(resident_mb(ledger_process()))
        report(
            bench="devnet.memory",
            rss_mb=held[1],
            rss_mb_earlier=held[0],
            growth=round(held[1] / held[0], 3),
            retention=RETENTION,
            ledgers=100 * RETENTION,
            goal=1.1,
        )


def long_history(node: Node, ledgers: int, *, snapshots: bool = False) -> int:
    """Close so many ledgers, each hundredth with a payment; gives the number of the last."""
    address = Keypair.random().public_key
    latest = 0
    for _ in range(ledgers // STEP):
        node.call("dev_mint", address=address, amount=10_000_000)
        if snapshots:
            node.call("dev_snapshot")
        latest = node.call("dev_advanceLedgers", ledgers=STEP - 1)["sequence"]
    return latest


def together(works: list[Callable[[], None]]) -> None:
    """Do all of it side by side; the first failure is raised."""
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 -- it is raised again, by whoever waits
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def milliseconds(taken: list[float], share: float) -> float:
    """The time within which this share of the answers came."""
    ordered = sorted(taken)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1_000, 2)


def ledger_process() -> int:
    """The local ledger that this process started last."""
    found = subprocess.run(
        ["pgrep", "-n", "-P", str(os.getpid()), BINARY.name[:15]],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(found.stdout)


def resident_mb(process: int) -> float:
    """The memory a process holds now."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


BENCHES: dict[str, Callable[[], None]] = {
    "start": start,
    "tx": tx,
    "events_page": events_page,
    "memory": memory,
}


def main(names: list[str]) -> None:
    """Run the named ones, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], metavar="NAME")
    for name in parser.parse_args(names).names or BENCHES:
        BENCHES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])

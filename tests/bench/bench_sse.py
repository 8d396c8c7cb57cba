"""How long a commit takes to reach a thousand clients: `api.sse`, from commit to client.

Ledgers are written into the read models as the indexer does it; the API's processes are those of
`stellarsettle serve`; all clients live in one process, whose own time counts as well.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import re
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

import uvloop

import migrations
from stellarsettle import postgres
from tests.api.live.serving import Book, serving
from tests.bench.meter import Memory, report

CLIENTS, LEDGERS, PROCESSES = 1_000, 60, 3
_PAUSE_SECONDS = 0.25
_ID = re.compile(rb"id: (\d+)\n")
_REQUEST = (
    b"GET /v1/events?topics=ledger,marketplace HTTP/1.1\r\nHost: bench\r\n"
    b"Accept: text/event-stream\r\n\r\n"
)


class _Client(asyncio.Protocol):
    """Notes when each ledger's hint comes in."""

    def __init__(self, seen: list[tuple[int, float]]) -> None:
        self._seen = seen
        self.began = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(_REQUEST)

    def data_received(self, data: bytes) -> None:
        now = time.time()
        for ledger in _ID.findall(data):
            self._seen.append((int(ledger), now))
            if not self.began.done():
                self.began.set_result(None)


async def _listen(port: int, parent: Connection) -> None:
    loop = asyncio.get_running_loop()
    seen: list[tuple[int, float]] = []
    clients = []
    for _ in range(CLIENTS):
        _, client = await loop.create_connection(lambda: _Client(seen), "127.0.0.1", port)
        clients.append(client)
    await asyncio.gather(*(client.began for client in clients))
    seen.clear()
    parent.send("listening")
    await asyncio.to_thread(parent.recv)
    parent.send(seen)


def _clients(port: int, parent: Connection) -> None:
    uvloop.run(_listen(port, parent))


def _percentile(values: list[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(len(values) * share))], 1)


def main() -> None:
    """Print one line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with postgres.server(os.environ.get("DATABASE_URL", ""), folder / "postgres") as server:
            url = server.create("bench_sse")
            migrations.upgrade(url)
            book = Book(url)
            book.close(("params_set", None))
            with serving(url, folder, workers=PROCESSES) as served:
                _measure(book, int(served.url.rpartition(":")[2]))
            book.end()
            server.drop("bench_sse")


def _measure(book: Book, port: int) -> None:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_clients, args=(port, there))
    process.start()
    here.recv()
    with Memory(os.getpid()) as memory:
        commits = {}
        for number in range(LEDGERS):
            committed = book.close(("escrow_funded", number.to_bytes(32)))
            commits[book.ledger] = committed
            time.sleep(_PAUSE_SECONDS)
        time.sleep(2.0)
    here.send("enough")
    seen: list[tuple[int, float]] = here.recv()
    process.join()
    delays = sorted((at - commits[ledger]) * 1000 for ledger, at in seen if ledger in commits)
    report(
        bench="api.sse",
        clients=CLIENTS,
        processes=PROCESSES,
        ledgers=LEDGERS,
        hints=len(delays),
        missed=CLIENTS * LEDGERS - len(delays),
        ms_p50=_percentile(delays, 0.5),
        ms_p95=_percentile(delays, 0.95),
        ms_p99=_percentile(delays, 0.99),
        mb_peak=round(memory.peak_mb),
        load=round(os.getloadavg()[0], 1),
    )


if __name__ == "__main__":
    main()

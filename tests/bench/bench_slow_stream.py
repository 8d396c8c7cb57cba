"""What a client that never reads costs: `api.sse_slow`, memory and hints until it reads at last.

It follows 50 invoices, each of which is touched in each ledger: nine megabytes of hints, were
they all kept.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import tempfile
import time
from pathlib import Path

import migrations
from stellarsettle import postgres
from tests.api.live.serving import Book, serving
from tests.bench.meter import Memory, report

INVOICES, LEDGERS = 50, 2_500
_SETTLING_SECONDS = 10.0
_IDS = [number.to_bytes(32) for number in range(INVOICES)]


def _connected(port: int) -> socket.socket:
    """A client that has asked for its hints and takes none."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    topics = ",".join(f"invoice:{one.hex()}" for one in _IDS)
    client.sendall(f"GET /v1/events?topics={topics} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    time.sleep(2.0)
    return client


def _read(client: socket.socket) -> bytes:
    """Everything that there is for it."""
    client.settimeout(8.0)
    found = bytearray()
    with contextlib.suppress(TimeoutError):
        while part := client.recv(65_536):
            found += part
    return bytes(found)


def main() -> None:
    """Print one line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with postgres.server(os.environ.get("DATABASE_URL", ""), folder / "postgres") as server:
            url = server.create("bench_slow")
            migrations.upgrade(url)
            book = Book(url)
            book.close(("params_set", None))
            with serving(url, folder) as served, contextlib.ExitStack() as stack:
                client = _connected(int(served.url.rpartition(":")[2]))
                stack.callback(client.close)
                with Memory(served.service.pid) as before:
                    time.sleep(1.0)
                with Memory(served.service.pid) as memory:
                    for _ in range(LEDGERS):
                        book.close(*(("payout", one) for one in _IDS))
                    time.sleep(_SETTLING_SECONDS)
                hints = re.findall(rb"id: (\d+)\n", _read(client))
            report(
                bench="api.sse_slow",
                ledgers=LEDGERS,
                hints=len(hints),
                last_is_newest=int(hints[-1]) == book.ledger,
                mb_before=round(before.peak_mb),
                mb_peak=round(memory.peak_mb),
                load=round(os.getloadavg()[0], 1),
            )
            book.end()
            server.drop("bench_slow")


if __name__ == "__main__":
    main()

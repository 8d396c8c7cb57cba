"""Requests at a constant pace, whether or not the answers keep up: each is due at its moment.

What is measured is the time from the moment a request was due to the last byte of its answer, so
that a service that stands still is not flattered (no coordinated omission). All connections are in
one event loop, whose own time counts too.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


class Ask(msgspec.Struct, frozen=True):
    """One request: its kind, for whoever reads the figures; method, path, headers, body."""

    kind: str
    path: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes = b""

    def encoded(self) -> bytes:
        """As it goes over the line."""
        told = {"Host": "bench", **self.headers}
        if self.body:
            told |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        head = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in told.items())]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + self.body


Asking = Callable[[], Ask]
"""Makes up the next request."""


class Answered(msgspec.Struct, frozen=True):
    """What became of a run: milliseconds by kind, and how many answers had which status."""

    milliseconds: dict[str, list[float]]
    statuses: Counter[int]

    def percentile(self, share: float, kind: str | None = None) -> float:
        """Milliseconds within which this share of the answers came; of one kind or of all."""
        chosen = self.milliseconds if kind is None else {kind: self.milliseconds[kind]}
        values = sorted(one for times in chosen.values() for one in times)
        return round(values[min(len(values) - 1, int(len(values) * share))], 1)

    @property
    def failed(self) -> int:
        """Answers that were none, or told that something is wrong on our side."""
        return sum(number for status, number in self.statuses.items() if not 200 <= status < 500)


async def run(
    port: int, ask: Asking, *, per_second: float, seconds: float, connections: int = 64
) -> Answered:
    """Ask what `ask` makes up, `per_second`, on connections that stay open."""
    answered = Answered({}, Counter())
    waiting: asyncio.Queue[tuple[float, Ask] | None] = asyncio.Queue()
    workers = [asyncio.create_task(_work(port, waiting, answered)) for _ in range(connections)]
    began = time.perf_counter()
    for number in range(int(per_second * seconds)):
        due = began + number / per_second
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        waiting.put_nowait((due, ask()))
    for _ in workers:
        waiting.put_nowait(None)
    await asyncio.gather(*workers)
    return answered


async def _work(
    port: int, waiting: asyncio.Queue[tuple[float, Ask] | None], answered: Answered
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (one := await waiting.get()) is not None:
        due, ask = one
        try:
            writer.write(ask.encoded())
            status = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            answered.statuses[0] += 1
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        answered.statuses[status] += 1
        took = (time.perf_counter() - due) * 1000
        answered.milliseconds.setdefault(ask.kind, []).append(took)
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer; its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = _LENGTH.search(head)
    if length is not None:
        await reader.readexactly(int(length[1]))
    return status

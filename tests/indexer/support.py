"""An indexer at work on a test's database: written by hand in batches, or running in a thread."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator
from typing import Self

import psycopg

from indexer import pipeline
from indexer.decode import prepare
from indexer.prefetch import InThread
from indexer.progress import Watch
from indexer.rpc import RpcClient, Waiting
from indexer.sources.events import EventSource
from indexer.sources.protocol import Batch, RawEvent
from indexer.writer import Writer
from projections.engine import Engine
from projections.model import Mark
from tests.indexer import synthetic
from tests.indexer.node import Node

START = synthetic.START_LEDGER
STORED = "SELECT position, index, tx_hash, body FROM ledger.event ORDER BY position, index"


def batches(events: list[RawEvent], size: int) -> Iterator[Batch]:
    """The events as whole ledgers, about `size` at a time."""
    latest = events[-1].ledger
    held: list[RawEvent] = []
    for place, event in enumerate(events):
        held.append(event)
        following = events[place + 1].ledger if place + 1 < len(events) else latest + 1
        if following > event.ledger and (len(held) >= size or following > latest):
            yield Batch(held, Mark(event.ledger, event.closed_at), latest)
            held = []


def write(url: str, events: list[RawEvent], size: int = 40) -> None:
    """Commit what is not in yet, as whole ledgers of about `size` events."""
    with Writer.open(url, synthetic.DEPLOYMENT, threading.Event()) as writer:
        for batch in batches(events, size):
            if batch.through.ledger > writer.after:
                rest = [event for event in batch.events if event.ledger > writer.after]
                writer.commit(prepare(Batch(rest, batch.through, batch.latest)))


def digest_of(url: str) -> bytes:
    """The digest of the live read models."""
    with psycopg.connect(url) as connection:
        return Engine().digest(connection)


def check_whole(url: str, events: list[RawEvent], expected: bytes) -> None:
    """Each event is stored once, coverage has no hole, and the state is the expected one."""
    with psycopg.connect(url) as connection:
        stored = connection.execute(STORED).fetchall()
        stretches = connection.execute(
            "SELECT first, through FROM ledger.stretch ORDER BY through"
        ).fetchall()
        marks = connection.execute(
            "SELECT c.ledger, a.ledger FROM ledger.cursor AS c, read.applied AS a"
        ).fetchone()
    assert stored == [(e.position, e.index, e.tx_hash, e.body) for e in events]
    assert stretches[0][0] == START
    assert all(later[0] == earlier[1] + 1 for earlier, later in itertools.pairwise(stretches))
    assert marks == (stretches[-1][1], stretches[-1][1])
    assert digest_of(url) == expected


def ledger_of(url: str) -> int:
    """The ledger up to which the database is whole; 0 before the first start."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT ledger FROM ledger.cursor").fetchone()
    return row[0] if row else 0


class running:  # noqa: N801  # used like a function
    """The main loop in a thread, with small pages, until the block ends."""

    def __init__(
        self, url: str, node: Node, page_limit: int = 9, watch: Watch | None = None
    ) -> None:
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self._client = RpcClient(
            node.url,
            waiting=Waiting(random.Random(1), self.stop),  # a test's seed
        )
        source = EventSource(self._client, synthetic.DEPLOYMENT, page_limit=page_limit)
        reading = InThread(source, self.stop, poll_seconds=0.02, queue_bytes=50_000)
        self._args = (url, reading, synthetic.DEPLOYMENT, self.stop, watch)
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            pipeline.run(*self._args)
        except BaseException as error:  # noqa: BLE001  # looked at by the test
            self.error = error

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(timeout=30)
        self._client.close()
        assert not self.thread.is_alive()


def wait_for(url: str, ledger: int, seconds: float = 60) -> None:
    """Until the database is whole up to `ledger`."""
    deadline = time.monotonic() + seconds
    while ledger_of(url) < ledger:
        assert time.monotonic() < deadline, f"stuck at {ledger_of(url)} of {ledger}"
        time.sleep(0.02)

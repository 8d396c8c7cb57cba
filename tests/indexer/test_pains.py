"""Fifteen ways in which indexers have hurt their users: each is named by a test that proves ours.

Most stand beside what they are about; here are those of the whole, and the proof that none lacks.
"""

from __future__ import annotations

import gc
import random
import re
import threading
import time
from pathlib import Path

import httpx
import psycopg
import pytest

import migrations
from indexer import renewal
from indexer.collector import patient
from indexer.decode import prepare
from indexer.prefetch import Fetched, InThread, Prefetch
from indexer.rpc import RpcClient, Waiting
from indexer.sources.events import EventSource
from indexer.sources.protocol import Batch, RawEvent
from indexer.writer import Writer
from projections.engine import VersionError
from projections.model import Mark
from tests.indexer import synthetic
from tests.indexer.node import Node, serving
from tests.indexer.support import batches, digest_of, write
from tests.support import empty

START = synthetic.START_LEDGER
_INDEXES = """
SELECT relname, oid, relfilenode FROM pg_class
WHERE relkind = 'i' AND relnamespace IN ('ledger'::regnamespace, 'read'::regnamespace) ORDER BY 1
"""


@pytest.fixture(scope="module")
def events() -> list[RawEvent]:
    return synthetic.ledgers(91, synthetic.story(91, 6))


def test_every_pain_has_a_test_that_names_it() -> None:
    texts = [path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py")]
    named = {int(number) for text in texts for number in re.findall(r"(?i)\bpain (\d+)\b", text)}
    assert named == set(range(1, 16))


def test_an_upgrade_of_the_folds_needs_no_network(database: str, events: list[RawEvent]) -> None:
    """Pain 11: an upgrade of the indexer demands a full re-index.

    The one model that an earlier version folded is named, and is made anew from stored events.
    """
    migrations.upgrade(database)
    write(database, events)
    expected = digest_of(database)
    empty(database)
    first, *rest = batches(events, 40)
    with Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer:
        writer.commit(prepare(first))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE read.digest SET version = 0 WHERE model = 'position'")
    with (
        Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer,
        pytest.raises(VersionError, match=r"another version: position\. Run .*rebuild --beside"),
    ):
        writer.commit(prepare(rest[0]))
    assert renewal.renew(database).events == len(first.events)
    write(database, events)
    assert digest_of(database) == expected


def test_a_restart_touches_no_index(database: str, events: list[RawEvent]) -> None:
    """Pain 12: a restart drops and rebuilds database indexes for hours."""
    write(database, events[: len(events) // 2])
    with psycopg.connect(database, autocommit=True) as connection:
        before = connection.execute(_INDEXES).fetchall()
        assert len(before) > 30
        write(database, events)
        assert connection.execute(_INDEXES).fetchall() == before


class _Flood:
    """A source that is always faster than the database."""

    def __init__(self, events: list[RawEvent]) -> None:
        self._batch = events
        self.fetched = 0
        self.latest = 1 << 30

    def fetch(self, after: int) -> Batch:
        self.fetched += 1
        return Batch(self._batch, Mark(after + 1, 0), self.latest)


def _settled(flood: _Flood) -> int:
    """How many batches were fetched when fetching had paused for a second."""
    seen, since = flood.fetched, time.monotonic()
    while time.monotonic() - since < 1.0:
        time.sleep(0.05)
        if flood.fetched != seen:
            seen, since = flood.fetched, time.monotonic()
    return seen


def test_answers_of_a_node_do_not_gather(events: list[RawEvent]) -> None:
    """Pain 15 again: an answer hangs on a cycle, and cycles are looked for rarely."""
    latest = events[-1].ledger
    with patient(), serving(Node(events, latest)) as node, RpcClient(node.url) as client:
        source = EventSource(client, synthetic.DEPLOYMENT, page_limit=4)
        stop = threading.Event()
        through = 0
        with InThread(source, stop, poll_seconds=0.01).ahead(START - 1) as ahead:
            while through < latest:
                if one := ahead.take(10.0):
                    through = one.batch.through.ledger
                ahead.heard()
            stop.set()
        answers = [one for one in gc.get_objects() if isinstance(one, httpx.Response)]
        assert len(node.requests) > 30
        assert len(answers) < 10


@pytest.mark.parametrize("size", [1, 30])
def test_what_is_fetched_ahead_is_bounded_by_bytes(events: list[RawEvent], size: int) -> None:
    """Pain 15: memory grows in backfill until the kernel kills it."""
    bound = 200_000
    flood, stop = _Flood(events[:size]), threading.Event()
    with Prefetch(
        flood,
        START - 1,
        poll_seconds=0.01,
        waiting=Waiting(random.Random(1), stop),
        ending=stop,
        queue_bytes=bound,
    ) as prefetch:
        settled = _settled(flood)
        ahead: list[Fetched] = []
        while len(ahead) < settled - 1 and (one := prefetch.take(1.0)):
            ahead.append(one)
    sizes = [one.size for one in ahead]
    within = next((n for n in range(len(sizes)) if sum(sizes[: n + 1]) > bound), len(sizes))
    assert settled <= within + 2, "one batch in hand beside what the queue holds"
    assert settled > 2

"""Exactly once: whatever interrupts the indexer, and wherever, nothing is lost or doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from indexer import health, rebuild
from indexer.decode import prepare
from indexer.sources.protocol import Batch, Deployment, GapError, RawEvent
from indexer.writer import DeploymentMismatchError, Writer, WriterReplacedError
from projections.model import Mark
from tests.indexer import synthetic
from tests.indexer.node import Faults, Node, serving
from tests.indexer.support import (
    STORED,
    batches,
    check_whole,
    digest_of,
    ledger_of,
    running,
    wait_for,
    write,
)
from tests.support import empty

START = synthetic.START_LEDGER


@pytest.fixture(scope="module")
def events() -> list[RawEvent]:
    return synthetic.ledgers(11, synthetic.story(11, 12))


@pytest.fixture
def expected(events: list[RawEvent], database: str) -> bytes:
    """The digest of an undisturbed run, in batches of another size; leaves the database empty."""
    write(database, events, 7)
    digest = digest_of(database)
    empty(database)
    return digest


class InjectedError(Exception):
    """The fault of this test."""


class Faulty:
    """Raises at the nth use of the database on the commit path, before or after its effect."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = -1
        self.after = False
        self.uses = 0
        for owner, name in (
            (psycopg.Connection, "execute"),
            (psycopg.Cursor, "executemany"),
            (psycopg.Copy, "finish"),
            (psycopg.Connection, "transaction"),
            (psycopg.Transaction, "_exit_gen"),
        ):
            monkeypatch.setattr(owner, name, self._wrapped(getattr(owner, name)))

    def _wrapped(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def use(*args: Any, **kwargs: Any) -> Any:
            self.uses += 1
            self.left -= 1
            if self.left == 0 and not self.after:
                raise InjectedError
            result = original(*args, **kwargs)
            if self.left == 0:
                raise InjectedError
            return result

        return use


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_error_at_any_step_of_the_commit_path(
    database: str,
    events: list[RawEvent],
    expected: bytes,
    monkeypatch: pytest.MonkeyPatch,
    after: bool,  # noqa: FBT001  # a test's parameter
) -> None:
    """Pain 6: recovery after a restart fails in a loop."""
    faulty = Faulty(monkeypatch)
    write(database, events)
    steps, size = faulty.uses, 40
    empty(database)
    faulty.after = after
    chance = random.Random(5)  # a test's seed
    injected = 0
    for _ in range(60):
        faulty.left = chance.randint(1, steps // 4)
        try:
            write(database, events, size)
        except InjectedError:
            injected += 1
    faulty.left = -1
    write(database, events, size)
    assert injected > 20
    check_whole(database, events, expected)


def test_a_session_ended_by_the_server_loses_and_doubles_nothing(
    database: str, events: list[RawEvent], expected: bytes
) -> None:
    chance = random.Random(6)  # a test's seed
    latest = events[-1].ledger + 3
    with serving(Node(events, START)) as node, running(database, node):
        for _ in range(10):
            time.sleep(chance.uniform(0.1, 0.6))
            node.latest = min(latest, node.latest + chance.randint(0, latest // 9 - START // 9))
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks"
                    " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
                    " AND database = (SELECT oid FROM pg_database"
                    " WHERE datname = current_database())"
                )
        node.latest = latest
        wait_for(database, latest)
    check_whole(database, events, expected)


def test_backfill_and_live_are_one_and_the_node_may_have_a_bad_day(
    database: str, events: list[RawEvent], expected: bytes
) -> None:
    """Pain 8: live began after a tenth of the history, the rest never came."""
    half = events[len(events) // 2].ledger
    with serving(Node(events, half, seed=3)) as node, running(database, node):
        node.faults = Faults(0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05)
        wait_for(database, half)
        while node.latest < events[-1].ledger + 2:
            node.latest += 7
            time.sleep(0.01)
        wait_for(database, node.latest)
    check_whole(database, events, expected)


def test_a_gap_stops_the_indexer_and_names_the_ledgers(
    database: str, events: list[RawEvent]
) -> None:
    with serving(Node(events, events[-1].ledger)) as node:
        node.oldest = START + 9
        with running(database, node) as indexer:
            indexer.thread.join(timeout=20)
        assert isinstance(indexer.error, GapError)
        assert f"ledgers {START} to {START + 8} are missing" in str(indexer.error)
    assert ledger_of(database) == START - 1


def test_undecodable_events_wait_and_the_rest_flows(database: str, events: list[RawEvent]) -> None:
    """Pain 13: one undecodable event halts everything, or is skipped for ever."""
    last = events[-1]
    odd = [
        RawEvent(
            (last.ledger + 1) << 32 | 1 << 12, 0, last.contract, last.closed_at, bytes(32), body
        )
        for body in (bytes.fromhex("00000001000000630000000100000001"),)
    ]
    write(database, events + odd)
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT position, reason FROM ledger.quarantine").fetchall()
        assert len(rows) == 1
        assert rows[0][0] == odd[0].position
        assert "UnknownArmError: SCVal arm 99" in rows[0][1]
        stored = connection.execute(STORED).fetchall()
    assert stored[-1][3] == odd[0].body
    assert ledger_of(database) == last.ledger + 1
    rebuilt = rebuild.rebuild(database)
    assert rebuilt.equal
    assert [event.position for event in rebuilt.quarantined] == [odd[0].position]


def test_only_one_writer_and_the_standby_takes_over(
    database: str, events: list[RawEvent], expected: bytes
) -> None:
    latest = events[-1].ledger
    with serving(Node(events, latest)) as node:
        with running(database, node):
            wait_for(database, latest)
            with running(database, node) as standby:
                time.sleep(1.0)
                assert standby.error is None
        node.latest += 4
        with running(database, node):
            wait_for(database, latest + 4)
    check_whole(database, events, expected)


def test_a_writer_that_was_overtaken_commits_nothing(database: str, events: list[RawEvent]) -> None:
    batch = next(batches(events, 10))
    with Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("UPDATE ledger.cursor SET version = version + 1")
        with pytest.raises(WriterReplacedError, match="not where this writer left it"):
            writer.commit(prepare(batch))
        writer._connection.execute("SELECT pg_advisory_unlock_all()")
        with pytest.raises(WriterReplacedError, match="no longer holds"):
            writer.commit(prepare(batch))
    with psycopg.connect(database) as connection:
        assert connection.execute(STORED).fetchall() == []


def test_a_database_of_another_deployment_is_refused(database: str) -> None:
    write(database, synthetic.ledgers(1, synthetic.story(1, 1)))
    other = Deployment(synthetic.DEPLOYMENT.distributor, synthetic.DEPLOYMENT.escrow, START)
    with pytest.raises(DeploymentMismatchError, match="use another database"):
        Writer.open(database, other, threading.Event())


def test_empty_ledgers_are_one_stretch(database: str) -> None:
    """Pain 9: empty stretches commit as one interval row."""
    with Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer:
        for ledger in range(START, START + 20):
            through = Mark(ledger, synthetic.close_time(ledger))
            writer.commit(prepare(Batch([], through, ledger)))
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT first, through, events FROM ledger.stretch").fetchall()
    assert rows == [(START, START + 19, 0)]


def test_health_is_progress(database: str, events: list[RawEvent]) -> None:
    """Pain 5: following stops for days, the process looks healthy."""
    with psycopg.connect(database, autocommit=True) as connection:
        assert health.health(connection) is None
        write(database, events)
        state = health.health(connection)
        assert state
        assert (state.ledger, state.lag_ledgers, state.quarantined) == (events[-1].ledger, 0, 0)
        assert state.progressing()
        connection.execute("UPDATE ledger.heartbeat SET latest = latest + 5")
        connection.execute(
            "UPDATE ledger.stretch SET committed_at = committed_at - interval '1 hour'"
        )
        state = health.health(connection)
        assert state
        assert state.lag_ledgers == 5
        assert not state.progressing()
        assert state.progressing(patience=7_200)
        connection.execute("UPDATE ledger.heartbeat SET latest = latest - 5")
        state = health.health(connection)
        assert state
        assert state.progressing()
        connection.execute("UPDATE ledger.heartbeat SET seen_at = seen_at - interval '1 minute'")
        state = health.health(connection)
        assert state
        assert not state.progressing()


def test_a_clock_that_was_set_back_hides_no_stand_still(
    database: str, events: list[RawEvent]
) -> None:
    """Pain 5 again: what was noted before the clock jumped would look fresh for hours."""
    write(database, events)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE ledger.heartbeat SET seen_at = seen_at + interval '1 hour'")
        state = health.health(connection)
        assert state
        assert state.heard_seconds_ago < 0
        assert not state.progressing()
        with Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer:
            writer.beat(events[-1].ledger)
        state = health.health(connection)
        assert state
        assert state.progressing()


_PROGRAM = """
import random, signal, sys, threading
from indexer import pipeline
from indexer.sources.opening import Endpoints
from indexer.reading import Job, Reader
from tests.indexer import synthetic
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
job = Job(Endpoints((sys.argv[2],), page_limit=int(sys.argv[3])), synthetic.DEPLOYMENT, 0.02)
with Reader(job) as reader:
    pipeline.run(sys.argv[1], reader, synthetic.DEPLOYMENT, stop)
"""


def _process(url: str, node: Node) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, url, node.url, "9"],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
    )


def test_killed_at_random_moments(database: str, events: list[RawEvent], expected: bytes) -> None:
    """`kill -9` of a real process, again and again, then one that may finish."""
    seed = int(os.environ.get("STELLARSETTLE_SEED", "1"))
    chance = random.Random(seed)  # a test's seed
    latest = events[-1].ledger
    with serving(Node(events, START, seed=seed)) as node:
        kills = 0
        while kills < 6:
            process = _process(database, node)
            assert process.stderr
            with process, process.stderr:
                before = ledger_of(database)
                deadline = time.monotonic() + 30
                while ledger_of(database) <= before and time.monotonic() < deadline:
                    node.latest = min(latest, node.latest + chance.randint(1, 9))
                    time.sleep(0.01)
                until = time.monotonic() + chance.uniform(0, 0.15)
                while time.monotonic() < until:
                    node.latest = min(latest, node.latest + chance.randint(0, 2))
                    time.sleep(0.005)
                assert process.poll() is None, process.stderr.read().decode()
                process.kill()
                kills += 1
        node.latest = latest + 1
        process = _process(database, node)
        assert process.stderr
        with process, process.stderr:
            wait_for(database, latest + 1)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0, f"seed {seed}"
    check_whole(database, events, expected)

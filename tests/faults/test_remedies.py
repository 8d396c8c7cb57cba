"""What needs a person ends the indexer with a sentence that says what to do; the rest it mends."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.faults import world
from tests.faults.contents import contents, difference
from tests.faults.supervisor import Indexer
from tests.faults.world import wait_for

_ENDS_WITHIN_SECONDS = 120.0
_READ_WITHIN_SECONDS = 120.0


@pytest.fixture(scope="module")
def place() -> Iterator[world.World]:
    with world.made() as made:
        yield made


@contextlib.contextmanager
def _indexer(
    place: world.World, folder: Path, url: str, *rules: dict[str, Any], **settings: str
) -> Iterator[Indexer]:
    """A process on a database, while the node has these faults."""
    environment = {
        **place.environment,
        "DATABASE_URL": url,
        "RPC_URL": place.devnet.replica("a"),
        "POLL_SECONDS": "0.02",
        "EVENTS_PER_PAGE": "5",
        **settings,
    }
    indexer = Indexer(environment, folder / f"indexer-{time.monotonic_ns()}.log")
    place.devnet.set_faults(*rules, seed=3)
    try:
        indexer.ensure()
        yield indexer
    finally:
        indexer.kill()
        place.devnet.set_faults()


def _last_words(indexer: Indexer) -> str:
    """What it said when it ended by itself, without the frame around it."""
    deadline = time.monotonic() + _ENDS_WITHIN_SECONDS
    while indexer.running():
        assert time.monotonic() < deadline, indexer.said()
        time.sleep(0.05)
    return " ".join(indexer.said().replace("│", " ").split())


def test_what_the_node_forgot_comes_from_the_lake(place: world.World, tmp_path: Path) -> None:
    """Pain 1: after downtime longer than the provider's retention events are missing."""
    forget = {"fault": "forget", "ledgers": 10}
    with place.database("forgotten") as url:
        with _indexer(place, tmp_path, url, forget) as indexer:
            words = _last_words(indexer)
            first = place.start_ledger
            assert f"ledgers {first} to {place.newest - 10} are missing" in words
            assert "nothing was skipped" in words
        with _indexer(place, tmp_path, url, forget, LAKE_URL=str(place.lake)) as indexer:
            assert wait_for(url, place.newest, _READ_WITHIN_SECONDS), indexer.said()
            assert f"reading from {place.lake}" in indexer.said()
        # Whole ledgers also tell of failed transactions and hashes, which events do not.
        found = contents(url) | {"ledger.failure": place.expected["ledger.failure"]}
        assert not difference(place.expected, found)


def test_whole_ledgers_are_linked_and_tell_the_same(place: world.World, tmp_path: Path) -> None:
    with place.database("linked") as url:
        with _indexer(place, tmp_path, url, READ_LEDGERS="true") as indexer:
            assert wait_for(url, place.newest, _READ_WITHIN_SECONDS), indexer.said()
        with psycopg.connect(url) as connection:
            linked = connection.execute("SELECT bool_and(linked) FROM ledger.stretch").fetchone()
        assert linked == (True,)
        found = contents(url) | {"ledger.failure": place.expected["ledger.failure"]}
        assert not difference(place.expected, found)


def test_pages_that_come_twice_change_nothing(place: world.World, tmp_path: Path) -> None:
    """Also empty ones that are no end (pain 2), and ones that end inside a ledger."""
    pages = [
        {"fault": fault, "methods": ["getEvents"], "chance": 0.3}
        for fault in ("duplicatePage", "emptyPage", "shortPage")
    ]
    with place.database("twice") as url:
        with _indexer(place, tmp_path, url, *pages) as indexer:
            assert wait_for(url, place.newest, _READ_WITHIN_SECONDS), indexer.said()
            assert [rule["hits"] > 0 for rule in place.devnet.faults()] == [True] * 3
        assert not difference(place.expected, contents(url))


@pytest.mark.parametrize("how", ["missing", "changed"])
def test_two_nodes_that_disagree_stop_it(place: world.World, tmp_path: Path, how: str) -> None:
    lies = {"fault": "disagree", "how": how, "share": 0.3, "replica": "b"}
    with place.database(f"disagree_{how}") as url:
        further = {"RPC_URLS": place.devnet.replica("b"), "COMPARE_EVERY": "1"}
        with _indexer(place, tmp_path, url, lies, **further) as indexer:
            words = _last_words(indexer)
        assert "disagree about ledger" in words
        assert "start again" in words


def test_a_standby_takes_over_where_the_writer_died(place: world.World, tmp_path: Path) -> None:
    """I10: nobody starts anything, and nothing is lost or doubled."""
    growing = [
        {
            "fault": "stale",
            "ledgers": held,
            "methods": ["getEvents"],
            "after": 12 * number,
            "span": 12,
        }
        for number, held in enumerate((40, 30, 20, 10))
    ]
    with place.database("standby") as url:
        with _indexer(place, tmp_path, url, *growing) as writer:
            assert wait_for(url, place.start_ledger + 1, _READ_WITHIN_SECONDS), writer.said()
            environment = {"DATABASE_URL": url, "RPC_URL": place.devnet.replica("b")}
            standby = Indexer(
                {**place.environment, **environment, "POLL_SECONDS": "0.02"},
                tmp_path / "standby.log",
            )
            try:
                standby.ensure()
                deadline = time.monotonic() + _READ_WITHIN_SECONDS
                while "standing by" not in standby.said():
                    assert time.monotonic() < deadline, standby.said()
                    time.sleep(0.02)
                writer.kill()
                assert wait_for(url, place.newest, _READ_WITHIN_SECONDS), standby.said()
            finally:
                standby.kill()
        assert not difference(place.expected, contents(url))


def test_a_network_that_began_anew_is_refused(place: world.World, tmp_path: Path) -> None:
    """The same address and passphrase, another history. The last test here: it ends the story."""
    with place.database("reset") as url:
        with _indexer(place, tmp_path, url) as indexer:
            assert wait_for(url, place.newest, _READ_WITHIN_SECONDS), indexer.said()
            before = contents(url)
            _ask(place, "dev_reset", {})
            deadline = time.monotonic() + _READ_WITHIN_SECONDS
            while "its network was reset" not in indexer.said():
                assert time.monotonic() < deadline, "going back was not noticed"
                time.sleep(0.1)
            _ask(place, "dev_advanceLedgers", {"ledgers": place.newest + 5})
        with _indexer(place, tmp_path, url) as indexer:
            words = _last_words(indexer)
        assert "it is another history. If the network was reset" in words
        assert not difference(before, contents(url))


def _ask(place: world.World, method: str, params: dict[str, Any]) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = httpx.post(place.devnet.rpc, json=message, timeout=30).json()
    assert "result" in answer, answer

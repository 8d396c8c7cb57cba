"""Money that does not add up is found at a checkpoint, told everywhere, and gone once repaired."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

import migrations
from indexer import conservation, renewal, verify
from indexer.balances import balance_key
from indexer.checkpoints import Checkpoints
from indexer.findings import Check
from indexer.monitor import Monitor
from indexer.rpc import RpcClient
from indexer.sources.protocol import RawEvent
from tests.indexer import synthetic
from tests.indexer.node import Node, serving
from tests.indexer.support import running, wait_for, write
from tests.indexer.test_verify import balance_entry


@pytest.fixture(scope="module")
def events() -> list[RawEvent]:
    return synthetic.ledgers(51, synthetic.story(51, 6))


@pytest.fixture
def database(database: str) -> str:
    """With the rights on the database itself, which a copy of a database lacks."""
    migrations.upgrade(database)
    return database


@pytest.fixture
def writer(database: str, events: list[RawEvent]) -> Iterator[psycopg.Connection]:
    """A session of the indexer's role on a database that holds `events`."""
    write(database, events, 30)
    options = "-c role=stellarsettle_indexer"
    with psycopg.connect(database, autocommit=True, options=options) as opened:
        yield opened


def _node(url: str, events: list[RawEvent], lacking: int = 0, latest: int = 0) -> Node:
    """A node on which each contract has what the events say, less `lacking`."""
    with psycopg.connect(url) as connection:
        amounts = conservation.held(connection)
    node = Node(events, latest or events[-1].ledger)
    node.balances = {
        balance_key(row.asset, row.contract): balance_entry(
            row.asset, row.contract, row.amount - lacking
        )
        for row in amounts
        if row.amount
    }
    return node


def _figures(monitor: Monitor) -> dict[str, float]:
    return {
        sample.name: sample.value
        for family in monitor.registry.collect()
        for sample in family.samples
    }


def test_a_corrupted_row_is_found_told_and_repaired(
    database: str, writer: psycopg.Connection, events: list[RawEvent]
) -> None:
    newest = events[-1].ledger
    assert conservation.latest(writer) is None
    with serving(_node(database, events)) as node, RpcClient(node.url) as client:
        assert conservation.check(writer, client) == []
        well = conservation.latest(writer)
        assert well is not None
        assert (well.ledger, well.balances, well.drifts) == (newest, 2, [])
        writer.execute(
            "UPDATE read.position SET shares = shares + 7 WHERE ctid ="
            " (SELECT ctid FROM read.position ORDER BY shares DESC LIMIT 1)"
        )
        (fresh,) = conservation.check(writer, client)
        assert (fresh.law, fresh.expected - fresh.found) == ("shares are the supply", 7)
        assert conservation.check(writer, client) == [], "known already"

    monitor = Monitor(database, list)
    status = monitor.status()
    assert status.conservation is not None
    (drift,) = status.conservation.drifts
    assert (drift.subject, drift.first_ledger, drift.sound_ledger) == (
        fresh.subject, newest, newest,
    )  # fmt: skip
    assert _figures(monitor)["indexer_drifts"] == 1
    found = [one for one in verify.verify(database).findings if one.check is Check.CONSERVATION]
    assert [fresh.subject in one.text for one in found] == [True]

    renewal.renew(database)
    assert conservation.check(writer, None) == []
    assert _figures(monitor)["indexer_drifts"] == 0
    gone = writer.execute("SELECT gone_ledger FROM ledger.drift").fetchall()
    assert gone == [(newest,)]
    assert verify.verify(database).findings == []


def test_money_that_the_contracts_lack_is_a_drift_until_it_is_back(
    database: str, writer: psycopg.Connection, events: list[RawEvent]
) -> None:
    with serving(_node(database, events, lacking=3)) as node, RpcClient(node.url) as client:
        (fresh,) = conservation.check(writer, client)
        assert synthetic.DEPLOYMENT.distributor in fresh.subject
        assert (fresh.law, fresh.expected - fresh.found) == (conservation.BALANCE, 3)
        node.latest += 1  # the entries are newer than what is read: they say nothing
        assert conservation.check(writer, client) == []
        assert [one.law for one in _open(writer)] == [conservation.BALANCE]
    assert conservation.check(writer, None) == []
    assert len(_open(writer)) == 1, "nobody asked the chain"
    with serving(_node(database, events, latest=events[-1].ledger - 1)) as node:
        with RpcClient(node.url) as client:
            assert conservation.check(writer, client) == []
        assert len(_open(writer)) == 1, "a node that is behind says nothing"
    with serving(_node(database, events)) as node, RpcClient(node.url) as client:
        conservation.check(writer, client)
    assert _open(writer) == []


def _open(connection: psycopg.Connection) -> list[conservation.Known]:
    latest = conservation.latest(connection)
    assert latest is not None
    return latest.drifts


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_a_running_indexer_checks_at_its_checkpoints(
    database: str,
    writer: psycopg.Connection,
    events: list[RawEvent],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The newest ledger, then every few ledgers; a drift is an error in the log."""
    newest = events[-1].ledger
    writer.execute("UPDATE read.custody SET paid_in = paid_in + 1 WHERE contract = 'escrow'")

    def checked() -> int:
        latest = conservation.latest(writer)
        return latest.ledger if latest else 0

    with (
        serving(_node(database, events, latest=newest + 1)) as node,
        Checkpoints(database, node.url, every=4) as checkpoints,
        running(database, node, watch=checkpoints),
    ):
        wait_for(database, newest + 1)
        _until(lambda: checked() >= newest + 1, "the first checkpoint")
        node.latest += 4
        wait_for(database, newest + 5)
        _until(lambda: checked() >= newest + 5, "the second checkpoint")
    laws = {drift.law: drift.first_ledger for drift in _open(writer)}
    assert laws["money in is paid in"] == newest + 1
    errors = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert [one for one in errors if "money in is paid in" in one], "told once"
    assert len(errors) == len(set(errors))


def test_without_the_node_the_read_models_are_checked_alone(
    database: str, events: list[RawEvent], caplog: pytest.LogCaptureFixture
) -> None:
    write(database, events, 100)
    with psycopg.connect(database, autocommit=True) as connection:
        node = _node(database, events, latest=events[-1].ledger + 1)
        with (
            serving(node),
            Checkpoints(database, "http://127.0.0.1:1", every=1000) as checkpoints,
            running(database, node, watch=checkpoints),
        ):
            _until(lambda: conservation.latest(connection) is not None, "a check")
        assert "balances could not be compared" in caplog.text
        latest = conservation.latest(connection)
        assert latest is not None
        assert (latest.balances, latest.drifts) == (0, [])

"""Read models made anew: what was wrong is right, nobody who reads or writes is harmed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import psycopg
import pytest

import migrations
from indexer import renewal, verify
from indexer.decode import Decoded, Quarantined, decode_all, prepare
from indexer.findings import Check
from indexer.rebuild import NothingToRebuildError, RebuildBusyError, beside
from indexer.sources.protocol import Batch, RawEvent
from indexer.writer import Writer, WriterReplacedError
from projections import rebuild
from projections.engine import VersionError
from projections.history import NotFoldedError
from projections.model import Mark
from tests.indexer import synthetic
from tests.indexer.node import Node, serving
from tests.indexer.support import (
    batches,
    check_whole,
    digest_of,
    running,
    wait_for,
    write,
)
from tests.support import empty

_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'read%' ORDER BY 1"


@pytest.fixture(scope="module")
def events() -> list[RawEvent]:
    return synthetic.ledgers(31, synthetic.story(31, 10))


@pytest.fixture
def database(database: str) -> str:
    """With the rights on the database itself, which a copy of a database lacks."""
    migrations.upgrade(database)
    return database


@pytest.fixture
def filled(database: str, events: list[RawEvent]) -> str:
    """A database that holds `events`, written in small batches."""
    write(database, events, 11)
    return database


def _execute(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("UPDATE read.invoice SET paid = paid + 1", Check.HISTORY),
        ("DELETE FROM read.position_history", Check.HISTORY),
        ("UPDATE read.digest SET digest = '\\x00'", Check.DIGEST),
        ("UPDATE read.applied SET ledger = ledger - 1", Check.COVERAGE),
        ("DELETE FROM read.activity; UPDATE read.pool SET missed = 2", Check.SEQUENCE),
    ],
)
def test_what_verify_finds_is_gone_afterwards(
    filled: str, events: list[RawEvent], damage: str, check: Check
) -> None:
    sound = digest_of(filled)
    _execute(filled, damage)
    assert check in {finding.check for finding in verify.verify(filled).findings}
    renewed = renewal.renew(filled)
    assert (renewed.events, renewed.digest, renewed.released) == (len(events), sound, 0)
    assert renewed.changed is (check is Check.DIGEST)
    assert verify.verify(filled).findings == []
    check_whole(filled, events, sound)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_from_a_ledger_on_only_what_came_after_is_folded(
    filled: str, events: list[RawEvent], share: float
) -> None:
    """What was before stays, history and all; what was wrong after is right."""
    sound = digest_of(filled)
    first = events[int(len(events) * share)].ledger
    _execute(
        filled,
        "UPDATE read.activity SET amount = amount + 1 WHERE position ="
        " (SELECT max(position) FROM read.activity)",
    )
    for damage in ("position_history WHERE valid_from", "digest WHERE ledger"):
        _execute(filled, f"DELETE FROM read.{damage} >= {first}")  # noqa: S608  # a number
    renewed = renewal.renew(filled, first=first, events_at_once=40)
    assert renewed.events == sum(event.ledger >= first for event in events)
    assert renewed.digest == sound
    assert verify.verify(filled).findings == []
    check_whole(filled, events, sound)
    assert migrations.differences(filled) == []


def test_a_past_that_is_not_what_its_digests_say_is_not_kept(
    filled: str, events: list[RawEvent]
) -> None:
    middle = events[len(events) // 2].ledger
    _execute(filled, "UPDATE read.invoice_history SET raised = raised + 1 WHERE raised > 0")
    with pytest.raises(rebuild.UnsoundError, match=r"invoice: .* rebuild from the beginning"):
        renewal.renew(filled, first=middle)
    with pytest.raises(NotFoldedError, match="the newest that is folded"):
        renewal.renew(filled, first=events[-1].ledger + 2)
    assert _execute(filled, _SCHEMAS) == [("read",)]
    assert renewal.renew(filled).events == len(events)
    assert verify.verify(filled).findings == []


def test_other_folds_carry_nothing_over(filled: str, events: list[RawEvent]) -> None:
    _execute(filled, "UPDATE read.digest SET version = 0 WHERE model = 'pool'")
    with pytest.raises((VersionError, rebuild.UnsoundError)):
        renewal.renew(filled, first=events[-1].ledger)
    assert not renewal.renew(filled).quarantined
    assert verify.verify(filled).findings == []


def test_what_waits_before_the_ledger_goes_on_waiting(filled: str, events: list[RawEvent]) -> None:
    """It has no place in the rows that are kept."""
    _execute(
        filled,
        "INSERT INTO ledger.quarantine SELECT position, index, 'old' FROM ledger.event"
        " ORDER BY position LIMIT 1",
    )
    assert renewal.renew(filled, first=events[-1].ledger).released == 0
    assert _execute(filled, "SELECT reason FROM ledger.quarantine") == [("old",)]
    assert renewal.renew(filled).released == 1


def test_tables_and_rights_are_those_of_the_migrations(filled: str) -> None:
    rights = (
        "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE table_schema = 'read' ORDER BY 1, 2, 3"
    )
    before = _execute(filled, rights)
    renewal.renew(filled)
    assert _execute(filled, rights) == before
    assert migrations.differences(filled) == []
    assert _execute(filled, _SCHEMAS) == [("read",)]


def test_events_leave_quarantine_in_their_order(database: str, events: list[RawEvent]) -> None:
    """An earlier version could not read some events; this one can, and history is as if always."""
    write(database, events)
    expected = digest_of(database)
    empty(database)
    odd = [event for place, event in enumerate(events) if place % 9 == 4]
    with Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer:
        for batch in batches(events, 30):
            unread = [event for event in batch.events if event in odd]
            read = decode_all([event for event in batch.events if event not in odd])
            left_out = [Quarantined(event.position, event.index, "too new") for event in unread]
            writer.commit(
                msgspec.structs.replace(prepare(batch), decoded=Decoded(read.records, left_out))
            )
    assert digest_of(database) != expected
    renewed = renewal.renew(database, events_at_once=50)
    assert (renewed.released, renewed.quarantined) == (len(odd), [])
    assert verify.verify(database).findings == []
    check_whole(database, events, expected)


def test_what_still_cannot_be_read_stays_in_quarantine(filled: str) -> None:
    _execute(
        filled,
        "UPDATE ledger.event SET body = '\\x00' WHERE position ="
        " (SELECT max(position) FROM ledger.event)",
    )
    renewed = renewal.renew(filled)
    (reason,) = {event.reason for event in renewed.quarantined}
    assert "MalformedScvalError" in reason
    waiting = _execute(filled, "SELECT position, index, reason FROM ledger.quarantine ORDER BY 2")
    assert waiting == [(e.position, e.index, e.reason) for e in renewed.quarantined]
    assert renewal.renew(filled).released == 0


_HOLDINGS = """
SELECT json_agg(json_build_array(encode(p.invoice, 'hex'), a.address, p.shares)
    ORDER BY p.invoice, a.address)::text
FROM read.position AS p JOIN read.address AS a ON a.id = p.holder
"""
_TERMS = """
SELECT json_agg(json_build_array(encode(t.invoice, 'hex'), a.address)
    ORDER BY t.invoice)::text
FROM read.address AS a JOIN read.terms AS t ON a.id = t.seller
"""


class _Readers:
    """The API's role asking all the time: joins in both orders, and several in one snapshot."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.reads = 0
        self.answers: set[object] = set()
        self.errors: list[BaseException] = []
        self._stop = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._run, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _run(self, number: int) -> None:
        ask: Callable[[psycopg.Connection], None] = (self._alone, self._snapshot)[number % 2]
        try:
            with psycopg.connect(
                self.url, autocommit=True, options="-c role=stellarsettle_api"
            ) as connection:
                while not self._stop.is_set():
                    ask(connection)
                    self.reads += 1
        except BaseException as error:  # noqa: BLE001  # looked at by the test
            self.errors.append(error)

    def _alone(self, connection: psycopg.Connection) -> None:
        for statement in (_HOLDINGS, _TERMS):
            self.answers.add((statement, connection.execute(statement).fetchone()))

    def _snapshot(self, connection: psycopg.Connection) -> None:
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            for statement in (_TERMS, _HOLDINGS):
                self.answers.add((statement, connection.execute(statement).fetchone()))


def test_no_read_fails_or_sees_a_mixture_during_the_switch(filled: str) -> None:
    """Pain 7: every deployment indexes from the beginning; hours of stale data.

    Numbers of addresses differ between the two builds: a mixture would name others.
    """
    before = _execute(filled, "SELECT id, address FROM read.address ORDER BY id")
    readers = _Readers(filled)
    with readers.at_work():
        for _ in range(6):
            renewal.renew(filled)
    assert readers.errors == []
    assert readers.reads > 50
    assert len(readers.answers) == 2, "each question had one answer all the time"
    assert _execute(filled, "SELECT id, address FROM read.address ORDER BY id") != before


def test_a_running_indexer_goes_on(database: str, events: list[RawEvent]) -> None:
    write(database, events, 500)
    expected = digest_of(database)
    empty(database)
    with serving(Node(events, events[0].ledger)) as node, running(database, node) as indexer:
        for number in range(1, 5):
            target = events[len(events) * number // 4 - 1].ledger
            while node.latest < target:
                node.latest += 1
                time.sleep(0.002)
            renewal.renew(database, events_at_once=25)
        wait_for(database, events[-1].ledger)
        assert indexer.error is None
    check_whole(database, events, expected)
    assert verify.verify(database).findings == []


def test_a_writer_with_former_rows_in_memory_commits_nothing(
    database: str, events: list[RawEvent]
) -> None:
    first, second, *_ = batches(events, 20)
    with Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer:
        writer.commit(prepare(first))
        renewal.renew(database)
        with pytest.raises(WriterReplacedError, match="not where this writer left it"):
            writer.commit(prepare(second))
    write(database, events)
    assert verify.verify(database).findings == []


def test_a_read_without_end_is_named_and_nothing_changes(
    filled: str, events: list[RawEvent]
) -> None:
    sound = digest_of(filled)
    with psycopg.connect(filled, options="-c role=stellarsettle_api") as reader:
        reader.execute("SELECT count(*) FROM read.position")
        with pytest.raises(rebuild.ReadersBusyError, match="end long queries"):
            renewal.renew(filled, patience=0.3)
        reader.execute("SELECT count(*) FROM read.invoice")
    assert _execute(filled, _SCHEMAS) == [("read",)]
    check_whole(filled, events, sound)


def test_what_others_built_upon_the_tables_is_not_dropped(
    filled: str, events: list[RawEvent]
) -> None:
    sound = digest_of(filled)
    _execute(filled, "CREATE VIEW public.mine AS SELECT * FROM read.invoice")
    with pytest.raises(psycopg.errors.DependentObjectsStillExist, match="mine"):
        renewal.renew(filled)
    assert _execute(filled, _SCHEMAS) == [("read",)]
    check_whole(filled, events, sound)
    _execute(filled, "DROP VIEW public.mine")
    assert not renewal.renew(filled).changed


def test_what_an_interrupted_renewal_left_is_taken_away(filled: str) -> None:
    with psycopg.connect(filled, options="-c role=stellarsettle_indexer") as connection:
        rebuild.prepare(connection, renewal.SCHEMA)
    assert not renewal.renew(filled).changed
    assert _execute(filled, _SCHEMAS) == [("read",)]


def test_an_empty_database_and_a_second_renewal_are_refused(
    database: str, events: list[RawEvent]
) -> None:
    with pytest.raises(NothingToRebuildError, match="nothing is indexed yet"):
        renewal.renew(database)
    write(database, events)
    with beside(database), pytest.raises(RebuildBusyError, match="wait for it"):
        renewal.renew(database)


def test_a_database_without_events_is_renewed(database: str) -> None:
    with Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer:
        through = Mark(synthetic.START_LEDGER + 3, synthetic.close_time(3))
        writer.commit(prepare(Batch([], through, through.ledger)))
    assert renewal.renew(database).through == through
    checks = {finding.check for finding in verify.verify(database).findings}
    assert checks == {Check.COVERAGE}, "only the contracts' first events are missing"

"""What a version cannot read waits, and after a fix history is as if it always could."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import migrations
from contracts import decoding
from contracts.layouts import EventReader
from contracts.wire import Contract, Event
from indexer import quarantine, rebuild, renewal
from indexer.decode import decode_all, prepare
from indexer.sources.protocol import RawEvent
from indexer.writer import Writer
from tests.indexer import synthetic
from tests.indexer.support import batches, check_whole, digest_of, write
from tests.support import empty

EVENTS = synthetic.ledgers(61, synthetic.story(61, 5))
NAMES = sorted({type(record.event).NAME for record in decode_all(EVENTS).records})
Decode = decoding.decode


class OldVersion:
    """A decoder that has not heard of some events' names, until another version is installed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, unknown: set[str]) -> None:
        self._monkeypatch = monkeypatch
        self.unknown = unknown
        monkeypatch.setattr(decoding, "decode", self.decode)
        self.install(unknown)

    def install(self, unknown: set[str]) -> None:
        """Another version, which has learned nothing yet."""
        self.unknown = unknown
        readers = {contract: EventReader(contract) for contract in Contract}
        self._monkeypatch.setattr("indexer.decode._READERS", readers)

    def decode(self, contract: Contract, topics: Sequence[object], data: object) -> Event:
        if topics[0] in self.unknown:
            raise decoding.UnknownEventError(f"no event named {topics[0]!r}")
        return Decode(contract, topics, data)


@pytest.fixture
def ready(database: str) -> tuple[str, bytes]:
    """An empty database with the rights that a rebuild needs, and the digest of a sound run."""
    migrations.upgrade(database)
    write(database, EVENTS, 9)
    digest = digest_of(database)
    empty(database)
    return database, digest


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    unknown=st.sets(st.sampled_from(NAMES), min_size=1),
    learnt_after=st.floats(0, 1),
    size=st.integers(1, 200),
)
def test_the_digest_after_healing_is_that_of_a_run_that_never_failed(
    ready: tuple[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    unknown: set[str],
    learnt_after: float,
    size: int,
) -> None:
    """Pain 13: one undecodable event halts everything, or is skipped for ever."""
    database, expected = ready
    empty(database)
    version = OldVersion(monkeypatch, unknown)
    turn = EVENTS[int(learnt_after * (len(EVENTS) - 1))].ledger
    with Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer:
        for batch in batches(EVENTS, size):
            if batch.through.ledger > turn and version.unknown:
                version.install(set())
            writer.commit(prepare(batch))
    with psycopg.connect(database) as connection:
        held = quarantine.waiting(connection)
    done = renewal.redrive(database)
    assert done.waiting == len(held)
    if held:
        # What is past still waits for who reads it only now, in its own place in history.
        version.install(set())
        done = renewal.redrive(database)
        assert renewal.redrive(database).waiting == 0
    check_whole(database, EVENTS, expected)


def test_nothing_is_folded_anew_for_events_that_still_cannot_be_read(
    ready: tuple[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, expected = ready
    version = OldVersion(monkeypatch, {"escrow_funded"})
    write(database, EVENTS)
    held = renewal.redrive(database)
    assert held.waiting > 0
    assert held.renewed is None
    rebuilt = rebuild.rebuild(database)
    assert rebuilt.equal
    assert len(rebuilt.quarantined) == held.waiting
    version.install(set())
    done = renewal.redrive(database)
    assert done.renewed
    assert done.renewed.released == held.waiting
    check_whole(database, EVENTS, expected)


def test_every_event_about_an_invoice_says_so_in_its_second_topic() -> None:
    """What quarantine relies on where an event cannot be decoded."""
    from contracts.events import EVENTS as SPEC  # noqa: PLC0415  # a name already taken here

    for contract in (Contract.ESCROW, Contract.DISTRIBUTOR):
        for name, kind in SPEC[contract].items():
            if "id" in kind.__struct_fields__:
                assert kind.TOPICS[0] == "id", name
    assert NAMES
    bodies: list[RawEvent] = EVENTS[:40]
    for raw, record in zip(bodies, decode_all(bodies).records, strict=True):
        waiting = quarantine.Waiting(raw, "", None)
        content = waiting.content()
        assert content
        assert decoding.invoice_of(content[0]) == getattr(record.event, "id", None)

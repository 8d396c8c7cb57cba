"""What is whole, up to where, and whose history it is: noted at each commit, refused if wrong."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator

import msgspec
import psycopg
import pytest

from contracts.wire import Contract
from indexer import identity, quarantine, shares
from indexer.coverage import Coverage, HistoryChangedError, coverage
from indexer.decode import Quarantined, decode_all, prepare
from indexer.findings import Check
from indexer.rpc import RpcClient
from indexer.sources.events import EventSource
from indexer.sources.protocol import Batch, Failure, Header, RawEvent
from indexer.sources.witness import WitnessedSource
from indexer.writer import Writer
from projections.model import Mark
from tests.indexer import synthetic
from tests.indexer.node import Node, serving
from tests.indexer.support import batches, write

START = synthetic.START_LEDGER


@pytest.fixture(scope="module")
def events() -> list[RawEvent]:
    return synthetic.ledgers(41, synthetic.story(41, 6))


def _hash(ledger: int, history: str = "") -> bytes:
    return hashlib.sha256(f"{history}{ledger}".encode()).digest()


def _headers(first: int, last: int, history: str = "") -> list[Header]:
    return [
        Header(n, _hash(n, history), _hash(n - 1, history), synthetic.close_time(n))
        for n in range(first, last + 1)
    ]


def _rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def _of(url: str) -> Coverage | None:
    with psycopg.connect(url) as connection:
        return coverage(connection)


def _commit(writer: Writer, batch: Batch) -> None:
    writer.commit(prepare(batch))


@pytest.fixture
def writer(database: str) -> Iterator[Writer]:
    with Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer:
        yield writer


def _empty(through: int, headers: list[Header]) -> Batch:
    return Batch([], Mark(through, synthetic.close_time(through)), through, headers)


def test_linked_ledgers_are_noted_as_such(
    database: str, writer: Writer, events: list[RawEvent]
) -> None:
    after = START - 1
    for batch in batches(events, 30):
        headers = _headers(after + 1, batch.through.ledger)
        _commit(writer, msgspec.structs.replace(batch, headers=headers))
        after = batch.through.ledger
    rows = _rows(database, "SELECT through, hash, linked FROM ledger.stretch ORDER BY 1")
    ends = [batch.through.ledger for batch in batches(events, 30)]
    assert rows == [(ledger, _hash(ledger), True) for ledger in ends]
    found = _of(database)
    assert found
    assert (found.first, found.through, found.whole_through) == (START, after, after)


def test_a_missing_header_is_no_link(database: str, writer: Writer) -> None:
    headers = _headers(START, START + 9)
    _commit(writer, _empty(START + 9, headers[:4] + headers[5:]))
    assert _rows(database, "SELECT through, linked FROM ledger.stretch") == [(START + 9, False)]


@pytest.mark.parametrize("known", ["the ledger itself", "the one before"])
def test_another_history_is_refused_and_nothing_of_it_stored(
    database: str, writer: Writer, events: list[RawEvent], known: str
) -> None:
    """A reset network under the same URL; as told by the old cursor's ledger, or by the next."""
    _commit(writer, _empty(START + 4, _headers(START, START + 4)))
    first = START + 4 if known == "the ledger itself" else START + 5
    other = _empty(START + 9, _headers(first, START + 9, "reset"))
    other = msgspec.structs.replace(
        other, events=[e for e in events if START + 4 < e.ledger < START + 9]
    )
    with pytest.raises(HistoryChangedError, match=f"ledger {START + 4} has hash .*another history"):
        _commit(writer, other)
    assert _rows(database, "SELECT count(*) FROM ledger.event") == [(0,)]
    assert _rows(database, "SELECT max(through) FROM ledger.stretch") == [(START + 4,)]


def test_headers_that_do_not_link_are_refused(writer: Writer) -> None:
    broken = [*_headers(START, START + 3), *_headers(START + 4, START + 6, "other")]
    with pytest.raises(HistoryChangedError, match=f"ledger {START + 3} has hash"):
        _commit(writer, _empty(START + 6, broken))


def test_a_hash_learned_later_is_kept_over_empty_ledgers(database: str, writer: Writer) -> None:
    _commit(writer, _empty(START + 4, []))
    _commit(writer, _empty(START + 9, [*_headers(START + 4, START + 4)]))
    _commit(writer, _empty(START + 14, []))
    rows = _rows(database, "SELECT first, through, hash FROM ledger.stretch ORDER BY 1")
    assert [row[:2] for row in rows] == [(START, START + 4), (START + 5, START + 14)]
    assert rows[0][2] == _hash(START + 4)


def test_the_database_itself_refuses_a_hole(database: str, events: list[RawEvent]) -> None:
    """Pain 8: live began after a tenth of the history, the rest never came."""
    write(database, events, 20)
    for damage in (
        (
            "INSERT INTO ledger.stretch (first, through, events)"
            " SELECT max(through) + 5, max(through) + 9, 0 FROM ledger.stretch"
        ),
        (
            "INSERT INTO ledger.stretch (first, through, events, previous)"
            " SELECT max(through) + 5, max(through) + 9, 0, max(through) FROM ledger.stretch"
        ),
        (
            "DELETE FROM ledger.stretch WHERE first ="
            " (SELECT first FROM ledger.stretch ORDER BY first OFFSET 2 LIMIT 1)"
        ),
        "UPDATE ledger.stretch SET through = through - 1 WHERE previous IS NULL",
    ):
        with pytest.raises(psycopg.errors.IntegrityError):
            _rows(database, damage)


def test_whole_up_to_is_computed(database: str, events: list[RawEvent]) -> None:
    assert _of(database) is None
    write(database, events, 20)
    last = events[-1].ledger
    assert _of(database) == Coverage(START, last, last, 0, 0)
    waiting = events[len(events) // 2]
    with psycopg.connect(database, autocommit=True) as connection:
        quarantine.store(connection, [Quarantined(waiting.position, waiting.index, "new")])
    assert _of(database) == Coverage(START, last, waiting.ledger - 1, 1, 0)


def test_a_number_that_never_came_ends_what_is_whole(database: str, events: list[RawEvent]) -> None:
    """An event is lost where no header and no quarantine tells: the sequence does."""
    lost = next(e for e in events if e.index == 0 and b"invoice_published" in e.body)
    noticed = next(
        e for e in events if (e.position, e.index) > (lost.position, lost.index)
        and quarantine_invoice(e) == quarantine_invoice(lost)
    )  # fmt: skip
    write(database, [e for e in events if e is not lost], 20)
    found = _of(database)
    assert found
    assert (found.missed, found.whole_through) == (1, noticed.ledger - 1)


def quarantine_invoice(event: RawEvent) -> object:
    (record,) = decode_all([event]).records
    return getattr(record.event, "id", None)


def test_failed_transactions_are_kept(database: str, writer: Writer) -> None:
    source = synthetic.address("somebody")
    failures = [
        Failure(START << 32 | 1 << 12, _hash(1), source, Contract.ESCROW, "fund", "trapped", 12),
        Failure(START << 32 | 2 << 12, _hash(2), source, Contract.DISTRIBUTOR, "claim", "x", None),
    ]
    batch = msgspec.structs.replace(_empty(START, []), failures=failures)
    _commit(writer, batch)
    rows = _rows(
        database, "SELECT contract, function, result, error FROM ledger.failure ORDER BY 1"
    )
    assert rows == [(1, "fund", "trapped", 12), (2, "claim", "x", None)]


def test_an_event_in_quarantine_puts_its_invoice_in_doubt(
    database: str, events: list[RawEvent]
) -> None:
    """Unknown arms deep in the data leave the topics unread: then any invoice is in doubt."""
    named = events[-1]
    invoice = quarantine_invoice(named)
    assert isinstance(invoice, bytes)
    renamed = synthetic.scval(invoice)
    topics = b"\0\0\0\2" + synthetic.scval("pool_renamed") + renamed
    later = (named.ledger + 1) << 32 | 1 << 12
    odd = [
        RawEvent(
            later, 0, named.contract, named.closed_at, bytes(32), topics + synthetic.scval({})
        ),
        RawEvent(later, 1, named.contract, named.closed_at, bytes(32), b"\0\0\0\1\0\0\0\x63"),
    ]
    write(database, [*events, odd[0]], 20)
    doubt = f"SELECT ledger.in_doubt('\\x{invoice.hex()}'), ledger.in_doubt('\\x00')"
    assert _rows(database, doubt) == [(True, False)]
    moved = msgspec.structs.replace(odd[1], position=later + (1 << 32))
    write(database, [*events, odd[0], moved], 20)
    assert _rows(database, doubt) == [(True, True)]
    with psycopg.connect(database) as connection:
        first, second = quarantine.waiting(connection)
        assert quarantine.waiting(connection, (moved.position, 1)) == [second]
    assert first.invoice == invoice
    assert first.content() == (["pool_renamed", invoice], {})
    assert "UnknownEventError" in first.reason
    assert (second.invoice, second.content()) == (None, None)
    assert second.name == f"{moved.position:019d}-0000000001"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            (
                "UPDATE read.position_history SET shares = shares + 1, shares_in = shares_in + 2"
                " WHERE valid_from = (SELECT max(valid_from) FROM read.position_history)"
            ),
            "do not follow from the movements before",
        ),
        ("UPDATE read.position SET shares = shares + 1", "its positions hold"),
    ],
)
def test_shares_that_cannot_be_are_found(
    database: str, events: list[RawEvent], damage: str, said: str
) -> None:
    write(database, events, 20)
    with psycopg.connect(database) as connection:
        assert list(shares.consistent(connection)) == []
        connection.execute(damage.encode())
        findings = list(shares.consistent(connection))
    assert findings
    assert all(finding.check is Check.SHARES for finding in findings)
    assert said in findings[0].text


def test_a_node_of_another_history_is_refused_at_the_start(
    database: str, events: list[RawEvent]
) -> None:
    last = events[-1].ledger
    with serving(Node(events, last)) as node, RpcClient(node.url) as client:
        source = WitnessedSource(EventSource(client, synthetic.DEPLOYMENT, page_limit=9), client)
        with Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer:
            while writer.after < last:
                batch = source.fetch(writer.after)
                assert batch
                _commit(writer, batch)
        with psycopg.connect(database) as connection:
            assert connection.execute("SELECT count(hash) FROM ledger.stretch").fetchone() == (
                1,
            ), "one witness an hour"
            identity.require_history(connection, client)
            assert list(identity.same_history(connection, client)) == []
            node.history = "reset"
            with pytest.raises(HistoryChangedError, match="If the network was reset"):
                identity.require_history(connection, client)
            (finding,) = identity.same_history(connection, client)
            assert (finding.check, finding.grave) == (Check.CHAIN, True)
            node.gives_ledgers = False
            identity.require_history(connection, client)


def test_another_network_is_refused(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        identity.require_network(connection, "one")
        identity.require_network(connection, "one")
        with pytest.raises(identity.NetworkMismatchError, match="follows the network 'one'"):
            identity.require_network(connection, "two")

"""The engine on a real database: batches, replays, rollbacks, history, digests."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

import migrations
from contracts import events
from projections import rebuild
from projections.engine import Engine, FoldError, Mark, OrderError, Record, StaleEngineError
from projections.history import rows
from projections.invoices import INVOICE
from projections.memory import Memory
from projections.positions import POSITION
from projections.registry import MODELS
from projections.tables import history_name
from projections.verification import findings
from tests.projections.business import Business
from tests.projections.support import START, Chain, address, identifier

Acts = list[list[tuple[int, int, int, int]]]
"""Ledgers, each with acts (what, who, whom, amount)."""

ACTS = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 6),
            st.integers(0, 7),
            st.integers(0, 7),
            st.integers(1, Business.TARGET),
        ),
        max_size=4,
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    migrations.upgrade(database)  # a copy of a database lacks the rights on the database itself
    options = "-c role=stellarsettle_indexer"
    with psycopg.connect(database, autocommit=True, options=options) as opened:
        yield opened


def material(acts: Acts) -> tuple[list[Record], list[Mark]]:
    """The events of some acts, and the mark of every ledger, with or without events."""
    chain = Chain()
    business = Business(chain)
    marks = []
    for ledger in acts:
        chain.close(chain.mark.closed_at + 5)
        for act in ledger:
            business.act(*act)
        marks.append(chain.mark)
    return chain.records, marks


def lively(ledgers: int, seed: int = 7) -> tuple[list[Record], list[Mark]]:
    """The same, with acts chosen by a seed."""
    dice = random.Random(seed)  # reproducible material
    acts = [
        [
            (dice.randrange(7), dice.randrange(8), dice.randrange(8), dice.randrange(1, 10**9))
            for _ in range(3)
        ]
        for _ in range(ledgers)
    ]
    return material(acts)


def batches(
    records: Sequence[Record], marks: Sequence[Mark], cuts: set[int]
) -> Iterator[tuple[list[Record], Mark]]:
    """The records cut after the marks at these places, and after the last one."""
    done = 0
    for place, mark in enumerate(marks):
        if place in cuts or place == len(marks) - 1:
            yield [r for r in records if done < r.mark.ledger <= mark.ledger], mark
            done = mark.ledger


def fill(
    connection: psycopg.Connection,
    engine: Engine,
    cut: Iterator[tuple[list[Record], Mark]],
) -> None:
    for records, mark in cut:
        with connection.transaction():
            engine.apply(connection, records, mark)


def contents(connection: psycopg.Connection, schema: str) -> dict[str, Any]:
    """All rows, versions and digests, with addresses in place of their integers."""
    found: dict[str, Any] = {model.name: rows(connection, model, schema=schema) for model in MODELS}
    for model in MODELS:
        if not model.append_only:
            counted = sql.SQL("SELECT valid_from, count(*) FROM {} GROUP BY 1 ORDER BY 1").format(
                sql.Identifier(schema, history_name(model))
            )
            found[history_name(model)] = connection.execute(counted).fetchall()
    digests = sql.SQL("SELECT * FROM {} ORDER BY model, ledger").format(
        sql.Identifier(schema, "digest")
    )
    return found | {"digest": connection.execute(digests).fetchall()}


def fresh(connection: psycopg.Connection, schema: str) -> Engine:
    rebuild.drop(connection, schema)
    rebuild.prepare(connection, schema)
    return Engine(schema, cache_rows=2)


@settings(
    max_examples=25,
    deadline=None,
    # Shrinking with a database at each step would take minutes; the example found is printed.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=ACTS, cuts=st.sets(st.integers(0, 11)), forgetful=st.booleans())
def test_batches_may_be_cut_anywhere(
    connection: psycopg.Connection, acts: Acts, cuts: set[int], *, forgetful: bool
) -> None:
    """Rows, history and digests are the same for any cut, also with a cache of two rows."""
    records, marks = material(acts)
    whole, parts = fresh(connection, "read_whole"), fresh(connection, "read_parts")
    fill(connection, whole, batches(records, marks, set()))
    for batch in batches(records, marks, cuts):
        if forgetful:
            parts.forget()
        fill(connection, parts, iter([batch]))
    assert contents(connection, "read_parts") == contents(connection, "read_whole")
    assert parts.digest(connection) == whole.digest(connection)
    memory = Memory(records)
    for model in MODELS:
        assert rows(connection, model, schema="read_parts") == memory.all(model)
    assert findings(connection, "read_parts") == []


def test_a_read_as_of_a_ledger_equals_a_rebuild_up_to_it(connection: psycopg.Connection) -> None:
    records, marks = lively(30)
    engine = Engine()
    fill(connection, engine, batches(records, marks, {3, 4, 17}))
    for mark in marks[::7]:
        memory = Memory(r for r in records if r.mark.ledger <= mark.ledger)
        for model in MODELS:
            assert rows(connection, model, at=mark.ledger) == memory.all(model)


def test_the_digest_of_an_old_ledger_is_that_of_a_rebuild_up_to_it(
    connection: psycopg.Connection,
) -> None:
    records, marks = lively(20)
    engine = Engine()
    fill(connection, engine, batches(records, marks, set(range(20))))
    other = fresh(connection, "read_rebuild")
    fill(connection, other, batches(records, marks[:11], set()))
    assert other.digest(connection) == engine.digest(connection, at=marks[10].ledger)
    assert other.digest(connection) != engine.digest(connection)


def test_a_rebuild_takes_the_place_of_the_live_models(connection: psycopg.Connection) -> None:
    """After the switch the rebuilt tables are `read`, readable by the API, and go on."""
    records, marks = lively(20)
    live = Engine()
    fill(connection, live, batches(records, marks[:10], set()))
    beside = fresh(connection, "read_rebuild")
    fill(connection, beside, batches(records, marks[:10], {2}))
    assert beside.digest(connection) == live.digest(connection)
    rebuild.complete(connection, "read_rebuild")
    with connection.transaction():
        rebuild.switch(connection, "read_rebuild")
    going_on = Engine()
    later = [r for r in records if r.mark.ledger > marks[9].ledger]
    with connection.transaction():
        going_on.apply(connection, later, marks[-1])
    assert findings(connection) == []
    assert rows(connection, INVOICE) == Memory(records).all(INVOICE)
    readable = connection.execute(
        "SELECT has_table_privilege('stellarsettle_api', 'read.invoice', 'SELECT'),"
        " has_table_privilege('stellarsettle_api', 'read.invoice', 'INSERT'),"
        " has_schema_privilege('stellarsettle_api', 'read', 'USAGE')"
    ).fetchone()
    assert readable == (True, False, True)


def test_what_was_rolled_back_was_never_there(connection: psycopg.Connection) -> None:
    """Pain 6: after a failed commit the engine goes on from what the database holds."""
    records, marks = lively(12)
    engine = Engine()
    cut = list(batches(records, marks, {3, 6}))
    fill(connection, engine, iter(cut[:1]))

    with connection.transaction(force_rollback=True):
        engine.apply(connection, *cut[1])
    engine.forget()
    fill(connection, engine, iter(cut[1:]))
    assert findings(connection) == []
    assert rows(connection, POSITION) == Memory(records).all(POSITION)


def test_what_was_applied_is_refused_a_second_time(connection: psycopg.Connection) -> None:
    records, marks = lively(4)
    engine = Engine()
    fill(connection, engine, batches(records, marks, set()))
    before = contents(connection, "read")
    with pytest.raises(OrderError, match="applied or before"), connection.transaction():
        engine.apply(connection, records[-1:], Mark(marks[-1].ledger + 1, START + 10**6))
    with pytest.raises(OrderError, match="already applied"), connection.transaction():
        engine.apply(connection, [], marks[0])
    assert contents(connection, "read") == before


def test_events_out_of_order_or_after_the_mark_are_refused(
    connection: psycopg.Connection,
) -> None:
    records, marks = lively(4)
    engine = Engine()
    with pytest.raises(OrderError, match="does not come after"), connection.transaction():
        engine.apply(connection, [records[1], records[0]], marks[-1])
    with pytest.raises(OrderError, match="after the mark"), connection.transaction():
        engine.apply(connection, records, marks[0])


def test_two_writers_do_not_both_win(connection: psycopg.Connection, database: str) -> None:
    records, marks = lively(6)
    cut = list(batches(records, marks, {2}))
    first, second = Engine(), Engine()
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as other:
        second.apply(other, [], Mark(marks[0].ledger - 1, START))
        other.commit()
        fill(connection, first, iter(cut[:1]))
        with pytest.raises(StaleEngineError):
            second.apply(other, *cut[0])


def test_an_event_that_no_fold_can_take_is_named_and_can_be_left_out(
    connection: psycopg.Connection,
) -> None:
    """Pain 13: one bad event is named; the rest flows, and the hole is visible afterwards."""
    chain = Chain()
    deal = Business(chain).list_invoice()
    chain.close(START + 5).tell(events.FundingExpired(id=deal.id, raised=0, status=77, seq=4))
    chain.close(START + 10).tell(
        events.InvoiceCancelled(id=deal.id, by=deal.seller, raised=0, status=9, seq=5)
    )
    engine = Engine()
    with pytest.raises(FoldError, match="FundingExpired") as refused, connection.transaction():
        engine.apply(connection, chain.records, chain.mark)
    rest = [record for record in chain.records if record is not refused.value.record]
    with connection.transaction():
        engine.apply(connection, rest, chain.mark)
    (invoice,) = rows(connection, INVOICE)
    assert (invoice.status, invoice.seq, invoice.missed) == (9, 5, 1)


def test_an_amount_that_does_not_fit_is_refused_by_the_database(
    connection: psycopg.Connection,
) -> None:
    """Columns bounded by the contracts' rules refuse what breaks the rules; nothing is cut off."""
    chain = Chain()
    deal = Business(chain).list_invoice()
    chain.tell(
        events.EscrowFunded(
            id=deal.id, investor=address("@i"), amount=2**63, shares=1, raised=1, seq=4
        )
    )
    with pytest.raises(psycopg.errors.NumericValueOutOfRange), connection.transaction():
        Engine().apply(connection, chain.records, chain.mark)


def test_a_payment_beyond_64_bits_is_kept_whole(connection: psycopg.Connection) -> None:
    chain = Chain()
    deal = Business(chain).list_invoice()
    huge = 2**127 - 1
    chain.tell(
        events.PaymentRecorded(
            id=deal.id,
            payer=deal.seller,
            amount=huge,
            late=0,
            fee=0,
            investors=0,
            seller=huge,
            paid=0,
            outstanding=0,
            seq=4,
            reference=identifier("r"),
        )
    )
    with connection.transaction():
        Engine().apply(connection, chain.records, chain.mark)
    stored = connection.execute("SELECT amount, seller FROM read.payment").fetchone()
    assert stored == (huge, huge)


def test_tampered_rows_are_found(connection: psycopg.Connection) -> None:
    """A row, a version or a digest that was changed by hand is named."""
    records, marks = lively(15)
    fill(connection, Engine(), batches(records, marks, {5}))
    assert findings(connection) == []
    changes = (
        "UPDATE read.position SET paid_in = paid_in + 1 WHERE paid_in > 0",
        "UPDATE read.position_history SET received = received + 1 WHERE shares > 0",
        "UPDATE read.activity SET amount = amount + 1 WHERE amount IS NOT NULL",
        "UPDATE read.digest SET digest = '\\x00' WHERE model = 'invoice'",
    )
    for change in changes:
        with connection.transaction(force_rollback=True):
            connection.execute(change)
            assert findings(connection) != [], change

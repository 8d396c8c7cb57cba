"""Ladders of stakes against figures worked by hand, and against what then really happened."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections import remembering
from projections.analytics.metric import Reason
from projections.analytics.whatif import SCENARIOS, NotPossibleError, ladder, outlook, yields
from projections.engine import Engine
from projections.invoices import Status
from projections.lifecycle import DAY
from tests.projections.analytics.narrator import BEGINNING, NOON, Narrator, person
from tests.projections.support import identifier

TERMS = "face=10000 target=9000 par=9450 due=83 grace=5 recovery=90 deadline=10 late=10 cap=200"
A = identifier("A")
"""A late charge of 0.1 % a day of 9,450, that is 9.45, and 2 % = 189 at most."""


def opened() -> Narrator:
    return Narrator().tell(f"0 create A {TERMS}\n10 now")


def test_a_ladder_worked_by_hand() -> None:
    """A third of the target: 3,000 of 9,000, released on day 10, due 73 days later (365 / 73 = 5).

    On time 3,150: 150 / 3,000 * 5 = 0.25. 30 days late the charge is floor(283.5) = 283, but at
    most 189: 9,639 / 3 = 3,213 after 103 days. Half: due are 10,000 + 189, half of it 5,094; 189
    are the charge, 4,905 face; all of it to investors: 5,094 / 3 = 1,698.
    """
    future = opened().future
    rungs = {rung.scenario: rung for rung in ladder(future.memory, future.mark, A, 3000)}
    assert {name: (rung.receives, rung.gain, rung.late_charge) for name, rung in rungs.items()} == {
        "on_time": (3150, 150, 0),
        "late_30": (3213, 213, 189),
        "late_60": (3213, 213, 189),
        "late_90": (3213, 213, 189),
        "half": (1698, -1302, 189),
        "nothing": (0, -3000, 0),
    }
    assert rungs["on_time"].simple_yield == Decimal("0.250000")
    assert rungs["on_time"].effective_yield == Decimal("0.276282")
    assert rungs["late_30"].simple_yield == Decimal("0.251602")
    assert rungs["nothing"].effective_yield == Decimal("-1.000000")
    assert rungs["nothing"].status is rungs["half"].status is Status.WRITTEN_OFF
    due = BEGINNING + NOON + 83 * DAY
    assert (rungs["late_60"].status, rungs["late_60"].at) == (Status.SETTLED, due + 60 * DAY)
    assert rungs["nothing"].at == due + 95 * DAY


def test_nothing_of_it_happened() -> None:
    future = opened().future
    before = future.memory.copy()
    ladder(future.memory, future.mark, A, 3000)
    assert future.memory.rows == before.rows


@pytest.mark.parametrize("stake", [0, -1, 9001])
def test_a_stake_that_the_contract_would_refuse(stake: int) -> None:
    future = opened().future
    with pytest.raises(NotPossibleError, match="a stake is 1 to 9000"):
        ladder(future.memory, future.mark, A, stake)


def test_too_late_or_unknown() -> None:
    future = opened().tell("11 now").future
    with pytest.raises(NotPossibleError, match="deadline"):
        ladder(future.memory, future.mark, A, 3000)
    with pytest.raises(NotPossibleError, match="no invoice"):
        ladder(future.memory, future.mark, identifier("B"), 3000)


def test_no_days_no_yield() -> None:
    assert yields(100, 110, 0) == (None, None, Reason.NO_TENOR)
    assert yields(1, 1000, 1) == (Decimal(364_635), None, Reason.OUT_OF_RANGE)


def test_an_outlook_of_positions_that_wait() -> None:
    """Ann holds A (half paid and claimed) and B (settled); bob nothing that waits."""
    future = (
        opened()
        .tell(f"10 create B {TERMS.replace('due=83', 'due=60')}")
        .tell(
            "10 fund A ann 9000\n10 fund B ann 4500\n10 fund B bob 4500\n10 release A\n10 release B"
        )
        .tell("50 pay A 4725\n51 claim A ann\n60 pay B all")
        .future
    )
    rungs = outlook(future.memory, future.mark, person("ann"))
    assert {rung.invoice for rung in rungs} == {A}
    receives = {rung.scenario: rung.receives for rung in rungs}
    assert (receives["on_time"], receives["nothing"]) == (9450, 4725)
    assert outlook(future.memory, future.mark, person("bob")) == ()


@settings(max_examples=30)
@given(st.integers(1, 9000), st.integers(0, 120))
def test_what_was_foretold_happens(stake: int, days: int) -> None:
    """A ladder's rung is what the folds show when that very thing happens."""
    foretold = opened().future
    rungs = {rung.scenario: rung for rung in ladder(foretold.memory, foretold.mark, A, stake)}
    day = 83 + min(days // 30, 3) * 30
    rest = f"10 fund A bob {9000 - stake}\n" if stake < 9000 else ""
    told = opened().tell(f"10 fund A ann {stake}\n{rest}10 release A\n{day} pay A all").future
    name = f"late_{day - 83}" if day > 83 else "on_time"
    assert told.claim(A, person("ann")) == rungs[name].receives


def test_from_the_database_it_is_the_same(database: str) -> None:
    """Only the rows that matter are read, and they bring the same rungs."""
    future = opened().tell("10 fund A ann 4000").future
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as writer:
        Engine().apply(writer, future.records, future.mark)
    with psycopg.connect(database, autocommit=True) as reader:
        memory, mark = remembering.of_invoice(reader, A)
        assert ladder(memory, mark, A, 3000) == ladder(future.memory, future.mark, A, 3000)
        unknown, _ = remembering.of_invoice(reader, identifier("B"))
        assert not any(unknown.rows.values())


def test_an_outlook_from_the_database(database: str) -> None:
    future = opened().tell("10 fund A ann 4000\n10 fund A bob 5000\n10 release A").future
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as writer:
        Engine().apply(writer, future.records, future.mark)
    with psycopg.connect(database, autocommit=True) as reader:
        memory, mark = remembering.of_holder(reader, person("ann"))
        expected = outlook(future.memory, future.mark, person("ann"))
        assert outlook(memory, mark, person("ann")) == expected
        assert len(expected) == len(SCENARIOS)
        stranger, _ = remembering.of_holder(reader, person("nobody"))
        assert not any(stranger.rows.values())

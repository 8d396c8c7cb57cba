"""Where exposure ends, and whose rates are used."""

from __future__ import annotations

from fractions import Fraction

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from projections.analytics.facts import ATTRIBUTES, remembered
from projections.analytics.rolls import ENOUGH, RATE_SCALE, chance_of_loss, loss_rates
from projections.analytics.workings import PAID, STATES, WRITTEN_OFF, Workings
from tests.projections.analytics.narrator import Narrator
from tests.projections.support import identifier

HALF = Fraction(1, 2)


def test_what_never_ends_or_leads_to_the_unknown_has_no_chance() -> None:
    assert chance_of_loss({}) == {}
    assert chance_of_loss({0: {0: Fraction(1)}}) == {}
    assert chance_of_loss({0: {1: HALF, PAID: HALF}}) == {}
    assert chance_of_loss({0: {1: HALF, PAID: HALF}, 1: {1: Fraction(1)}}) == {}
    assert chance_of_loss({0: {PAID: Fraction(1)}}) == {0: 0}


def test_chances_of_a_chain() -> None:
    """x0 = x0 / 2 + x1 / 4, x1 = 1: half; bucket 2 was never left but to be paid."""
    shares = {
        0: {0: HALF, 1: Fraction(1, 4), PAID: Fraction(1, 4)},
        1: {WRITTEN_OFF: Fraction(1)},
        2: {PAID: Fraction(1)},
    }
    assert chance_of_loss(shares) == {0: HALF, 1: 1, 2: 0}


ROWS = st.lists(st.integers(0, 9), min_size=len(STATES), max_size=len(STATES))


@given(st.lists(ROWS, min_size=PAID, max_size=PAID))
def test_chances_are_where_the_chain_ends(weights: list[list[int]]) -> None:
    """Moving the exposure two hundred times comes to the same, but for what still moves."""
    shares = {
        state: {after: Fraction(weight, sum(row)) for after, weight in enumerate(row) if weight}
        for state, row in enumerate(weights)
        if sum(row)
    }
    for start, chance in chance_of_loss(shares).items():
        held = _moved(shares, start, 200)
        assert 0 <= chance <= 1
        assert abs(held[WRITTEN_OFF] - float(chance)) < 1e-9 + sum(held[:PAID])


def _moved(shares: dict[int, dict[int, Fraction]], start: int, times: int) -> list[float]:
    """Where one unit in bucket `start` is after so many windows."""
    held = [float(state == start) for state in range(len(STATES))]
    for _ in range(times):
        following = [0.0] * PAID + held[PAID:]
        for state, row in shares.items():
            for after, share in row.items():
                following[after] += held[state] * float(share)
        held = following
    return held


def graded(number: int) -> Workings:
    """`number` invoices of grade A that are all paid, and one of grade B that is lost."""
    acts = []
    for place in range(number + 1):
        acts += [
            f"0 create I{place} face=1000 target=900 par=1000 due=40 deadline=1",
            f"1 fund I{place} ann 900",
            f"5 release I{place}",
        ]
        acts += [f"41 pay I{place} all"] if place else ["45 default I0", "135 write_off I0"]
    ordered = sorted(acts, key=lambda act: int(act.split()[0]))
    future = Narrator().tell("\n".join([*ordered, "160 now"])).future
    rows = [
        {"invoice": identifier(f"I{place}").hex(), "grade": "A" if place else "B"}
        for place in range(number + 1)
    ]
    given_ = pl.DataFrame([dict.fromkeys(ATTRIBUTES) | row for row in rows], schema=ATTRIBUTES)
    return Workings(remembered(future.memory, future.mark, attributes=given_))


def current_rates(workings: Workings) -> dict[str | None, float]:
    """The loss rate of what is current by grade, None being all."""
    rates = loss_rates(workings).filter(pl.col("bucket") == 0)
    return {grade: rate / RATE_SCALE for grade, rate in rates.select("grade", "rate").iter_rows()}


def test_a_grade_seen_often_has_rates_of_its_own() -> None:
    """Of grade A nothing was lost; of all, one of 31, and grade B was seen once."""
    assert current_rates(graded(ENOUGH)) == {None: round(1 / 31, 12), "A": 0}


def test_a_grade_seen_seldom_has_none() -> None:
    assert current_rates(graded(ENOUGH - 1)) == {None: round(1 / 30, 12)}

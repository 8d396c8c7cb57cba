"""Rates against an exact, slow search, a well-known library, and equations with known roots."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import TypeAlias

import numpy as np
import pytest
import pyxirr
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.analytics import xirr

Flow: TypeAlias = tuple[int, int]
"""Day and amount."""


def solve(*owners: Sequence[Flow]) -> list[float | int]:
    """For each owner his rate, or the number of the outcome where there is none."""
    counts = [len(flows) for flows in owners]
    starts = np.concatenate(([0], np.cumsum(counts)))[:-1].astype(np.int64)
    days = np.array([day for flows in owners for day, _ in flows], dtype=np.int64)
    amounts = np.array([amount for flows in owners for _, amount in flows], dtype=np.float64)
    rates, outcomes = xirr.solve(starts, days, amounts)
    return [
        float(rate) if outcome == xirr.FOUND else int(outcome)
        for rate, outcome in zip(rates, outcomes, strict=True)
    ]


def present_value(flows: Sequence[Flow], rate: Decimal) -> Decimal:
    """To 50 digits."""
    with localcontext(prec=50):
        return sum(
            (amount * (1 + rate) ** (Decimal(flows[0][0] - day) / 365) for day, amount in flows),
            Decimal(0),
        )


def slow_roots(flows: Sequence[Flow], cells: int = 2000) -> list[Decimal]:
    """All changes of sign on a fine grid of rates, each bisected; evenly spaced in ln(1 + r)."""
    with localcontext(prec=50):
        low, high = Decimal("0.0001").ln(), Decimal(11).ln()
        grid = [(low + (high - low) * cell / cells).exp() - 1 for cell in range(cells + 1)]
        signs = [present_value(flows, rate) > 0 for rate in grid]
        return [
            _bisected(flows, grid[cell], grid[cell + 1])
            for cell in range(cells)
            if signs[cell] != signs[cell + 1]
        ]


def _bisected(flows: Sequence[Flow], low: Decimal, high: Decimal) -> Decimal:
    above = present_value(flows, low) > 0
    with localcontext(prec=50):
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (
                (middle, high) if (present_value(flows, middle) > 0) == above else (low, middle)
            )
    return low


def portfolio(dice: random.Random, stakes: int) -> list[Flow]:
    """Stakes at discounts, paid back early, late, in part or not at all; one flow a day."""
    flows: dict[int, int] = {}
    for _ in range(stakes):
        day, amount = dice.randrange(700), dice.randrange(10**6, 10**10)
        until = day + dice.randrange(20, 150)
        back = int(amount * dice.choice((0, 0.4, 1.01, 1.03, 1.05, 1.1)))
        flows[day] = flows.get(day, 0) - amount
        flows[until] = flows.get(until, 0) + back
    return [(day, amount) for day, amount in sorted(flows.items()) if amount]


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ([(0, -100), (365, 110)], 0.1),
        ([(0, -100), (365, 50)], -0.5),
        ([(0, 100), (365, -110)], 0.1),
        ([(0, -100), (365, 1100)], 10.0),
        ([(0, -100), (73, 50), (146, 60)], None),
        ([(0, -100), (365, 230), (730, -132)], xirr.SEVERAL_ROOTS),
        ([(0, -100), (365, 200), (730, -200)], xirr.NO_ROOT),
        ([(0, -1000), (30, 10_000)], xirr.NO_ROOT),
        ([(0, -100), (3650, 1), (3651, 1)], None),
        ([(0, -100)], xirr.SINGLE_FLOW),
        ([(0, -100), (9, -5)], xirr.NO_SIGN_CHANGE),
        ([(0, -100), (6, 101)], xirr.SPAN_UNDER_7_DAYS),
        ([(0, -100), (7, 100)], 0.0),
    ],
)
def test_known_equations(flows: list[Flow], expected: float | None) -> None:
    (found,) = solve(flows)
    if expected is None:
        (root,) = slow_roots(flows)
        expected = float(root)
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_pair_of_roots_closer_than_a_bracket_of_the_grid_is_seen() -> None:
    """X = 1.1 and x = 1.1001 for x = 1 + r: -100,000 x^2 + 220,010 x - 121,011."""
    assert solve([(0, -100_000), (365, 220_010), (730, -121_011)]) == [xirr.SEVERAL_ROOTS]


def test_three_roots() -> None:
    """(x - 1.1)(x - 1.5)(x - 2) = x^3 - 4.6 x^2 + 6.85 x - 3.3."""
    flows = [(0, -1000), (365, 4600), (730, -6850), (1095, 3300)]
    assert solve(flows) == [xirr.SEVERAL_ROOTS]
    assert len(slow_roots(flows)) == 3


def test_nobody() -> None:
    assert solve() == []


def test_many_owners_do_not_disturb_each_other() -> None:
    dice = random.Random(5)  # reproducible material
    owners = [portfolio(dice, dice.randrange(1, 30)) for _ in range(300)]
    together = solve(*owners)
    assert together == pytest.approx([solve(flows)[0] for flows in owners], abs=1e-9)


def test_a_well_known_library_finds_the_same() -> None:
    dice = random.Random(6)  # reproducible material
    owners = [portfolio(dice, dice.randrange(1, 30)) for _ in range(400)]
    compared = 0
    for flows, found in zip(owners, solve(*owners), strict=True):
        dates = [dt.date(2027, 1, 1) + dt.timedelta(days=day) for day, _ in flows]
        theirs = pyxirr.xirr(dates, [amount for _, amount in flows], silent=True)
        # Near the total loss it gives up.
        if isinstance(found, float) and theirs is not None:
            assert found == pytest.approx(theirs, abs=1e-7)
            compared += 1
    assert compared > 300


FLOWS = st.lists(
    st.tuples(st.integers(0, 1500), st.integers(-(10**10), 10**10).filter(bool)),
    min_size=2,
    max_size=8,
    unique_by=lambda flow: flow[0],
).map(sorted)


@settings(max_examples=60)
@given(FLOWS)
def test_an_exact_search_finds_the_same(flows: list[Flow]) -> None:
    (found,) = solve(flows)
    if found in {xirr.NO_SIGN_CHANGE, xirr.SPAN_UNDER_7_DAYS}:
        return
    roots = [root for root in slow_roots(flows, 300) if -Decimal("0.9999") < root < 10]
    if found == xirr.SEVERAL_ROOTS:
        assert len(roots) != 1
    elif found == xirr.NO_ROOT:
        assert not roots
    else:
        assert [float(root) for root in roots] == pytest.approx([found], abs=1e-9)


@settings(max_examples=60)
@given(FLOWS, st.integers(2, 1000))
def test_the_unit_of_money_does_not_matter(flows: list[Flow], factor: int) -> None:
    scaled = [(day, amount * factor) for day, amount in flows]
    assert solve(scaled) == pytest.approx(solve(flows), abs=1e-9)

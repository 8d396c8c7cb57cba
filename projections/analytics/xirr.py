"""Internal rates of return of many investors at once.

A rate r makes `sum(amount_k * (1 + r) ** -(days_k / 365))` zero. With g = ln(1 + r) that is a sum
of exponentials, looked at over the closed bracket -0.9999 <= r <= 10. Whether it has one root or
several is decided, in this order, by

1. Descartes' rule: flows that change their sign once have one root, in or out of the bracket;
2. Soper's condition: where at a root the balance carried forward never changes its sign before the
   last flow, it is the only one;
3. a grid of brackets: each change of sign is a root; where the function turns towards zero inside
   a bracket, its extremum is looked at too, so that a pair of roots inside one is seen as well.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

FOUND, SINGLE_FLOW, NO_SIGN_CHANGE, SPAN_UNDER_7_DAYS, NO_ROOT, SEVERAL_ROOTS = range(6)
"""Outcomes, by number."""

LOWEST: Final = math.log(1 - 0.9999)
HIGHEST: Final = math.log(1 + 10)
CELLS: Final = 256
_STEPS: Final = 200
_CLOSE: Final = 1e-13
_NOISE: Final = 1e-12
_SHORTEST: Final = 7
_HALVINGS: Final = 50


class Flows:
    """Flows of many owners, those of one side by side and in order of their days.

    `starts[i]` is where owner i's begin; amounts are scaled so that an owner's largest is one.
    """

    def __init__(self, starts: Integers, days: Integers, amounts: Floats) -> None:
        self.starts = starts
        self.counts: Integers = np.diff(np.append(starts, len(days)))
        self.owner: Integers = np.repeat(np.arange(len(starts)), self.counts)
        self.days = days
        first = days[starts] if len(starts) else days[:0]
        self.years: Floats = (days - first[self.owner]) / 365.0
        largest = self.fold(np.maximum, np.abs(amounts))
        self.amounts: Floats = amounts / np.where(largest == 0, 1, largest)[self.owner]

    def fold(self, operation: np.ufunc, values: Floats) -> Floats:
        """One value for each owner."""
        if not len(self.starts):
            return np.zeros(0)
        folded: Floats = operation.reduceat(values, self.starts)
        return folded

    def chosen(self, which: Integers) -> Flows:
        """Those of some owners, by number; an owner may be chosen several times."""
        counts = self.counts[which]
        starts = np.concatenate(([0], np.cumsum(counts)))[:-1].astype(np.int64)
        places = np.repeat(self.starts[which] - starts, counts) + np.arange(counts.sum())
        return Flows(starts, self.days[places], self.amounts[places])

    def value(self, g: Floats) -> tuple[Floats, Floats]:
        """Present value and its slope, of each owner at his own g."""
        discounted = self.amounts * np.exp(-g[self.owner] * self.years)
        return self.fold(np.add, discounted), -self.fold(np.add, discounted * self.years)

    def changes(self) -> Integers:
        """How often the sign of the flows changes; none of them is zero."""
        signs = np.sign(self.amounts)
        changed = np.zeros(len(signs))
        changed[1:] = (signs[1:] != signs[:-1]) & (self.owner[1:] == self.owner[:-1])
        return self.fold(np.add, changed).astype(np.int64)


def solve(starts: Integers, days: Integers, amounts: Floats) -> tuple[Floats, Integers]:
    """Each owner's rate a year, and the outcome; the rate is NaN unless FOUND.

    Flows must be sorted by owner and day, one for each day, none of them zero; every owner has at
    least one.
    """
    flows = Flows(starts, days, amounts)
    outcome = _plain(flows)
    rates = np.full(len(starts), np.nan)
    open_ones = np.flatnonzero(outcome == FOUND)
    if len(open_ones):
        rates[open_ones], outcome[open_ones] = _roots(flows.chosen(open_ones))
    return rates, outcome


def _plain(flows: Flows) -> Integers:
    """What can be said without looking for a root."""
    outcome = np.full(len(flows.starts), FOUND)
    span = flows.fold(np.maximum, flows.years) * 365
    outcome[span < _SHORTEST - 0.5] = SPAN_UNDER_7_DAYS
    outcome[flows.changes() == 0] = NO_SIGN_CHANGE
    outcome[flows.counts < 2] = SINGLE_FLOW
    return outcome


def _roots(flows: Flows) -> tuple[Floats, Integers]:
    number = len(flows.starts)
    low, high = np.full(number, LOWEST), np.full(number, HIGHEST)
    differ = np.sign(flows.value(low)[0]) != np.sign(flows.value(high)[0])
    crossing = np.flatnonzero(differ)
    roots = np.full(number, np.nan)
    outcome = np.full(number, NO_ROOT)
    if len(crossing):
        part = flows.chosen(crossing)
        roots[crossing] = _refined(part, low[crossing], high[crossing])
        outcome[crossing] = FOUND
    certain = flows.changes() == 1
    certain[crossing] |= _never_turns(flows.chosen(crossing), roots[crossing])
    unsure = np.flatnonzero(~certain)
    if len(unsure):
        roots[unsure], outcome[unsure] = _searched(flows.chosen(unsure))
    return np.expm1(roots), outcome


def _refined(flows: Flows, low: Floats, high: Floats) -> Floats:
    """The root between `low` and `high`, where signs differ: Newton's, guarded by bisection."""
    low, high = low.copy(), high.copy()
    rising = np.sign(flows.value(high)[0])
    at = np.clip(np.zeros(len(low)), low, high)
    width = high - low
    for _ in range(_STEPS):
        value, slope = flows.value(at)
        above = value * rising > 0
        high, low = np.where(above, at, high), np.where(above, low, at)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = at - value / slope
        # Newton's step counts only inside the bracket, and only while that shrinks fast enough.
        inside = (step > low) & (step < high) & (high - low < 0.5 * width)
        width = np.where(inside, high - low, width / 2)
        following = np.where(inside, step, (low + high) / 2)
        following = np.where(value == 0, at, following)
        if (np.abs(following - at) <= _CLOSE * (1 + np.abs(at))).all():
            return following
        at = following
    return at


def _never_turns(flows: Flows, roots: Floats) -> Flags:
    """Soper's condition: the balance has one sign until the last flow."""
    if not len(roots):
        return np.zeros(0, dtype=np.bool_)
    discounted = flows.amounts * np.exp(-roots[flows.owner] * flows.years)
    running = np.cumsum(discounted)
    before = running[flows.starts] - discounted[flows.starts]
    balance = running - before[flows.owner]
    ends = flows.starts + flows.counts - 1
    balance[ends] = 0
    slack = _NOISE * flows.fold(np.maximum, np.abs(discounted))
    one: Flags = flows.fold(np.maximum, balance) <= slack
    other: Flags = flows.fold(np.minimum, balance) >= -slack
    return one | other


def _searched(flows: Flows) -> tuple[Floats, Integers]:
    """Counts the roots on a grid of brackets; refines the one that is alone."""
    grid = np.linspace(LOWEST, HIGHEST, CELLS + 1)
    values, slopes = _tabulated(flows, grid)
    signs = np.sign(values)
    crossings = signs[:, 1:] != signs[:, :-1]
    # A root that lies on a point of the grid belongs to the bracket on its left.
    crossings &= signs[:, :-1] != 0
    crossings[:, 0] |= signs[:, 0] == 0
    count = crossings.sum(axis=1)
    count += 2 * _pairs(flows, grid, values, slopes)
    outcome = np.where(count == 0, NO_ROOT, np.where(count == 1, FOUND, SEVERAL_ROOTS))
    roots = np.full(len(count), np.nan)
    alone = np.flatnonzero(outcome == FOUND)
    if len(alone):
        cell = crossings[alone].argmax(axis=1)
        roots[alone] = _refined(flows.chosen(alone), grid[cell], grid[cell + 1])
    return roots, outcome


def _tabulated(flows: Flows, grid: Floats) -> tuple[Floats, Floats]:
    """Values and slopes, an owner a row: equal steps of g multiply by the same factors."""
    values = np.empty((len(flows.starts), len(grid)))
    slopes = np.empty_like(values)
    discounted = flows.amounts * np.exp(-grid[0] * flows.years)
    factor = np.exp(-(grid[1] - grid[0]) * flows.years)
    for place in range(len(grid)):
        values[:, place] = flows.fold(np.add, discounted)
        slopes[:, place] = -flows.fold(np.add, discounted * flows.years)
        discounted *= factor
    return values, slopes


def _pairs(flows: Flows, grid: Floats, values: Floats, slopes: Floats) -> Integers:
    """How many brackets of each owner hold two roots: equal signs outside, another one between."""
    found = np.zeros(len(values), dtype=np.int64)
    signs = np.sign(values)
    turning = (
        (signs[:, :-1] == signs[:, 1:])
        & (signs[:, :-1] * slopes[:, :-1] < 0)
        & (signs[:, 1:] * slopes[:, 1:] > 0)
    )
    owners, cells = np.nonzero(turning)
    part, sign = flows.chosen(owners), signs[owners, cells]
    low, high = grid[cells], grid[cells + 1]
    crossed = np.zeros(len(owners), dtype=np.bool_)
    for _ in range(_HALVINGS if len(owners) else 0):
        middle = (low + high) / 2
        value, slope = part.value(middle)
        crossed |= value * sign <= 0
        towards = slope * sign < 0
        low, high = np.where(towards, middle, low), np.where(towards, high, middle)
    np.add.at(found, owners[crossed], 1)
    return found

"""Laws of all metrics: the unit of money, how a payment is cut, and the calendar's origin."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from projections.analytics.facts import remembered
from projections.analytics.metric import Table, Unit
from projections.analytics.registry import METRICS
from projections.analytics.workings import Workings
from tests.projections.analytics.narrator import Narrator

SEEDS = range(6)
RATIOS = {Unit.RATIO, Unit.RATE, Unit.POINTS, Unit.DAYS}
LARGE = 10**9
"""Amounts so large that a rounded base unit does not show in six decimals."""


def plot(seed: int, factor: int = 1, parts: int = 1) -> str:
    """A random story: invoices that are funded, paid in parts, late, lost and claimed."""
    dice = random.Random(seed)  # reproducible material
    acts: list[tuple[int, str]] = []
    for number in range(8):
        name, start = f"I{number}", dice.randrange(60)
        price, par = (LARGE * factor * dice.randrange(*span) for span in ((70, 90), (90, 100)))
        due = start + dice.randrange(15, 80)
        face = 110 * LARGE * factor
        terms = f"face={face} target={price} par={par} due={due} deadline={start + 9}"
        acts.append((start, f"create {name} seller=s{number % 3} debtor=d{number % 4} {terms}"))
        half = price // 2
        acts += [
            (start, f"fund {name} i{number % 3} {half}"),
            (start + 1, f"fund {name} i{number % 4} {price - half}"),
            (start + 2, f"release {name}"),
        ]
        for _ in range(dice.randrange(4)):
            day, amount = start + 3 + dice.randrange(110), LARGE * factor * dice.randrange(6, 36, 6)
            acts += [(day, f"pay {name} {amount // parts}")] * parts
        acts.append((start + dice.randrange(60, 120), f"claim {name} i{number % 3}"))
        acts.append((due + 5, f"default {name}"))
        acts.append((due + 95, f"write_off {name}"))
    return "\n".join(f"{day} {act}" for day, act in sorted(acts, key=lambda act: act[0]))


def computed(
    acts: str, shift: int = 0, until: int = 170
) -> dict[tuple[str, str], tuple[Table, pl.DataFrame]]:
    """All tables after the acts up to a day, all moved by some; the impossible is left out."""
    narrator = Narrator()
    for line in [*acts.splitlines(), f"{until} now"]:
        day, rest = line.split(" ", 1)
        if int(day) > until:
            continue
        narrator.try_to_tell(f"{int(day) + shift} {_moved(rest, shift)}")
    workings = Workings(remembered(narrator.future.memory, narrator.future.mark))
    return {
        (metric.id, table.name): (table, frame)
        for metric in METRICS
        for table, frame in zip(metric.tables, metric.compute(workings).values(), strict=True)
    }


def _moved(act: str, shift: int) -> str:
    words = (word.partition("=") for word in act.split())
    return " ".join(
        f"{name}={int(value) + shift}" if name in {"due", "deadline"} else f"{name}{equals}{value}"
        for name, equals, value in words
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_ratios_do_not_depend_on_the_unit_of_money(seed: int) -> None:
    one, other = computed(plot(seed)), computed(plot(seed, factor=1000))
    for place, (table, frame) in one.items():
        for figure in table.figures:
            values = [
                each[place][1].select(*table.key, figure.name, f"{figure.name}_null")
                for each in (one, other)
            ]
            if figure.unit in RATIOS:
                _assert_close(values[0], values[1], figure.name)
            elif figure.unit is not Unit.AMOUNT:
                assert_frame_equal(*values)
        assert frame.height == other[place][1].height


def _assert_close(one: pl.DataFrame, other: pl.DataFrame, name: str) -> None:
    """Equal to the sixth decimal, in which a base unit may still be seen."""
    assert_frame_equal(one.drop(name), other.drop(name))
    for a, b in zip(one[name], other[name], strict=True):
        assert a == b or abs(a - b) <= Decimal("0.000001") * max(1, abs(a)), name


@pytest.mark.parametrize("seed", SEEDS)
def test_a_payment_in_parts_at_one_moment_changes_nothing(seed: int) -> None:
    whole, cut = computed(plot(seed)), computed(plot(seed, parts=3))
    for place, (_, frame) in whole.items():
        assert_frame_equal(frame, cut[place][1])


def _back(frame: pl.DataFrame, days: int) -> pl.DataFrame:
    dates = [name for name, kind in frame.schema.items() if kind == pl.Date]
    return frame.with_columns(pl.col(dates) - dt.timedelta(days=days))


@pytest.mark.parametrize("seed", SEEDS)
def test_years_later_everything_is_the_same(seed: int) -> None:
    """28 years are 10,227 days: whole weeks, with the same months and leap years."""
    now, later = computed(plot(seed)), computed(plot(seed), shift=10_227)
    for place, (_, frame) in now.items():
        assert_frame_equal(frame, _back(later[place][1], 10_227))


@pytest.mark.parametrize("seed", SEEDS)
def test_days_later_what_knows_no_calendar_is_the_same(seed: int) -> None:
    now, later = computed(plot(seed)), computed(plot(seed), shift=17)
    for place, (table, frame) in now.items():
        if not {"week", "month", "cohort", "day"} & set(table.key) or place[0] == "M16":
            assert_frame_equal(frame, later[place][1])


@pytest.mark.parametrize("seed", SEEDS)
def test_months_of_due_dates_add_up_to_what_is_out(seed: int) -> None:
    tables = computed(plot(seed), until=45)
    months, whole = tables["M10", "month"][1], tables["M10", "platform"][1]
    assert months["principal"].sum() == whole["principal"].sum() > 0


def test_a_law_can_be_broken() -> None:
    """The comparison is no formality: another amount shows in nearly every metric."""
    acts = plot(1)
    changed = acts.replace(f"face={110 * LARGE}", f"face={120 * LARGE}", 1)
    assert changed != acts
    one, other = computed(acts), computed(changed)
    assert any(not frame.equals(other[place][1]) for place, (_, frame) in one.items())

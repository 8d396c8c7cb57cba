"""Figures of what adds up: areas over time, a waterfall to a total, counts in classes, shares."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from api.web.charts.drawing import (
    BOTTOM,
    TOP,
    Canvas,
    Chart,
    Mark,
    Scale,
    Series,
    Writes,
    across,
    along,
    drawn,
    left,
    table_of,
    ticks,
)
from api.web.charts.kinds import lines
from api.web.numbers import NONE


class Class(msgspec.Struct, frozen=True):
    """Values from `low` up to `high`, which the next class begins with, and how many there are."""

    low: float
    high: float
    count: int
    name: str


def area(
    sentence: str, head: str, series: Sequence[Series], writes: Writes, *, height: int = 220
) -> Chart:
    """Areas on top of each other over evenly spaced names; no mark is missing or negative."""
    names = [mark.name for mark in series[0].marks if mark is not None]
    tops = _stacked(series)
    steps = ticks(0, max(tops[-1], default=0))

    def draw(width: int) -> Canvas:
        canvas = Canvas(width, height)
        y = Scale(steps[0], steps[-1], height - BOTTOM, TOP)
        across(canvas, y, steps, writes)
        x = Scale(0, max(1, len(names) - 1), left(canvas) + 4, width - 12)
        for number, (each, floor, top) in enumerate(zip(series, tops, tops[1:], strict=False)):
            there = [(x(at), y(value)) for at, value in enumerate(top)]
            back = [(x(at), y(value)) for at, value in enumerate(floor)]
            corners = " ".join(f"{px:.1f},{py:.1f}" for px, py in [*there, *reversed(back)])
            canvas.add("polygon", points=corners, kind=f"area s{number + 1}")
            for mark, (px, py) in zip(each.marks, there, strict=True):
                if mark is not None:
                    say = f"{mark.name}, {each.name}: {mark.text}"
                    canvas.add("circle", cx=px, cy=py, r=2.5, kind=f"s{number + 1}", data_say=say)
        along(canvas, [(x(at), name) for at, name in enumerate(names)], height - 8)
        return canvas

    wide, narrow = drawn(sentence, draw)
    columns, rows = table_of(head, series, names)
    legend = tuple(each.name for each in series) if len(series) > 1 else ()
    return Chart(sentence, wide, narrow, columns, rows, legend)


def waterfall(
    sentence: str, head: tuple[str, str], steps: Sequence[Mark], total: Mark, writes: Writes,
    *, height: int = 240,
) -> Chart:  # fmt: skip
    """Each step begins where the one before ended; the total stands on zero at the end.

    The caller sees to it that the steps add up to the total.
    """
    levels = [0.0]
    for step in steps:
        levels.append(levels[-1] + step.value)
    scale = ticks(min(*levels, total.value, 0.0), max(*levels, total.value, 0.0))
    bars = [(step, levels[at], levels[at + 1]) for at, step in enumerate(steps)]
    bars.append((total, 0.0, total.value))

    def draw(width: int) -> Canvas:
        canvas = Canvas(width, height)
        y = Scale(scale[0], scale[-1], height - BOTTOM, TOP + 12)
        across(canvas, y, scale, writes)
        slot = (width - 8 - left(canvas)) / len(bars)
        thick = min(72.0, slot * 0.7)
        for at, (mark, start, end) in enumerate(bars):
            middle = left(canvas) + slot * (at + 0.5)
            upper, lower = sorted((y(start), y(end)))
            canvas.add(
                "rect", x=middle - thick / 2, y=upper, width=thick, height=max(1.5, lower - upper),
                kind=mark.kind or ("gain" if mark.value >= 0 else "loss"),
                data_say=f"{mark.name}: {mark.text}",
            )  # fmt: skip
            canvas.text(middle, upper - 5, mark.text, "value middle")
            if at < len(steps):
                reach = middle + slot - thick / 2 if at + 1 < len(bars) else middle
                canvas.line(middle + thick / 2, y(end), reach, y(end), "equal")
            canvas.text(middle, height - 8, mark.name, "tick middle")
        return canvas

    wide, narrow = drawn(sentence, draw)
    rows = tuple((mark.name, mark.text) for mark, _, _ in bars)
    return Chart(sentence, wide, narrow, head, rows)


def histogram(
    sentence: str, head: tuple[str, str], classes: Sequence[Class], writes: Writes,
    *, height: int = 220,
) -> Chart:  # fmt: skip
    """How many there are in each class of equal width; bars touch, edges are named."""
    steps = ticks(0, max((one.count for one in classes), default=0))
    whole = [step for step in steps if step == int(step)]

    def draw(width: int) -> Canvas:
        canvas = Canvas(width, height)
        y = Scale(steps[0], steps[-1], height - BOTTOM, TOP)
        across(canvas, y, whole, lambda value: f"{value:g}")
        slot = (width - 20 - left(canvas)) / max(1, len(classes))
        for at, one in enumerate(classes):
            canvas.add(
                "rect", x=left(canvas) + slot * at + 0.5, y=y(one.count), width=slot - 1,
                height=y(0) - y(one.count), kind="s1", data_say=f"{one.name}: {one.count}",
            )  # fmt: skip
        edges = [*(one.low for one in classes), *(one.high for one in classes[-1:])]
        places = [(left(canvas) + slot * at, writes(edge)) for at, edge in enumerate(edges)]
        along(canvas, places, height - 8)
        return canvas

    wide, narrow = drawn(sentence, draw)
    return Chart(sentence, wide, narrow, head, tuple((one.name, str(one.count)) for one in classes))


def classes_of(values: Sequence[float], name: Writes, wanted: int = 8) -> list[Class]:
    """Values sorted into about as many classes of equal, round width as are wanted."""
    edges = ticks(min(values), max(values), wanted) if values else []
    counts = [0] * max(0, len(edges) - 1)
    for value in values:
        at = sum(edge <= value for edge in edges[1:-1])
        counts[at] += 1
    return [
        Class(low, high, count, f"{name(low)} {NONE} {name(high)}")
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]


def lorenz(
    sentence: str, head: str, shares: Sequence[Series], writes: Writes, *, height: int = 260
) -> Chart:
    """Cumulative shares by tenths of names, the smallest first, beside the line of equality.

    Each series has a mark for 0, 10 ... 100 % of the names, or None.
    """
    names = [f"{ten * 10}\N{NO-BREAK SPACE}%" for ten in range(11)]
    return lines(sentence, head, names, shares, writes, height=height, diagonal=True)


def _stacked(series: Sequence[Series]) -> list[list[float]]:
    """The floor, and the upper edge of each series on those before it."""
    tops = [[0.0] * len(series[0].marks)]
    for each in series:
        values = [0.0 if mark is None else mark.value for mark in each.marks]
        tops.append([below + value for below, value in zip(tops[-1], values, strict=True)])
    return tops

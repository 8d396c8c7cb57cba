"""The kinds of figure. Each takes values with their texts and gives a `Chart`."""

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
from api.web.numbers import NONE

_VALUE = 104.0
"""Room for the value beside a horizontal bar."""


class Dot(msgspec.Struct, frozen=True):
    """A point of a scatter: where it lies, what it says, where it leads, its shape's class."""

    x: float
    y: float
    say: str
    cells: tuple[str, ...]
    href: str = ""
    kind: str = ""


def bars(sentence: str, head: str, series: Series, writes: Writes, *, height: int = 220) -> Chart:
    """One bar for each mark, from zero."""
    return stacked(sentence, head, (series,), writes, height=height)


def stacked(
    sentence: str, head: str, series: Sequence[Series], writes: Writes, *, height: int = 220
) -> Chart:
    """Bars from zero, the series on top of each other in their order; no mark is negative."""
    names = [mark.name for mark in series[0].marks if mark is not None]
    totals = [sum(_value(each.marks[at]) for each in series) for at in range(len(names))]
    steps = ticks(0, max(totals, default=0))

    def draw(width: int) -> Canvas:
        canvas = Canvas(width, height)
        y = Scale(steps[0], steps[-1], height - BOTTOM, TOP)
        across(canvas, y, steps, writes)
        slot = (width - 8 - left(canvas)) / max(1, len(names))
        thick = min(44.0, slot * 0.72)
        for at in range(len(names)):
            middle, floor = left(canvas) + slot * (at + 0.5), 0.0
            for number, each in enumerate(series):
                mark = each.marks[at]
                if mark is None or mark.value <= 0:
                    continue
                upper, lower = y(floor + mark.value), y(floor)
                canvas.add(
                    "rect", x=middle - thick / 2, y=upper, width=thick,
                    height=max(1.0, lower - upper - (1 if number else 0)),
                    kind=f"s{number + 1} {mark.kind}".strip(),
                    data_say=f"{mark.name}, {each.name}: {mark.text}",
                )  # fmt: skip
                floor += mark.value
        along(
            canvas,
            [(left(canvas) + slot * (at + 0.5), name) for at, name in enumerate(names)],
            height - 8,
        )
        return canvas

    wide, narrow = drawn(sentence, draw)
    columns, rows = table_of(head, series, names)
    legend = tuple(each.name for each in series) if len(series) > 1 else ()
    return Chart(sentence, wide, narrow, columns, rows, legend)


def lines(  # noqa: PLR0913 -- a figure is what it is
    sentence: str,
    head: str,
    names: Sequence[str],
    series: Sequence[Series],
    writes: Writes,
    *,
    height: int = 220,
    diagonal: bool = False,
) -> Chart:
    """A line for each series over evenly spaced names; a gap where a mark is missing.

    `diagonal` draws the line of equality, for Lorenz curves and reliability.
    """
    values = [mark.value for each in series for mark in each.marks if mark is not None]
    steps = ticks(min([0.0, *values]), max(values, default=0.0))

    def draw(width: int) -> Canvas:
        canvas = Canvas(width, height)
        y = Scale(steps[0], steps[-1], height - BOTTOM, TOP)
        across(canvas, y, steps, writes)
        last = max(1, len(names) - 1)
        x = Scale(0, last, left(canvas) + 4, width - 12)
        if diagonal:
            canvas.line(x(0), y(steps[0]), x(last), y(steps[-1]), "equal")
        for number, each in enumerate(series):
            for run in _runs(each.marks):
                points = " ".join(f"{x(at):.1f},{y(mark.value):.1f}" for at, mark in run)
                canvas.add("polyline", points=points, kind=f"line l{number + 1}")
                for at, mark in run:
                    canvas.add(
                        "circle", cx=x(at), cy=y(mark.value), r=2.5, kind=f"s{number + 1}",
                        data_say=f"{mark.name}, {each.name}: {mark.text}",
                    )  # fmt: skip
        along(canvas, [(x(at), name) for at, name in enumerate(names)], height - 8)
        return canvas

    wide, narrow = drawn(sentence, draw)
    columns, rows = table_of(head, series, names)
    legend = tuple(each.name for each in series) if len(series) > 1 else ()
    return Chart(sentence, wide, narrow, columns, rows, legend)


def scatter(
    sentence: str,
    head: tuple[str, ...],
    dots: Sequence[Dot],
    x_writes: Writes,
    y_writes: Writes,
    *,
    height: int = 260,
) -> Chart:
    """Points; those with an `href` are links."""
    across_steps = ticks(min([0.0, *(d.y for d in dots)]), max((d.y for d in dots), default=0.0))
    along_steps = ticks(min((d.x for d in dots), default=0.0), max((d.x for d in dots), default=1))

    def draw(width: int) -> Canvas:
        canvas = Canvas(width, height)
        y = Scale(across_steps[0], across_steps[-1], height - BOTTOM, TOP)
        across(canvas, y, across_steps, y_writes)
        x = Scale(along_steps[0], along_steps[-1], left(canvas) + 8, width - 20)
        for dot in dots:
            canvas.add(
                "circle", cx=x(dot.x), cy=y(dot.y), r=5.0, kind=f"dot {dot.kind}".strip(),
                data_say=dot.say, data_href=dot.href,
            )  # fmt: skip
        along(canvas, [(x(step), x_writes(step)) for step in along_steps], height - 8)
        return canvas

    wide, narrow = drawn(sentence, draw)
    return Chart(sentence, wide, narrow, head, tuple(dot.cells for dot in dots))


def ladder(
    sentence: str, head: tuple[str, ...], rungs: Sequence[tuple[Mark, tuple[str, ...]]]
) -> Chart:
    """Horizontal bars that share a zero line, gains to the right and losses to the left.

    Each rung is its mark and the cells of its row in the table.
    """
    values = [mark.value for mark, _ in rungs]
    low, high = min([0.0, *values]), max([0.0, *values])
    if low == high:
        high = 1.0

    def draw(width: int) -> Canvas:
        names = 220.0 if width >= 640 else 0.0
        row = 30.0 if names else 44.0
        canvas = Canvas(width, int(row * len(rungs) + 8))
        x = Scale(
            low, high, names + (_VALUE if low < 0 else 4), width - (_VALUE if high > 0 else 4)
        )
        for at, (mark, _) in enumerate(rungs):
            y = row * at + (6 if names else 20)
            canvas.text(0, y + 13 if names else y - 5, mark.name, "name")
            start, end = sorted((x(0), x(mark.value)))
            canvas.add(
                "rect", x=start, y=y, width=max(1.5, end - start), height=18,
                kind=mark.kind or ("gain" if mark.value >= 0 else "loss"),
                data_say=f"{mark.name}: {mark.text}",
            )  # fmt: skip
            right = mark.value >= 0
            canvas.text(
                end + 6 if right else start - 6, y + 13, mark.text, "value" if right else
                "value end",
            )  # fmt: skip
        canvas.line(x(0), 0, x(0), canvas.height, "zero")
        return canvas

    wide, narrow = drawn(sentence, draw)
    return Chart(sentence, wide, narrow, head, tuple(cells for _, cells in rungs))


def heat(
    sentence: str, head: str, columns: Sequence[str], rows: Sequence[Series], *, most: float
) -> Chart:
    """Cells in five steps of one hue, `most` and above the darkest; empty where there is none."""

    def draw(width: int) -> Canvas:
        names = 96.0 if width >= 640 else 64.0
        slot = (width - names - 4) / max(1, len(columns))
        canvas = Canvas(width, int(26 * len(rows) + 24))
        for at, row in enumerate(rows):
            canvas.text(0, 26 * at + 17, row.name, "name")
            for place, mark in enumerate(row.marks):
                if mark is None:
                    continue
                step = 0 if mark.value <= 0 else min(5, 1 + int(mark.value / most * 4.999))
                canvas.add(
                    "rect", x=names + slot * place, y=26.0 * at, width=slot - 2, height=24,
                    kind=f"h{step}", data_say=f"{row.name}, {mark.name}: {mark.text}",
                )  # fmt: skip
                if slot >= 44:
                    kind = "cell dark" if step > 3 else "cell"
                    canvas.text(names + slot * (place + 0.5), 26 * at + 16, mark.text, kind)
        along_places = [(names + slot * (at + 0.5), name) for at, name in enumerate(columns)]
        along(canvas, along_places, canvas.height - 6)
        return canvas

    wide, narrow = drawn(sentence, draw)
    titles = (head, *columns)
    cells = tuple((r.name, *(NONE if m is None else m.text for m in r.marks)) for r in rows)
    return Chart(sentence, wide, narrow, titles, cells)


def _value(mark: Mark | None) -> float:
    return 0.0 if mark is None else mark.value


def _runs(marks: Sequence[Mark | None]) -> list[list[tuple[int, Mark]]]:
    """Stretches without a gap, each mark with its place."""
    runs: list[list[tuple[int, Mark]]] = [[]]
    for at, mark in enumerate(marks):
        if mark is None:
            runs.append([])
        else:
            runs[-1].append((at, mark))
    return [run for run in runs if run]

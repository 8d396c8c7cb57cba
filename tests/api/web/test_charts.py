"""Figures: every value is drawn and told, nothing of the input is markup, nothing is styled."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from api.web.charts import (
    Chart,
    Dot,
    Mark,
    Series,
    area,
    bars,
    classes_of,
    heat,
    histogram,
    ladder,
    lines,
    lorenz,
    scatter,
    stacked,
    waterfall,
)
from api.web.charts.drawing import Scale, ticks

GOLDEN = Path(__file__).parent / "golden"

FINITE = st.floats(min_value=-1e12, max_value=1e12)


def _plain(value: float) -> str:
    return f"{value:g}"


def _marks(*values: float | None) -> tuple[Mark | None, ...]:
    return tuple(
        None if value is None else Mark(f"n{at}", value, f"v{value:g}")
        for at, value in enumerate(values)
    )


def _said(chart: Chart) -> list[str]:
    """What the keyboard would step through; the same at both widths."""
    spoken = [
        [str(e.attrib["data-say"]) for e in etree.fromstring(svg).iter() if "data-say" in e.attrib]
        for svg in (chart.wide, chart.narrow)
    ]
    assert spoken[0] == spoken[1]
    return spoken[0]


def _steps(*values: float) -> list[Mark]:
    return [mark for mark in _marks(*values) if mark is not None]


def _shares(*tenths: float) -> tuple[Mark | None, ...]:
    """A Lorenz curve of eleven points through these, in tenths."""
    return _marks(*(tenths[at // 3] / 10 if at % 3 == 0 else None for at in range(10)), 1.0)


def _every() -> dict[str, Chart]:
    low, high = Series("a", _marks(1, 2, 3)), Series("b", _marks(3, 0, None))
    gains = [(Mark("up", 5, "+5"), ("up", "+5")), (Mark("down", -9, "-9"), ("down", "-9"))]
    return {
        "bars": bars("s", "h", low, _plain),
        "stacked": stacked("s", "h", (low, Series("b", _marks(3, 0, 1))), _plain),
        "lines": lines("s", "h", ["x", "y", "z"], (low, high), _plain, diagonal=True),
        "scatter": scatter("s", ("h", "i"), [Dot(1, 2, "d", ("a", "b"))], _plain, _plain),
        "ladder": ladder("s", ("h", "i"), gains),
        "heat": heat("s", "h", ["x", "y", "z"], [low, high], most=3),
        "area": area("s", "h", (low, Series("b", _marks(3, 0, 1))), _plain),
        "waterfall": waterfall("s", ("h", "i"), [*_steps(5, -7, 3)], Mark("sum", 1, "1"), _plain),
        "histogram": histogram("s", ("h", "i"), classes_of([1, 2, 2.5, 9], _plain), _plain),
        "lorenz": lorenz("s", "h", [Series("a", _shares(0, 1, 3, 6, 10))], _plain),
    }


@pytest.mark.parametrize("name", sorted(_every()))
def test_figures_are_wellformed_named_and_unstyled(name: str) -> None:
    chart = _every()[name]
    for svg, width in ((chart.wide, "640"), (chart.narrow, "328")):
        root = etree.fromstring(svg)
        assert root.attrib["width"] == width
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-label"] == "s"
        assert root.attrib["tabindex"] == "0"
        for element in root.iter():
            assert "style" not in element.attrib
            assert not [key for key in element.attrib if str(key).startswith("on")]
    assert _said(chart)
    assert chart.rows


@pytest.mark.parametrize("name", sorted(_every()))
def test_a_figure_is_drawn_as_it_was(name: str) -> None:
    """Look at the file after a wanted change; REDRAW=1 writes it anew."""
    golden = GOLDEN / f"{name}.svg"
    chart = _every()[name]
    drawn = "\n".join(re.sub(r"(?=<)", "\n", svg).strip() for svg in (chart.wide, chart.narrow))
    if os.environ.get("REDRAW"):
        golden.write_text(f"{drawn}\n")
    assert drawn == golden.read_text().strip()


def test_every_value_is_told_with_its_name() -> None:
    chart = stacked("s", "h", (Series("a", _marks(1, 2)), Series("b", _marks(3, 4))), _plain)
    assert _said(chart) == ["n0, a: v1", "n0, b: v3", "n1, a: v2", "n1, b: v4"]
    assert chart.head == ("h", "a", "b")
    assert chart.rows == (("n0", "v1", "v3"), ("n1", "v2", "v4"))


def test_stacked_bars_end_where_the_next_begin() -> None:
    chart = stacked("s", "h", (Series("a", _marks(2)), Series("b", _marks(2))), _plain)
    first, second = (e.attrib for e in etree.fromstring(chart.wide).iter("rect"))
    assert float(second["y"]) + float(second["height"]) == pytest.approx(float(first["y"]) - 1)
    assert float(first["height"]) == pytest.approx(float(second["height"]) + 1)


def test_areas_lie_on_each_other() -> None:
    chart = area("s", "h", (Series("a", _marks(1, 2)), Series("b", _marks(3, 4))), _plain)
    low, high = (e.attrib["points"].split() for e in etree.fromstring(chart.wide).iter("polygon"))
    assert high[2:] == list(reversed(low[:2]))


def test_a_waterfall_goes_on_where_it_ended_and_comes_to_its_total() -> None:
    root = etree.fromstring(_every()["waterfall"].wide)
    up, down, again, total = (e.attrib for e in root.iter("rect"))
    zero = next(float(e.attrib["y1"]) for e in root.iter("line") if e.attrib["class"] == "zero")
    assert float(up["y"]) == pytest.approx(float(down["y"]), abs=0.2)
    end = float(down["y"]) + float(down["height"])
    assert end == pytest.approx(float(again["y"]) + float(again["height"]), abs=0.2)
    assert float(again["y"]) == pytest.approx(float(total["y"]), abs=0.2)
    assert float(total["y"]) + float(total["height"]) == pytest.approx(zero, abs=0.2)
    assert [each["class"] for each in (up, down, again, total)] == ["gain", "loss", "gain", "gain"]


@given(st.lists(FINITE, max_size=30))
def test_every_value_falls_into_one_class(values: list[float]) -> None:
    classes = classes_of(values, _plain)
    assert sum(one.count for one in classes) == len(values)
    assert all(one.high == after.low for one, after in itertools.pairwise(classes))


def test_a_period_that_is_not_over_looks_unlike_the_others() -> None:
    marks = (Mark("w1", 1, "1"), Mark("w2", 2, "2", "open"))
    root = etree.fromstring(bars("s", "h", Series("a", marks), _plain).wide)
    assert [e.attrib["class"] for e in root.iter("rect")] == ["s1", "s1 open"]


def test_a_gap_breaks_the_line_and_is_a_dash_in_the_table() -> None:
    chart = lines("s", "h", ["x", "y", "z"], (Series("a", _marks(1, None, 3)),), _plain)
    assert len(list(etree.fromstring(chart.wide).iter("polyline"))) == 2
    assert chart.rows[1] == ("y", "\N{EN DASH}")


def test_gains_lie_right_of_the_common_zero_and_losses_left() -> None:
    chart = _every()["ladder"]
    root = etree.fromstring(chart.wide)
    zero = next(float(e.attrib["x1"]) for e in root.iter("line") if e.attrib["class"] == "zero")
    gain, loss = (e.attrib for e in root.iter("rect"))
    assert float(gain["x"]) == pytest.approx(zero)
    assert float(loss["x"]) + float(loss["width"]) == pytest.approx(zero)
    assert (gain["class"], loss["class"]) == ("gain", "loss")


def test_the_darkest_cell_is_the_most_and_nothing_is_the_lightest() -> None:
    chart = heat("s", "h", ["x", "y"], [Series("r", _marks(0.0, 8.0))], most=8)
    assert [e.attrib["class"] for e in etree.fromstring(chart.wide).iter("rect")] == ["h0", "h5"]


def test_words_of_others_are_text_and_never_markup() -> None:
    evil = '"><script>alert(1)</script>'
    chart = bars(evil, evil, Series(evil, (Mark(evil, 1, evil),)), _plain)
    assert "<script" not in chart.wide
    assert _said(chart) == [f"{evil}, {evil}: {evil}"]


def test_nothing_at_all_is_an_empty_figure() -> None:
    assert _said(bars("s", "h", Series("a", ()), _plain)) == []
    assert _said(ladder("s", ("h",), [])) == []
    assert _said(area("s", "h", (Series("a", ()),), _plain)) == []
    assert _said(histogram("s", ("h", "i"), [], _plain)) == []
    assert _said(scatter("s", ("h",), [], _plain, _plain)) == []


@given(FINITE, FINITE)
def test_ticks_cover_the_values_in_equal_round_steps(one: float, other: float) -> None:
    low, high = sorted((one, other))
    steps = ticks(low, high)
    assert 2 <= len(steps) <= 9
    unseen = (steps[-1] - steps[0]) * 1e-6
    assert steps[0] <= low + unseen
    assert steps[-1] >= high - unseen


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=1, max_size=30))
def test_no_bar_leaves_its_canvas(values: list[float]) -> None:
    chart = bars("s", "h", Series("a", _marks(*values)), _plain)
    for svg in (chart.wide, chart.narrow):
        root = etree.fromstring(svg)
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        for bar in root.iter("rect"):
            x, y = float(bar.attrib["x"]), float(bar.attrib["y"])
            assert 0 <= x <= x + float(bar.attrib["width"]) <= width
            assert 0 <= y <= y + float(bar.attrib["height"]) <= height


def test_a_scale_maps_ends_to_ends() -> None:
    scale = Scale(0, 10, 100, 0)
    assert [scale(0), scale(5), scale(10)] == [100, 50, 0]

"""Figures: every value is drawn and told, nothing of the input is markup, nothing is styled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from api.web.charts import Chart, Mark, Series, bars, heat, ladder, lines, scatter, stacked
from api.web.charts.drawing import Scale, ticks
from api.web.charts.kinds import Dot

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

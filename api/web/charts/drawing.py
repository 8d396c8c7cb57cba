"""What all figures share: the canvas, its scales and axes, and what stands beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec
from markupsafe import Markup

from api.web.numbers import NONE

Writes = Callable[[float], str]
"""How a value of an axis is written."""

_EVEN = 1e-9
"""Values closer together than this share of themselves are drawn as one."""

TOP, BOTTOM = 12.0, 28.0
"""Room above a plot, and below it for the names of its axis."""

WIDE, NARROW = 640, 328
"""Units of width; one unit is one pixel, so that text is as large as it says."""


class Mark(msgspec.Struct, frozen=True):
    """One value: what it is called, how much, how that is written, and its class if it has one."""

    name: str
    value: float
    text: str
    kind: str = ""


class Series(msgspec.Struct, frozen=True):
    """Values with a common name, in the order of the axis; None where there is none."""

    name: str
    marks: tuple[Mark | None, ...]


class Chart(msgspec.Struct, frozen=True):
    """A figure: what it says, the same drawn and as a table."""

    sentence: str
    wide: Markup
    narrow: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: tuple[str, ...] = ()


class Scale(msgspec.Struct, frozen=True):
    """Maps values onto a length: `low` to `start`, `high` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value lies."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round values that cover `low` to `high` in steps of 1, 2 or 5 times a power of ten."""
    if high - low <= _EVEN * max(1.0, abs(low), abs(high)):
        high = low + max(1.0, abs(low))
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * number, 12) for number in range(first, last + 1)]


_SIGN = 6.8
"""The width of a sign of a tick's text, with something to spare."""


class Canvas:
    """Collects elements of one SVG."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._parts: list[Markup] = []

    def add(self, element: str, text: str = "", /, **attributes: object) -> None:
        """Append an element; `kind` is its class, underscores in names become hyphens."""
        self._parts.append(_element(element, text, attributes))

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """A straight line."""
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, kind=kind)

    def text(self, x: float, y: float, text: str, kind: str = "tick") -> None:
        """A text whose class says its anchor and size."""
        self.add("text", text, x=x, y=y, kind=kind)

    def svg(self, label: str) -> Markup:
        """The whole, as an image with a name that takes focus."""
        inside = Markup("").join(self._parts)
        return Markup(
            '<svg class="chart" viewBox="0 0 {} {}" width="{}" height="{}" role="img" tabindex="0" '
            'aria-label="{}">{}</svg>'
        ).format(self.width, self.height, self.width, self.height, label, inside)


def _element(name: str, text: str, attributes: dict[str, object]) -> Markup:
    """Names of elements and attributes are written here in the code; values are escaped."""
    pairs = Markup("").join(
        Markup(' {}="{}"').format(_name(key), _number(value))
        for key, value in attributes.items()
        if value is not None and value != ""
    )
    if not text:
        return Markup("<{}{}/>").format(name, pairs)
    return Markup("<{0}{1}>{2}</{0}>").format(name, pairs, text)


def _name(key: str) -> str:
    return "class" if key == "kind" else key.replace("_", "-")


def _number(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def drawn(sentence: str, draw: Callable[[int], Canvas]) -> tuple[Markup, Markup]:
    """The figure at both widths."""
    return draw(WIDE).svg(sentence), draw(NARROW).svg(sentence)


def across(canvas: Canvas, scale: Scale, values: Sequence[float], writes: Writes) -> None:
    """Horizontal lines with their values at the left: the y axis."""
    for value in values:
        y = scale(value)
        canvas.line(_left(canvas), y, canvas.width - 8, y, "zero" if value == 0 else "grid")
        canvas.text(_left(canvas) - 6, y + 4, writes(value), "tick end")


def along(canvas: Canvas, places: Sequence[tuple[float, str]], y: float) -> None:
    """Names below the x axis; as many as fit, the first and every n-th after it."""
    wide = max((len(name) for _, name in places), default=1) * _SIGN + 8
    room = max(1, int((canvas.width - _left(canvas)) / wide))
    step = max(1, math.ceil(len(places) / room))
    for number, (x, name) in enumerate(places):
        if number % step == 0:
            half = len(name) * _SIGN / 2
            canvas.text(min(max(x, half), canvas.width - half), y, name, "tick middle")


def left(canvas: Canvas) -> float:
    """Where the plot begins, right of the y axis' values."""
    return _left(canvas)


def _left(canvas: Canvas) -> float:
    return 68.0 if canvas.width >= WIDE else 60.0


def table_of(
    head: str, series: Sequence[Series], names: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The same values as a table: one row for each name, one column for each series."""
    rows = tuple(
        (name, *(_text(each.marks[place]) for each in series)) for place, name in enumerate(names)
    )
    return (head, *(each.name for each in series)), rows


def _text(mark: Mark | None) -> str:
    return NONE if mark is None else mark.text

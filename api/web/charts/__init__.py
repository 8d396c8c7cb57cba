"""Figures drawn as SVG: classes instead of styles, a sentence and a table beside each.

A figure is drawn twice, for wide and for narrow screens, so that its text keeps its size; the
stylesheet shows one. Marks carry `data-say`, which the keyboard steps through.
"""

from api.web.charts.drawing import Chart, Mark, Series
from api.web.charts.kinds import Dot, bars, heat, ladder, lines, scatter, stacked
from api.web.charts.sums import area, classes_of, histogram, lorenz, waterfall

__all__ = [
    "Chart",
    "Dot",
    "Mark",
    "Series",
    "area",
    "bars",
    "classes_of",
    "heat",
    "histogram",
    "ladder",
    "lines",
    "lorenz",
    "scatter",
    "stacked",
    "waterfall",
]

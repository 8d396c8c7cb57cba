"""Figures drawn as SVG: classes instead of styles, a sentence and a table beside each.

A figure is drawn twice, for wide and for narrow screens, so that its text keeps its size; the
stylesheet shows one. Marks carry `data-say`, which the keyboard steps through.
"""

from api.web.charts.drawing import Chart, Mark, Series
from api.web.charts.kinds import bars, heat, ladder, lines, scatter, stacked

__all__ = ["Chart", "Mark", "Series", "bars", "heat", "ladder", "lines", "scatter", "stacked"]

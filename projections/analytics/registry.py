"""All metrics of the dictionary, in its order."""

from __future__ import annotations

from projections.analytics.metric import Metric
from projections.analytics.returns import M01, M02, M03, M05

METRICS: tuple[Metric, ...] = (M01, M02, M03, M05)

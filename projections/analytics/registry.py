"""All metrics of the dictionary, in its order."""

from __future__ import annotations

from projections.analytics.book import M07, M22
from projections.analytics.concentration import M19, M20
from projections.analytics.delinquency import M10, M11, M12, M13
from projections.analytics.loss import M14, M15, M16, M17
from projections.analytics.metric import Metric
from projections.analytics.money_weighted import M04
from projections.analytics.operations import M24, M25
from projections.analytics.platform import M23
from projections.analytics.prediction import M26
from projections.analytics.profit import M06, M08
from projections.analytics.returns import M01, M02, M03, M05
from projections.analytics.rolls import M18
from projections.analytics.schedule import M09
from projections.analytics.seller import M21

METRICS: tuple[Metric, ...] = (
    M01, M02, M03, M04, M05, M06, M07, M08, M09, M10, M11, M12, M13,
    M14, M15, M16, M17, M18, M19, M20, M21, M22, M23, M24, M25, M26,
)  # fmt: skip

"""The page of metrics is what the registry says."""

from __future__ import annotations

import dataclasses

from projections.analytics import facts
from projections.analytics.document import PAGE, render
from projections.analytics.metric import Metric
from projections.analytics.registry import METRICS


def test_the_page_is_made_from_the_registry() -> None:
    assert PAGE.read_text() == render(), "run `make docs`"


def test_ids_are_in_order_and_names_unique() -> None:
    ids = [metric.id for metric in METRICS]
    assert ids == sorted(set(ids))
    for metric in METRICS:
        _check_names(metric)


def _check_names(metric: Metric) -> None:
    tables = [table.name for table in metric.tables]
    assert len(tables) == len(set(tables))
    for table in metric.tables:
        names = [*table.key, *(figure.name for figure in table.figures)]
        assert len(names) == len(set(names))
        assert table.figures


def test_inputs_are_read_models_or_frames_that_are_given() -> None:
    models = {model.name for model in facts.MODELS}
    frames = {field.name for field in dataclasses.fields(facts.Facts)} - {"mark", "models"}
    for metric in METRICS:
        assert set(metric.inputs) <= models | frames
    assert models <= {name for metric in METRICS for name in metric.inputs}

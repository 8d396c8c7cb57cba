"""Writes docs/metrics.md from the registry: `make docs`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from projections.analytics.metric import Metric, Reason, Table
from projections.analytics.registry import METRICS

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"

_HEAD = """\
# Metrics

Written by `make docs` from `projections/analytics/`: edit the declarations instead.

Every figure is a function of the events up to a ledger L. "Now" is L's close time, never a clock;
a day is a UTC date, a year 365 days. Amounts are base units of one asset; different assets are
never added. Ratios are exact fractions of integers, rounded once, half to even, to six decimals.
What is undefined is null with the code of its reason (below), never 0.

M24 to M26 are functions of frames that the service gives (transactions, requests, predictions):
without them their tables are empty or say `no_samples`.
"""


def render() -> str:
    """The page."""
    return "\n".join(
        (_HEAD, *_reasons(), *(line for metric in METRICS for line in _metric(metric)))
    )


def _reasons() -> Iterator[str]:
    yield "## Why a figure is null\n"
    yield "| code | meaning |\n|---|---|"
    for reason in Reason:
        yield f"| `{reason.value}` | {reason.sentence} |"
    yield ""


def _metric(metric: Metric) -> Iterator[str]:
    yield f"## {metric.id} {metric.title}\n"
    yield f"Version {metric.version}. From: {', '.join(metric.inputs)}.\n"
    for table in metric.tables:
        yield from _table(metric, table)


def _table(metric: Metric, table: Table) -> Iterator[str]:
    key = ", ".join(f"`{name}`" for name in table.key)
    yield f"### {metric.id}.{table.name}\n"
    yield f"About {table.subject.value}; a row for each {key}.\n"
    yield "| figure | meaning | formula | unit | null |\n|---|---|---|---|---|"
    for figure in table.figures:
        nulls = ", ".join(f"`{reason.value}`" for reason in figure.nulls) or "never"
        formula = figure.formula.replace("|", "\\|")
        yield f"| `{figure.name}` | {figure.title} | {formula} | {figure.unit.value} | {nulls} |"
    yield ""


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render())

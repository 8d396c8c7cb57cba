"""Writes docs/data-dictionary.md from the views and the metrics: `make docs`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from projections.analytics.dashboards import TABLES
from projections.exporting.accounts import LOTS, REALISED_INCOME
from projections.exporting.dataset import Dataset
from projections.exporting.registry import find
from projections.views.registry import VIEWS

PAGE = Path(__file__).parents[2] / "docs" / "data-dictionary.md"

_HEAD = """\
# Data dictionary

Written by `make docs` from `projections/views/` and `projections/analytics/`: edit the
declarations instead.

The views are in the schema `analytics`, open to the role `stellarsettle_analyst`
([read-models.md](read-models.md)), and each is a dataset of `stellarsettle export`. Amounts are
whole base units of one asset; `..._scaled` is the same with seven decimals. Times are UTC. With
`SET analytics.as_of = LEDGER` every view is as it was after that ledger.
"""


def render() -> str:
    """The page."""
    tables = (*(find(view.name) for view in VIEWS), LOTS, REALISED_INCOME)
    return "\n".join((_HEAD, *(line for table in tables for line in _table(table)), *_metrics()))


def _table(table: Dataset) -> Iterator[str]:
    yield f"## {table.name}\n"
    if table.view is None:
        yield "Only as an export.\n"
    yield f"{table.meaning}. Key: {', '.join(f'`{name}`' for name in table.key)}.\n"
    yield "| column | type | unit | meaning |\n|---|---|---|---|"
    for column in table.columns:
        yield f"| `{column.name}` | {column.type.sql} | {column.unit} | {column.meaning} |"
    yield ""


def _metrics() -> Iterator[str]:
    yield "## Tables of metrics\n"
    yield "What they mean is in [metrics.md](metrics.md). A figure `x` stands beside `x_null`, the"
    yield "reason where it is undefined.\n"
    yield "| dataset | key | figures |\n|---|---|---|"
    for name, (_, table) in TABLES.items():
        figures = ", ".join(f"`{figure.name}` ({figure.unit.value})" for figure in table.figures)
        yield f"| `{name}` | {', '.join(f'`{key}`' for key in table.key)} | {figures} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(render())

"""The figures behind dashboards: each with its unit, definition and the ledger it holds for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import polars as pl

from projections.analytics.metric import Metric, Reason, Table, Unit, tabulate
from projections.analytics.registry import METRICS
from projections.analytics.workings import Workings


class Answer(msgspec.Struct, frozen=True):
    """One figure of one row.

    `value`: digits of an amount or number, a decimal number, or yes or no; null with the reason.
    `key` names the row. `ledger` and `closed_at` (Unix seconds) are what it holds for, `version`
    that of the definition in docs/metrics.md.
    """

    metric: str
    version: int
    table: str
    key: dict[str, str]
    figure: str
    title: str
    unit: Unit
    value: str | bool | None
    null_reason: Reason | None
    ledger: int
    closed_at: int


class Dashboard(msgspec.Struct, frozen=True):
    """What somebody looks at: tables ("M04.investor"), and the key that says whose they are."""

    tables: tuple[str, ...]
    about: str | None = None


DASHBOARDS: Final = {
    "investor": Dashboard(
        (
            "M04.investor", "M05.investor", "M06.investor", "M07.investor", "M08.investor",
            "M10.investor", "M11.investor", "M19.investor",
            "M04.position", "M05.position", "M06.position", "M07.position",
        ),
        about="holder",
    ),
    "seller": Dashboard(("M11.seller", "M21.seller", "M21.aging"), about="seller"),
    "debtor": Dashboard(("M21.debtor",), about="debtor"),
    "invoice": Dashboard(
        ("M01.invoice", "M02.invoice", "M03.invoice", "M07.invoice", "M12.invoice", "M21.invoice"),
        about="invoice",
    ),
    "platform": Dashboard(
        (
            "M09.week", "M10.platform", "M11.platform", "M13.platform", "M14.platform",
            "M17.cohort", "M23.platform", "M23.funnel", "M23.day", "M23.retention",
        )
    ),
    "risk": Dashboard(
        (
            "M02.invoice", "M09.week", "M10.platform", "M10.month", "M11.platform", "M11.bucket",
            "M13.platform", "M14.platform", "M14.month", "M16.week", "M17.cohort", "M18.platform",
            "M19.platform", "M20.platform", "M20.lorenz", "M22.platform", "M23.day",
        )
    ),
    "admin": Dashboard(
        (
            "M11.bucket", "M12.platform", "M13.platform", "M14.platform", "M14.month", "M15.month",
            "M16.week", "M17.cohort", "M18.platform", "M19.platform", "M19.name", "M20.platform",
            "M20.lorenz", "M22.bucket", "M22.platform", "M24.transactions", "M24.failures",
            "M24.indexing", "M25.requests", "M26.model", "M26.reliability",
        )
    ),
}  # fmt: skip

TABLES: Final[dict[str, tuple[Metric, Table]]] = {
    f"{metric.id}.{table.name}": (metric, table) for metric in METRICS for table in metric.tables
}


def answers(dashboard: str, workings: Workings, about: str | None = None) -> list[Answer]:
    """All figures of a dashboard in the order of its tables, rows in key order.

    `about`: whose it is: an address, or an invoice's id in lower-case hex; nobody's rows are no
    answers. Raises KeyError for an unknown dashboard, ValueError where `about` is missing or one
    too many.
    """
    chosen = DASHBOARDS[dashboard]
    if (chosen.about is None) != (about is None):
        wanted = f"about one {chosen.about}" if chosen.about else "about all"
        raise ValueError(f"the dashboard {dashboard!r} is {wanted}")
    return [
        answer
        for name in chosen.tables
        for answer in of_table(name, workings, {chosen.about: about} if chosen.about else {})
    ]


def of_table(name: str, workings: Workings, about: Mapping[str, str | None]) -> list[Answer]:
    """The figures of a table by its name ("M05.position"), of rows with these values in their key.

    Raises KeyError for an unknown table.
    """
    metric, table = TABLES[name]
    rows = tabulate(table, workings)
    for column, value in about.items():
        rows = rows.filter(pl.col(column) == value)
    mark = workings.facts.mark
    return [
        Answer(
            metric=metric.id,
            version=metric.version,
            table=name,
            key={column: str(row[column]) for column in table.key},
            figure=figure.name,
            title=figure.title,
            unit=figure.unit,
            value=_written(row[figure.name]),
            null_reason=Reason(reason) if (reason := row[f"{figure.name}_null"]) else None,
            ledger=mark.ledger,
            closed_at=mark.closed_at,
        )
        for row in rows.iter_rows(named=True)
        for figure in table.figures
    ]


def _written(value: Any) -> str | bool | None:
    return value if value is None or isinstance(value, bool) else str(value)

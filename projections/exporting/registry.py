"""Every dataset by name: the analysts' views, the metrics' tables, what accountants ask for."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from projections.analytics import facts
from projections.analytics.dashboards import TABLES
from projections.analytics.metric import Figure, Table, tabulate
from projections.analytics.workings import Workings
from projections.exporting.accounts import LOTS, REALISED_INCOME
from projections.exporting.dataset import Dataset
from projections.exporting.past import Past
from projections.memory import Memory
from projections.model import Mark
from projections.views.registry import VIEWS
from projections.views.view import Column, Type, View

LOAN_TAPE = "loan_tape"

PUBLIC = frozenset(view.name for view in VIEWS) - {LOAN_TAPE}
"""What everybody can read on the ledger; the rest is worked out or judged."""

_PARTIES = {"cash_flows": "address", "positions": "holder", "stakes": "investor"}
"""Views of which one address's rows may be asked for alone, and its column."""

_FRACTION = pl.Decimal(38, 6)


class UnknownDatasetError(LookupError):
    """There is no dataset of that name."""


def names() -> Iterator[tuple[str, str]]:
    """Name and meaning of every dataset."""
    for view in VIEWS:
        yield view.name, view.meaning
    for dataset in (LOTS, REALISED_INCOME):
        yield dataset.name, dataset.meaning
    for name, (metric, table) in TABLES.items():
        yield name, f"{metric.title}, by {', '.join(table.key)}"


def find(name: str) -> Dataset:
    """The dataset of a name. Raises UnknownDatasetError."""
    for view in VIEWS:
        if view.name == name:
            return _of_view(view)
    for dataset in (LOTS, REALISED_INCOME):
        if dataset.name == name:
            return dataset
    if name not in TABLES:
        raise UnknownDatasetError(f"there is no dataset {name!r}: --list prints all")
    return _of_metric(name)


def _of_view(view: View) -> Dataset:
    return Dataset(
        view.name, view.meaning, view.key, view.fields, _PARTIES.get(view.name), view=view
    )


def _of_metric(name: str) -> Dataset:
    metric, table = TABLES[name]
    meaning = f"{metric.id} {metric.title}, version {metric.version}, by {', '.join(table.key)}"

    def compute(past: Past) -> pl.DataFrame:
        return _exact(tabulate(table, past.workings()))

    party = next((key for key in ("holder", "seller", "debtor") if key in table.key), None)
    return Dataset(name, meaning, table.key, _columns(table), party, compute=compute)


def _exact(frame: pl.DataFrame) -> pl.DataFrame:
    """Measured times become decimals, as everything that is no whole number is."""
    return frame.with_columns(pl.col(pl.Float64).cast(_FRACTION))


def _columns(table: Table) -> tuple[Column, ...]:
    """What the frame of a metric's table holds: its types are those of an empty one."""
    nothing = Workings(facts.remembered(Memory(), Mark(0, 0)))
    types = _exact(tabulate(table, nothing)).schema
    figures = {figure.name: figure for figure in table.figures}
    return tuple(_column(name, _type(dtype), figures) for name, dtype in types.items())


def _column(name: str, kind: Type, figures: dict[str, Figure]) -> Column:
    if figure := figures.get(name):
        return Column(name, kind, f"{figure.title}: {figure.formula}", figure.unit.value)
    if figure := figures.get(name.removesuffix("_null")):
        return Column(name, kind, f"Why {figure.name} is null", "reason")
    return Column(name, kind, "Part of the key", kind.unit)


def _type(dtype: pl.DataType) -> Type:
    if dtype == pl.Int128:
        return Type.WIDE
    if dtype.is_integer():
        return Type.NUMBER
    return {
        _FRACTION: Type.RATIO,
        pl.Boolean(): Type.FLAG,
        pl.Date(): Type.DATE,
        pl.String(): Type.TEXT,
    }[dtype]

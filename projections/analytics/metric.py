"""What a metric is: an identity, tables of figures with their formulas, and the code beside them.

    M01 = Metric("M01", "Flat discount", version=1, inputs=(...), tables=(DISCOUNTS,))

A table has one row for each value of its key. Every figure `x` is two columns: `x`, and `x_null`
with the code of the reason where `x` is undefined; exactly one of them is null. Rows of different
assets are never added: every key starts with the asset where amounts are concerned.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

import msgspec
import polars as pl
import polars.selectors as cs

from projections.analytics.workings import Workings


class Unit(enum.StrEnum):
    """In what a figure is counted."""

    AMOUNT = "base units of the asset"
    RATIO = "ratio, 6 decimals"
    RATE = "ratio a year, 6 decimals"
    POINTS = "points"
    DAYS = "days"
    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    LEDGERS = "ledgers"
    STROOPS = "stroops"
    COUNT = "number"
    PER_SECOND = "a second, 6 decimals"
    FLAG = "yes or no"


class Reason(enum.StrEnum):
    """Why a figure is null: the code travels with it, the sentence is for people."""

    NOT_FINANCED = "not_financed"
    NOT_RELEASED = "not_released"
    NOT_ENDED = "not_ended"
    NO_TENOR = "no_tenor"
    MOVED = "moved"
    NOTHING_OUTSTANDING = "nothing_outstanding"
    NOTHING_MATURED = "nothing_matured"
    NOTHING_FUNDED = "nothing_funded"
    NOTHING_EXPECTED = "nothing_expected"
    NOTHING_RECEIVED = "nothing_received"
    NO_DEFAULTS = "no_defaults"
    NO_LOSS_HISTORY = "no_loss_history"
    PERIOD_OPEN = "period_open"
    TOO_YOUNG = "too_young"
    NO_SIGN_CHANGE = "no_sign_change"
    NO_ROOT_IN_BRACKET = "no_root_in_bracket"
    SEVERAL_ROOTS = "several_roots"
    SPAN_UNDER_7_DAYS = "span_under_7_days"
    SINGLE_FLOW = "single_flow"
    TOO_FEW = "too_few"
    ONE_OUTCOME = "one_outcome"
    NO_SAMPLES = "no_samples"
    OUT_OF_RANGE = "out_of_range"
    NOTHING_KNOWN = "nothing_known"
    NO_LIMIT = "no_limit"

    @property
    def sentence(self) -> str:
        """In words."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.NOT_FINANCED: "The invoice was cancelled or refunded: nobody financed it.",
    Reason.NOT_RELEASED: "The seller has not been paid yet.",
    Reason.NOT_ENDED: "The invoice is neither settled nor written off.",
    Reason.NO_TENOR: "The money does not work for a single day.",
    Reason.MOVED: "Shares came from or went to another address; their price is not on the chain.",
    Reason.NOTHING_OUTSTANDING: "Nothing is outstanding.",
    Reason.NOTHING_MATURED: "No invoice has come to its date.",
    Reason.NOTHING_FUNDED: "Nothing was funded.",
    Reason.NOTHING_EXPECTED: "Nothing was to be received by then.",
    Reason.NOTHING_RECEIVED: "Nothing was received.",
    Reason.NO_DEFAULTS: "No invoice defaulted.",
    Reason.NO_LOSS_HISTORY: "It was never seen how exposure in this state ends.",
    Reason.PERIOD_OPEN: "The period is not over.",
    Reason.TOO_YOUNG: "The cohort is younger than this age.",
    Reason.NO_SIGN_CHANGE: "Money flowed in one direction only.",
    Reason.NO_ROOT_IN_BRACKET: "No rate between -99.99 % and 1,000 % a year makes it zero.",
    Reason.SEVERAL_ROOTS: "More than one rate makes it zero.",
    Reason.SPAN_UNDER_7_DAYS: "First and last flow are less than seven days apart.",
    Reason.SINGLE_FLOW: "There are not two days with a flow.",
    Reason.TOO_FEW: "There are too few outcomes.",
    Reason.ONE_OUTCOME: "All outcomes are alike.",
    Reason.NO_SAMPLES: "Nothing was measured.",
    Reason.NOTHING_KNOWN: "The names of none of it are known.",
    Reason.NO_LIMIT: "No limit is set.",
    Reason.OUT_OF_RANGE: "The value is too large to be written with six decimals.",
}


class Subject(enum.StrEnum):
    """Whom a table is about."""

    INVOICE = "invoice"
    POSITION = "position"
    INVESTOR = "investor"
    SELLER = "seller"
    PLATFORM = "platform"


class Figure(msgspec.Struct, frozen=True):
    """One number: its column, what it means, and when there is none."""

    name: str
    title: str
    formula: str
    unit: Unit
    nulls: tuple[Reason, ...] = ()


class Table(msgspec.Struct, frozen=True):
    """Figures with a common key. `compute` gives `key` and two columns for each figure."""

    name: str
    subject: Subject
    key: tuple[str, ...]
    figures: tuple[Figure, ...]
    compute: Callable[[Workings], pl.DataFrame]


class Metric(msgspec.Struct, frozen=True):
    """A metric of the dictionary. Changing a formula raises `version`.

    `inputs`: the read models and given frames that it is worked out from.
    """

    id: str
    title: str
    version: int
    inputs: tuple[str, ...]
    tables: tuple[Table, ...]

    def compute(self, workings: Workings) -> dict[str, pl.DataFrame]:
        """Every table of the metric by name, rows in key order."""
        return {table.name: tabulate(table, workings) for table in self.tables}


def tabulate(table: Table, workings: Workings) -> pl.DataFrame:
    """The table's rows in key order: key columns, then each figure and its null reason."""
    columns = [name for figure in table.figures for name in (figure.name, f"{figure.name}_null")]
    rows = workings.once(table.compute).select(*table.key, *columns)
    return rows.with_columns(cs.categorical().cast(pl.String)).sort(table.key, nulls_last=True)


def shown(name: str, value: pl.Expr, *undefined: tuple[pl.Expr, Reason]) -> tuple[pl.Expr, pl.Expr]:
    """The two columns of a figure: `value`, unless one of the conditions holds; the first wins."""
    reason: pl.Expr = pl.lit(None, dtype=pl.String)
    for condition, code in reversed(undefined):
        reason = pl.when(condition).then(pl.lit(code.value)).otherwise(reason)
    return pl.when(reason.is_null()).then(value).alias(name), reason.alias(f"{name}_null")

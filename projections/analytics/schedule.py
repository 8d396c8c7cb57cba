"""What was to be received against what was, week by week (M09)."""

from __future__ import annotations

import polars as pl

from projections.analytics import calendar
from projections.analytics.exact import ratio
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.workings import Workings


def _weeks(workings: Workings) -> pl.DataFrame:
    """Every week of each asset, from its first release to today's."""
    released = workings.deals.filter("released")
    starts = released.group_by("asset").agg(pl.col("released_day").min().alias("first"))
    last = pl.lit(workings.today)
    return (
        starts.with_columns(
            pl.date_ranges(calendar.week(pl.col("first")), calendar.week(last), "1w").alias("week")
        )
        .explode("week")
        .select("asset", "week")
    )


def _schedule(workings: Workings) -> pl.DataFrame:
    due = (
        workings.deals.filter(pl.col("released") & (pl.col("due_day") <= workings.today))
        .group_by("asset", calendar.week(pl.col("due_day")).alias("week"))
        .agg(pl.col("par_sold").sum().alias("expected"))
    )
    delay = pl.col("investors") * (pl.col("day") - pl.col("due_day"))
    received = (
        workings.receipts.join(workings.deals.select("invoice", "due_day"), on="invoice")
        .with_columns(delay.alias("delay"))
        .group_by("asset", calendar.week(pl.col("day")).alias("week"))
        .agg(pl.col("to_investors", "investors", "delay").sum())
    )
    rows = (
        _weeks(workings)
        .join(due, on=("asset", "week"), how="left")
        .join(received, on=("asset", "week"), how="left")
        .with_columns(pl.col("expected", "to_investors", "investors", "delay").fill_null(0))
        .sort("asset", "week")
        .with_columns(
            pl.col("expected").cum_sum().over("asset").alias("expected_so_far"),
            pl.col("to_investors").cum_sum().over("asset").alias("received_so_far"),
        )
    )
    expected, got = pl.col("expected"), pl.col("to_investors")
    return rows.select(
        "asset",
        "week",
        *shown("expected", expected),
        *shown("received", got),
        *shown("variance", got - expected),
        *shown(
            "cumulative",
            ratio(pl.col("received_so_far"), pl.col("expected_so_far")),
            (pl.col("expected_so_far") == 0, Reason.NOTHING_EXPECTED),
        ),
        *shown(
            "delay",
            ratio(pl.col("delay"), pl.col("investors")),
            (pl.col("investors") == 0, Reason.NOTHING_RECEIVED),
        ),
    )


M09 = Metric(
    "M09",
    "Expected against actual receipts",
    version=1,
    inputs=("terms", "invoice", "payment"),
    tables=(
        Table(
            "week",
            Subject.PLATFORM,
            ("asset", "week"),
            (
                Figure(
                    "expected",
                    "Receipts by contract",
                    "par_sold of released invoices due in the week (Monday to Sunday, UTC), up to"
                    " today",
                    Unit.AMOUNT,
                ),
                Figure(
                    "received",
                    "Receipts",
                    "late charges and face paid to investors in the week",
                    Unit.AMOUNT,
                ),
                Figure("variance", "Variance", "received - expected", Unit.AMOUNT),
                Figure(
                    "cumulative",
                    "Cumulative ratio",
                    "received until the week's end / expected until then",
                    Unit.RATIO,
                    (Reason.NOTHING_EXPECTED,),
                ),
                Figure(
                    "delay",
                    "Delay, weighted by amount",
                    "sum of face received * (its date - due date) / face received; early is"
                    " negative",
                    Unit.DAYS,
                    (Reason.NOTHING_RECEIVED,),
                ),
            ),
            _schedule,
        ),
    ),
)

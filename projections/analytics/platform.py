"""The platform as a whole (M23)."""

from __future__ import annotations

import polars as pl

from projections.analytics import calendar
from projections.analytics.exact import ratio
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.workings import Workings
from projections.custody import CUSTODY

_STAGES = {
    "created": "created_at",
    "approved": "approved_at",
    "published": "published_at",
    "funded": "funded_at",
    "released": "released_at",
    "settled": "settled_day",
}


def _totals(workings: Workings) -> pl.DataFrame:
    released = pl.col("released")
    deals = workings.deals.with_columns(
        (released & (pl.col("due_at") + pl.col("grace") <= workings.facts.mark.closed_at)).alias(
            "over"
        )
    )
    in_time = pl.col("settled") & (pl.col("ended_at") <= pl.col("due_at") + pl.col("grace"))
    return deals.group_by("asset").agg(
        pl.col("raised").filter(released).sum().alias("originations"),
        pl.col("face").filter(released).sum().alias("face_released"),
        pl.col("outstanding", "paid").sum(),
        pl.col("over").sum().cast(pl.Int64),
        (pl.col("over") & in_time).sum().cast(pl.Int64).alias("in_time"),
        pl.col("seller")
        .filter(pl.col("outstanding") > 0)
        .n_unique()
        .cast(pl.Int64)
        .alias("sellers"),
    )


def _of_platform(workings: Workings) -> pl.DataFrame:
    held = (
        workings.facts.of(CUSTODY)
        .group_by("asset")
        .agg((pl.col("paid_in") - pl.col("paid_out")).sum().alias("locked"))
    )
    fees = workings.receipts.group_by("asset").agg(pl.col("fee").sum())
    at_stake = (pl.col("shares") > 0) & (pl.col("owing") | (pl.col("escrowed") > 0))
    investors = (
        workings.holdings.filter(at_stake)
        .group_by("asset")
        .agg(pl.col("holder").n_unique().cast(pl.Int64).alias("investors"))
    )
    rows = _totals(workings)
    for other in (held, fees, investors):
        rows = rows.join(other, on="asset", how="left")
    rows = rows.with_columns(pl.col("locked", "fee", "investors").fill_null(0))
    nothing_funded = (pl.col("face_released") == 0, Reason.NOTHING_FUNDED)
    return rows.select(
        "asset",
        *shown("originations", pl.col("originations")),
        *shown("outstanding", pl.col("outstanding")),
        *shown("value_locked", pl.col("locked")),
        *shown("fee_revenue", pl.col("fee")),
        *shown(
            "take_rate",
            ratio(pl.col("fee"), pl.col("paid")),
            (pl.col("paid") == 0, Reason.NOTHING_RECEIVED),
        ),
        *shown(
            "settlement_success",
            ratio(pl.col("in_time"), pl.col("over")),
            (pl.col("over") == 0, Reason.NOTHING_MATURED),
        ),
        *shown(
            "average_discount",
            ratio(pl.col("face_released") - pl.col("originations"), pl.col("face_released")),
            nothing_funded,
        ),
        *shown("active_sellers", pl.col("sellers")),
        *shown("active_investors", pl.col("investors")),
    )


def _funnel(workings: Workings) -> pl.DataFrame:
    counts = workings.deals.group_by("asset").agg(
        pl.col(column).count().cast(pl.Int64).alias(stage) for stage, column in _STAGES.items()
    )
    return counts.unpivot(
        on=list(_STAGES), index="asset", variable_name="stage", value_name="count"
    ).select("asset", "stage", *shown("invoices", pl.col("count")))


def _days(workings: Workings) -> pl.DataFrame:
    deals = workings.deals
    created = deals.group_by("asset", day="created_day").agg(
        pl.len().cast(pl.Int64).alias("created")
    )
    invested = workings.stakes.group_by("asset", "day").agg(
        pl.col("amount").sum().alias("invested")
    )
    released = (
        deals.filter("released")
        .group_by("asset", day="released_day")
        .agg(pl.col("raised").sum().alias("released"))
    )
    key = ["asset", "day"]
    days = pl.concat([frame.select(key) for frame in (created, invested, released)]).unique()
    for frame in (created, invested, released):
        days = days.join(frame, on=key, how="left")
    return days.select(
        "asset",
        pl.col("day").cast(pl.Int32).cast(pl.Date),
        *(
            column
            for name in ("created", "invested", "released")
            for column in shown(name, pl.col(name).fill_null(0))
        ),
    )


def _retention(workings: Workings) -> pl.DataFrame:
    stakes = workings.stakes.select("asset", "holder", month=calendar.month(pl.col("day"))).unique()
    first = stakes.group_by("asset", "holder").agg(pl.col("month").min().alias("cohort"))
    size = first.group_by("asset", "cohort").agg(pl.len().cast(pl.Int64).alias("size"))
    today = calendar.month(pl.lit(workings.today))
    ages = size.with_columns(
        pl.int_ranges(0, _months_between(pl.col("cohort"), today) + 1).alias("age")
    ).explode("age")
    again = (
        stakes.join(first, on=("asset", "holder"))
        .with_columns(_months_between(pl.col("cohort"), pl.col("month")).alias("age"))
        .group_by("asset", "cohort", "age")
        .agg(pl.len().cast(pl.Int64).alias("back"))
    )
    whole = pl.col("cohort").dt.offset_by(pl.format("{}mo", pl.col("age") + 1))
    return ages.join(again, on=("asset", "cohort", "age"), how="left").select(
        "asset",
        "cohort",
        "age",
        *shown(
            "retained",
            ratio(pl.col("back").fill_null(0), pl.col("size")),
            (calendar.number(whole) > workings.today, Reason.PERIOD_OPEN),
        ),
        *shown("investors", pl.col("size")),
    )


def _months_between(first: pl.Expr, last: pl.Expr) -> pl.Expr:
    years = last.dt.year() - first.dt.year()
    return (years * 12 + last.dt.month().cast(pl.Int32) - first.dt.month().cast(pl.Int32)).cast(
        pl.Int64
    )


M23 = Metric(
    "M23",
    "Platform",
    version=1,
    inputs=("terms", "invoice", "pool", "position", "funding", "payment", "custody"),
    tables=(
        Table(
            "platform",
            Subject.PLATFORM,
            ("asset",),
            (
                Figure("originations", "Originations", "money released to sellers", Unit.AMOUNT),
                Figure("outstanding", "Outstanding", "face not paid of released", Unit.AMOUNT),
                Figure(
                    "value_locked",
                    "Value locked",
                    "principal in the escrow + liability of the distributor",
                    Unit.AMOUNT,
                ),
                Figure("fee_revenue", "Fee revenue", "platform fees of all payments", Unit.AMOUNT),
                Figure(
                    "take_rate",
                    "Take rate",
                    "fee revenue / face paid by debtors",
                    Unit.RATIO,
                    (Reason.NOTHING_RECEIVED,),
                ),
                Figure(
                    "settlement_success",
                    "Settlement success",
                    "number settled by due + grace / number released whose due + grace is past",
                    Unit.RATIO,
                    (Reason.NOTHING_MATURED,),
                ),
                Figure(
                    "average_discount",
                    "Average discount",
                    "sum of (face - money raised) / sum of face, of released invoices",
                    Unit.RATIO,
                    (Reason.NOTHING_FUNDED,),
                ),
                Figure(
                    "active_sellers", "Active sellers", "number with face outstanding", Unit.COUNT
                ),
                Figure(
                    "active_investors",
                    "Active investors",
                    "number with shares of what is owing or in the escrow",
                    Unit.COUNT,
                ),
            ),
            _of_platform,
        ),
        Table(
            "funnel",
            Subject.PLATFORM,
            ("asset", "stage"),
            (
                Figure(
                    "invoices",
                    "Invoices that came so far",
                    f"number that ever were: {', '.join(_STAGES)}",
                    Unit.COUNT,
                ),
            ),
            _funnel,
        ),
        Table(
            "day",
            Subject.PLATFORM,
            ("asset", "day"),
            (
                Figure("created", "Invoices created", "number on the UTC date", Unit.COUNT),
                Figure("invested", "Invested", "sum of stakes on the date", Unit.AMOUNT),
                Figure("released", "Released", "money released on the date", Unit.AMOUNT),
            ),
            _days,
        ),
        Table(
            "retention",
            Subject.PLATFORM,
            ("asset", "cohort", "age"),
            (
                Figure(
                    "retained",
                    "Investors who came back",
                    "number of the cohort (month of the first stake) with a stake `age` months"
                    " later / its number",
                    Unit.RATIO,
                    (Reason.PERIOD_OPEN,),
                ),
                Figure("investors", "Size of the cohort", "number of investors", Unit.COUNT),
            ),
            _retention,
        ),
    ),
)

"""What defaults cost, and how defaults come with age (M14 to M17)."""

from __future__ import annotations

from fractions import Fraction

import polars as pl

from projections.analytics import calendar
from projections.analytics.exact import ratio, ratios
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.workings import Workings

_INPUTS = ("terms", "invoice", "payment")
_LONGEST = 104
"""Weeks that curves are drawn for."""


def at_default(workings: Workings) -> pl.DataFrame:
    """Defaulted invoices (by event) with what was owed when they defaulted: `exposure`."""
    gone = workings.deals.filter(pl.col("defaulted_day").is_not_null()).select(
        "invoice", "asset", "par_sold", "investors", "released_day", "defaulted_day"
    )
    before = (
        workings.receipts.join(workings.deals.select("invoice", "defaulted_at"), on="invoice")
        .filter(pl.col("closed_at") <= pl.col("defaulted_at"))
        .group_by("invoice")
        .agg(pl.col("investors").sum().alias("before"))
    )
    exposure = pl.col("par_sold") - pl.col("before").fill_null(0)
    return gone.join(before, on="invoice", how="left").with_columns(
        exposure.alias("exposure"),
        (pl.col("investors") - pl.col("before").fill_null(0)).alias("recovered"),
    )


def _given_default(workings: Workings) -> pl.DataFrame:
    assets = workings.deals.filter("released").select("asset").unique()
    sums = (
        workings.once(at_default)
        .group_by("asset")
        .agg(pl.col("exposure", "recovered").sum(), pl.len().cast(pl.Int64).alias("defaults"))
    )
    none = (pl.col("exposure").fill_null(0) == 0, Reason.NO_DEFAULTS)
    lost = pl.col("exposure") - pl.col("recovered")
    return assets.join(sums, on="asset", how="left").select(
        "asset",
        *shown("loss_given_default", ratio(lost, pl.col("exposure")), none),
        *shown("exposure", pl.col("exposure").fill_null(0)),
        *shown("recovered", pl.col("recovered").fill_null(0)),
        *shown("defaults", pl.col("defaults").fill_null(0)),
    )


def _net_loss(workings: Workings) -> pl.DataFrame:
    lost = (
        pl.when(pl.col("written_off_day").is_not_null())
        .then(pl.col("par_sold") - pl.col("investors"))
        .otherwise(0)
    )
    matured = pl.col("matured")
    return (
        workings.deals.filter("released")
        .with_columns(calendar.month(pl.col("released_day")).alias("month"), lost.alias("lost"))
        .group_by("asset", "month")
        .agg(
            pl.col("lost").filter(matured).sum(),
            pl.col("par_sold").filter(matured).sum().alias("matured"),
        )
        .select(
            "asset",
            "month",
            *shown("net_loss", pl.col("lost")),
            *shown(
                "net_loss_rate",
                ratio(pl.col("lost"), pl.col("matured")),
                (pl.col("matured") == 0, Reason.NOTHING_MATURED),
            ),
        )
    )


def _charge_offs(workings: Workings) -> pl.DataFrame:
    first = workings.deals["released_day"].min()
    listed = calendar.months(first, workings.today) if isinstance(first, int) else []
    frame = pl.DataFrame({"month": pl.Series(listed, dtype=pl.Date)})
    # The balance of a month's beginning is that of the end of the day before.
    openings = frame.with_columns((calendar.number(pl.col("month")) - 1).alias("day"))
    alive = pl.col("state") < 6
    balances = (
        workings.exposures(openings["day"])
        .filter(alive)
        .group_by("asset", "day")
        .agg(pl.col("owed").sum().alias("opening"))
    )
    gone = workings.deals.filter(pl.col("written_off_day").is_not_null())
    charged = (
        workings.exposures(gone["written_off_day"].unique())
        .join(gone.select("invoice", day="written_off_day"), on=("invoice", "day"))
        .with_columns(calendar.month(pl.col("day")).alias("month"))
        .group_by("asset", "month")
        .agg(pl.col("owed").sum().alias("charged"))
    )
    assets = workings.deals.filter("released").select("asset").unique()
    rows = (
        assets.join(openings, how="cross")
        .join(balances, on=("asset", "day"), how="left")
        .join(charged, on=("asset", "month"), how="left")
        .with_columns(pl.col("opening", "charged").fill_null(0))
    )
    return _annual(rows, workings.today)


def _annual(rows: pl.DataFrame, today: int) -> pl.DataFrame:
    rates = [
        Fraction(charged, opening) if opening else None
        for charged, opening in rows.select("charged", "opening").iter_rows()
    ]
    still_open = (calendar.next_month(pl.col("month")) > today, Reason.PERIOD_OPEN)
    nothing = (pl.col("opening") == 0, Reason.NOTHING_OUTSTANDING)
    whole = [None if rate is None else 1 - (1 - min(rate, Fraction(1))) ** 12 for rate in rates]
    return rows.with_columns(ratios("mdr", rates), ratios("cdr", whole)).select(
        "asset",
        "month",
        *shown("opening", pl.col("opening")),
        *shown("charged_off", pl.col("charged")),
        *shown("mdr", pl.col("mdr"), still_open, nothing),
        *shown("cdr", pl.col("cdr"), still_open, nothing),
    )


def _recovery_curve(workings: Workings) -> pl.DataFrame:
    gone = workings.once(at_default)
    received = (
        workings.receipts.join(
            workings.deals.select("invoice", "defaulted_at", "defaulted_day"), on="invoice"
        )
        .filter(pl.col("closed_at") > pl.col("defaulted_at"))
        .select("invoice", "investors", after=pl.col("day") - pl.col("defaulted_day"))
    )
    rows = gone.join(_ages(gone["defaulted_day"], workings.today), how="cross").with_columns(
        (workings.today - pl.col("defaulted_day") >= pl.col("week") * calendar.WEEK).alias("old")
    )
    by_age = (
        rows.filter("old")
        .join(received, on="invoice", how="left")
        .group_by("asset", "week", "invoice", "exposure")
        .agg(
            pl.col("investors_right")
            .filter(pl.col("after") <= pl.col("week") * calendar.WEEK)
            .sum()
            .alias("got")
        )
        .group_by("asset", "week")
        .agg(pl.col("got", "exposure").sum())
    )
    every = rows.select("asset", "week").unique().join(by_age, on=("asset", "week"), how="left")
    young = (pl.col("exposure").is_null(), Reason.TOO_YOUNG)
    nothing = (pl.col("exposure") == 0, Reason.NOTHING_OUTSTANDING)
    return every.select(
        "asset",
        "week",
        *shown("recovered", ratio(pl.col("got"), pl.col("exposure")), young, nothing),
    )


def _ages(starts: pl.Series, today: int) -> pl.DataFrame:
    """Weeks from 0 to the age of the oldest, two years at most."""
    first = starts.min()
    oldest = (today - first) // calendar.WEEK if isinstance(first, int) else -1
    weeks = range(min(oldest, _LONGEST) + 1)
    return pl.DataFrame({"week": pl.Series(weeks, dtype=pl.Int64)})


def _vintages(workings: Workings) -> pl.DataFrame:
    rows = workings.defaults.with_columns(
        calendar.month(pl.col("released_day")).alias("month"),
        (pl.col("default_day") - pl.col("released_day")).alias("after"),
    )
    funded = rows.group_by("asset", "month").agg(pl.col("raised").sum().alias("funded"))
    ages = funded.join(_ages(rows["released_day"], workings.today), how="cross")
    gone = (
        ages.join(
            rows.filter(pl.col("after").is_not_null()).select("asset", "month", "after", "raised"),
            on=("asset", "month"),
            how="left",
        )
        .group_by("asset", "month", "week", "funded")
        .agg(
            pl.col("raised")
            .filter(pl.col("after") <= pl.col("week") * calendar.WEEK)
            .sum()
            .alias("gone")
        )
    )
    age = workings.today - calendar.next_month(pl.col("month")) + 1
    return gone.select(
        "asset",
        "month",
        "week",
        *shown(
            "defaulted",
            ratio(pl.col("gone"), pl.col("funded")),
            (age < pl.col("week") * calendar.WEEK, Reason.TOO_YOUNG),
        ),
    )


M14 = Metric(
    "M14",
    "Loss given default, net loss rate",
    version=1,
    inputs=_INPUTS,
    tables=(
        Table(
            "platform",
            Subject.PLATFORM,
            ("asset",),
            (
                Figure(
                    "loss_given_default",
                    "Loss given default so far",
                    "1 - recovered / exposure, of invoices that the contract marked as defaulted",
                    Unit.RATIO,
                    (Reason.NO_DEFAULTS,),
                ),
                Figure(
                    "exposure",
                    "Exposure at default",
                    "sum of par_sold - face received by investors until the default",
                    Unit.AMOUNT,
                ),
                Figure(
                    "recovered",
                    "Recovered",
                    "face received by investors after the default",
                    Unit.AMOUNT,
                ),
                Figure("defaults", "Defaults", "number of invoices", Unit.COUNT),
            ),
            _given_default,
        ),
        Table(
            "month",
            Subject.PLATFORM,
            ("asset", "month"),
            (
                Figure(
                    "net_loss",
                    "Net loss of the month's fundings",
                    "sum of par_sold - face received of written off, matured invoices released in"
                    " the month",
                    Unit.AMOUNT,
                ),
                Figure(
                    "net_loss_rate",
                    "Net loss rate",
                    "net loss / par_sold of matured invoices released in the month",
                    Unit.RATIO,
                    (Reason.NOTHING_MATURED,),
                ),
            ),
            _net_loss,
        ),
    ),
)

_WHOLE = (Reason.PERIOD_OPEN, Reason.NOTHING_OUTSTANDING)

M15 = Metric(
    "M15",
    "Monthly and annual rate of charge-offs",
    version=1,
    inputs=_INPUTS,
    tables=(
        Table(
            "month",
            Subject.PLATFORM,
            ("asset", "month"),
            (
                Figure(
                    "opening",
                    "Opening balance",
                    "owed to investors at the end of the day before the month",
                    Unit.AMOUNT,
                ),
                Figure(
                    "charged_off",
                    "Charged off",
                    "owed by invoices written off in the month",
                    Unit.AMOUNT,
                ),
                Figure("mdr", "Monthly rate", "charged off / opening balance", Unit.RATIO, _WHOLE),
                Figure("cdr", "Annual rate", "1 - (1 - MDR) ^ 12", Unit.RATE, _WHOLE),
            ),
            _charge_offs,
        ),
    ),
)

M16 = Metric(
    "M16",
    "Recovery curve",
    version=1,
    inputs=_INPUTS,
    tables=(
        Table(
            "week",
            Subject.PLATFORM,
            ("asset", "week"),
            (
                Figure(
                    "recovered",
                    "Recovered by weeks since default",
                    "face received by investors within 7 * week days after the default / exposure"
                    " at default, of defaults at least as old",
                    Unit.RATIO,
                    (Reason.TOO_YOUNG, Reason.NOTHING_OUTSTANDING),
                ),
            ),
            _recovery_curve,
        ),
    ),
)

M17 = Metric(
    "M17",
    "Vintage curves",
    version=1,
    inputs=_INPUTS,
    tables=(
        Table(
            "cohort",
            Subject.PLATFORM,
            ("asset", "month", "week"),
            (
                Figure(
                    "defaulted",
                    "Defaulted by age",
                    "raised of invoices that defaulted (M12) within 7 * week days of their release"
                    " / raised of all invoices released in the month; null where one released on"
                    " the month's last day is younger than that",
                    Unit.RATIO,
                    (Reason.TOO_YOUNG,),
                ),
            ),
            _vintages,
        ),
    ),
)

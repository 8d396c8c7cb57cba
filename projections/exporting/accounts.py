"""What an investor's accountant asks for: each lot, and what was realised in each year.

Both are M06 of the metric dictionary: a payment brings back principal in the proportion of cost to
what the investor is due, what is above that is income; a write-off realises the loss of the rest.
"""

from __future__ import annotations

import polars as pl

from projections.analytics.metric import Reason, shown
from projections.analytics.profit import profits
from projections.analytics.workings import Workings
from projections.exporting.dataset import Dataset
from projections.exporting.past import Past
from projections.views.view import Column, Type

_HOLDER = Column("holder", Type.TEXT, "Whose lot it is", "strkey")
_ASSET = Column("asset", Type.TEXT, "The asset's contract", "strkey")
_MOVED = (pl.col("moved"), Reason.MOVED)


def _money(name: str, meaning: str) -> Column:
    return Column(name, Type.WIDE, meaning, Type.WIDE.unit)


def _lots(past: Past) -> pl.DataFrame:
    workings = past.workings()
    first = workings.stakes.group_by("invoice", "holder").agg(pl.col("closed_at").min())
    rows = workings.once(profits).join(first, on=("invoice", "holder"), how="left")
    return rows.select(
        "holder",
        "invoice",
        "asset",
        pl.from_epoch("closed_at").dt.date().alias("acquired"),
        "shares",
        "paid_in",
        "refunded",
        "received",
        "claimable",
        *shown("cost_recovered", pl.col("cost_recovered"), _MOVED),
        *shown("realised", pl.col("realised"), _MOVED),
        *shown("accrued", pl.col("accrued"), _MOVED),
    ).sort("holder", "invoice")


LOTS = Dataset(
    "lots",
    "Each lot (an address's stake in an invoice): cost, what came back, income, by M06",
    ("holder", "invoice"),
    (
        _HOLDER,
        Column("invoice", Type.TEXT, "The invoice's id", "lower-case hex"),
        _ASSET,
        Column("acquired", Type.DATE, "Day of the first payment in", "UTC"),
        _money("shares", "Shares held"),
        _money("paid_in", "What the address paid in"),
        _money("refunded", "What it was given back before a release"),
        _money("received", "Payouts it has taken"),
        _money("claimable", "What a claim would pay now"),
        _money("cost_recovered", "Cost that came back, or was lost by a write-off"),
        Column("cost_recovered_null", Type.TEXT, "Why there is none", "reason"),
        _money("realised", "Received and claimable above the cost recovered"),
        Column("realised_null", Type.TEXT, "Why there is none", "reason"),
        _money("accrued", "Earned and not due yet, of what is still out"),
        Column("accrued_null", Type.TEXT, "Why there is none", "reason"),
    ),
    party="holder",
    compute=_lots,
)


def _realised(workings: Workings, name: str) -> pl.DataFrame:
    return workings.once(profits).select(
        "holder", "invoice", "asset", pl.col("realised").alias(name)
    )


def _income(past: Past) -> pl.DataFrame:
    """Differences between what was realised by the ends of years, of lots that never moved."""
    lots = past.workings().once(profits).select("holder", "invoice", "asset", "moved")
    keys = ("holder", "invoice", "asset")
    before = lots.select(*keys, pl.lit(0, pl.Int128).alias("before"))
    years = []
    for year, mark in past.years():
        by = _realised(past.workings(mark), "by")
        rows = (
            lots.join(by, on=keys)
            .join(before, on=keys, how="left")
            .with_columns(pl.col("before").fill_null(0), pl.lit(year, pl.Int64).alias("year"))
        )
        years.append(
            rows.group_by("holder", "asset", "year").agg(
                (pl.col("by") - pl.col("before")).filter(pl.col("moved").not_()).sum(),
                pl.len().cast(pl.Int64).alias("lots"),
                pl.col("moved").sum().cast(pl.Int64).alias("left_out"),
            )
        )
        before = by.rename({"by": "before"})
    if not years:
        return pl.DataFrame(schema=_INCOME_TYPES)
    return (
        pl.concat(years)
        .select("holder", "asset", "year", pl.col("by").alias("realised"), "lots", "left_out")
        .sort("holder", "asset", "year")
    )


_INCOME_TYPES = {
    "holder": pl.String(),
    "asset": pl.String(),
    "year": pl.Int64(),
    "realised": pl.Int128(),
    "lots": pl.Int64(),
    "left_out": pl.Int64(),
}

REALISED_INCOME = Dataset(
    "realised_income",
    "Income that an address realised in each year, by M06; a year's last ledger ends it",
    ("holder", "asset", "year"),
    (
        _HOLDER,
        _ASSET,
        Column("year", Type.NUMBER, "The year", "UTC"),
        _money("realised", "Income less losses of the year, of lots that never moved"),
        Column("lots", Type.NUMBER, "Lots by the end of the year", "number"),
        Column("left_out", Type.NUMBER, "Of them with shares that moved: no price", "number"),
    ),
    party="holder",
    compute=_income,
)

"""What financing costs and how debtors pay, as a seller sees it (M21)."""

from __future__ import annotations

import polars as pl

from projections.analytics.exact import ratio
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.returns import YEAR
from projections.analytics.workings import BUCKETS, Workings, bucket, named
from projections.disputes import DISPUTE, Step
from projections.lifecycle import Status

_SALES_DAYS = 90
_VOID = 1
_FUNDING_OVER = [int(s) for s in (Status.REFUNDING, Status.REFUNDED, Status.CANCELLED)]


def percentile(values: pl.Expr, percent: int) -> pl.Expr:
    """The smallest value that `percent` of them do not exceed (nearest rank)."""
    rank = (values.count() * percent + 99) // 100 - 1
    return values.drop_nulls().sort().get(pl.max_horizontal(rank, 0), null_on_oob=True)


def _costs(workings: Workings) -> pl.DataFrame:
    """Deals with `cost` (face the seller never sees, once settled), `worked` days, dilution."""
    voided = (
        workings.facts.of(DISPUTE)
        .filter((pl.col("step") == Step.RESOLVED) & (pl.col("outcome") == _VOID))
        .select("invoice", pl.lit(value=True).alias("voided"))
        .unique()
    )
    unpaid = pl.col("face") - pl.col("paid")
    diluted = pl.col("written_off_day").is_not_null() & pl.col("voided").fill_null(value=False)
    recent = pl.col("released_day") > workings.today - _SALES_DAYS
    return workings.deals.join(voided, on="invoice", how="left").with_columns(
        (pl.col("pool_fee") + pl.col("investors") - pl.col("raised")).alias("cost"),
        (pl.col("settled_day") - pl.col("released_day")).alias("worked"),
        pl.when(diluted).then(unpaid).otherwise(0).alias("diluted"),
        (pl.col("settled") & (pl.col("settled_day") <= pl.col("due_day"))).alias("on_time"),
        pl.when(recent).then("face").otherwise(0).alias("sold"),
        pl.when(pl.col("closed")).then("raised").otherwise(0).cast(pl.Int128).alias("filled"),
        (
            pl.col("published_at").is_not_null()
            & (pl.col("closed") | pl.col("status").is_in(_FUNDING_OVER))
        ).alias("tried"),
        pl.when("closed").then(pl.col("funded_at") - pl.col("published_at")).alias("waited"),
    )


def _of_invoice(workings: Workings) -> pl.DataFrame:
    unreleased = (pl.col("released").not_(), Reason.NOT_RELEASED)
    return workings.once(_costs).select(
        "asset",
        "invoice",
        *shown("advance_rate", ratio(pl.col("raised"), pl.col("face")), unreleased),
        *shown(
            "apr",
            ratio(pl.col("cost") * YEAR, pl.col("raised") * pl.col("worked")),
            (pl.col("settled").not_(), Reason.NOT_ENDED),
            (pl.col("worked") == 0, Reason.NO_TENOR),
        ),
    )


def _sums(rows: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    released, settled = pl.col("released"), pl.col("settled")
    matured, tried = pl.col("matured"), pl.col("tried")
    return rows.group_by(key).agg(
        pl.col("raised", "face").filter(released).sum().name.suffix("_released"),
        pl.col("cost").filter(settled).sum(),
        (pl.col("raised") * pl.col("worked")).filter(settled).sum().alias("worked_amount"),
        pl.col("worked").filter(settled).sum().alias("worked_days"),
        settled.sum().cast(pl.Int64).alias("settled"),
        percentile(pl.col("waited"), 50).alias("p50"),
        percentile(pl.col("waited"), 90).alias("p90"),
        pl.col("outstanding", "sold", "diluted").sum(),
        pl.col("face").filter(matured).sum().alias("matured_face"),
        matured.sum().cast(pl.Int64).alias("matured"),
        (matured & pl.col("on_time")).sum().cast(pl.Int64).alias("on_time"),
        pl.col("filled", "target").filter(tried).sum(),
    )


def _of_party(workings: Workings, party: str) -> pl.DataFrame:
    rows = workings.once(_costs).filter(pl.col(party).is_not_null())
    sums = _sums(rows, ("asset", party))
    none_released = (pl.col("face_released") == 0, Reason.NOTHING_FUNDED)
    none_settled = (pl.col("settled") == 0, Reason.NOT_ENDED)
    none_filled = (pl.col("p50").is_null(), Reason.NOTHING_FUNDED)
    none_matured = (pl.col("matured") == 0, Reason.NOTHING_MATURED)
    return sums.select(
        "asset",
        party,
        *shown(
            "advance_rate", ratio(pl.col("raised_released"), pl.col("face_released")), none_released
        ),
        *shown(
            "apr",
            ratio(pl.col("cost") * YEAR, pl.col("worked_amount")),
            none_settled,
            (pl.col("worked_amount") == 0, Reason.NO_TENOR),
        ),
        *shown("time_to_fund_p50", pl.col("p50"), none_filled),
        *shown("time_to_fund_p90", pl.col("p90"), none_filled),
        *shown(
            "dso",
            ratio(pl.col("outstanding") * _SALES_DAYS, pl.col("sold")),
            (pl.col("sold") == 0, Reason.NOTHING_FUNDED),
        ),
        *shown("days_to_pay", ratio(pl.col("worked_days"), pl.col("settled")), none_settled),
        *shown("dilution", ratio(pl.col("diluted"), pl.col("matured_face")), none_matured),
        *shown(
            "fill_rate",
            ratio(pl.col("filled"), pl.col("target")),
            (pl.col("target") == 0, Reason.NOTHING_FUNDED),
        ),
        *shown("on_time_rate", ratio(pl.col("on_time"), pl.col("matured")), none_matured),
        *shown("outstanding", pl.col("outstanding")),
    )


def _of_seller(workings: Workings) -> pl.DataFrame:
    return _of_party(workings, "seller")


def _of_debtor(workings: Workings) -> pl.DataFrame:
    return _of_party(workings, "debtor")


def _aging(workings: Workings) -> pl.DataFrame:
    return (
        workings.deals.filter(pl.col("outstanding") > 0)
        .group_by("asset", "seller", bucket(pl.col("dpd")).alias("bucket"))
        .agg(pl.col("outstanding").sum(), pl.len().cast(pl.Int64).alias("invoices"))
        .select(
            "asset",
            "seller",
            named("bucket", BUCKETS),
            *shown("outstanding", pl.col("outstanding")),
            *shown("invoices", pl.col("invoices")),
        )
    )


_ADVANCE = "money raised / face, of released invoices"
_APR = (
    "(face - money raised - residual of the face) / money raised * 365 / days from release to"
    " settlement; the residual is face - fee - par_sold, what debtors pay beyond the face apart"
)
_ENDED = (Reason.NOT_ENDED, Reason.NO_TENOR)
_FUNDED = (Reason.NOTHING_FUNDED,)
_MATURED = (Reason.NOTHING_MATURED,)

_PARTY = (
    Figure("advance_rate", "Advance rate", _ADVANCE, Unit.RATIO, _FUNDED),
    Figure(
        "apr",
        "All-in cost a year",
        f"sum of cost * 365 / sum of money raised * days, of settled invoices; each: {_APR}",
        Unit.RATE,
        _ENDED,
    ),
    *(
        Figure(
            f"time_to_fund_p{percent}",
            f"Time to fund, {percent} % of invoices",
            "nearest-rank percentile of seconds from publication to the close of funding",
            Unit.SECONDS,
            _FUNDED,
        )
        for percent in (50, 90)
    ),
    Figure(
        "dso",
        "Days sales outstanding",
        f"face outstanding / face released in the last {_SALES_DAYS} days * {_SALES_DAYS}",
        Unit.DAYS,
        _FUNDED,
    ),
    Figure(
        "days_to_pay",
        "Days to pay",
        "mean of days from release to settlement",
        Unit.DAYS,
        (Reason.NOT_ENDED,),
    ),
    Figure(
        "dilution",
        "Dilution",
        "face not paid of invoices written off after an arbiter's ruling for the debtor / face of"
        " matured invoices",
        Unit.RATIO,
        _MATURED,
    ),
    Figure(
        "fill_rate",
        "Fill rate",
        "money raised by closed fundings / target of all published ones that ended",
        Unit.RATIO,
        _FUNDED,
    ),
    Figure(
        "on_time_rate",
        "On-time rate",
        "number of matured invoices settled by their due date / number matured",
        Unit.RATIO,
        _MATURED,
    ),
    Figure("outstanding", "Outstanding", "face not paid of released invoices", Unit.AMOUNT),
)

M21 = Metric(
    "M21",
    "The seller's view",
    version=1,
    inputs=("terms", "invoice", "pool", "dispute"),
    tables=(
        Table(
            "invoice",
            Subject.INVOICE,
            ("asset", "invoice"),
            (
                Figure(
                    "advance_rate", "Advance rate", _ADVANCE, Unit.RATIO, (Reason.NOT_RELEASED,)
                ),
                Figure("apr", "All-in cost a year", _APR, Unit.RATE, _ENDED),
            ),
            _of_invoice,
        ),
        Table("seller", Subject.SELLER, ("asset", "seller"), _PARTY, _of_seller),
        Table("debtor", Subject.SELLER, ("asset", "debtor"), _PARTY, _of_debtor),
        Table(
            "aging",
            Subject.SELLER,
            ("asset", "seller", "bucket"),
            (
                Figure(
                    "outstanding", "Outstanding", "face not paid, by days past due", Unit.AMOUNT
                ),
                Figure("invoices", "Invoices", "number of them", Unit.COUNT),
            ),
            _aging,
        ),
    ),
)

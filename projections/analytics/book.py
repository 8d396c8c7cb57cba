"""What is still to come is worth now: book value, provision, expected loss (M07, M22)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl

from projections.analytics.exact import CONTEXT, amounts, power, ratio
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.rolls import ENOUGH, expected_loss, loss_rates
from projections.analytics.workings import BUCKETS, Workings, bucket, named, share_of


def books(workings: Workings) -> pl.DataFrame:
    """Book value of every released invoice: gross, provision and net of it, base units.

    Provision and net are null where no loss rate is known for what is exposed.
    """
    deals = workings.deals.filter("released").with_columns(bucket(pl.col("dpd")).alias("bucket"))
    rows = deals.select("owed", "raised", "par_sold", "due_day", "released_day", "late_book")
    gross = amounts("gross", (_gross(row, workings.today) for row in rows.iter_rows(named=True)))
    return _provided(workings, deals.select("invoice", "asset", "bucket").with_columns(gross))


def _gross(deal: dict[str, int], today: int) -> int:
    """Owed * (raised / par_sold) ^ (days left / tenor) + late charge, rounded half to even."""
    left, tenor = max(deal["due_day"] - today, 0), deal["due_day"] - deal["released_day"]
    if not left or not deal["owed"]:
        return deal["owed"] + deal["late_book"]
    worth = power(Fraction(deal["raised"], deal["par_sold"]), Fraction(left, tenor))
    whole = CONTEXT.multiply(Decimal(deal["owed"]), worth).to_integral_value(context=CONTEXT)
    return int(whole) + deal["late_book"]


def _provided(workings: Workings, gross: pl.DataFrame) -> pl.DataFrame:
    rates = workings.once(loss_rates)
    own = rates.filter(pl.col("grade").is_not_null())
    pooled = rates.filter(pl.col("grade").is_null()).select("asset", "bucket", pooled="rate")
    return (
        gross.join(workings.facts.attributes.select("invoice", "grade"), on="invoice", how="left")
        .join(own, on=("asset", "grade", "bucket"), how="left")
        .join(pooled, on=("asset", "bucket"), how="left")
        .with_columns(
            pl.when(pl.col("gross") == 0)
            .then(0)
            .otherwise(pl.coalesce("rate", "pooled"))
            .alias("rate")
        )
        .drop("pooled")
        .with_columns(expected_loss(pl.col("gross")).alias("provision"))
        .with_columns((pl.col("gross") - pl.col("provision")).alias("net"))
    )


def holding_books(workings: Workings) -> pl.DataFrame:
    """Holdings with their part of the book: gross, provision, net; nothing before the release."""
    joined = workings.holdings.join(
        workings.once(books).select("invoice", "gross", "provision", "net"),
        on="invoice",
        how="left",
    )
    parts = ("gross", "provision", "net")
    return joined.with_columns(
        pl.when("released").then(share_of(part)).otherwise(0).cast(pl.Int128).alias(part)
        for part in parts
    )


_UNKNOWN = (pl.col("provision").is_null(), Reason.NO_LOSS_HISTORY)
_UNRELEASED = (pl.col("gross").is_null(), Reason.NOT_RELEASED)


def _of_invoice(workings: Workings) -> pl.DataFrame:
    rows = workings.deals.select("asset", "invoice").join(
        workings.once(books).drop("asset"), on="invoice", how="left"
    )
    return rows.select("asset", "invoice", *_three(_UNRELEASED))


def _three(*first: tuple[pl.Expr, Reason]) -> list[pl.Expr]:
    return [
        *shown("gross", pl.col("gross"), *first),
        *shown("provision", pl.col("provision"), *first, _UNKNOWN),
        *shown("net", pl.col("net"), *first, _UNKNOWN),
    ]


def _of_position(workings: Workings) -> pl.DataFrame:
    return workings.once(holding_books).select("asset", "holder", "invoice", *_three())


def _of_investor(workings: Workings) -> pl.DataFrame:
    sums = (
        workings.once(holding_books)
        .group_by("asset", "holder")
        .agg(
            *(pl.col(name).sum() for name in ("gross", "escrowed", "claimable")),
            *(
                pl.when(pl.col("provision").has_nulls().not_()).then(pl.col(name).sum()).alias(name)
                for name in ("provision", "net")
            ),
        )
    )
    return sums.select(
        "asset",
        "holder",
        *_three(),
        *shown("escrowed", pl.col("escrowed")),
        *shown("claimable", pl.col("claimable")),
    )


def _loss_of_buckets(workings: Workings) -> pl.DataFrame:
    return (
        workings.once(books)
        .filter(pl.col("gross") > 0)
        .group_by("asset", "bucket")
        .agg(
            pl.col("gross").sum().alias("exposure"),
            pl.when(pl.col("rate").has_nulls().not_())
            .then(pl.col("provision").sum())
            .alias("provision"),
        )
        .select("asset", named("bucket", BUCKETS), *_loss())
    )


def _loss_of_platform(workings: Workings) -> pl.DataFrame:
    return (
        workings.once(books)
        .group_by("asset")
        .agg(
            pl.col("gross").sum().alias("exposure"),
            pl.when(pl.col("rate").has_nulls().not_())
            .then(pl.col("provision").sum())
            .alias("provision"),
        )
        .select("asset", *_loss())
    )


def _loss() -> list[pl.Expr]:
    nothing = (pl.col("exposure") == 0, Reason.NOTHING_OUTSTANDING)
    return [
        *shown("exposure", pl.col("exposure")),
        *shown("expected_loss", pl.col("provision"), _UNKNOWN),
        *shown("loss_rate", ratio(pl.col("provision"), pl.col("exposure")), nothing, _UNKNOWN),
    ]


_GROSS = (
    "owed * (raised / par_sold) ^ (days left / days from release to due) + late charge accrued by"
    " the end of grace and not paid; owed = par_sold - received of it. It is what is still to come"
    " at the yield agreed, P (1 + y) ^ (elapsed / 365) while nothing is paid; 0 once settled or"
    " written off"
)
_PROVISION = "gross * loss rate of its bucket (M22)"


def _figures(first: tuple[Reason, ...] = ()) -> tuple[Figure, ...]:
    unknown = (*first, Reason.NO_LOSS_HISTORY)
    return (
        Figure("gross", "Book value before provision", _GROSS, Unit.AMOUNT, first),
        Figure("provision", "Provision", _PROVISION, Unit.AMOUNT, unknown),
        Figure("net", "Book value", "gross - provision", Unit.AMOUNT, unknown),
    )


M07 = Metric(
    "M07",
    "Book value",
    version=1,
    inputs=("terms", "invoice", "pool", "position", "payment"),
    tables=(
        Table(
            "invoice",
            Subject.INVOICE,
            ("asset", "invoice"),
            _figures((Reason.NOT_RELEASED,)),
            _of_invoice,
        ),
        Table(
            "position", Subject.POSITION, ("asset", "holder", "invoice"), _figures(), _of_position
        ),
        Table(
            "investor",
            Subject.INVESTOR,
            ("asset", "holder"),
            (
                *_figures(),
                Figure(
                    "escrowed",
                    "Principal in the escrow",
                    "stakes that were neither released nor refunded, at cost",
                    Unit.AMOUNT,
                ),
                Figure(
                    "claimable", "Credit to be claimed", "what claims would pay now", Unit.AMOUNT
                ),
            ),
            _of_investor,
        ),
    ),
)

_LOSS_RATE = (
    "expected loss / exposure. A bucket's loss rate: the share of its exposure that ends written"
    " off if it keeps moving as in all windows of 30 days so far (M18; an absorbing Markov chain,"
    " solved exactly, kept to 12 decimals), times the share of write-offs that was not recovered"
    f" since; of the invoice's grade where {ENOUGH} invoices of it were seen, else of all"
)


def _loss_figures(rate_nulls: tuple[Reason, ...]) -> tuple[Figure, ...]:
    return (
        Figure("exposure", "Exposure", "sum of book values before provision (M07)", Unit.AMOUNT),
        Figure(
            "expected_loss",
            "Expected credit loss",
            "sum of exposure * loss rate",
            Unit.AMOUNT,
            (Reason.NO_LOSS_HISTORY,),
        ),
        Figure("loss_rate", "Expected loss rate", _LOSS_RATE, Unit.RATIO, rate_nulls),
    )


M22 = Metric(
    "M22",
    "Expected credit loss",
    version=1,
    inputs=("terms", "invoice", "pool", "payment", "attributes"),
    tables=(
        Table(
            "bucket",
            Subject.PLATFORM,
            ("asset", "bucket"),
            _loss_figures((Reason.NO_LOSS_HISTORY,)),
            _loss_of_buckets,
        ),
        Table(
            "platform",
            Subject.PLATFORM,
            ("asset",),
            _loss_figures((Reason.NOTHING_OUTSTANDING, Reason.NO_LOSS_HISTORY)),
            _loss_of_platform,
        ),
    ),
)

"""What an invoice promises and brought: discount, yields, multiple (M01, M02, M03, M05)."""

from __future__ import annotations

from fractions import Fraction

import polars as pl

from projections.analytics.exact import power, ratio, ratios
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.workings import Workings

YEAR = 365

_TERMS = ("terms", "invoice", "pool")

_NOT_FINANCED = (pl.col("start_day").is_null(), Reason.NOT_FINANCED)
_NO_TENOR = (pl.col("tenor") <= 0, Reason.NO_TENOR)
_NOT_ENDED = (pl.col("end_day").is_null(), Reason.NOT_ENDED)
_NO_DAYS = (pl.col("worked") <= 0, Reason.NO_TENOR)


def _discount(workings: Workings) -> pl.DataFrame:
    return workings.deals.select(
        "asset",
        "invoice",
        *shown("discount", ratio(pl.col("face") - pl.col("price"), pl.col("face")), _NOT_FINANCED),
    )


def ended(deals: pl.DataFrame) -> pl.DataFrame:
    """Deals with `end_day`, `worked` (days until then) and `brought` to investors, once ended."""
    end = pl.coalesce("written_off_day", "settled_day")
    return deals.with_columns(
        end.alias("end_day"),
        (end - pl.col("released_day")).alias("worked"),
        (pl.col("investors") + pl.col("late_paid")).alias("brought"),
    )


def _simple(payout: str, days: str) -> pl.Expr:
    gain = (pl.col(payout) - pl.col("price")) * YEAR
    return ratio(gain, pl.col("price") * pl.col(days))


def _simple_yield(workings: Workings) -> pl.DataFrame:
    return ended(workings.deals).select(
        "asset",
        "invoice",
        *shown("promised", _simple("payout", "tenor"), _NOT_FINANCED, _NO_TENOR),
        *shown("realised", _simple("brought", "worked"), _NOT_ENDED, _NO_DAYS),
    )


def _effective(deals: pl.DataFrame, payout: str, days: str) -> pl.Series:
    rows = deals.select("price", payout, days).iter_rows()
    return ratios(
        f"{payout}_yield",
        (
            power(Fraction(got, price), Fraction(YEAR, worked)) - 1
            if price and worked and worked > 0 and got
            else (Fraction(-1) if price and worked and worked > 0 else None)
            for price, got, worked in rows
        ),
    )


def _effective_yield(workings: Workings) -> pl.DataFrame:
    deals = ended(workings.deals)
    deals = deals.with_columns(
        _effective(deals, "payout", "tenor"), _effective(deals, "brought", "worked")
    )
    promised, realised = pl.col("payout_yield"), pl.col("brought_yield")
    return deals.select(
        "asset",
        "invoice",
        *shown(
            "promised",
            promised,
            _NOT_FINANCED,
            _NO_TENOR,
            (promised.is_null(), Reason.OUT_OF_RANGE),
        ),
        *shown(
            "realised",
            realised,
            _NOT_ENDED,
            _NO_DAYS,
            (realised.is_null(), Reason.OUT_OF_RANGE),
        ),
    )


_BACK = pl.col("received") + pl.col("refunded") + pl.col("claimable")


def _multiple_of_position(workings: Workings) -> pl.DataFrame:
    moved = (pl.col("moved"), Reason.MOVED)
    return workings.holdings.select(
        "asset", "holder", "invoice", *shown("moic", ratio(_BACK, pl.col("paid_in")), moved)
    )


def _multiple_of_investor(workings: Workings) -> pl.DataFrame:
    totals = (
        workings.holdings.with_columns(pl.col("moved").not_().alias("own"))
        .group_by("asset", "holder")
        .agg(
            *(
                pl.col(n).filter("own").sum()
                for n in ("paid_in", "received", "refunded", "claimable")
            ),
            pl.col("own").sum().cast(pl.Int64).alias("positions"),
            pl.col("moved").sum().cast(pl.Int64).alias("moved"),
        )
    )
    all_moved = (pl.col("positions") == 0, Reason.MOVED)
    return totals.select(
        "asset",
        "holder",
        *shown("moic", ratio(_BACK, pl.col("paid_in")), all_moved),
        *shown("positions", pl.col("positions")),
        *shown("moved", pl.col("moved")),
    )


_PROMISE = (Reason.NOT_FINANCED, Reason.NO_TENOR)
_RESULT = (Reason.NOT_ENDED, Reason.NO_TENOR)
_DAYS = (
    "days = UTC date due - UTC date of release (before the release: its earliest date,"
    " before the funding has closed: today)"
)
_PRICE = "P = money raised, payout = par_sold (before the funding has closed: target, par)"
_BROUGHT = "brought = late charges and face paid to investors until settled or written off"

M01 = Metric(
    "M01",
    "Flat discount",
    version=1,
    inputs=_TERMS,
    tables=(
        Table(
            "invoice",
            Subject.INVOICE,
            ("asset", "invoice"),
            (
                Figure(
                    "discount",
                    "Flat discount",
                    f"(F - P) / F; {_PRICE}. Blind to tenor: never the order of a list",
                    Unit.RATIO,
                    (Reason.NOT_FINANCED,),
                ),
            ),
            _discount,
        ),
    ),
)

M02 = Metric(
    "M02",
    "Simple yield a year",
    version=1,
    inputs=_TERMS,
    tables=(
        Table(
            "invoice",
            Subject.INVOICE,
            ("asset", "invoice"),
            (
                Figure(
                    "promised",
                    "Simple yield if paid on the due date",
                    f"(payout - P) / P * 365 / days; {_PRICE}; {_DAYS}",
                    Unit.RATE,
                    _PROMISE,
                ),
                Figure(
                    "realised",
                    "Simple yield that it brought",
                    f"(brought - P) / P * 365 / days from release to the end; {_BROUGHT}",
                    Unit.RATE,
                    _RESULT,
                ),
            ),
            _simple_yield,
        ),
    ),
)

M03 = Metric(
    "M03",
    "Effective annual yield",
    version=1,
    inputs=_TERMS,
    tables=(
        Table(
            "invoice",
            Subject.INVOICE,
            ("asset", "invoice"),
            (
                Figure(
                    "promised",
                    "Effective yield if paid on the due date",
                    f"(payout / P) ^ (365 / days) - 1, to 40 digits; {_PRICE}; {_DAYS}",
                    Unit.RATE,
                    (*_PROMISE, Reason.OUT_OF_RANGE),
                ),
                Figure(
                    "realised",
                    "Effective yield that it brought",
                    f"(brought / P) ^ (365 / days from release to the end) - 1; {_BROUGHT}",
                    Unit.RATE,
                    (*_RESULT, Reason.OUT_OF_RANGE),
                ),
            ),
            _effective_yield,
        ),
    ),
)

_MULTIPLE = "(payouts + refunds + claimable) / money paid in"

M05 = Metric(
    "M05",
    "Multiple of invested capital",
    version=1,
    inputs=("terms", "invoice", "pool", "position", "transfer"),
    tables=(
        Table(
            "position",
            Subject.POSITION,
            ("asset", "holder", "invoice"),
            (
                Figure(
                    "moic",
                    "Multiple so far",
                    _MULTIPLE,
                    Unit.RATIO,
                    (Reason.MOVED,),
                ),
            ),
            _multiple_of_position,
        ),
        Table(
            "investor",
            Subject.INVESTOR,
            ("asset", "holder"),
            (
                Figure(
                    "moic",
                    "Multiple so far, of positions that never moved",
                    f"{_MULTIPLE}, over positions whose shares never went to or came from another"
                    " address",
                    Unit.RATIO,
                    (Reason.MOVED,),
                ),
                Figure("positions", "Positions counted", "number of them", Unit.COUNT),
                Figure("moved", "Positions left out", "number of positions that moved", Unit.COUNT),
            ),
            _multiple_of_investor,
        ),
    ),
)

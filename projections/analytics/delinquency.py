"""Late and defaulted exposure, now and of what has come due (M10, M11, M12, M13)."""

from __future__ import annotations

from fractions import Fraction

import polars as pl

from projections.analytics import calendar
from projections.analytics.exact import divided, ratio, ratios
from projections.analytics.frames import NAMES
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.returns import YEAR
from projections.analytics.workings import BUCKETS, Workings, bucket, named

_INPUTS = ("terms", "invoice", "pool")
_HELD = (*_INPUTS, "position")
_LATE = (30, 60, 90)

_NOTHING = (pl.col("owed") == 0, Reason.NOTHING_OUTSTANDING)
_UNMATURED = (pl.col("matured") == 0, Reason.NOTHING_MATURED)


def exposed(workings: Workings) -> pl.DataFrame:
    """Every invoice that has holders: asset, invoice, holder, their part of what is owed."""
    deals = workings.deals.select(
        "invoice", "owed", "par_sold", "due_day", "released_day", "dpd", "tenor"
    )
    return (
        workings.holdings.filter("released")
        .join(deals, on="invoice")
        .with_columns(
            divided(pl.col("owed") * pl.col("shares"), pl.col("raised")).alias("owed"),
            divided(pl.col("owed") * pl.col("shares"), pl.col("par_sold")).alias("principal"),
        )
    )


def _platform_exposed(workings: Workings) -> pl.DataFrame:
    return workings.deals.filter("released").with_columns(
        divided(pl.col("owed") * pl.col("raised"), pl.col("par_sold")).alias("principal")
    )


def _averages(rows: pl.DataFrame, key: tuple[str, ...], today: int) -> pl.DataFrame:
    """Averages weighted by outstanding principal, exact until they are rounded."""
    alive = rows.filter(pl.col("principal") > 0).with_columns(
        pl.max_horizontal(pl.col("due_day") - today, 0).alias("left")
    )
    weight = pl.col("principal")
    sums = alive.group_by(key).agg(
        weight.sum().alias("weight"),
        (weight * pl.col("tenor")).sum().alias("life"),
        (weight * pl.col("left")).sum().alias("rest"),
    )
    yields = _weighted_yields(alive, key)
    keys = rows.select(key).unique()
    table = keys.join(sums, on=key, how="left").join(yields, on=key, how="left")
    nothing = (pl.col("weight").is_null(), Reason.NOTHING_OUTSTANDING)
    return table.select(
        *key,
        *shown("principal", pl.col("weight").fill_null(0)),
        *shown("life", ratio(pl.col("life"), pl.col("weight")), nothing),
        *shown("remaining", ratio(pl.col("rest"), pl.col("weight")), nothing),
        *shown("yield", pl.col("yield"), nothing, (pl.col("yield").is_null(), Reason.NO_TENOR)),
    )


def _weighted_yields(alive: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """M02 promised, weighted; of what works for a day at least."""
    sums: dict[tuple[str, ...], tuple[Fraction, int]] = {}
    working = alive.filter(pl.col("tenor") > 0)
    columns = (*key, "principal", "raised", "par_sold", "tenor")
    for *owner, principal, raised, par_sold, tenor in working.select(columns).iter_rows():
        promised = Fraction((par_sold - raised) * YEAR, raised * tenor)
        total, weight = sums.get(tuple(owner), (Fraction(0), 0))
        sums[tuple(owner)] = (total + principal * promised, weight + principal)
    owners = pl.DataFrame(list(sums), schema=dict.fromkeys(key, NAMES), orient="row")
    return owners.with_columns(ratios("yield", (total / weight for total, weight in sums.values())))


def _average_of_platform(workings: Workings) -> pl.DataFrame:
    return _averages(_platform_exposed(workings), ("asset",), workings.today)


def _average_of_investor(workings: Workings) -> pl.DataFrame:
    return _averages(workings.once(exposed), ("asset", "holder"), workings.today)


def _due_by_month(workings: Workings) -> pl.DataFrame:
    return (
        _platform_exposed(workings)
        .filter(pl.col("principal") > 0)
        .group_by("asset", calendar.month(pl.col("due_day")).alias("month"))
        .agg(pl.col("principal").sum(), pl.len().cast(pl.Int64).alias("invoices"))
        .select(
            "asset",
            "month",
            *shown("principal", pl.col("principal")),
            *shown("invoices", pl.col("invoices")),
        )
    )


def _late(rows: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    owed = pl.col("owed")
    sums = rows.group_by(key).agg(
        owed.sum(),
        *(owed.filter(pl.col("dpd") >= days).sum().alias(f"late{days}") for days in _LATE),
    )
    return sums.select(
        *key,
        *shown("owed", owed),
        *(
            column
            for days in _LATE
            for column in shown(f"par{days}", ratio(pl.col(f"late{days}"), owed), _NOTHING)
        ),
    )


def _late_of_platform(workings: Workings) -> pl.DataFrame:
    return _late(workings.deals.filter("released"), ("asset",))


def _late_of_investor(workings: Workings) -> pl.DataFrame:
    return _late(workings.once(exposed), ("asset", "holder"))


def _late_of_seller(workings: Workings) -> pl.DataFrame:
    return _late(workings.deals.filter("released"), ("asset", "seller"))


def _buckets(workings: Workings) -> pl.DataFrame:
    sums = (
        workings.deals.filter(pl.col("owed") > 0)
        .group_by("asset", bucket(pl.col("dpd")).alias("bucket"))
        .agg(pl.col("owed").sum(), pl.len().cast(pl.Int64).alias("invoices"))
    )
    total = pl.col("owed").sum().over("asset")
    return sums.select(
        "asset",
        named("bucket", BUCKETS),
        *shown("owed", pl.col("owed")),
        *shown("invoices", pl.col("invoices")),
        *shown("share", ratio(pl.col("owed"), total)),
    )


def _state_of_invoice(workings: Workings) -> pl.DataFrame:
    unreleased = (pl.col("released_day").is_null(), Reason.NOT_RELEASED)
    days = workings.facts.rules.delinquent_days
    rows = workings.deals.join(
        workings.defaults.select("invoice", "default_day"), on="invoice", how="left"
    )
    return rows.select(
        "asset",
        "invoice",
        *shown("dpd", pl.col("dpd"), unreleased),
        *shown("delinquent", pl.col("dpd") >= days, unreleased),
        *shown("defaulted", pl.col("default_day").is_not_null(), unreleased),
    )


def _state_of_platform(workings: Workings) -> pl.DataFrame:
    days = workings.facts.rules.delinquent_days
    late = (pl.col("dpd") >= days) & (pl.col("owed") > 0)
    gone = pl.col("default_day").is_not_null() & (pl.col("owed") > 0)
    return (
        workings.defaults.group_by("asset")
        .agg(
            late.sum().cast(pl.Int64).alias("late"),
            gone.sum().cast(pl.Int64).alias("gone"),
            pl.col("owed").filter(late).sum().alias("late_amount"),
            pl.col("owed").filter(gone).sum().alias("gone_amount"),
        )
        .select(
            "asset",
            *shown("delinquent", pl.col("late")),
            *shown("delinquent_owed", pl.col("late_amount")),
            *shown("defaulted", pl.col("gone")),
            *shown("defaulted_owed", pl.col("gone_amount")),
        )
    )


def _default_rate(workings: Workings) -> pl.DataFrame:
    gone = pl.col("default_day").is_not_null()
    matured = pl.col("matured")
    return (
        workings.defaults.group_by("asset")
        .agg(
            pl.col("raised").filter(matured).sum().alias("matured_amount"),
            matured.sum().cast(pl.Int64).alias("matured"),
            pl.col("raised").filter(matured & gone).sum().alias("gone_amount"),
            (matured & gone).sum().cast(pl.Int64).alias("gone"),
        )
        .select(
            "asset",
            *shown("by_amount", ratio(pl.col("gone_amount"), pl.col("matured_amount")), _UNMATURED),
            *shown("by_count", ratio(pl.col("gone"), pl.col("matured")), _UNMATURED),
            *shown("matured", pl.col("matured")),
        )
    )


_OWED = "owed = par_sold - face received by investors, while active or defaulted"
_DPD = "days past due = UTC date - due date while face is outstanding"
_NONE = (Reason.NOTHING_OUTSTANDING,)

_AVERAGES = (
    Figure(
        "principal",
        "Outstanding principal",
        f"sum of owed * raised / par_sold; {_OWED}",
        Unit.AMOUNT,
    ),
    Figure(
        "life",
        "Weighted average life",
        "sum of principal * days from release to due / sum of principal",
        Unit.DAYS,
        _NONE,
    ),
    Figure(
        "remaining",
        "Weighted remaining term",
        "sum of principal * days until due (0 when past) / sum of principal",
        Unit.DAYS,
        _NONE,
    ),
    Figure(
        "yield",
        "Weighted yield",
        "sum of principal * M02 promised / sum of principal, of what works for a day at least",
        Unit.RATE,
        (*_NONE, Reason.NO_TENOR),
    ),
)

M10 = Metric(
    "M10",
    "Weighted life, remaining term, yield",
    version=1,
    inputs=_HELD,
    tables=(
        Table("platform", Subject.PLATFORM, ("asset",), _AVERAGES, _average_of_platform),
        Table("investor", Subject.INVESTOR, ("asset", "holder"), _AVERAGES, _average_of_investor),
        Table(
            "month",
            Subject.PLATFORM,
            ("asset", "month"),
            (
                Figure(
                    "principal",
                    "Outstanding principal by month of the due date",
                    f"sum of owed * raised / par_sold of invoices due in the month; {_OWED}",
                    Unit.AMOUNT,
                ),
                Figure("invoices", "Invoices", "number with principal > 0", Unit.COUNT),
            ),
            _due_by_month,
        ),
    ),
)

_PAR = (
    Figure("owed", "Owed to investors", f"sum of owed; {_OWED}", Unit.AMOUNT),
    *(
        Figure(
            f"par{days}",
            f"Portfolio at risk, {days} days",
            f"owed with {days} days past due or more / owed; {_DPD}",
            Unit.RATIO,
            _NONE,
        )
        for days in _LATE
    ),
)

M11 = Metric(
    "M11",
    "Days past due, portfolio at risk",
    version=1,
    inputs=_HELD,
    tables=(
        Table("platform", Subject.PLATFORM, ("asset",), _PAR, _late_of_platform),
        Table("investor", Subject.INVESTOR, ("asset", "holder"), _PAR, _late_of_investor),
        Table("seller", Subject.SELLER, ("asset", "seller"), _PAR, _late_of_seller),
        Table(
            "bucket",
            Subject.PLATFORM,
            ("asset", "bucket"),
            (
                Figure("owed", "Owed to investors", f"sum of owed; {_DPD}", Unit.AMOUNT),
                Figure("invoices", "Invoices", "number with owed > 0", Unit.COUNT),
                Figure("share", "Share of what is owed", "owed / owed in all", Unit.RATIO),
            ),
            _buckets,
        ),
    ),
)

_DEFAULT = "default event of the contract, or days past due > grace + 90 (may be set)"
_DELINQUENT = "days past due >= 45 (may be set)"

M12 = Metric(
    "M12",
    "Delinquent, defaulted",
    version=1,
    inputs=_INPUTS,
    tables=(
        Table(
            "invoice",
            Subject.INVOICE,
            ("asset", "invoice"),
            (
                Figure("dpd", "Days past due", _DPD, Unit.DAYS, (Reason.NOT_RELEASED,)),
                Figure("delinquent", "Delinquent", _DELINQUENT, Unit.FLAG, (Reason.NOT_RELEASED,)),
                Figure(
                    "defaulted",
                    "Has defaulted, even if it was paid since",
                    _DEFAULT,
                    Unit.FLAG,
                    (Reason.NOT_RELEASED,),
                ),
            ),
            _state_of_invoice,
        ),
        Table(
            "platform",
            Subject.PLATFORM,
            ("asset",),
            (
                Figure("delinquent", "Delinquent now", f"number; {_DELINQUENT}", Unit.COUNT),
                Figure("delinquent_owed", "Owed by them", "sum of owed", Unit.AMOUNT),
                Figure(
                    "defaulted",
                    "Defaulted, not written off",
                    f"number with owed > 0; {_DEFAULT}",
                    Unit.COUNT,
                ),
                Figure("defaulted_owed", "Owed by them", "sum of owed", Unit.AMOUNT),
            ),
            _state_of_platform,
        ),
    ),
)

_MATURED = "matured: released, and due at or before now; nothing that is not yet due counts"

M13 = Metric(
    "M13",
    "Default rate",
    version=1,
    inputs=_INPUTS,
    tables=(
        Table(
            "platform",
            Subject.PLATFORM,
            ("asset",),
            (
                Figure(
                    "by_amount",
                    "Default rate by amount",
                    f"raised of matured and defaulted (M12) / raised of matured; {_MATURED}",
                    Unit.RATIO,
                    (Reason.NOTHING_MATURED,),
                ),
                Figure(
                    "by_count",
                    "Default rate by number",
                    "number of matured and defaulted / number of matured",
                    Unit.RATIO,
                    (Reason.NOTHING_MATURED,),
                ),
                Figure("matured", "Matured", f"number; {_MATURED}", Unit.COUNT),
            ),
            _default_rate,
        ),
    ),
)

"""How exposure is spread over names (M19, M20)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import polars as pl

from projections.analytics.delinquency import exposed
from projections.analytics.exact import ratio, ratios
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.workings import Workings

DIMENSIONS = ("debtor", "seller", "industry", "country", "currency", "grade")
_SPREADS = ("debtor", "seller", "investor")
_DECILES = range(1, 10)
_TOPS = (1, 5, 10)

_Measure = Callable[[Sequence[int]], Fraction]


def hhi(amounts: Sequence[int]) -> Fraction:
    """10,000 * sum of squared shares."""
    return 10_000 * Fraction(sum(amount * amount for amount in amounts), sum(amounts) ** 2)


def effective(amounts: Sequence[int]) -> Fraction:
    """How many equal names would be as concentrated."""
    return 10_000 / hhi(amounts)


def top(count: int) -> _Measure:
    """The share of the `count` largest."""
    return lambda amounts: Fraction(sum(sorted(amounts)[-count:]), sum(amounts))


def gini(amounts: Sequence[int]) -> Fraction:
    """Sum of (2 i - n - 1) x_i / (n sum x), x ascending."""
    number = len(amounts)
    weighted = sum(
        (2 * place - number - 1) * amount for place, amount in enumerate(sorted(amounts), start=1)
    )
    return Fraction(weighted, number * sum(amounts))


def lorenz(tenths: int) -> _Measure:
    """The share of the smallest tenths of names, between two names in proportion."""

    def share(amounts: Sequence[int]) -> Fraction:
        whole, part = divmod(tenths * len(amounts), 10)
        ordered = [*sorted(amounts), 0]
        return (sum(ordered[:whole]) + Fraction(part, 10) * ordered[whole]) / sum(amounts)

    return share


def _named(rows: pl.DataFrame, workings: Workings, dimensions: Sequence[str]) -> pl.DataFrame:
    """Rows with an invoice's `owed`, once for each dimension: dimension, name (may be null)."""
    known = rows.join(
        workings.deals.select("invoice", "seller", "debtor"), on="invoice", how="left"
    ).join(workings.facts.attributes, on="invoice", how="left")
    return pl.concat(
        [
            known.with_columns(
                pl.lit(one).alias("dimension"), pl.col(one).cast(pl.String).alias("name")
            )
            .drop("seller", "debtor", *workings.facts.attributes.columns[1:])
            .filter(pl.col("owed") > 0)
            for one in dimensions
        ]
    )


def _by_name(rows: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """What each name owes; rows whose name is not known are left out."""
    return (
        rows.filter(pl.col("name").is_not_null()).group_by(*key, "name").agg(pl.col("owed").sum())
    )


def _measured(
    names: pl.DataFrame, key: tuple[str, ...], measures: dict[str, _Measure]
) -> pl.DataFrame:
    groups = names.group_by(key, maintain_order=True).agg(pl.col("owed"))
    return groups.select(key).with_columns(
        ratios(name, (measure(amounts) for amounts in groups["owed"].to_list()))
        for name, measure in measures.items()
    )


def _concentration(rows: pl.DataFrame, workings: Workings, owner: tuple[str, ...]) -> pl.DataFrame:
    key = (*owner, "dimension")
    named = _named(rows, workings, DIMENSIONS)
    names = _by_name(named, key)
    measures: dict[str, _Measure] = {
        "hhi": hhi,
        "effective": effective,
        **{f"top{count}": top(count) for count in _TOPS},
    }
    limits = pl.DataFrame(
        list(workings.facts.rules.limits.items()),
        schema={"dimension": pl.String, "limit": pl.String},
        orient="row",
    ).with_columns((pl.col("limit").cast(pl.Decimal(38, 6)) * 10**6).cast(pl.Int128).alias("limit"))
    over = pl.col("owed") * 10**6 > pl.col("limit") * pl.col("owed").sum().over(key)
    breaches = (
        names.join(limits, on="dimension")
        .group_by(key)
        .agg(over.sum().cast(pl.Int64).alias("over"))
    )
    known = names.group_by(key).agg(
        pl.len().cast(pl.Int64).alias("names"), pl.col("owed").sum().alias("known")
    )
    whole = (
        rows.select(owner)
        .unique()
        .join(pl.DataFrame({"dimension": DIMENSIONS}), how="cross")
        .join(named.group_by(key).agg(pl.col("owed").sum()), on=key, how="left")
        .join(known, on=key, how="left")
        .join(_measured(names, key, measures), on=key, how="left")
        .join(breaches, on=key, how="left")
    )
    nothing = (pl.col("owed").is_null(), Reason.NOTHING_OUTSTANDING)
    unknown = (pl.col("known").is_null(), Reason.NOTHING_KNOWN)
    no_limit = (pl.col("over").is_null(), Reason.NO_LIMIT)
    return whole.select(
        *key,
        *(c for name in measures for c in shown(name, pl.col(name), nothing, unknown)),
        *shown("names", pl.col("names").fill_null(0)),
        *shown("known", ratio(pl.col("known").fill_null(0), pl.col("owed")), nothing),
        *shown("breaches", pl.col("over"), nothing, unknown, no_limit),
    )


def _released(workings: Workings) -> pl.DataFrame:
    return workings.deals.filter("released").select("asset", "invoice", "owed")


def _of_platform(workings: Workings) -> pl.DataFrame:
    return _concentration(_released(workings), workings, ("asset",))


def _of_investor(workings: Workings) -> pl.DataFrame:
    rows = workings.once(exposed).select("asset", "holder", "invoice", "owed")
    return _concentration(rows, workings, ("asset", "holder"))


def _names(workings: Workings) -> pl.DataFrame:
    key = ("asset", "dimension")
    names = _by_name(_named(_released(workings), workings, DIMENSIONS), key)
    return names.select(
        *key,
        "name",
        *shown("owed", pl.col("owed")),
        *shown("share", ratio(pl.col("owed"), pl.col("owed").sum().over(key))),
    )


def _spread(workings: Workings) -> pl.DataFrame:
    """What is owed by name of debtor and seller, and to each investor."""
    parties = _named(_released(workings), workings, ("debtor", "seller"))
    investors = (
        workings.once(exposed)
        .filter(pl.col("owed") > 0)
        .select(
            "asset",
            dimension=pl.lit("investor"),
            name=pl.col("holder").cast(pl.String),
            owed="owed",
        )
    )
    columns = ("asset", "dimension", "name", "owed")
    return _by_name(
        pl.concat([parties.select(columns), investors.select(columns)]), ("asset", "dimension")
    )


def _spreads(workings: Workings, measures: dict[str, _Measure]) -> pl.DataFrame:
    key = ("asset", "dimension")
    return (
        _released(workings)
        .select("asset")
        .unique()
        .join(pl.DataFrame({"dimension": _SPREADS}), how="cross")
        .join(_measured(workings.once(_spread), key, measures), on=key, how="left")
    )


def _gini(workings: Workings) -> pl.DataFrame:
    unknown = (pl.col("gini").is_null(), Reason.NOTHING_OUTSTANDING)
    return _spreads(workings, {"gini": gini}).select(
        "asset", "dimension", *shown("gini", pl.col("gini"), unknown)
    )


def _lorenz(workings: Workings) -> pl.DataFrame:
    curves = _spreads(workings, {f"tenths{tenths}": lorenz(tenths) for tenths in _DECILES})
    unknown = (pl.col("share").is_null(), Reason.NOTHING_OUTSTANDING)
    return pl.concat(
        [
            curves.select(
                "asset", "dimension", pl.lit(tenths).alias("tenths"), share=f"tenths{tenths}"
            )
            for tenths in _DECILES
        ]
    ).select("asset", "dimension", "tenths", *shown("share", pl.col("share"), unknown))


_NOTHING = (Reason.NOTHING_OUTSTANDING, Reason.NOTHING_KNOWN)
_OVER = "over names of what they owe investors; invoices whose name is not known are left out"

_FIGURES = (
    Figure("hhi", "Herfindahl index", f"10,000 * sum of share ^ 2, {_OVER}", Unit.POINTS, _NOTHING),
    Figure("effective", "Effective number of names", "10,000 / HHI", Unit.COUNT, _NOTHING),
    *(
        Figure(
            f"top{count}",
            f"Share of the largest {count}",
            f"owed by the {count} largest names / owed by all known",
            Unit.RATIO,
            _NOTHING,
        )
        for count in _TOPS
    ),
    Figure("names", "Names", "number of names that owe something", Unit.COUNT),
    Figure(
        "known",
        "Share whose name is known",
        "owed by known names / owed",
        Unit.RATIO,
        (Reason.NOTHING_OUTSTANDING,),
    ),
    Figure(
        "breaches",
        "Names above the limit",
        "number of names whose share is above the limit set for the dimension",
        Unit.COUNT,
        (*_NOTHING, Reason.NO_LIMIT),
    ),
)

_INPUTS = ("terms", "invoice", "position", "attributes")

M19 = Metric(
    "M19",
    "Concentration",
    version=1,
    inputs=_INPUTS,
    tables=(
        Table("platform", Subject.PLATFORM, ("asset", "dimension"), _FIGURES, _of_platform),
        Table(
            "investor", Subject.INVESTOR, ("asset", "holder", "dimension"), _FIGURES, _of_investor
        ),
        Table(
            "name",
            Subject.PLATFORM,
            ("asset", "dimension", "name"),
            (
                Figure("owed", "Owed to investors", "sum over the name's invoices", Unit.AMOUNT),
                Figure("share", "Share", "owed / owed by all known names", Unit.RATIO),
            ),
            _names,
        ),
    ),
)

M20 = Metric(
    "M20",
    "Gini, Lorenz",
    version=1,
    inputs=_INPUTS,
    tables=(
        Table(
            "platform",
            Subject.PLATFORM,
            ("asset", "dimension"),
            (
                Figure(
                    "gini",
                    "Gini coefficient of exposure",
                    "sum of (2 i - n - 1) x_i / (n * sum of x), x ascending: owed by debtor, by"
                    " seller, to investor",
                    Unit.RATIO,
                    (Reason.NOTHING_OUTSTANDING,),
                ),
            ),
            _gini,
        ),
        Table(
            "lorenz",
            Subject.PLATFORM,
            ("asset", "dimension", "tenths"),
            (
                Figure(
                    "share",
                    "Share of the smallest tenths of names",
                    "owed by the smallest tenths / 10 of names / owed; a name that is cut counts in"
                    " proportion",
                    Unit.RATIO,
                    (Reason.NOTHING_OUTSTANDING,),
                ),
            ),
            _lorenz,
        ),
    ),
)

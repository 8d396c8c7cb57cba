"""How exposure moves between buckets of days past due, and what of it is lost (M18, M22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import polars as pl

from projections.analytics.exact import divided, ratio
from projections.analytics.frames import NAMES
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.workings import (
    BUCKETS,
    PAID,
    STATES,
    WINDOW,
    WRITTEN_OFF,
    Workings,
    named,
)

RATE_SCALE = 10**12
"""Loss rates are kept times this, rounded half to even."""

ENOUGH = 30
"""Invoices of a grade that must have been seen before it has loss rates of its own."""


def moves(workings: Workings) -> pl.DataFrame:
    """Exposure that moved in whole windows of 30 days that end today, 30 days ago, and so on.

    Gives asset, grade, invoice, window (0 is the last), before, after (states), amount.
    """
    first = workings.deals["released_day"].min()
    earliest = first if isinstance(first, int) else workings.today + 1
    days = pl.Series(range(workings.today, earliest - 1, -WINDOW), dtype=pl.Int64)
    seen = workings.exposures(days)
    before = seen.filter((pl.col("state") < PAID) & (pl.col("day") < workings.today)).with_columns(
        (pl.col("day") + WINDOW).alias("until")
    )
    after = seen.select(
        "invoice",
        pl.col("day").alias("until"),
        pl.col("state").alias("after"),
        pl.col("owed").alias("still"),
    )
    gone = workings.once(_written_off).select("invoice", "written_off_day", gone="owed")
    in_between = pl.col("written_off_day").is_between("day", "until", closed="right")
    both = (
        before.join(after, on=("invoice", "until"))
        .join(workings.facts.attributes.select("invoice", "grade"), on="invoice", how="left")
        .join(gone, on="invoice", how="left")
        .with_columns(
            pl.when(in_between).then("gone").otherwise("still").alias("still"),
            pl.when(in_between).then(WRITTEN_OFF).otherwise("after").cast(pl.Int16).alias("after"),
        )
    )
    common = (
        "asset",
        "grade",
        "invoice",
        ((workings.today - pl.col("until")) // WINDOW).alias("window"),
        pl.col("state").alias("before"),
    )
    stayed = both.filter(pl.col("still") > 0).select(
        *common, "after", pl.col("still").alias("amount")
    )
    paid = both.select(
        *common,
        pl.lit(PAID, dtype=pl.Int16).alias("after"),
        (pl.col("owed") - pl.col("still")).alias("amount"),
    )
    return pl.concat([stayed, paid.filter(pl.col("amount") > 0)])


def _matrix(workings: Workings) -> pl.DataFrame:
    moved = workings.once(moves)
    scopes = pl.concat(
        [
            moved.filter(pl.col("window") == 0).with_columns(pl.lit("last").alias("scope")),
            moved.with_columns(pl.lit("all").alias("scope")),
        ]
    )
    sums = scopes.group_by("asset", "scope", "before", "after").agg(pl.col("amount").sum())
    whole = (
        workings.deals.filter("released")
        .select("asset")
        .unique()
        .join(pl.DataFrame({"scope": ["last", "all"]}), how="cross")
        .join(_numbers("before", PAID), how="cross")
        .join(_numbers("after", len(STATES)), how="cross")
        .join(sums, on=("asset", "scope", "before", "after"), how="left")
        .with_columns(pl.col("amount").fill_null(0))
    )
    total = pl.col("amount").sum().over("asset", "scope", "before")
    return whole.select(
        "asset",
        "scope",
        named("before", BUCKETS),
        named("after", STATES),
        *shown("share", ratio(pl.col("amount"), total), (total == 0, Reason.NOTHING_OUTSTANDING)),
    )


def _numbers(name: str, count: int) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series(range(count), dtype=pl.Int16)})


def loss_rates(workings: Workings) -> pl.DataFrame:
    """Expected loss of exposure by asset, grade (null: pooled) and bucket, times RATE_SCALE.

    A row where the rate is known; the others are absent.
    """
    moved = workings.once(moves)
    kept = _kept_after_write_off(workings)
    rows: list[tuple[str, str | None, int, int]] = []
    pooled = moved.with_columns(pl.lit(None, dtype=pl.String).alias("grade"))
    for frame in (pooled, _large_grades(moved)):
        for (asset, grade), group in frame.group_by("asset", "grade"):
            chances = chance_of_loss(_shares(group))
            rows += [
                (
                    str(asset),
                    grade if grade is None else str(grade),
                    state,
                    _scaled(chance, kept, str(asset)),
                )
                for state, chance in chances.items()
            ]
    return pl.DataFrame(
        rows,
        schema={"asset": NAMES, "grade": pl.String, "bucket": pl.Int16, "rate": pl.Int128},
        orient="row",
    )


def _large_grades(moved: pl.DataFrame) -> pl.DataFrame:
    seen = pl.col("invoice").n_unique().over("asset", "grade")
    return moved.filter(pl.col("grade").is_not_null()).filter(seen >= ENOUGH)


def _scaled(chance: Fraction, kept: Mapping[str, Fraction], asset: str) -> int:
    return round(chance * kept.get(asset, Fraction(1)) * RATE_SCALE)


def _written_off(workings: Workings) -> pl.DataFrame:
    """Invoices ever written off: the day, what investors were owed then (`owed`) and are `left`."""
    gone = workings.deals.filter(pl.col("written_off_day").is_not_null()).select(
        "invoice", "written_off_day", (pl.col("par_sold") - pl.col("investors")).alias("left")
    )
    exposed = workings.exposures(gone["written_off_day"].unique())
    return gone.join(exposed, left_on=("invoice", "written_off_day"), right_on=("invoice", "day"))


def _kept_after_write_off(workings: Workings) -> dict[str, Fraction]:
    """By asset the part of written-off exposure that was not recovered since."""
    sums = workings.once(_written_off).group_by("asset").agg(pl.col("owed", "left").sum())
    return {asset: Fraction(left, owed) for asset, owed, left in sums.iter_rows() if owed > 0}


def _shares(group: pl.DataFrame) -> dict[int, dict[int, Fraction]]:
    """By bucket, the shares of its exposure that moved to each state."""
    sums = group.group_by("before", "after").agg(pl.col("amount").sum()).rows()
    totals: dict[int, int] = {}
    for before, _, amount in sums:
        totals[before] = totals.get(before, 0) + amount
    shares: dict[int, dict[int, Fraction]] = {}
    for before, after, amount in sums:
        shares.setdefault(before, {})[after] = Fraction(amount, totals[before])
    return shares


def chance_of_loss(shares: Mapping[int, Mapping[int, Fraction]]) -> dict[int, Fraction]:
    """By bucket, how much of its exposure is written off in the end, if it goes on moving so.

    Buckets that were not seen to move, or that lead to such, or never end, are absent.
    """
    known = _known(shares)
    unknown = sorted(known)
    rows = [
        [Fraction(state == other) - shares[state].get(other, Fraction(0)) for other in unknown]
        + [shares[state].get(WRITTEN_OFF, Fraction(0))]
        for state in unknown
    ]
    return dict(zip(unknown, _solved(rows), strict=True))


def _known(shares: Mapping[int, Mapping[int, Fraction]]) -> set[int]:
    reached = {state: _reached(shares, state) for state in shares}
    ends = {state for state, seen in reached.items() if seen & {PAID, WRITTEN_OFF}}
    return {state for state in ends if reached[state] - {PAID, WRITTEN_OFF} <= ends}


def _reached(shares: Mapping[int, Mapping[int, Fraction]], start: int) -> set[int]:
    found: set[int] = set()
    waiting = [start]
    while waiting:
        for state in shares.get(waiting.pop(), {}):
            if state not in found:
                found.add(state)
                waiting.append(state)
    return found


def _solved(rows: Sequence[list[Fraction]]) -> list[Fraction]:
    """Solves linear equations, the last column being their right sides (Gauss-Jordan)."""
    size = len(rows)
    for place in range(size):
        pivot = next(index for index in range(place, size) if rows[index][place])
        rows[place][:], rows[pivot][:] = rows[pivot][:], rows[place][:]
        head = rows[place][place]
        rows[place][:] = [value / head for value in rows[place]]
        for index, row in enumerate(rows):
            if index != place and (times := row[place]):
                row[:] = [a - times * b for a, b in zip(row, rows[place], strict=True)]
    return [row[-1] for row in rows]


def expected_loss(amount: pl.Expr) -> pl.Expr:
    """The expected loss of an amount in a frame with `rate`."""
    return divided(amount * pl.col("rate"), pl.lit(RATE_SCALE, dtype=pl.Int128))


M18 = Metric(
    "M18",
    "Roll rates",
    version=1,
    inputs=("terms", "invoice", "payment"),
    tables=(
        Table(
            "platform",
            Subject.PLATFORM,
            ("asset", "scope", "before", "after"),
            (
                Figure(
                    "share",
                    "Share of exposure that moved from bucket to bucket",
                    "owed to investors in `before` at the end of a day that is in `after` 30 days"
                    " later / owed in `before`; what was paid in between is in paid, what was"
                    " written off in written off, whatever was recovered since. scope last: the"
                    " 30 days that end today; all: also those that end 30, 60, ... days ago",
                    Unit.RATIO,
                    (Reason.NOTHING_OUTSTANDING,),
                ),
            ),
            _matrix,
        ),
    ),
)

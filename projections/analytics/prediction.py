"""How good predicted probabilities of default were (M26)."""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import polars as pl

from projections.analytics.exact import CONTEXT, ratios
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.workings import Workings

ENOUGH = 30
"""Outcomes below which nothing is said."""

_BINS = 10
_CERTAIN = Fraction(1, 10**6)
_RARE = Fraction(1, 10_000)

Outcomes = Sequence[tuple[Fraction, bool]]


def brier(outcomes: Outcomes) -> Fraction:
    """Mean of squared differences of probability and outcome."""
    return sum(((p - happened) ** 2 for p, happened in outcomes), Fraction(0)) / len(outcomes)


def log_loss(outcomes: Outcomes) -> Decimal:
    """Mean of -ln of the probability given to what happened, kept off 0 and 1 by 10^-6."""
    total = Decimal(0)
    for p, happened in outcomes:
        kept = min(max(p, _CERTAIN), 1 - _CERTAIN)
        total -= _ln(kept if happened else 1 - kept)
    return total / len(outcomes)


def auc(outcomes: Outcomes) -> Fraction:
    """The chance that a default had the higher probability than a non-default; ties count half."""
    above, good = Fraction(0), 0
    for _, bad_here, good_here in _levels(outcomes):
        above += bad_here * (good + Fraction(good_here, 2))
        good += good_here
    return above / (good * sum(happened for _, happened in outcomes))


def ks(outcomes: Outcomes) -> Fraction:
    """Largest distance of the distributions of probability of defaults and non-defaults."""
    bads = sum(happened for _, happened in outcomes)
    goods = len(outcomes) - bads
    bad = good = 0
    largest = Fraction(0)
    for _, bad_here, good_here in _levels(outcomes):
        bad, good = bad + bad_here, good + good_here
        largest = max(largest, abs(Fraction(bad, bads) - Fraction(good, goods)))
    return largest


def psi(reference: Sequence[Fraction], actual: Sequence[Fraction]) -> Decimal:
    """Sum over ten bins of (a - r) ln(a / r); shares are kept from 0.0001 on."""
    total = Decimal(0)
    for bin_ in range(_BINS):
        r, a = (
            max(Fraction(sum(_bin(p) == bin_ for p in each), len(each)), _RARE)
            for each in (reference, actual)
        )
        total += _decimal(a - r) * _ln(a / r)
    return total


def _levels(outcomes: Outcomes) -> list[tuple[Fraction, int, int]]:
    """For each probability, ascending, how many defaulted and how many did not."""
    counts: dict[Fraction, list[int]] = {}
    for p, happened in outcomes:
        counts.setdefault(p, [0, 0])[not happened] += 1
    return [(p, bad, good) for p, (bad, good) in sorted(counts.items())]


def _bin(probability: Fraction) -> int:
    return min(int(probability * _BINS), _BINS - 1)


def _ln(value: Fraction) -> Decimal:
    return CONTEXT.ln(_decimal(value))


def _decimal(value: Fraction) -> Decimal:
    return CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))


def _used(workings: Workings) -> pl.DataFrame:
    return workings.facts.predictions.filter(pl.col("reference").fill_null(value=False).not_())


def _outcomes(workings: Workings) -> Outcomes:
    known = _used(workings).filter(pl.col("defaulted").is_not_null())
    return [
        (Fraction(p), happened) for p, happened in known.select("probability", "defaulted").rows()
    ]


def _quality(workings: Workings) -> pl.DataFrame:
    outcomes = _outcomes(workings)
    bads = sum(happened for _, happened in outcomes)
    enough = len(outcomes) >= ENOUGH
    mixed = enough and 0 < bads < len(outcomes)
    reference = [Fraction(p) for p in workings.facts.predictions.filter("reference")["probability"]]
    actual = [Fraction(p) for p in _used(workings)["probability"]]
    stable = min(len(reference), len(actual)) >= ENOUGH
    few = (pl.lit(not enough), Reason.TOO_FEW)
    alike = (pl.lit(not mixed), Reason.ONE_OUTCOME)
    with decimal.localcontext(CONTEXT):
        row = pl.DataFrame(
            [
                pl.Series("scope", ["all"]),
                pl.Series("outcomes", [len(outcomes)], dtype=pl.Int64),
                ratios("brier", [brier(outcomes) if enough else None]),
                ratios("log_loss", [log_loss(outcomes) if enough else None]),
                ratios("auc", [auc(outcomes) if mixed else None]),
                ratios("ks", [ks(outcomes) if mixed else None]),
                ratios("psi", [psi(reference, actual) if stable else None]),
            ]
        )
    return row.select(
        "scope",
        *shown("outcomes", pl.col("outcomes")),
        *shown("brier", pl.col("brier"), few),
        *shown("log_loss", pl.col("log_loss"), few),
        *shown("auc", pl.col("auc"), few, alike),
        *shown("ks", pl.col("ks"), few, alike),
        *shown("psi", pl.col("psi"), (pl.lit(not stable), Reason.TOO_FEW)),
    )


def _reliability(workings: Workings) -> pl.DataFrame:
    outcomes = _outcomes(workings)
    bins = [[one for one in outcomes if _bin(one[0]) == number] for number in range(_BINS)]
    enough = len(outcomes) >= ENOUGH
    rows = pl.DataFrame(
        [
            pl.Series("bin", range(_BINS), dtype=pl.Int64),
            pl.Series("outcomes", [len(one) for one in bins], dtype=pl.Int64),
            ratios(
                "predicted",
                [sum(p for p, _ in one) / Fraction(len(one)) if one else None for one in bins],
            ),
            ratios(
                "observed",
                [Fraction(sum(h for _, h in one), len(one)) if one else None for one in bins],
            ),
        ]
    )
    few = (pl.lit(not enough), Reason.TOO_FEW)
    empty = (pl.col("outcomes") == 0, Reason.NO_SAMPLES)
    return rows.select(
        "bin",
        *shown("outcomes", pl.col("outcomes")),
        *shown("predicted", pl.col("predicted"), few, empty),
        *shown("observed", pl.col("observed"), few, empty),
    )


_FEW = (Reason.TOO_FEW,)
_MIXED = (Reason.TOO_FEW, Reason.ONE_OUTCOME)

M26 = Metric(
    "M26",
    "Quality of the risk model",
    version=1,
    inputs=("predictions",),
    tables=(
        Table(
            "model",
            Subject.PLATFORM,
            ("scope",),
            (
                Figure("outcomes", "Outcomes", "number of predictions with an outcome", Unit.COUNT),
                Figure(
                    "brier",
                    "Brier score",
                    f"mean of (probability - outcome) ^ 2, with {ENOUGH} outcomes or more",
                    Unit.RATIO,
                    _FEW,
                ),
                Figure(
                    "log_loss",
                    "Logarithmic loss",
                    "mean of -ln(probability given to what happened), kept off 0 and 1 by 10^-6",
                    Unit.RATIO,
                    _FEW,
                ),
                Figure(
                    "auc",
                    "Area under the curve",
                    "share of pairs of default and non-default in which the default had the higher"
                    " probability; ties count half",
                    Unit.RATIO,
                    _MIXED,
                ),
                Figure(
                    "ks",
                    "Kolmogorov-Smirnov distance",
                    "largest distance of the distributions of defaults and non-defaults",
                    Unit.RATIO,
                    _MIXED,
                ),
                Figure(
                    "psi",
                    "Population stability index",
                    "sum over ten equal bins of (a - r) ln(a / r), a the share of predictions, r of"
                    " the reference sample, each from 0.0001 on",
                    Unit.RATIO,
                    _FEW,
                ),
            ),
            _quality,
        ),
        Table(
            "reliability",
            Subject.PLATFORM,
            ("bin",),
            (
                Figure("outcomes", "Outcomes", "number in [bin / 10, (bin + 1) / 10)", Unit.COUNT),
                Figure(
                    "predicted",
                    "Mean probability",
                    "sum of probabilities / number",
                    Unit.RATIO,
                    (*_FEW, Reason.NO_SAMPLES),
                ),
                Figure(
                    "observed",
                    "Observed rate",
                    "defaults / number",
                    Unit.RATIO,
                    (*_FEW, Reason.NO_SAMPLES),
                ),
            ),
            _reliability,
        ),
    ),
)

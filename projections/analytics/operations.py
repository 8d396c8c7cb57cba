"""How chain and service behave, from samples that are given (M24, M25)."""

from __future__ import annotations

import polars as pl

from projections.analytics.exact import ratio
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.seller import percentile
from projections.analytics.workings import Workings
from projections.lifecycle import DAY

_PERCENTS = (50, 95, 99)
_SCOPES = ("all", "day")


def _scoped(frame: pl.DataFrame, at: str, workings: Workings) -> pl.DataFrame:
    """Samples up to the facts' time, once in scope all and, of the last 24 hours, in scope day."""
    now = workings.facts.mark.closed_at * 1000
    past = frame.filter(pl.col(at) <= now)
    recent = past.filter(pl.col(at) > now - DAY * 1000)
    return pl.concat(
        [
            rows.with_columns(pl.lit(scope).alias("scope"))
            for scope, rows in zip(_SCOPES, (past, recent), strict=True)
        ]
    )


def _with_scopes(sums: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({"scope": _SCOPES}).join(sums, on="scope", how="left")


def _percentiles(name: str, values: pl.Expr) -> list[pl.Expr]:
    return [percentile(values, percent).alias(f"{name}_p{percent}") for percent in _PERCENTS]


def _shown_percentiles(*names: str) -> list[pl.Expr]:
    return [
        column
        for name in names
        for percent in _PERCENTS
        for column in shown(
            f"{name}_p{percent}",
            pl.col(f"{name}_p{percent}"),
            (pl.col(f"{name}_p{percent}").is_null(), Reason.NO_SAMPLES),
        )
    ]


def _transactions(workings: Workings) -> pl.DataFrame:
    rows = _scoped(workings.facts.transactions, "closed_at_ms", workings)
    sums = rows.group_by("scope").agg(
        pl.len().cast(pl.Int64).alias("number"),
        pl.col("succeeded").sum().cast(pl.Int64),
        *_percentiles("fee", pl.col("fee")),
        *_percentiles("confirmed", pl.col("closed_at_ms") - pl.col("built_at_ms")),
        *_percentiles("readable", pl.col("readable_at_ms") - pl.col("closed_at_ms")),
    )
    nothing = (pl.col("number").is_null(), Reason.NO_SAMPLES)
    return _with_scopes(sums).select(
        "scope",
        *shown("transactions", pl.col("number").fill_null(0)),
        *shown("success_rate", ratio(pl.col("succeeded"), pl.col("number")), nothing),
        *_shown_percentiles("fee", "confirmed", "readable"),
    )


def _failures(workings: Workings) -> pl.DataFrame:
    return (
        _scoped(workings.facts.transactions, "closed_at_ms", workings)
        .filter(pl.col("succeeded").not_())
        .group_by("scope", pl.col("contract_error").fill_null("other").alias("error"))
        .agg(pl.len().cast(pl.Int64).alias("number"))
        .select("scope", "error", *shown("failures", pl.col("number")))
    )


def _indexing(workings: Workings) -> pl.DataFrame:
    rows = _scoped(workings.facts.indexing, "at_ms", workings).sort("at_ms")
    sums = rows.group_by("scope").agg(
        *_percentiles("lag", pl.col("lag_ledgers")),
        pl.col("missing_ledgers", "drift").drop_nulls().last(),
    )
    return _with_scopes(sums).select(
        "scope",
        *_shown_percentiles("lag"),
        *(
            column
            for name in ("missing_ledgers", "drift")
            for column in shown(name, pl.col(name), (pl.col(name).is_null(), Reason.NO_SAMPLES))
        ),
    )


def _requests(workings: Workings) -> pl.DataFrame:
    rows = _scoped(workings.facts.requests, "at_ms", workings)
    everything = rows.with_columns(pl.lit("*").alias("endpoint"))
    status = pl.col("status")
    span = pl.col("at_ms").max() - pl.col("at_ms").min()
    sums = (
        pl.concat([rows, everything])
        .group_by("scope", "endpoint")
        .agg(
            pl.len().cast(pl.Int64).alias("number"),
            status.is_between(400, 499).sum().cast(pl.Int64).alias("refused"),
            (status >= 500).sum().cast(pl.Int64).alias("failed"),
            *_percentiles("latency", pl.col("milliseconds")),
            *_percentiles("database", pl.col("database_milliseconds")),
            span.alias("span"),
        )
    )
    number = pl.col("number")
    return sums.select(
        "scope",
        "endpoint",
        *shown("requests", number),
        *shown(
            "rate",
            ratio(number * 1000, pl.col("span")),
            (pl.col("span") == 0, Reason.NO_SAMPLES),
        ),
        *shown("refused", ratio(pl.col("refused"), number)),
        *shown("failed", ratio(pl.col("failed"), number)),
        *_shown_percentiles("latency", "database"),
    )


_NONE = (Reason.NO_SAMPLES,)


def _percentile_figures(name: str, title: str, formula: str, unit: Unit) -> tuple[Figure, ...]:
    return tuple(
        Figure(
            f"{name}_p{percent}",
            f"{title}, {percent} %",
            f"nearest-rank percentile of {formula}",
            unit,
            _NONE,
        )
        for percent in _PERCENTS
    )


_SCOPE = "scope all: everything up to now; day: the last 24 hours"

M24 = Metric(
    "M24",
    "Chain",
    version=1,
    inputs=("transactions", "indexing"),
    tables=(
        Table(
            "transactions",
            Subject.PLATFORM,
            ("scope",),
            (
                Figure("transactions", "Transactions", f"number; {_SCOPE}", Unit.COUNT),
                Figure("success_rate", "Success rate", "succeeded / all", Unit.RATIO, _NONE),
                *_percentile_figures("fee", "Fee", "fees charged", Unit.STROOPS),
                *_percentile_figures(
                    "confirmed",
                    "Intent to ledger",
                    "close of the ledger - building of the transaction, where we built it",
                    Unit.MILLISECONDS,
                ),
                *_percentile_figures(
                    "readable",
                    "Ledger to readable",
                    "commit of the ledger here - its close",
                    Unit.MILLISECONDS,
                ),
            ),
            _transactions,
        ),
        Table(
            "failures",
            Subject.PLATFORM,
            ("scope", "error"),
            (Figure("failures", "Failures", "number, by the contract's error", Unit.COUNT),),
            _failures,
        ),
        Table(
            "indexing",
            Subject.PLATFORM,
            ("scope",),
            (
                *_percentile_figures(
                    "lag", "Index lag", "newest ledger of the network - applied", Unit.LEDGERS
                ),
                Figure(
                    "missing_ledgers",
                    "Gaps",
                    "ledgers missing when last observed",
                    Unit.LEDGERS,
                    _NONE,
                ),
                Figure(
                    "drift",
                    "Reconciliation drift",
                    "difference of balances when last observed",
                    Unit.AMOUNT,
                    _NONE,
                ),
            ),
            _indexing,
        ),
    ),
)

M25 = Metric(
    "M25",
    "Service",
    version=1,
    inputs=("requests",),
    tables=(
        Table(
            "requests",
            Subject.PLATFORM,
            ("scope", "endpoint"),
            (
                Figure("requests", "Requests", f"number; {_SCOPE}; * is all", Unit.COUNT),
                Figure(
                    "rate",
                    "Requests a second",
                    "number / seconds from the first to the last",
                    Unit.PER_SECOND,
                    _NONE,
                ),
                Figure("refused", "Refused", "answers 400 to 499 / all", Unit.RATIO),
                Figure("failed", "Failed", "answers from 500 on / all", Unit.RATIO),
                *_percentile_figures("latency", "Latency", "time to answer", Unit.MILLISECONDS),
                *_percentile_figures(
                    "database", "Database time", "time in the database", Unit.MILLISECONDS
                ),
            ),
            _requests,
        ),
    ),
)

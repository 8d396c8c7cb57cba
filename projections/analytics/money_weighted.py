"""Internal rate of return of positions and investors, with and without idle cash (M04)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import polars as pl

from projections.analytics import xirr
from projections.analytics.book import holding_books
from projections.analytics.exact import MILLIONTH, divided
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.workings import Workings
from projections.lifecycle import Status

_ENDED = [int(Status.SETTLED), int(Status.WRITTEN_OFF), int(Status.REFUNDED)]
_REASONS = {
    xirr.SINGLE_FLOW: Reason.SINGLE_FLOW,
    xirr.NO_SIGN_CHANGE: Reason.NO_SIGN_CHANGE,
    xirr.SPAN_UNDER_7_DAYS: Reason.SPAN_UNDER_7_DAYS,
    xirr.NO_ROOT: Reason.NO_ROOT_IN_BRACKET,
    xirr.SEVERAL_ROOTS: Reason.SEVERAL_ROOTS,
}

_OWNER = ("asset", "holder")
_POSITION = (*_OWNER, "invoice")
_FIGURES = ("closed", "closed_working", "open", "open_working")


def _own(workings: Workings) -> pl.DataFrame:
    """Holdings whose shares never moved, with their book; `done`: nothing is expected any more."""
    done = pl.col("status").is_in(_ENDED) | (pl.col("refunded") == pl.col("paid_in"))
    return (
        workings.once(holding_books).filter(pl.col("moved").not_()).with_columns(done.alias("done"))
    )


def _wallet_flows(workings: Workings) -> pl.DataFrame:
    """Money that left and reached the wallet, and credit that a claim would bring today."""
    own = workings.once(_own)
    moves = [
        workings.stakes.select(*_POSITION, "day", amount=0 - pl.col("amount")),
        workings.taken.select(*_POSITION, "day", "amount"),
        own.select(*_POSITION, day=pl.lit(workings.today), amount="claimable"),
    ]
    return _kept(own, moves)


def _working_flows(workings: Workings) -> pl.DataFrame:
    """Money since it was released to the seller, until the debtor paid it back."""
    own = workings.once(_own).filter("released")
    part = divided(pl.col("to_investors") * pl.col("paid_in"), pl.col("raised"))
    moves = [
        own.select(*_POSITION, day="released_day", amount=0 - pl.col("paid_in")),
        own.join(workings.receipts.select("invoice", "day", "to_investors"), on="invoice").select(
            *_POSITION, "day", amount=part
        ),
    ]
    return _kept(own, moves)


def _kept(own: pl.DataFrame, moves: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The moves of positions that never moved, with `done`."""
    return pl.concat(moves, how="vertical_relaxed").join(
        own.select(*_POSITION, "done"), on=_POSITION
    )


def _rates(flows: pl.DataFrame, key: tuple[str, ...], name: str) -> pl.DataFrame:
    """Each key's rate, and the reason where there is none, from its flows."""
    daily = (
        flows.group_by(*key, "day")
        .agg(pl.col("amount").sum())
        .filter(pl.col("amount") != 0)
        .sort(*key, "day")
    )
    owners = daily.group_by(key, maintain_order=True).len()
    counts = owners["len"].to_numpy().astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(counts)))[:-1].astype(np.int64)
    rates, outcomes = xirr.solve(
        starts,
        daily["day"].to_numpy().astype(np.int64),
        daily["amount"].cast(pl.Float64).to_numpy(),
    )
    millionths = pl.Series(name, np.rint(rates * MILLIONTH)).fill_nan(None).cast(pl.Decimal(38, 0))
    rounded = millionths * Decimal("0.000001")
    reasons = pl.Series(
        f"{name}_null", [_REASONS.get(int(one)) for one in outcomes], dtype=pl.String
    )
    return owners.drop("len").with_columns(rounded, reasons)


def _tabulated(workings: Workings, key: tuple[str, ...]) -> pl.DataFrame:
    own = workings.once(_own)
    today = pl.lit(workings.today)
    wallet, working = workings.once(_wallet_flows), workings.once(_working_flows)
    ends = own.filter("done").group_by(key).agg(pl.len().alias("ended"))
    known = own.group_by(key).agg(pl.col("net").has_nulls().alias("unknown"))
    table = (
        workings.holdings.select(key)
        .unique()
        .join(known, on=key, how="left")
        .join(ends, on=key, how="left")
    )
    left = own.select(*_POSITION, "done", day=today, amount=pl.col("net") + pl.col("escrowed"))
    book = own.filter("released").select(*_POSITION, "done", day=today, amount="net")
    flows = {
        "closed": wallet.filter("done"),
        "closed_working": working.filter("done"),
        "open": pl.concat([wallet.select(left.columns), left], how="vertical_relaxed"),
        "open_working": pl.concat([working.select(book.columns), book], how="vertical_relaxed"),
    }
    for name in _FIGURES:
        table = table.join(_rates(flows[name], key, name), on=key, how="left")
    return table.select(*key, *(column for name in _FIGURES for column in _column(name)))


def _column(name: str) -> tuple[pl.Expr, pl.Expr]:
    reason = pl.col(f"{name}_null")
    missing = (
        (pl.col("ended").is_null(), Reason.NOT_ENDED)
        if name.startswith("closed")
        else (pl.col("unknown"), Reason.NO_LOSS_HISTORY)
    )
    conditions = (
        (pl.col("unknown").is_null(), Reason.MOVED),
        missing,
        (pl.col(name).is_null() & reason.is_null(), Reason.SINGLE_FLOW),
        *((reason == code.value, code) for code in _REASONS.values()),
    )
    return shown(name, pl.col(name), *conditions)


def _of_position(workings: Workings) -> pl.DataFrame:
    return _tabulated(workings, _POSITION)


def _of_investor(workings: Workings) -> pl.DataFrame:
    return _tabulated(workings, _OWNER)


_EQUATION = (
    "r in [-0.9999, 10] with sum of flow * (1 + r) ^ (-days / 365) = 0, flows netted by UTC date."
    " Roots are counted on a grid of 256 brackets where neither one change of sign nor Soper's"
    " condition proves a single one; several roots: null"
)
_WALLET = "flows: stakes, refunds, payouts, and today what claims would pay"
_WORKING = "flows: stakes on the date of release, the part of each payment on its date"
_NULLS = (Reason.MOVED, *_REASONS.values())


def _figures() -> tuple[Figure, ...]:
    ended = (Reason.NOT_ENDED, *_NULLS)
    valued = (Reason.NO_LOSS_HISTORY, *_NULLS)
    done = "Settled, written off or refunded positions"
    return (
        Figure("closed", f"{done}, idle cash counted", f"{_EQUATION}. {_WALLET}", Unit.RATE, ended),
        Figure("closed_working", f"{done}, without idle cash", _WORKING, Unit.RATE, ended),
        Figure(
            "open",
            "All positions, idle cash counted",
            f"{_WALLET}, and today the book value (M07, net) and principal in the escrow",
            Unit.RATE,
            valued,
        ),
        Figure(
            "open_working",
            "All positions, without idle cash",
            f"{_WORKING}, and today the book value (M07, net)",
            Unit.RATE,
            valued,
        ),
    )


M04 = Metric(
    "M04",
    "XIRR",
    version=1,
    inputs=("terms", "invoice", "pool", "position", "funding", "payment", "money_out", "transfer"),
    tables=(
        Table("position", Subject.POSITION, _POSITION, _figures(), _of_position),
        Table("investor", Subject.INVESTOR, _OWNER, _figures(), _of_investor),
    ),
)

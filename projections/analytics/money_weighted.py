"""Internal rate of return of positions and investors, with and without idle cash (M04)."""

from __future__ import annotations

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
_NUMBERS = ("place", "owner", "done")
_FIGURES = ("closed", "closed_working", "open", "open_working")


def _own(workings: Workings) -> pl.DataFrame:
    """Holdings whose shares never moved, with their book; `done`: nothing is expected any more.

    `place` numbers them, `owner` their owners: flows are summed and sorted by numbers.
    """
    done = pl.col("status").is_in(_ENDED) | (pl.col("refunded") == pl.col("paid_in"))
    rows = (
        workings.once(holding_books)
        .filter(pl.col("moved").not_())
        .with_columns(done.alias("done"))
        .with_row_index("place")
    )
    owners = rows.select(_OWNER).unique().with_row_index("owner")
    return rows.join(owners, on=_OWNER)


def _wallet_flows(workings: Workings) -> pl.DataFrame:
    """Money that left and reached the wallet, and credit that a claim would bring today."""
    own = workings.once(_own)
    moves = [
        workings.stakes.select(*_POSITION, "day", amount=0 - pl.col("amount")),
        workings.taken.select(*_POSITION, "day", "amount"),
    ]
    there = own.select(*_NUMBERS, day=pl.lit(workings.today), amount="claimable")
    return pl.concat([*(_numbered(own, move) for move in moves), there], how="vertical_relaxed")


def _working_flows(workings: Workings) -> pl.DataFrame:
    """Money since it was released to the seller, until the debtor paid it back."""
    own = workings.once(_own).filter("released")
    part = divided(pl.col("to_investors") * pl.col("paid_in"), pl.col("raised"))
    receipts = workings.receipts.select("invoice", "day", "to_investors")
    moves = [
        own.select(*_NUMBERS, day="released_day", amount=0 - pl.col("paid_in")),
        own.join(receipts, on="invoice").select(*_NUMBERS, "day", amount=part),
    ]
    return pl.concat(moves, how="vertical_relaxed")


def _numbered(own: pl.DataFrame, move: pl.DataFrame) -> pl.DataFrame:
    """Moves of positions that never moved."""
    return move.join(own.select(*_POSITION, "place", "owner", "done"), on=_POSITION).select(
        *_NUMBERS, "day", "amount"
    )


def _rates(flows: pl.DataFrame, number: str, name: str) -> pl.DataFrame:
    """Each number's rate, and the reason where there is none, from its flows."""
    daily = (
        flows.group_by(number, "day")
        .agg(pl.col("amount").sum())
        .filter(pl.col("amount") != 0)
        .sort(number, "day")
    )
    owners = daily[number].rle().struct.unnest()
    starts = (owners["len"].cum_sum() - owners["len"]).to_numpy().astype(np.int64)
    rates, outcomes = xirr.solve(
        starts,
        daily["day"].to_numpy().astype(np.int64),
        daily["amount"].cast(pl.Float64).to_numpy(),
    )
    millionths = pl.Series(name, np.rint(rates * MILLIONTH)).fill_nan(None).cast(pl.Decimal(38, 0))
    reasons = pl.Series(f"{name}_null", outcomes).replace_strict(
        _REASONS, default=None, return_dtype=pl.String
    )
    return pl.DataFrame([owners["value"].alias(number), millionths * Decimal("0.000001"), reasons])


def _tabulated(workings: Workings, key: tuple[str, ...], number: str) -> pl.DataFrame:
    own = workings.once(_own)
    wallet, working = workings.once(_wallet_flows), workings.once(_working_flows)
    left = own.select(
        *_NUMBERS, day=pl.lit(workings.today), amount=pl.col("net") + pl.col("escrowed")
    )
    book = own.filter("released").select(*_NUMBERS, day=pl.lit(workings.today), amount="net")
    flows = {
        "open": pl.concat([wallet, left], how="vertical_relaxed"),
        "open_working": pl.concat([working, book], how="vertical_relaxed"),
    }
    if number == "owner":
        flows |= {"closed": wallet.filter("done"), "closed_working": working.filter("done")}
    known = own.group_by(number).agg(
        pl.col(key).first(),
        pl.col("net").has_nulls().alias("unknown"),
        pl.col("done").any().alias("ended"),
    )
    table = workings.holdings.select(key).unique().join(known, on=key, how="left")
    for name, moves in flows.items():
        table = table.join(_rates(moves, number, name), on=number, how="left")
    if number == "place":
        # A position that is done is worth nothing any more: closed or open, its flows are the same.
        table = table.with_columns(
            pl.col(f"open{rest}").alias(f"closed{rest}")
            for rest in ("", "_null", "_working", "_working_null")
        )
    return table.select(*key, *(column for name in _FIGURES for column in _column(name)))


def _column(name: str) -> tuple[pl.Expr, pl.Expr]:
    reason = pl.col(f"{name}_null")
    missing = (
        (pl.col("ended").not_(), Reason.NOT_ENDED)
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
    return _tabulated(workings, _POSITION, "place")


def _of_investor(workings: Workings) -> pl.DataFrame:
    return _tabulated(workings, _OWNER, "owner")


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

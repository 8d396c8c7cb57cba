"""What several metrics are worked out from, made once for some facts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from projections.analytics.exact import divided, money
from projections.funding import FUNDING
from projections.invoices import INVOICE, TERMS
from projections.lifecycle import BASIS, DAY, OWING, Status
from projections.payments import PAYMENT
from projections.payouts import MONEY_OUT, Reason
from projections.pools import POOL
from projections.positions import POSITION, SCALE
from projections.transfers import TRANSFER, Kind

if TYPE_CHECKING:
    from projections.analytics.facts import Facts

CURRENT, PAID, WRITTEN_OFF = 0, 6, 7
"""States of exposure: 0 to 5 are the buckets of days past due, the others ends."""

BUCKETS = ("current", "1-15", "16-30", "31-60", "61-90", "over 90")
STATES = (*BUCKETS, "paid", "written off")
_UPPER = (0, 15, 30, 60, 90)

WINDOW = 30
"""Days over which exposure is seen to move from state to state."""


def date_of(time: str) -> pl.Expr:
    """The UTC date, as days since 1970, of a column of Unix seconds."""
    return pl.col(time) // DAY


def bucket(days: pl.Expr) -> pl.Expr:
    """The number of the bucket that some days past due fall into."""
    return pl.sum_horizontal(
        *(pl.when(days > upper).then(1).otherwise(0) for upper in _UPPER)
    ).cast(pl.Int16)


def named(state: str, names: tuple[str, ...]) -> pl.Expr:
    """The name of a numbered state."""
    return pl.col(state).replace_strict(dict(enumerate(names)), return_dtype=pl.String)


class Workings:
    """Frames derived from `facts`; each is made when it is first asked for, and kept."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._made: dict[Callable[[Workings], pl.DataFrame], pl.DataFrame] = {}

    def once(self, make: Callable[[Workings], pl.DataFrame]) -> pl.DataFrame:
        """What `make` gives for these workings: made the first time, then kept."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]

    @property
    def today(self) -> int:
        """The UTC date of the facts, in days since 1970."""
        return self.facts.mark.closed_at // DAY

    @functools.cached_property
    def deals(self) -> pl.DataFrame:
        """One row for each invoice: terms, state, and what both mean at the facts' time.

        Amounts are 128 bits wide, `*_day` UTC dates as days since 1970. `price` and `payout` are
        what investors paid and get, before the funding has closed what is asked and offered.
        `start_day`: since when, or (not released yet) from when on, the money works. `owed`: what
        investors still lack of `par_sold`; `outstanding`: face not paid; `late_owed`: late charge.
        `late_book`: the part of it that is accrued as income, up to the end of grace.
        """
        facts = self.facts
        pools = facts.of(POOL).select(
            "invoice",
            pl.col("index").alias("pool_index"),
            pl.col("fee").cast(pl.Int128).alias("pool_fee"),
        )
        together = (
            facts.of(TERMS)
            .drop("asset")
            .join(facts.of(INVOICE), on="invoice")
            .join(pools, on="invoice", how="left")
            .with_columns(money(*_AMOUNTS))
        )
        return together.with_columns(*self._times()).with_columns(*self._sums())

    def _times(self) -> tuple[pl.Expr, ...]:
        status, today = pl.col("status"), self.today
        owing = status.is_in([int(one) for one in OWING])
        waiting = status.is_in([int(Status.CREATED), int(Status.OPEN)])
        planned = pl.max_horizontal(date_of("release_at"), today)
        return (
            owing.alias("owing"),
            pl.col("funded_at").is_not_null().alias("closed"),
            pl.col("released_at").is_not_null().alias("released"),
            (status == Status.SETTLED).alias("settled"),
            date_of("due_at").alias("due_day"),
            date_of("created_at").alias("created_day"),
            date_of("released_at").alias("released_day"),
            date_of("defaulted_at").alias("defaulted_day"),
            date_of("written_off_at").alias("written_off_day"),
            pl.when(status == Status.SETTLED).then(date_of("ended_at")).alias("settled_day"),
            (-(-pl.col("grace") // DAY)).alias("grace_days"),
            pl.when(pl.col("released_at").is_not_null())
            .then(date_of("released_at"))
            .when(status == Status.FUNDED)
            .then(planned)
            .when(waiting)
            .then(today)
            .alias("start_day"),
            *self._late(),
        )

    def _late(self) -> tuple[pl.Expr, ...]:
        """The late charge owed at the facts' time, as the contract counts it."""
        now = self.facts.mark.closed_at
        graced = pl.min_horizontal(pl.col("due_at") + pl.col("grace"), now)
        return (
            _late_charge(pl.lit(now)).alias("late_owed"),
            pl.when(pl.col("status").is_in(_ALIVE))
            .then(pl.max_horizontal(_late_charge(graced), 0))
            .otherwise(0)
            .alias("late_book"),
        )

    def _sums(self) -> tuple[pl.Expr, ...]:
        closed, owing = pl.col("closed"), pl.col("owing")
        outstanding = pl.when(owing).then(pl.col("face") - pl.col("paid")).otherwise(0)
        days = pl.max_horizontal(self.today - pl.col("due_day"), 0)
        return (
            pl.when(closed).then("raised").otherwise("target").alias("price"),
            pl.when(closed).then("par_sold").otherwise("par").alias("payout"),
            (pl.col("due_day") - pl.col("start_day")).alias("tenor"),
            pl.when(pl.col("status").is_in(_ALIVE))
            .then(pl.col("par_sold") - pl.col("investors"))
            .otherwise(0)
            .cast(pl.Int128)
            .alias("owed"),
            outstanding.cast(pl.Int128).alias("outstanding"),
            pl.when(outstanding > 0).then(days).otherwise(0).alias("dpd"),
            (pl.col("released") & (pl.col("due_at") <= self.facts.mark.closed_at)).alias("matured"),
        )

    @functools.cached_property
    def holdings(self) -> pl.DataFrame:
        """One row for each invoice and address that ever held shares of it.

        `claimable`: what a claim would pay. `moved`: shares went from or to another address
        (burnt receipts do not count). `escrowed`: principal that was neither released nor refunded.
        """
        deals = self.deals.select(
            "invoice",
            "asset",
            "status",
            "released",
            "owing",
            "raised",
            "released_day",
            "pool_index",
            "ended_at",
        )
        position = pl.col("accrued") + pl.col("shares") * (
            pl.coalesce("pool_index", "index") - pl.col("index")
        )
        return (
            self.facts.of(POSITION)
            .with_columns(money("shares", "paid_in", "received", "refunded"))
            .join(deals, on="invoice")
            .join(self._moved, on=("invoice", "holder"), how="left")
            .with_columns(
                (position // SCALE).alias("claimable"),
                pl.col("moved").fill_null(value=False),
                pl.when("released").then(0).otherwise("shares").cast(pl.Int128).alias("escrowed"),
            )
        )

    @functools.cached_property
    def _moved(self) -> pl.DataFrame:
        moved = self.facts.of(TRANSFER).filter(
            (pl.col("kind") != Kind.BURN)
            & (pl.col("amount") > 0)
            & (pl.col("sender") != pl.col("recipient"))
        )
        both = [moved.select("invoice", pl.col(side).alias("holder")) for side in _SIDES]
        return pl.concat(both).unique().with_columns(pl.lit(value=True).alias("moved"))

    @functools.cached_property
    def stakes(self) -> pl.DataFrame:
        """Stakes with asset and day."""
        return self._dated(
            self.facts.of(FUNDING).select(
                "invoice", pl.col("investor").alias("holder"), *money("amount"), "closed_at"
            )
        )

    @functools.cached_property
    def receipts(self) -> pl.DataFrame:
        """Payments of debtors, oldest first; `to_investors` includes late charges."""
        payments = self.facts.of(PAYMENT).sort("position", "event_index")
        return self._dated(
            payments.select(
                "invoice",
                "position",
                "event_index",
                *money("late", "fee", "investors", "paid"),
                "closed_at",
            )
        ).with_columns((pl.col("late") + pl.col("investors")).alias("to_investors"))

    @functools.cached_property
    def taken(self) -> pl.DataFrame:
        """Payouts and refunds of investors with asset and day."""
        reasons = [int(Reason.PAYOUT), int(Reason.REFUND)]
        return self._dated(
            self.facts.of(MONEY_OUT)
            .filter(pl.col("reason").is_in(reasons))
            .select(
                "invoice",
                "reason",
                pl.col("entitled").alias("holder"),
                *money("amount"),
                "closed_at",
            )
        )

    def _dated(self, frame: pl.DataFrame) -> pl.DataFrame:
        assets = self.deals.select("invoice", "asset")
        return frame.join(assets, on="invoice", maintain_order="left").with_columns(
            date_of("closed_at").alias("day")
        )

    def exposures(self, days: pl.Series) -> pl.DataFrame:
        """What investors were owed at the end of each of `days` by each invoice released by then.

        Gives invoice, asset, day, owed, dpd and state (see STATES); `owed` after a write-off is
        what was written off and not recovered since.
        """
        cuts = self.deals.filter("released").join(
            pl.DataFrame({"day": days.cast(pl.Int64)}), how="cross"
        )
        paid = (
            self.receipts.group_by("invoice", "day")
            .agg(pl.col("investors").sum())
            .sort("day")
            .with_columns(pl.col("investors").cum_sum().over("invoice").alias("received"))
        )
        dpd = pl.max_horizontal(pl.col("day") - pl.col("due_day"), 0)
        owed = pl.col("par_sold") - pl.col("received").fill_null(0)
        state = (
            pl.when(owed == 0)
            .then(PAID)
            .when(pl.col("written_off_day") <= pl.col("day"))
            .then(WRITTEN_OFF)
            .otherwise(bucket(dpd))
        )
        return (
            cuts.filter(pl.col("released_day") <= pl.col("day"))
            .sort("day")
            .join_asof(
                paid,
                on="day",
                by="invoice",
                strategy="backward",
                check_sortedness=False,
            )
            .select(
                "invoice",
                "asset",
                "day",
                owed.alias("owed"),
                dpd.alias("dpd"),
                state.cast(pl.Int16).alias("state"),
            )
        )

    @functools.cached_property
    def defaults(self) -> pl.DataFrame:
        """Released invoices with `default_day`: by the contract, or by days past due (M12)."""
        last = pl.col("due_day") + pl.col("grace_days") + self.facts.rules.default_days_past_grace
        unpaid = pl.col("settled_day").is_null() | (pl.col("settled_day") > last)
        by_days = pl.when(unpaid & (last < self.today)).then(last + 1)
        return self.deals.filter("released").with_columns(
            pl.min_horizontal("defaulted_day", by_days).alias("default_day")
        )


_ALIVE = (int(Status.ACTIVE), int(Status.DEFAULTED))
_SIDES = ("sender", "recipient")
_AMOUNTS = (
    "face",
    "target",
    "par",
    "min_raise",
    "raised",
    "refunded",
    "supply",
    "par_sold",
    "paid",
    "investors",
    "late_paid",
    "shortfall",
)


def _late_charge(at: pl.Expr) -> pl.Expr:
    """Late charge owed at a time, base units: `invoices.late_charge` in polars."""
    days = pl.max_horizontal((at - pl.col("due_at")) // DAY, pl.col("late_days"))
    lacking = pl.col("par_sold") - pl.col("investors")
    grown = pl.col("late_num") + (days - pl.col("late_days")) * pl.col("late_bps") * lacking
    counted = pl.min_horizontal(grown, pl.col("par_sold") * pl.col("late_cap_bps"))
    charged = pl.col("status").is_in(_ALIVE)
    number = pl.when(charged).then(counted).otherwise(pl.col("late_num"))
    owing = pl.col("status").is_in([int(one) for one in OWING])
    return pl.when(owing).then(number // BASIS - pl.col("late_paid")).otherwise(0).cast(pl.Int128)


def share_of(amount: str) -> pl.Expr:
    """A holder's part of an amount of the whole invoice, in a frame with `shares`, `raised`."""
    return divided(pl.col(amount) * pl.col("shares"), pl.col("raised"))

"""What investors earned, and how much of their money did not work (M06, M08)."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import polars as pl

from projections.analytics.book import holding_books
from projections.analytics.exact import CONTEXT, amounts, divided, power, ratio
from projections.analytics.metric import Figure, Metric, Reason, Subject, Table, Unit, shown
from projections.analytics.workings import Workings
from projections.lifecycle import Status
from projections.payouts import Reason as Paid

_UNKNOWN = (pl.col("provision").is_null(), Reason.NO_LOSS_HISTORY)
_MOVED = (pl.col("moved"), Reason.MOVED)


def profits(workings: Workings) -> pl.DataFrame:
    """Holdings with what they earned: realised, accrued, provision (may be null), base units."""
    rows = workings.once(holding_books).join(
        workings.deals.select("invoice", "par_sold", "investors"), on="invoice"
    )
    cost = pl.col("paid_in") - pl.col("refunded")
    lost = pl.col("status") == Status.WRITTEN_OFF
    recovered = (
        pl.when(lost)
        .then(cost)
        .when("released")
        .then(divided(cost * pl.col("investors"), pl.col("par_sold")))
        .otherwise(0)
    )
    rows = rows.with_columns(recovered.cast(pl.Int128).alias("cost_recovered"))
    working = pl.when("released").then(cost - pl.col("cost_recovered")).otherwise(0)
    return rows.with_columns(
        (pl.col("received") + pl.col("claimable") - pl.col("cost_recovered")).alias("realised"),
        (pl.col("gross") - working).cast(pl.Int128).alias("accrued"),
    )


def _parts(*first: tuple[pl.Expr, Reason]) -> list[pl.Expr]:
    net = pl.col("realised") + pl.col("accrued") - pl.col("provision")
    return [
        *shown("realised", pl.col("realised"), *first),
        *shown("accrued", pl.col("accrued"), *first),
        *shown("provision", pl.col("provision"), *first, _UNKNOWN),
        *shown("net", net, *first, _UNKNOWN),
    ]


def _profit_of_position(workings: Workings) -> pl.DataFrame:
    return workings.once(profits).select("asset", "holder", "invoice", *_parts(_MOVED))


def _profit_of_investor(workings: Workings) -> pl.DataFrame:
    own = pl.col("moved").not_()
    sums = (
        workings.once(profits)
        .group_by("asset", "holder")
        .agg(
            pl.col("realised", "accrued").filter(own).sum(),
            pl.when(pl.col("provision").filter(own).has_nulls().not_())
            .then(pl.col("provision").filter(own).sum())
            .alias("provision"),
            pl.col("moved").all(),
            pl.col("moved").sum().cast(pl.Int64).alias("left_out"),
        )
    )
    return sums.select("asset", "holder", *_parts(_MOVED), *shown("left_out", pl.col("left_out")))


def _worked(workings: Workings) -> pl.DataFrame:
    """By invoice, base unit days: of its book (late charges apart), of what it paid investors."""
    deals = workings.deals.filter("released").select(
        "invoice", "raised", "par_sold", "released_day", "due_day", "written_off_day"
    )
    paid: dict[str, list[tuple[int, int, int]]] = {}
    for invoice, *rest in workings.receipts.select(
        "invoice", "day", "investors", "to_investors"
    ).iter_rows():
        paid.setdefault(invoice, []).append(tuple(rest))
    with decimal.localcontext(CONTEXT):
        worth = [
            _unit_days(deal, paid.get(deal["invoice"], []), workings.today)
            for deal in deals.iter_rows(named=True)
        ]
    credit = [
        sum(got * (workings.today - day) for day, _, got in paid.get(invoice, []))
        for invoice in deals["invoice"]
    ]
    return deals.select("invoice", "raised").with_columns(
        amounts("book_days", worth), amounts("credit_days", credit)
    )


def _unit_days(deal: dict[str, int], paid: list[tuple[int, int, int]], today: int) -> int:
    """Sum of the book at the end of every day from the release on, before today."""
    released, due = deal["released_day"], deal["due_day"]
    end = deal["written_off_day"] or today
    gain = Fraction(deal["par_sold"], deal["raised"])
    growth = power(gain, Fraction(1, due - released)) if due > released else Decimal(1)
    total, owed, since = Decimal(0), deal["par_sold"], released
    for day, investors, _ in [*paid, (end, 0, 0)]:
        until = min(day, end)
        total += owed * _days_worth(growth, since, until, due)
        owed, since = owed - investors, max(since, until)
    return int(total.to_integral_value())


def _days_worth(growth: Decimal, first: int, end: int, due: int) -> Decimal:
    """Sum over the days from `first`, before `end`, of one unit due at `due`, discounted daily."""
    matured = max(end - max(first, due), 0)
    days = max(min(end, due) - first, 0)
    if not days or growth == 1:
        return Decimal(days + matured)
    last = growth ** -(due - (first + days - 1))
    return last * (1 - growth**-days) / (1 - 1 / growth) + matured


def _drag(workings: Workings) -> pl.DataFrame:
    today = workings.today
    own = workings.holdings.filter(pl.col("moved").not_())
    key = ["asset", "holder", "invoice"]
    staked = workings.stakes.join(own.select(*key, "released_day"), on=key)
    leaves = pl.min_horizontal("released_day", today)
    idle = staked.group_by(key).agg(
        (pl.col("amount") * (leaves - pl.col("day"))).sum().alias("waited")
    )
    gone = workings.taken.group_by(key).agg(
        (pl.col("amount") * (today - pl.col("day"))).sum().alias("taken_days"),
        (pl.col("amount") * (today - pl.col("day")))
        .filter(pl.col("reason") == Paid.REFUND)
        .sum()
        .alias("refund_days"),
    )
    worked = workings.once(_worked).select("invoice", "book_days", "credit_days")
    rows = (
        own.join(idle, on=key, how="left")
        .join(gone, on=key, how="left")
        .join(worked, on="invoice", how="left")
        .with_columns(
            pl.col("waited", "taken_days", "refund_days", "book_days", "credit_days").fill_null(0)
        )
    )
    part = divided(pl.col("credit_days") * pl.col("paid_in"), pl.col("raised"))
    unclaimed = part - (pl.col("taken_days") - pl.col("refund_days"))
    cash = pl.col("waited") - pl.col("refund_days") + pl.max_horizontal(unclaimed, 0)
    book = divided(pl.col("book_days") * pl.col("paid_in"), pl.col("raised"))
    sums = (
        rows.with_columns(cash.alias("cash"), book.fill_null(0).alias("book"))
        .group_by("asset", "holder")
        .agg(pl.col("cash", "book").sum())
    )
    everyone = workings.holdings.select("asset", "holder").unique()
    total = pl.col("cash") + pl.col("book")
    return everyone.join(sums, on=("asset", "holder"), how="left").select(
        "asset",
        "holder",
        *shown(
            "drag",
            ratio(pl.col("cash"), total),
            (total.is_null(), Reason.MOVED),
            (total == 0, Reason.NO_TENOR),
        ),
    )


_FORMULAS = (
    Figure(
        "realised",
        "Realised",
        "payouts + claimable - cost recovered; cost recovered = cost * face received by investors /"
        " par_sold, all of the cost once written off; cost = paid in - refunded",
        Unit.AMOUNT,
        (Reason.MOVED,),
    ),
    Figure(
        "accrued",
        "Accrued",
        "book value before provision (M07) - cost not recovered",
        Unit.AMOUNT,
        (Reason.MOVED,),
    ),
    Figure(
        "provision", "Provision", "as in M07", Unit.AMOUNT, (Reason.MOVED, Reason.NO_LOSS_HISTORY)
    ),
    Figure(
        "net",
        "Net profit",
        "realised + accrued - provision",
        Unit.AMOUNT,
        (Reason.MOVED, Reason.NO_LOSS_HISTORY),
    ),
)

M06 = Metric(
    "M06",
    "Net profit",
    version=1,
    inputs=("terms", "invoice", "pool", "position", "payment", "transfer"),
    tables=(
        Table(
            "position",
            Subject.POSITION,
            ("asset", "holder", "invoice"),
            _FORMULAS,
            _profit_of_position,
        ),
        Table(
            "investor",
            Subject.INVESTOR,
            ("asset", "holder"),
            (
                *_FORMULAS,
                Figure(
                    "left_out",
                    "Positions left out",
                    "number of positions whose shares moved: their price is not on the chain",
                    Unit.COUNT,
                ),
            ),
            _profit_of_investor,
        ),
    ),
)

M08 = Metric(
    "M08",
    "Cash drag",
    version=1,
    inputs=("terms", "invoice", "pool", "position", "funding", "payment", "money_out", "transfer"),
    tables=(
        Table(
            "investor",
            Subject.INVESTOR,
            ("asset", "holder"),
            (
                Figure(
                    "drag",
                    "Share of money that was idle",
                    "sum over days of idle cash / sum over days of idle cash + book. Idle: stakes"
                    " from the date they were paid until release or refund, credit from the"
                    " debtor's payment until the payout; book: as M07 before provision, without"
                    " late charges. Positions that moved are left out",
                    Unit.RATIO,
                    (Reason.MOVED, Reason.NO_TENOR),
                ),
            ),
            _drag,
        ),
    ),
)

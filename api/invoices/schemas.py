"""What is told about an invoice."""

from __future__ import annotations

from typing import Literal

import msgspec

from api.reads import Digits, Hex, Meta, Moment, Strkey

Status = Literal[
    "created",
    "open",
    "funded",
    "active",
    "settled",
    "defaulted",
    "written_off",
    "refunding",
    "refunded",
    "cancelled",
]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice as it stands in a list."""

    id: Hex
    status: Status
    disputed: bool
    asset: Strkey
    seller: Strkey
    debtor: Strkey | None
    face: Digits
    target: Digits
    par: Digits
    raised: Digits
    remaining: Digits
    par_sold: Digits
    paid: Digits
    amount_due: Digits
    due_at: Moment
    deadline: Moment
    acknowledged_at: Moment | None
    published_at: Moment | None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed at creation; durations in seconds, rates in basis points."""

    seller: Strkey
    debtor: Strkey | None
    asset: Strkey
    natural: Hex
    doc_hash: Hex
    attempt: int
    face: Digits
    target: Digits
    par: Digits
    min_raise: Digits
    ticket: Digits
    fee_bps: int
    late_bps: int
    late_cap_bps: int
    due_at: Moment
    deadline: Moment
    grace: int
    release_delay: int
    needs_ack: bool
    recovery: int
    dispute_limit: int


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """Totals as of the ledger shown; `late_owed` and `amount_due` grow with its time.

    `shortfall` is what a released invoice's investors still lack of `par_sold`.
    """

    raised: Digits
    remaining: Digits
    refunded: Digits
    supply: Digits
    par_sold: Digits
    paid: Digits
    outstanding: Digits
    investors: Digits
    late_paid: Digits
    late_owed: Digits
    amount_due: Digits
    shortfall: Digits


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """When each step happened, null if it did not; `release_at` is from when it can."""

    created_at: Moment
    approved_at: Moment | None
    published_at: Moment | None
    acknowledged_at: Moment | None
    funded_at: Moment | None
    release_at: Moment | None
    released_at: Moment | None
    defaulted_at: Moment | None
    ended_at: Moment | None


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """Repayments: how they were split and what was claimed. `index` is scaled by 10^18."""

    par_sold: Digits
    index: Digits
    carry: Digits
    late: Digits
    fee: Digits
    investors: Digits
    seller: Digits
    claimed: Digits
    seller_claimed: Digits
    seller_claimable: Digits


class Sequence(msgspec.Struct, frozen=True, kw_only=True):
    """How many events of the invoice were read, and how many are missing (0, or an alarm)."""

    seq: int
    missed: int


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A holder's part; `claimable` is what a claim would pay now."""

    holder: Strkey
    shares: Digits
    paid_in: Digits
    received: Digits
    refunded: Digits
    claimable: Digits
    frozen: bool


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment and its waterfall; `paid` and `outstanding` are the totals after it."""

    ledger: int
    time: Moment
    payer: Strkey
    amount: Digits
    late: Digits
    fee: Digits
    investors: Digits
    seller: Digits
    paid: Digits
    outstanding: Digits
    reference: Hex | None


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One event on chain, by the name it has there."""

    event: str
    contract: str
    actor: Strkey | None
    amount: Digits | None
    ledger: int
    time: Moment
    tx_hash: Hex


class Detail(Summary, frozen=True, kw_only=True):
    """Everything about one invoice."""

    token: Strkey
    payee: Strkey
    verifier: Strkey | None
    listed: bool
    disputed_until: int
    holders: int
    terms: Terms
    money: Money
    times: Times
    pool: Pool | None
    events: Sequence
    positions: list[Holder]
    payments: list[Payment]
    timeline: list[Happening]


class DetailAnswer(msgspec.Struct, frozen=True):
    """One invoice with its holders, payments and history, all as of one ledger."""

    data: Detail
    meta: Meta


class Positions(msgspec.Struct, frozen=True):
    """Everyone who ever held shares, largest first."""

    id: Hex
    supply: Digits
    items: list[Holder]


class PositionsAnswer(msgspec.Struct, frozen=True):
    """The holders of an invoice."""

    data: Positions
    meta: Meta


class Payments(msgspec.Struct, frozen=True):
    """Payments, oldest first."""

    id: Hex
    items: list[Payment]


class PaymentsAnswer(msgspec.Struct, frozen=True):
    """The payments of an invoice."""

    data: Payments
    meta: Meta


class Timeline(msgspec.Struct, frozen=True):
    """Events, oldest first."""

    id: Hex
    items: list[Happening]


class TimelineAnswer(msgspec.Struct, frozen=True):
    """The history of an invoice."""

    data: Timeline
    meta: Meta


class OwnInvoice(Summary, frozen=True, kw_only=True):
    """An invoice from the side of its seller or debtor."""

    role: Literal["seller", "debtor"]
    created_at: Moment
    seller_claimable: Digits


class OwnInvoices(msgspec.Struct, frozen=True):
    """The invoices an account is seller or debtor of, newest first."""

    address: Strkey
    items: list[OwnInvoice]


class OwnInvoicesAnswer(msgspec.Struct, frozen=True):
    """Own invoices."""

    data: OwnInvoices
    meta: Meta


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """What one scenario brings. `at`: when the money can be claimed, or the debt is given up.

    `late_charge` is the whole invoice's; `gain` is `receives` less the stake. The yields are the
    metrics M02 and M03, decimal numbers; where they are null `yield_null` says why.
    """

    scenario: Literal["on_time", "late_30", "late_60", "late_90", "half", "nothing"]
    title: str
    status: Status
    at: Moment
    late_charge: Digits
    receives: Digits
    gain: Digits
    simple_yield: str | None
    effective_yield: str | None
    yield_null: str | None


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """What a stake would bring if it were signed now, by the contracts' own rules."""

    id: Hex
    stake: Digits
    rungs: list[Rung]


class LadderAnswer(msgspec.Struct, frozen=True):
    """The payoff ladder of a stake."""

    data: Ladder
    meta: Meta

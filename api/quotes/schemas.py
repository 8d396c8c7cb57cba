"""What goes in and out of quotes and what-ifs."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from api.errors import FieldFault
from api.invoices.schemas import Rung
from api.reads import Digits, Meta, Moment, Strkey
from api.transactions.requests import BasisPoints, Body, Duration, Seconds
from api.values import Amount, AnyAddress, ContractAddress, Hash32


class QuoteRequest(Body, frozen=True, kw_only=True):
    """Terms as a draft has them; the first four and the times make the quote."""

    face: Amount
    target: Amount
    par: Amount
    fee_bps: BasisPoints
    due_at: Seconds
    deadline: Seconds
    release_delay: Duration = 0
    min_raise: Amount | None = None
    late_bps: BasisPoints | None = None
    late_cap_bps: BasisPoints | None = None
    grace: Duration | None = None
    asset: ContractAddress | None = None
    debtor: AnyAddress | None = None
    needs_ack: bool | None = None


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What it comes to if so much is raised and the debtor pays on time, in base units.

    `cash` at release; `fee` of the platform and `investors`' part of the payment; `residual` is
    what is left for the seller. `cost` = face - cash - residual. `cost_rate` is that cost a year
    of the cash, over `days` from the deadline and its delay to the due date; `investor_yield` is
    M02 over the same days. Rates are decimal numbers, null without a whole day.
    """

    raised: Digits
    cash: Digits
    fee: Digits
    investors: Digits
    residual: Digits
    cost: Digits
    days: int
    cost_rate: str | None
    investor_yield: str | None


class QuoteAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Fully raised, at the least if that is told, and what stands against these terms."""

    whole: Quote
    least: Quote | None
    problems: tuple[FieldFault, ...]
    meta: Meta


class Stake(Body, frozen=True, kw_only=True):
    """A stake that is only thought of."""

    invoice_id: Hash32
    amount: Amount


class WhatIfRequest(Body, frozen=True, kw_only=True):
    """Stakes beside what you hold."""

    stakes: Annotated[tuple[Stake, ...], msgspec.Meta(min_length=1, max_length=10)]


class StakeOutlook(msgspec.Struct, frozen=True, kw_only=True):
    """What one of the stakes would bring."""

    invoice_id: str
    amount: Digits
    rungs: list[Rung]


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in one asset, in one scenario of all: what was paid for it, what it brings.

    `last_at`: when the last of it could be claimed.
    """

    asset: Strkey
    scenario: Literal["on_time", "late_30", "late_60", "late_90", "half", "nothing"]
    stake: Digits
    receives: Digits
    gain: Digits
    last_at: Moment


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """Each stake by itself; all that waits for debtors now, and with the stakes."""

    stakes: list[StakeOutlook]
    before: list[Total]
    after: list[Total]


class WhatIfAnswer(msgspec.Struct, frozen=True):
    """As of one ledger; nothing is kept."""

    data: WhatIf
    meta: Meta

"""What is told about invoices that take stakes."""

from __future__ import annotations

import msgspec

from api.invoices.schemas import Summary
from api.reads import Digits, Meta


class Offer(Summary, frozen=True, kw_only=True):
    """An open invoice: what it promises and the smallest stake (`ticket`)."""

    ticket: Digits
    min_raise: Digits
    fee_bps: int
    late_bps: int
    late_cap_bps: int
    grace: int
    needs_ack: bool
    investors: int


class Offers(msgspec.Struct, frozen=True):
    """A page, newest first; `next` is the `after` of the following one, null at the end."""

    items: list[Offer]
    next: str | None


class OffersAnswer(msgspec.Struct, frozen=True):
    """Invoices open for funding."""

    data: Offers
    meta: Meta

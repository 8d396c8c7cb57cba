"""What is told about invoices that take stakes."""

from __future__ import annotations

import msgspec

from api.invoices.schemas import Summary
from api.reads import Digits, Meta, Strkey


class Offer(Summary, frozen=True, kw_only=True):
    """An open invoice: what it promises and the smallest stake (`ticket`).

    `days` until it is due. `discount` is M01, `simple_yield` M02 a year: decimal numbers of six
    places; the yield is null where the money would not work for a day.
    """

    ticket: Digits
    min_raise: Digits
    fee_bps: int
    late_bps: int
    late_cap_bps: int
    grace: int
    needs_ack: bool
    investors: int
    days: int
    discount: str
    simple_yield: str | None


class AssetCount(msgspec.Struct, frozen=True):
    """How many offers there are in an asset."""

    value: Strkey
    count: int


class DaysCount(msgspec.Struct, frozen=True):
    """How many offers are due within `up_to` days and after the bucket before; null: later."""

    up_to: int | None
    count: int


class YesNoCount(msgspec.Struct, frozen=True):
    """How many offers have it, how many have not."""

    yes: int
    no: int


class Facets(msgspec.Struct, frozen=True):
    """Counts over all pages: each facet as if nothing had been wished of it."""

    total: int
    asset: list[AssetCount]
    days: list[DaysCount]
    acknowledged: YesNoCount


class Offers(msgspec.Struct, frozen=True):
    """A page; `next` is the `after` of the following one, null at the end."""

    items: list[Offer]
    next: str | None


class OffersAnswer(msgspec.Struct, frozen=True):
    """Invoices open for funding."""

    data: Offers
    meta: Meta


class FacetsAnswer(msgspec.Struct, frozen=True):
    """Counts of offers."""

    data: Facets
    meta: Meta

"""What is told about an investor's holdings."""

from __future__ import annotations

import msgspec

from api.invoices.schemas import Rung, Summary
from api.reads import Digits, Hex, Meta, Strkey


class Investment(msgspec.Struct, frozen=True, kw_only=True):
    """One position with its invoice. `claimable` is what a claim would pay now."""

    invoice: Summary
    shares: Digits
    paid_in: Digits
    received: Digits
    refunded: Digits
    claimable: Digits
    shares_in: Digits
    shares_out: Digits


class AssetTotal(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over all positions in one asset."""

    asset: Strkey
    positions: int
    shares: Digits
    paid_in: Digits
    received: Digits
    refunded: Digits
    claimable: Digits


class Portfolio(msgspec.Struct, frozen=True, kw_only=True):
    """All positions of an account. `frozen`: its money is held."""

    address: Strkey
    frozen: bool
    positions: list[Investment]
    totals: list[AssetTotal]


class PortfolioAnswer(msgspec.Struct, frozen=True):
    """Your holdings."""

    data: Portfolio
    meta: Meta


class PositionOutlook(msgspec.Struct, frozen=True, kw_only=True):
    """What a position would bring in each scenario; `stake` is the principal behind its shares.

    `receives` counts from the beginning: paid out, claimable, and what is to come.
    """

    invoice_id: Hex
    stake: Digits
    rungs: list[Rung]


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """Every position of an account that still waits for its debtor."""

    address: Strkey
    positions: list[PositionOutlook]


class OutlookAnswer(msgspec.Struct, frozen=True):
    """What your holdings would bring."""

    data: Outlook
    meta: Meta

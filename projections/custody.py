"""Money each of the two contracts has taken in and given out, in each asset.

`paid_in - paid_out` is what the contract must still hold: principal in the escrow, liability in
the distributor. Its real balance is at least that; what is above came from outside (skimmed away
by the owner or not yet).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from contracts.events import (
    DistributionRecorded,
    EscrowFunded,
    FeesCollected,
    FundsReleased,
    Payout,
    ResidualClaimed,
    Skimmed,
    StakeRefunded,
)
from contracts.wire import Address, Contract
from projections.invoices import INVOICE
from projections.model import Big, Model, Record, Row, View
from projections.pools import POOL


class Custody(Row, frozen=True, array_like=True):
    """Totals of one contract in one asset, base units; fees are the distributor's alone."""

    contract: str
    asset: Address
    paid_in: Big = 0
    paid_out: Big = 0
    skimmed: Big = 0
    fees: Big = 0
    fees_collected: Big = 0


CUSTODY = Model("custody", Custody, key=("contract", "asset"), version=1, resident=True)


def _add(
    view: View, contract: Contract, asset: Address | None, **amounts: int
) -> Iterable[Custody]:
    if asset is None:
        return
    name = str(contract)
    before = view.find(CUSTODY, name, asset) or Custody(name, asset)
    sums = {field: getattr(before, field) + amount for field, amount in amounts.items()}
    yield msgspec.structs.replace(before, **sums)


def _invoice_asset(view: View, invoice: bytes) -> Address | None:
    known = view.find(INVOICE, invoice)
    return known.asset if known else None


def _pool_asset(view: View, invoice: bytes) -> Address | None:
    known = view.find(POOL, invoice)
    return known.asset if known else None


@CUSTODY.on(EscrowFunded, reads=lambda event: (INVOICE.at(event.id),))
def _funded(view: View, _: Record, event: EscrowFunded) -> Iterable[Custody]:
    asset = _invoice_asset(view, event.id)
    return _add(view, Contract.ESCROW, asset, paid_in=event.amount)


@CUSTODY.on(FundsReleased, reads=lambda event: (INVOICE.at(event.id),))
def _released(view: View, _: Record, event: FundsReleased) -> Iterable[Custody]:
    asset = _invoice_asset(view, event.id)
    return _add(view, Contract.ESCROW, asset, paid_out=event.amount)


@CUSTODY.on(StakeRefunded, reads=lambda event: (INVOICE.at(event.id),))
def _refunded(view: View, _: Record, event: StakeRefunded) -> Iterable[Custody]:
    asset = _invoice_asset(view, event.id)
    return _add(view, Contract.ESCROW, asset, paid_out=event.amount)


@CUSTODY.on(DistributionRecorded, reads=lambda event: (POOL.at(event.id),))
def _distributed(view: View, _: Record, event: DistributionRecorded) -> Iterable[Custody]:
    amount = event.late + event.fee + event.investors + event.seller
    asset = _pool_asset(view, event.id)
    return _add(view, Contract.DISTRIBUTOR, asset, paid_in=amount, fees=event.fee)


@CUSTODY.on(Payout, reads=lambda event: (POOL.at(event.id),))
def _paid_out(view: View, _: Record, event: Payout) -> Iterable[Custody]:
    asset = _pool_asset(view, event.id)
    return _add(view, Contract.DISTRIBUTOR, asset, paid_out=event.amount)


@CUSTODY.on(ResidualClaimed, reads=lambda event: (POOL.at(event.id),))
def _residual(view: View, _: Record, event: ResidualClaimed) -> Iterable[Custody]:
    asset = _pool_asset(view, event.id)
    return _add(view, Contract.DISTRIBUTOR, asset, paid_out=event.amount)


@CUSTODY.on(FeesCollected)
def _fees(view: View, _: Record, event: FeesCollected) -> Iterable[Custody]:
    return _add(
        view,
        Contract.DISTRIBUTOR,
        event.asset,
        paid_out=event.amount,
        fees_collected=event.amount,
    )


@CUSTODY.on(Skimmed)
def _skimmed(view: View, record: Record, event: Skimmed) -> Iterable[Custody]:
    return _add(view, record.contract, event.asset, skimmed=event.amount)

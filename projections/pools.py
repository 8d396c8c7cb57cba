"""The distributor's pools: what came in for an invoice, for whom, and what was taken out of it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from contracts.events import DistributionRecorded, Payout, PoolOpened, ResidualClaimed
from contracts.wire import Address
from projections.invoices import INVOICE
from projections.model import Big, Model, Record, Row, View

SCALE = 10**18
"""The index counts units of 10^-18 of the asset's smallest unit per share."""


class Pool(Row, frozen=True, array_like=True):
    """Totals of one invoice's pool, base units of its asset.

    `investors` includes late charges. `index` and `carry` are those of the accrual, scaled by
    10^18; `supply` is the number of shares, constant while money can come. `seq` is the newest
    number of the pool's events and `missed` how many numbers before it never came.
    """

    invoice: bytes
    token: Address
    asset: Address
    par_sold: int
    supply: int
    index: Big
    carry: Big
    late: int
    fee: int
    investors: int
    seller: Big
    claimed: int
    seller_claimed: Big
    seq: int
    missed: int


POOL = Model("pool", Pool, key=("invoice",), version=1)


def accrue(pool: Pool, amount: int, *, last: bool) -> tuple[int, int]:
    """Index and carry after `amount` base units for the holders.

    The accrual that brings investors to `par_sold` is the `last`: it rounds up.
    """
    if pool.supply == 0:
        return pool.index, pool.carry
    scaled = amount * SCALE + pool.carry
    if last:
        return pool.index - (-scaled // pool.supply), 0
    return pool.index + scaled // pool.supply, scaled % pool.supply


@POOL.on(PoolOpened, reads=lambda event: (INVOICE.at(event.id), POOL.at(event.id)))
def _opened(view: View, _: Record, event: PoolOpened) -> Iterable[Pool]:
    invoice = view.find(INVOICE, event.id)
    if view.find(POOL, event.id) or invoice is None:
        return
    yield Pool(
        invoice=event.id,
        token=event.token,
        asset=event.asset,
        par_sold=event.par_sold,
        supply=invoice.raised,
        index=0,
        carry=0,
        late=0,
        fee=0,
        investors=0,
        seller=0,
        claimed=0,
        seller_claimed=0,
        seq=event.seq,
        missed=event.seq - 1,
    )


@POOL.on(DistributionRecorded, reads=lambda event: (POOL.at(event.id),))
def _distributed(view: View, _: Record, event: DistributionRecorded) -> Iterable[Pool]:
    pool = view.find(POOL, event.id)
    if pool is None:
        return
    face_part = pool.investors - pool.late + event.investors
    last = event.investors > 0 and face_part == pool.par_sold
    carry = accrue(pool, event.late + event.investors, last=last)[1]
    yield msgspec.structs.replace(
        _counted(pool, event.seq),
        index=event.index,
        carry=carry,
        late=pool.late + event.late,
        fee=pool.fee + event.fee,
        investors=pool.investors + event.late + event.investors,
        seller=pool.seller + event.seller,
    )


@POOL.on(Payout, reads=lambda event: (POOL.at(event.id),))
def _paid_out(view: View, _: Record, event: Payout) -> Iterable[Pool]:
    if pool := view.find(POOL, event.id):
        yield msgspec.structs.replace(_counted(pool, event.seq), claimed=event.claimed)


@POOL.on(ResidualClaimed, reads=lambda event: (POOL.at(event.id),))
def _residual_claimed(view: View, _: Record, event: ResidualClaimed) -> Iterable[Pool]:
    if pool := view.find(POOL, event.id):
        claimed = pool.seller_claimed + event.amount
        yield msgspec.structs.replace(_counted(pool, event.seq), seller_claimed=claimed)


def _counted(pool: Pool, seq: int) -> Pool:
    return msgspec.structs.replace(pool, seq=seq, missed=pool.missed + seq - pool.seq - 1)

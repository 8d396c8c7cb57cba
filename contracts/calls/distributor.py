"""Calls of the distributor contract.

Written by `make contracts` from their spec: edit the contracts instead.
"""

from __future__ import annotations

import msgspec
from stellar_sdk import scval, xdr

from contracts.wire import Address, Contract, Invocation


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """What one payment is for; the parts add up to the payment."""

    fee: int
    investors: int
    late: int
    seller: int

    def to_scval(self) -> xdr.SCVal:
        """The value as the host takes it."""
        return scval.to_struct(
            {
                "fee": scval.to_int128(self.fee),
                "investors": scval.to_int128(self.investors),
                "late": scval.to_int128(self.late),
                "seller": scval.to_int128(self.seller),
            }
        )


def bump(*, id: bytes) -> Invocation:
    """Extends the lifetimes of the distributor, and of an open pool and its asset's account.

    For anyone.
    """
    return Invocation(Contract.DISTRIBUTOR, "bump", (scval.to_bytes(id),))


def skim(*, asset: Address) -> Invocation:
    """Sends what exceeds all credits to the treasury and returns it. Signed by the owner."""
    return Invocation(Contract.DISTRIBUTOR, "skim", (scval.to_address(asset),))


def claim(*, id: bytes, holder: Address) -> Invocation:
    """Pays a holder's credit to the holder and returns it. For anyone."""
    return Invocation(Contract.DISTRIBUTOR, "claim", (scval.to_bytes(id), scval.to_address(holder)))


def claim_to(*, id: bytes, holder: Address, to: Address) -> Invocation:
    """Pays a holder's credit to another account and returns it. Signed by `holder`."""
    return Invocation(
        Contract.DISTRIBUTOR,
        "claim_to",
        (scval.to_bytes(id), scval.to_address(holder), scval.to_address(to)),
    )


def solvency(*, asset: Address) -> Invocation:
    """The balance in an asset, and what is owed of it."""
    return Invocation(Contract.DISTRIBUTOR, "solvency", (scval.to_address(asset),))


def treasury() -> Invocation:
    """Where fees go."""
    return Invocation(Contract.DISTRIBUTOR, "treasury", ())


def open_pool(*, id: bytes, token: Address, asset: Address, par_sold: int) -> Invocation:
    """Opens the pool of a released invoice. For the escrow only."""
    return Invocation(
        Contract.DISTRIBUTOR,
        "open_pool",
        (
            scval.to_bytes(id),
            scval.to_address(token),
            scval.to_address(asset),
            scval.to_int128(par_sold),
        ),
    )


def distribute(*, id: bytes, holders: list[Address]) -> Invocation:
    """Pays up to 25 holders and returns the amounts in order, 0 for those skipped. For anyone."""
    return Invocation(
        Contract.DISTRIBUTOR,
        "distribute",
        (scval.to_bytes(id), scval.to_vec([scval.to_address(item) for item in holders])),
    )


def get_payment(*, id: bytes) -> Invocation:
    """The totals of one invoice's repayments."""
    return Invocation(Contract.DISTRIBUTOR, "get_payment", (scval.to_bytes(id),))


def accept_owner() -> Invocation:
    """Takes ownership. Signed by the account it was offered to."""
    return Invocation(Contract.DISTRIBUTOR, "accept_owner", ())


def collect_fees(*, asset: Address) -> Invocation:
    """Sends the fees of an asset to the treasury and returns them. For anyone."""
    return Invocation(Contract.DISTRIBUTOR, "collect_fees", (scval.to_address(asset),))


def set_treasury(*, treasury: Address) -> Invocation:
    """Chooses where fees go. Signed by the owner."""
    return Invocation(Contract.DISTRIBUTOR, "set_treasury", (scval.to_address(treasury),))


def constructor(*, owner: Address, escrow: Address, treasury: Address) -> Invocation:
    """Links the distributor to its escrow for life and names owner and treasury."""
    return Invocation(
        Contract.DISTRIBUTOR,
        "__constructor",
        (scval.to_address(owner), scval.to_address(escrow), scval.to_address(treasury)),
    )


def apply_upgrade() -> Invocation:
    """Applies announced code. Signed by the owner."""
    return Invocation(Contract.DISTRIBUTOR, "apply_upgrade", ())


def propose_owner(*, to: Address) -> Invocation:
    """Offers ownership; offering it to oneself withdraws. Signed by the owner."""
    return Invocation(Contract.DISTRIBUTOR, "propose_owner", (scval.to_address(to),))


def cancel_upgrade(*, by: Address) -> Invocation:
    """Withdraws announced code. Signed by the owner or a guardian of the escrow."""
    return Invocation(Contract.DISTRIBUTOR, "cancel_upgrade", (scval.to_address(by),))


def claim_residual(*, id: bytes) -> Invocation:
    """Pays the seller's residual to the payee and returns it. For anyone."""
    return Invocation(Contract.DISTRIBUTOR, "claim_residual", (scval.to_bytes(id),))


def record_payment(*, id: bytes, split: Split) -> Invocation:
    """Credits a payment that has arrived. For the escrow only."""
    return Invocation(
        Contract.DISTRIBUTOR, "record_payment", (scval.to_bytes(id), split.to_scval())
    )


def propose_upgrade(*, hash: bytes) -> Invocation:
    """Announces new code, which can be applied after 14 days. Signed by the owner."""
    return Invocation(Contract.DISTRIBUTOR, "propose_upgrade", (scval.to_bytes(hash),))


def claim_residual_to(*, id: bytes, to: Address) -> Invocation:
    """Pays the seller's residual to another account and returns it. Signed by the payee."""
    return Invocation(
        Contract.DISTRIBUTOR, "claim_residual_to", (scval.to_bytes(id), scval.to_address(to))
    )


def calculate_distribution(*, id: bytes, holder: Address) -> Invocation:
    """What a claim of this holder would pay now; a frozen holder's credit is shown."""
    return Invocation(
        Contract.DISTRIBUTOR,
        "calculate_distribution",
        (scval.to_bytes(id), scval.to_address(holder)),
    )

"""Whether an asset's issuer could take or freeze what the contracts hold of it.

The clawback flag of a contract's balance is fixed when the balance is made, so one unit sent to
each contract, before anybody's money comes, shows what will hold for good. The units stay there:
the owner may skim them to the treasury.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from stellar_sdk import Keypair, scval, xdr

from contracts.wire import Address, Contract, Invocation
from stellarsettle.chain import Chain, ChainError


class UnsafeAssetError(Exception):
    """An asset must not be allowed; the message says why."""


class Balance(msgspec.Struct, frozen=True):
    """What the asset's contract keeps for a holder that is a contract."""

    amount: int
    authorized: bool
    clawback: bool


def ensure(chain: Chain, payer: Keypair, asset: Address, holders: Sequence[Address]) -> None:
    """Send one unit of `payer`'s to each of `holders` and read what the asset made of it.

    A holder that has a balance, of whatever kind, gets nothing more. Raises `UnsafeAssetError` if
    a balance can be clawed back or is not authorized, or if the payer cannot send.
    """
    for holder in holders:
        if balance(chain, asset, holder) is None:
            _send_unit(chain, payer, asset, holder)
        if not safe(chain, asset, holder):
            found = balance(chain, asset, holder)
            raise UnsafeAssetError(
                f"{asset} is not safe: its issuer can take back or freeze what {holder} holds"
                f" ({found}). Choose an asset whose issuer neither requires authorization nor"
                " enables clawback"
            )


def _send_unit(chain: Chain, payer: Keypair, asset: Address, holder: Address) -> None:
    """Make the holder's balance by a payment of one unit."""
    arguments = (
        scval.to_address(payer.public_key),
        scval.to_address(holder),
        scval.to_int128(1),
    )
    try:
        chain.invoke(payer, asset, Invocation(Contract.TOKEN, "transfer", arguments))
    except ChainError as error:
        raise UnsafeAssetError(
            f"one unit of {asset} could not be sent from {payer.public_key} to {holder}: this"
            " account needs two units of it, and an issuer who requires authorization cannot be"
            f" used. The ledger said: {error}"
        ) from error


def safe(chain: Chain, asset: Address, holder: Address) -> bool:
    """Whether a holder has of the asset, for good and without the issuer's leave."""
    found = balance(chain, asset, holder)
    return found is not None and found.authorized and not found.clawback


def balance(chain: Chain, asset: Address, holder: Address) -> Balance | None:
    """The entry that an asset's contract keeps for a contract; None if there is none."""
    key = scval.to_vec([scval.to_symbol("Balance"), scval.to_address(holder)])
    entry = chain.server.get_contract_data(asset, key)
    if entry is None:
        return None
    data = xdr.LedgerEntryData.from_xdr(entry.xdr).contract_data
    if data is None:
        return None
    return msgspec.convert(scval.to_native(data.val), Balance)

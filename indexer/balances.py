"""What a Stellar Asset Contract holds for a contract: the ledger entry's key, and its value."""

from __future__ import annotations

from contracts.scval import MalformedScvalError
from contracts.wire import Address
from indexer.entries import address_value, data_key, entry_value, named, require_contract


def balance_key(asset: Address, holder: Address) -> bytes:
    """LedgerKey XDR of the Balance entry of contract `holder` in the asset contract `asset`.

    Raises `contracts.strkey.InvalidAddressError` if one of them is no contract.
    """
    require_contract(holder)
    return data_key(asset, named("Balance", address_value(holder)))


def read_balance(xdr: bytes) -> int:
    """The amount, base units, in a Balance entry (LedgerEntryData XDR).

    Raises `contracts.scval.ScvalError` if it is none.
    """
    value = entry_value(xdr)
    if not isinstance(value, dict) or not isinstance(value.get("amount"), int):
        raise MalformedScvalError("not a balance of an asset contract")
    amount: int = value["amount"]
    return amount

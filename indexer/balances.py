"""What a Stellar Asset Contract holds for a contract: the ledger entry's key, and its value."""

from __future__ import annotations

import struct
from typing import Final

from contracts import strkey
from contracts.scval import MalformedScvalError, read_address, read_value
from contracts.wire import Address

_CONTRACT_DATA: Final = 6
_PERSISTENT: Final = 1
_U32: Final = struct.Struct(">I")


def balance_key(asset: Address, holder: Address) -> bytes:
    """LedgerKey XDR of the Balance entry of contract `holder` in the asset contract `asset`.

    Raises `contracts.strkey.InvalidAddressError` if one of them is no contract.
    """
    symbol = _words(15, 7) + b"Balance\0"
    name = _words(16, 1, 2) + symbol + _words(18) + _contract(holder)
    return _words(_CONTRACT_DATA) + _contract(asset) + name + _words(_PERSISTENT)


def read_balance(xdr: bytes) -> int:
    """The amount, base units, in a Balance entry (LedgerEntryData XDR).

    Raises `contracts.scval.ScvalError` if it is none.
    """
    if xdr[:8] != _words(_CONTRACT_DATA, 0):
        raise MalformedScvalError("not a contract's data entry")
    _, place = read_address(xdr, 8)
    _, place = read_value(xdr, place)
    value, end = read_value(xdr, place + 4)
    if end != len(xdr) or not isinstance(value, dict) or not isinstance(value.get("amount"), int):
        raise MalformedScvalError("not a balance of an asset contract")
    amount: int = value["amount"]
    return amount


def _contract(address: Address) -> bytes:
    version, payload = strkey.decode(address)
    if version != strkey.CONTRACT:
        raise strkey.InvalidAddressError(f"{address} is no contract")
    return _words(1) + payload


def _words(*numbers: int) -> bytes:
    return b"".join(_U32.pack(number) for number in numbers)

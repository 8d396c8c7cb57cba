"""Contracts' entries in the ledger: their keys, to ask a node for them, and what is in them."""

from __future__ import annotations

import struct
from typing import Final

from contracts import strkey
from contracts.scval import MalformedScvalError, read_address, read_value
from contracts.wire import Address

_CONTRACT_DATA: Final = 6
_PERSISTENT: Final = 1

# Arms of SCVal.
_BYTES: Final = 13
_SYMBOL: Final = 15
_VECTOR: Final = 16
_ADDRESS: Final = 18
_INSTANCE_KEY: Final = 20


def data_key(contract: Address, name: bytes) -> bytes:
    """The key of what `contract` keeps for long under `name` (SCVal XDR).

    Raises `contracts.strkey.InvalidAddressError` if it is no contract.
    """
    return words(_CONTRACT_DATA) + _contract(contract) + name + words(_PERSISTENT)


def instance_key(contract: Address) -> bytes:
    """The key of a contract's instance, with what it keeps there. Raises as `data_key` does."""
    return data_key(contract, words(_INSTANCE_KEY))


def named(variant: str, *values: bytes) -> bytes:
    """SCVal of a contract's own key: a variant's name and its values (SCVal XDR)."""
    text = variant.encode("ascii")
    symbol = words(_SYMBOL, len(text)) + text + bytes(-len(text) % 4)
    return words(_VECTOR, 1, 1 + len(values)) + symbol + b"".join(values)


def bytes_value(value: bytes) -> bytes:
    """SCVal of bytes, such as an invoice's id."""
    return words(_BYTES, len(value)) + value + bytes(-len(value) % 4)


def address_value(address: Address) -> bytes:
    """SCVal of an account's or a contract's address."""
    version, payload = strkey.decode(address)
    kind = words(0, 0) if version == strkey.ACCOUNT else words(1)
    return words(_ADDRESS) + kind + payload


def entry_value(xdr: bytes) -> object:
    """The value in a contract's entry (LedgerEntryData XDR), as `contracts.scval` reads it.

    Raises `contracts.scval.ScvalError` if it is none.
    """
    if xdr[:8] != words(_CONTRACT_DATA, 0):
        raise MalformedScvalError("not a contract's data entry")
    _, place = read_address(xdr, 8)
    _, place = read_value(xdr, place)
    value, end = read_value(xdr, place + 4)
    if end != len(xdr):
        raise MalformedScvalError("not a contract's data entry: something follows its value")
    return value


def words(*numbers: int) -> bytes:
    """Unsigned integers of 32 bits, as XDR has them."""
    return struct.pack(f">{len(numbers)}I", *numbers)


def _contract(address: Address) -> bytes:
    require_contract(address)
    return words(1) + strkey.decode(address)[1]


def require_contract(address: Address) -> None:
    """Raises `contracts.strkey.InvalidAddressError` if the address is not a contract's."""
    if strkey.decode(address)[0] != strkey.CONTRACT:
        raise strkey.InvalidAddressError(f"{address} is no contract")

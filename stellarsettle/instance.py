"""What a contract keeps in its instance on the ledger, read without asking the contract."""

from __future__ import annotations

from typing import Any

import msgspec
from stellar_sdk import Address, scval, xdr

from stellarsettle.chain import Chain

Key = tuple[str, ...]


class Instance(msgspec.Struct, frozen=True):
    """The SHA-256 of its code in hex, and its values by key: the case's name, then its parts."""

    code: str | None
    storage: dict[Key, Any]


def read(chain: Chain, address: str) -> Instance | None:
    """The instance at `address`; None if there is none."""
    key = xdr.SCVal(xdr.SCValType.SCV_LEDGER_KEY_CONTRACT_INSTANCE)
    entry = chain.server.get_contract_data(address, key)
    data = xdr.LedgerEntryData.from_xdr(entry.xdr).contract_data if entry else None
    found = data.val.instance if data else None
    if found is None:
        return None
    code = found.executable.wasm_hash
    entries = found.storage.sc_map if found.storage else []
    return Instance(
        code=code.hash.hex() if code else None,
        storage={_key(entry.key): scval.to_native(entry.val) for entry in entries},
    )


def _key(value: xdr.SCVal) -> Key:
    parts: Any = scval.to_native(value)
    return tuple(part.address if isinstance(part, Address) else str(part) for part in parts)

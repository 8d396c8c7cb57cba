"""What assets are called: the symbol that their contract keeps on the ledger, asked once."""

from __future__ import annotations

import asyncio
import re
from typing import Any, cast

from stellar_sdk import Address, xdr
from stellar_sdk.scval import to_native

from api.errors import Problem
from api.stellar import Ledger
from contracts import rpc

_SYMBOL = re.compile(r"[A-Za-z0-9.$_-]{1,12}")
_KEPT = 1_000


class Assets:
    """Symbols by contract address. What has none, or one that nobody could read, is shortened."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[str, str] = {}

    async def symbols(self, addresses: set[str]) -> dict[str, str]:
        """A symbol for each address; a node that is away leaves the address, shortened."""
        unknown = sorted(addresses - self._known.keys())
        found = await asyncio.gather(*(self._ask(address) for address in unknown))
        if len(self._known) > _KEPT:
            self._known.clear()
        self._known |= {a: s for a, s in zip(unknown, found, strict=True) if s is not None}
        return {a: self._known.get(a, f"{a[:4]}…{a[-4:]}") for a in addresses}

    async def _ask(self, address: str) -> str | None:
        try:
            reply = await self._ledger.ask(rpc.get_ledger_entries([_instance_key(address)]))
        except Problem:
            return None
        return _symbol(reply.entries[0].xdr) if reply.entries else None


def _instance_key(address: str) -> str:
    return xdr.LedgerKey(
        xdr.LedgerEntryType.CONTRACT_DATA,
        contract_data=xdr.LedgerKeyContractData(
            contract=Address(address).to_xdr_sc_address(),
            key=xdr.SCVal(xdr.SCValType.SCV_LEDGER_KEY_CONTRACT_INSTANCE),
            durability=xdr.ContractDataDurability.PERSISTENT,
        ),
    ).to_xdr()


def _symbol(entry: str) -> str | None:
    """The symbol in a contract's instance (CAP-46-6 keeps it in METADATA), if it is a clean one."""
    data = xdr.LedgerEntryData.from_xdr(entry).contract_data
    storage = data.val.instance.storage if data is not None and data.val.instance else None
    for pair in storage.sc_map if storage is not None else ():
        if pair.key.sym is not None and pair.key.sym.sc_symbol == b"METADATA":
            metadata = cast("dict[str, Any]", to_native(pair.val))
            symbol = metadata.get("symbol")
            text = symbol.decode("ascii", "replace") if isinstance(symbol, bytes) else str(symbol)
            if text == "native":
                return "XLM"
            return text if _SYMBOL.fullmatch(text) else None
    return None

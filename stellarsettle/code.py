"""Whether the code on a ledger is the code that was built here."""

from __future__ import annotations

import msgspec
from stellar_sdk import scval, xdr

from contracts.wire import Address
from stellarsettle.chain import Chain
from stellarsettle.deploy import code_hash


class Compared(msgspec.Struct, frozen=True):
    """One piece of code: what it is, the SHA-256 built here, and the one on the ledger, in hex."""

    name: str
    built: str
    found: str | None

    @property
    def equal(self) -> bool:
        """Whether the ledger runs what was built."""
        return self.built == self.found


class _Pending(msgspec.Struct, frozen=True):
    """Announced code and when it is in force, as the escrow keeps them."""

    hash: bytes
    at: int

    @classmethod
    def of(cls, value: xdr.SCVal) -> _Pending:
        return msgspec.convert(scval.to_native(value), cls)


def verify(chain: Chain, escrow: Address, distributor: Address) -> list[Compared]:
    """Compare escrow, distributor and the tokens that new invoices get, one of them pending too."""
    instances = {
        "invoice_escrow": _instance(chain, escrow),
        "payment_distributor": _instance(chain, distributor),
    }
    compared = [
        Compared(name, code_hash(name), _code_of(instance)) for name, instance in instances.items()
    ]
    for name, found in _token_codes(instances["invoice_escrow"]).items():
        compared.append(Compared(name, code_hash("invoice_token"), found))
    return compared


def _instance(chain: Chain, address: Address) -> xdr.SCContractInstance | None:
    key = xdr.SCVal(xdr.SCValType.SCV_LEDGER_KEY_CONTRACT_INSTANCE)
    entry = chain.server.get_contract_data(address, key)
    data = xdr.LedgerEntryData.from_xdr(entry.xdr).contract_data if entry else None
    return data.val.instance if data else None


def _code_of(instance: xdr.SCContractInstance | None) -> str | None:
    found = instance.executable.wasm_hash if instance is not None else None
    return found.hash.hex() if found else None


def _token_codes(escrow: xdr.SCContractInstance | None) -> dict[str, str | None]:
    """The code of new tokens and, while one waits for its delay, of the next."""
    codes: dict[str, str | None] = {"invoice_token": None}
    entries = escrow.storage.sc_map if escrow and escrow.storage else []
    for entry in entries:
        match scval.to_native(entry.key):
            case ["TokenCode"]:
                codes["invoice_token"] = scval.from_bytes(entry.val).hex()
            case ["NextTokenCode"]:
                codes["invoice_token, announced"] = _Pending.of(entry.val).hash.hex()
    return codes

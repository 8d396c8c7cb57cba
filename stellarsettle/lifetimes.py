"""How long the platform's contracts and their code live on a ledger, and what extends it.

Nobody's money is lost when an entry is archived, but whoever calls next has to restore it first.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from stellar_sdk import Address as SdkAddress
from stellar_sdk import TransactionBuilder, TransactionEnvelope, xdr

from contracts.wire import Address
from stellarsettle import code
from stellarsettle.chain import Chain, ChainError

LEDGERS_A_DAY = 86_400 // 5
"""Ledgers take five to six seconds: what is counted in days lasts rather longer."""
VALID_SECONDS = 3_600
"""How long whoever signs has time for it."""
WARNING_DAYS = 30
"""Below this a platform that nobody calls is soon archived: calls keep code that long, no more."""


class Lifetime(msgspec.Struct, frozen=True):
    """An instance or a piece of code, and the ledgers that it has left; None if it is not live."""

    name: str
    key: xdr.LedgerKey
    ledgers: int | None

    @property
    def days(self) -> int:
        """Whole days that it has left at least."""
        return (self.ledgers or 0) // LEDGERS_A_DAY

    @property
    def long(self) -> bool:
        """Whether nobody has to see to it soon."""
        return self.days >= WARNING_DAYS

    @property
    def words(self) -> str:
        """What to know, and what to do."""
        if self.ledgers is None:
            return "not live: never uploaded, or archived until the next call restores it"
        remedy = "" if self.long else ": `stellarsettle contracts extend`"
        return f"lives {self.days} more days ({self.ledgers} ledgers){remedy}"


def examine(chain: Chain, escrow: Address, distributor: Address) -> list[Lifetime]:
    """Both instances, the code that runs and the code that is announced; each key once."""
    keys = {
        "invoice_escrow, instance": _instance_key(escrow),
        "payment_distributor, instance": _instance_key(distributor),
    }
    for name, found in code.on_ledger(chain, escrow, distributor):
        if found is not None and _code_key(found) not in keys.values():
            keys[f"{name}, code"] = _code_key(found)
    answer = chain.server.get_ledger_entries(list(keys.values()))
    latest = answer.latest_ledger
    until = {one.key: one.live_until_ledger or 0 for one in answer.entries or []}
    left = {name: until.get(key.to_xdr(), 0) - latest for name, key in keys.items()}
    return [
        Lifetime(name, key, left[name] if left[name] >= 0 else None) for name, key in keys.items()
    ]


def extension(
    chain: Chain, source: str, lifetimes: Sequence[Lifetime], days: int
) -> TransactionEnvelope:
    """The unsigned transaction of `source` after which all these live so many days.

    What lives longer already is left alone, and so is what is not live: to extend it would be to
    restore it first. Raises `ChainError` where nothing is live, the network keeps nothing for so
    long, or the node refuses.
    """
    keys = [one.key for one in lifetimes if one.ledgers is not None]
    if not keys:
        raise ChainError("nothing here is live: there is nothing to extend")
    longest = _longest(chain)
    if days * LEDGERS_A_DAY > longest:
        raise ChainError(f"the network keeps entries for {longest // LEDGERS_A_DAY} days at most")
    footprint = _reading(keys)

    def add(transaction: TransactionBuilder) -> TransactionBuilder:
        transaction.append_extend_footprint_ttl_op(days * LEDGERS_A_DAY)
        return transaction.set_soroban_data(footprint)

    return chain.prepare(source, add, VALID_SECONDS)


def _longest(chain: Chain) -> int:
    """Ledgers for which an entry can be extended: the network's setting, less the present one."""
    setting = xdr.ConfigSettingID.CONFIG_SETTING_STATE_ARCHIVAL
    key = xdr.LedgerKey(
        xdr.LedgerEntryType.CONFIG_SETTING, config_setting=xdr.LedgerKeyConfigSetting(setting)
    )
    for entry in chain.server.get_ledger_entries([key]).entries or []:
        found = xdr.LedgerEntryData.from_xdr(entry.xdr).config_setting
        if found is not None and found.state_archival_settings is not None:
            return int(found.state_archival_settings.max_entry_ttl.uint32) - 1
    raise ChainError("the node does not tell how long the network keeps entries")


def _instance_key(address: Address) -> xdr.LedgerKey:
    data = xdr.LedgerKeyContractData(
        contract=SdkAddress(address).to_xdr_sc_address(),
        key=xdr.SCVal(xdr.SCValType.SCV_LEDGER_KEY_CONTRACT_INSTANCE),
        durability=xdr.ContractDataDurability.PERSISTENT,
    )
    return xdr.LedgerKey(xdr.LedgerEntryType.CONTRACT_DATA, contract_data=data)


def _code_key(code_hash: str) -> xdr.LedgerKey:
    found = xdr.LedgerKeyContractCode(xdr.Hash(bytes.fromhex(code_hash)))
    return xdr.LedgerKey(xdr.LedgerEntryType.CONTRACT_CODE, contract_code=found)


def _reading(keys: list[xdr.LedgerKey]) -> xdr.SorobanTransactionData:
    """Resources of which only what is read is known; the simulation finds the rest."""
    nothing = xdr.Uint32(0)
    footprint = xdr.LedgerFootprint(read_only=keys, read_write=[])
    resources = xdr.SorobanResources(footprint, nothing, nothing, nothing)
    return xdr.SorobanTransactionData(xdr.SorobanTransactionDataExt(0), resources, xdr.Int64(0))

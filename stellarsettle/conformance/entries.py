"""Ledger entries as a recorded ledger's meta tells them: what was there before, what was left."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec
from stellar_sdk import xdr

_KINDS = xdr.LedgerEntryType


class Left(msgspec.Struct, frozen=True):
    """An entry as a ledger left it; without data it is gone."""

    key: xdr.LedgerKey
    data: xdr.LedgerEntryData | None
    last_modified: int

    @property
    def live_until(self) -> int:
        """The last ledger a time-to-live record tells; 0 if it is gone."""
        record = self.data.ttl if self.data else None
        return record.live_until_ledger_seq.uint32 if record else 0


def changes(meta: xdr.LedgerCloseMetaV2) -> Iterator[xdr.LedgerEntryChange]:
    """All changes of a ledger in the order they happened: fees, then operations, then refunds."""
    for one in meta.tx_processing:
        yield from one.fee_processing.ledger_entry_changes
    for one in meta.tx_processing:
        applied = one.tx_apply_processing.v4
        if applied is None:
            raise ValueError("a recorded transaction's meta is not of version 4")
        yield from applied.tx_changes_before.ledger_entry_changes
        for operation in applied.operations:
            yield from operation.changes.ledger_entry_changes
        yield from applied.tx_changes_after.ledger_entry_changes
    for one in meta.tx_processing:
        yield from one.post_tx_apply_fee_processing.ledger_entry_changes
    for upgrade in meta.upgrades_processing:
        yield from upgrade.changes.ledger_entry_changes


def left(meta: xdr.LedgerCloseMetaV2) -> dict[str, Left]:
    """Each entry a ledger changed as it was in the end, by the base64 XDR of its key."""
    found: dict[str, Left] = {}
    for change in changes(meta):
        entry = change.created or change.updated or change.restored
        if entry is not None:
            key = key_of(entry.data)
            found[key.to_xdr()] = Left(key, entry.data, entry.last_modified_ledger_seq.uint32)
        elif change.removed is not None:
            found[change.removed.to_xdr()] = Left(change.removed, None, 0)
    return found


def earlier(metas: list[xdr.LedgerCloseMetaV2]) -> list[xdr.LedgerEntry]:
    """The entries that were there before these ledgers and that some of them change."""
    seen: set[str] = set()
    found: list[xdr.LedgerEntry] = []
    for meta in metas:
        for change in changes(meta):
            entry = change.state or change.created or change.updated or change.restored
            if entry is None:
                continue
            key = key_of(entry.data).to_xdr()
            if key not in seen and change.state is not None:
                found.append(entry)
            seen.add(key)
    return found


def ttl_hash(key: xdr.LedgerKey) -> bytes:
    """What names the time-to-live record of an entry."""
    return hashlib.sha256(key.to_xdr_bytes()).digest()


def key_of(data: xdr.LedgerEntryData) -> xdr.LedgerKey:
    """The key of an entry."""
    key = xdr.LedgerKey(data.type)
    if data.account is not None:
        key.account = xdr.LedgerKeyAccount(data.account.account_id)
    elif data.trust_line is not None:
        line = data.trust_line
        key.trust_line = xdr.LedgerKeyTrustLine(line.account_id, line.asset)
    elif data.offer is not None:
        key.offer = xdr.LedgerKeyOffer(data.offer.seller_id, data.offer.offer_id)
    elif data.data is not None:
        key.data = xdr.LedgerKeyData(data.data.account_id, data.data.data_name)
    elif data.claimable_balance is not None:
        balance = data.claimable_balance.balance_id
        key.claimable_balance = xdr.LedgerKeyClaimableBalance(balance)
    elif data.contract_data is not None:
        item = data.contract_data
        key.contract_data = xdr.LedgerKeyContractData(item.contract, item.key, item.durability)
    elif data.contract_code is not None:
        key.contract_code = xdr.LedgerKeyContractCode(data.contract_code.hash)
    elif data.config_setting is not None:
        setting = data.config_setting.config_setting_id
        key.config_setting = xdr.LedgerKeyConfigSetting(setting)
    elif data.ttl is not None:
        key.ttl = xdr.LedgerKeyTtl(data.ttl.key_hash)
    else:
        raise NotImplementedError(f"entries of type {data.type.name} have no key here")
    return key

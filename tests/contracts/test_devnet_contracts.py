"""Contracts on the local ledger: shared balances, fees and the life of entries."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from stellar_sdk import (
    scval,
    xdr,
)
from stellar_sdk.soroban_rpc import GetTransactionResponse

from tests.contracts.ledger import (
    Devnet,
    fee_charged,
    issued_asset,
    meta_of,
    native_balance,
    running,
    transfer,
)


def test_asset_contract_shares_the_trustline(devnet: Devnet) -> None:
    """What the asset's contract moves is the balance of the classic trustline."""
    issuer, holder, other = devnet.account(), devnet.account(), devnet.account()
    asset = issued_asset(devnet, issuer, holder)
    trust = devnet.builder(other.public_key).append_change_trust_op(asset)
    assert devnet.run(trust, other).status.value == "SUCCESS"
    builder = devnet.builder(holder.public_key)
    arguments = transfer(asset, devnet.passphrase, holder, other, 30_000_000)
    builder.append_invoke_contract_function_op(**arguments)
    assert devnet.invoke(builder, holder).status.value == "SUCCESS"
    key = xdr.LedgerKey(
        xdr.LedgerEntryType.TRUSTLINE,
        trust_line=xdr.LedgerKeyTrustLine(
            other.xdr_account_id(), asset.to_trust_line_asset_xdr_object()
        ),
    )
    entries = devnet.server().get_ledger_entries([key]).entries
    assert entries is not None
    line = xdr.LedgerEntryData.from_xdr(entries[0].xdr).trust_line
    assert line is not None
    assert line.balance.int64 == 30_000_000


def test_fees_are_what_was_charged_less_what_came_back(devnet: Devnet) -> None:
    """Both fee events, the result, the meta and the balance agree."""
    issuer, holder = devnet.account(), devnet.account()
    asset = issued_asset(devnet, issuer, holder)
    before = native_balance(devnet, holder.public_key)
    builder = devnet.builder(holder.public_key)
    builder.append_invoke_contract_function_op(
        **transfer(asset, devnet.passphrase, holder, issuer, 5)
    )
    done = devnet.invoke(builder, holder)
    meta = meta_of(done)
    amounts = []
    for stage in meta.events:
        assert stage.event.body.v0 is not None
        amounts.append(scval.from_int128(stage.event.body.v0.data))
    first, refund = amounts
    assert first > 0 > refund
    assert fee_charged(done) == first + refund
    assert native_balance(devnet, holder.public_key) == before - fee_charged(done)
    assert meta.soroban_meta is not None
    detail = meta.soroban_meta.ext.v1
    assert detail is not None
    fixed = detail.total_non_refundable_resource_fee_charged.int64
    used = detail.total_refundable_resource_fee_charged.int64
    assert fee_charged(done) == fixed + used + 100


def short_lives(tmp_path: Path) -> Path:
    """A settings file in which persistent entries live for 20 ledgers, temporary ones for 16."""
    archival = xdr.StateArchivalSettings(
        max_entry_ttl=xdr.Uint32(3_110_400),
        min_temporary_ttl=xdr.Uint32(16),
        min_persistent_ttl=xdr.Uint32(20),
        persistent_rent_rate_denominator=xdr.Int64(1215),
        temp_rent_rate_denominator=xdr.Int64(2430),
        max_entries_to_archive=xdr.Uint32(1000),
        live_soroban_state_size_window_sample_size=xdr.Uint32(30),
        live_soroban_state_size_window_sample_period=xdr.Uint32(64),
        eviction_scan_size=xdr.Uint32(500_000),
        starting_eviction_scan_level=xdr.Uint32(7),
    )
    setting = xdr.ConfigSettingEntry(
        xdr.ConfigSettingID.CONFIG_SETTING_STATE_ARCHIVAL, state_archival_settings=archival
    )
    entry = xdr.LedgerEntryData(xdr.LedgerEntryType.CONFIG_SETTING, config_setting=setting)
    path = tmp_path / "settings.json"
    path.write_text(json.dumps([entry.to_xdr()]))
    return path


def data_key(contract: str, key: int, durability: xdr.ContractDataDurability) -> xdr.LedgerKey:
    """The key of a contract's own entry under a number."""
    address = scval.to_address(contract).address
    assert address is not None
    data = xdr.LedgerKeyContractData(address, scval.to_uint32(key), durability)
    return xdr.LedgerKey(xdr.LedgerEntryType.CONTRACT_DATA, contract_data=data)


def test_entries_expire_and_come_back(tmp_path: Path, corpus: Path) -> None:
    """A temporary entry vanishes; a persistent one is archived and restored when it is written."""
    wasm = gzip.decompress((corpus / "network" / "contracts" / "probe2.wasm.gz").read_bytes())
    persistent, temporary = (
        xdr.ContractDataDurability.PERSISTENT,
        xdr.ContractDataDurability.TEMPORARY,
    )
    with running("--settings", str(short_lives(tmp_path))) as devnet:
        owner = devnet.account()
        upload = devnet.builder(owner.public_key).append_upload_contract_wasm_op(wasm)
        uploaded = meta_of(devnet.invoke(upload, owner)).soroban_meta
        assert uploaded is not None
        assert uploaded.return_value is not None
        deploy = devnet.builder(owner.public_key).append_create_contract_op(
            scval.from_bytes(uploaded.return_value),
            owner.public_key,
            [scval.to_address(owner.public_key)],
        )
        deployed = meta_of(devnet.invoke(deploy, owner)).soroban_meta
        assert deployed is not None
        assert deployed.return_value is not None
        contract = scval.from_address(deployed.return_value).address

        def write(function: str, text: bytes) -> GetTransactionResponse:
            builder = devnet.builder(owner.public_key)
            arguments = [scval.to_uint32(1), scval.to_bytes(text)]
            builder.append_invoke_contract_function_op(contract, function, arguments)
            return devnet.invoke(builder, owner)

        def lives() -> dict[xdr.ContractDataDurability, int | None]:
            keys = {d: data_key(contract, 1, d) for d in (persistent, temporary)}
            found = devnet.server().get_ledger_entries(list(keys.values())).entries or []
            by_key = {entry.key: entry.live_until_ledger for entry in found}
            return {d: by_key[k.to_xdr()] for d, k in keys.items() if k.to_xdr() in by_key}

        assert write("set_p", b"kept").status.value == "SUCCESS"
        born = write("set_t", b"fleeting").ledger
        assert born is not None
        assert lives() == {persistent: born - 1 + 19, temporary: born + 15}
        for _ in range(20):
            devnet.result("dev_close")
        assert lives() == {persistent: 0}
        back = write("set_p", b"back")
        assert back.status.value == "SUCCESS"
        kinds = {change.type for change in meta_of(back).operations[0].changes.ledger_entry_changes}
        assert xdr.LedgerEntryChangeType.LEDGER_ENTRY_RESTORED in kinds
        assert back.ledger is not None
        assert lives() == {persistent: back.ledger + 19}

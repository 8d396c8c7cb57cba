"""The local ledger, seen by an unmodified SDK and by plain HTTP."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from stellar_sdk import (
    Account,
    Asset,
    Keypair,
    SorobanServer,
    TransactionBuilder,
    TransactionEnvelope,
    scval,
    xdr,
)
from stellar_sdk.soroban_rpc import GetTransactionResponse, SendTransactionResponse

BINARY = Path(
    os.environ.get(
        "STELLARSETTLE_DEVNET",
        Path(__file__).parents[2] / "build" / "bin" / "stellarsettle-devnet",
    ),
)


@dataclass
class Devnet:
    """A running ledger and how to talk to it."""

    process: subprocess.Popen[str]
    rpc_url: str
    friendbot_url: str
    passphrase: str

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The whole answer to one JSON-RPC call."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer: dict[str, Any] = httpx.post(self.rpc_url, json=body).json()
        return answer

    def result(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a call that must succeed."""
        answer = self.call(method, **params)
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def account(self) -> Keypair:
        """A new account with 10,000 XLM."""
        keypair = Keypair.random()
        answer = httpx.get(self.friendbot_url, params={"addr": keypair.public_key})
        assert answer.status_code == 200, answer.text
        return keypair

    def server(self) -> SorobanServer:
        """The SDK's client."""
        return SorobanServer(self.rpc_url)

    def builder(self, source: Account | str) -> TransactionBuilder:
        """A transaction of this account, with no time bounds yet."""
        account = self.server().load_account(source) if isinstance(source, str) else source
        return TransactionBuilder(account, self.passphrase, base_fee=100)

    def send(self, envelope: TransactionEnvelope) -> SendTransactionResponse:
        """Sends a transaction as it is."""
        return self.server().send_transaction(envelope)

    def run(self, builder: TransactionBuilder, signer: Keypair) -> GetTransactionResponse:
        """Signs and sends a classic transaction that must be accepted."""
        envelope = builder.add_time_bounds(0, 0).build()
        envelope.sign(signer)
        sent = self.send(envelope)
        assert sent.status.value == "PENDING", sent
        return self.server().poll_transaction(sent.hash)

    def invoke(self, builder: TransactionBuilder, signer: Keypair) -> GetTransactionResponse:
        """Simulates, signs and sends a Soroban transaction that must be accepted."""
        envelope = builder.add_time_bounds(0, 0).build()
        prepared = self.server().prepare_transaction(envelope)
        prepared.sign(signer)
        sent = self.send(prepared)
        assert sent.status.value == "PENDING", sent
        return self.server().poll_transaction(sent.hash)


@contextlib.contextmanager
def running(*flags: str) -> Iterator[Devnet]:
    """A ledger of its own, started with these flags and stopped at the end."""
    if not BINARY.is_file():
        pytest.skip(f"no ledger at {BINARY}: build contracts/devnet or set STELLARSETTLE_DEVNET")
    with subprocess.Popen([BINARY, *flags], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = json.loads(process.stdout.readline())
            assert line["protocol"] == 30
            yield Devnet(process, line["rpc"], line["friendbot"], line["passphrase"])
        finally:
            process.terminate()
            assert process.wait(timeout=5) == 0


@pytest.fixture
def devnet() -> Iterator[Devnet]:
    """A ledger with default flags."""
    with running() as ledger:
        yield ledger


def error_code(response: SendTransactionResponse) -> xdr.TransactionResultCode:
    """Why a transaction was refused."""
    assert response.status.value == "ERROR", response
    assert response.error_result_xdr is not None
    return xdr.TransactionResult.from_xdr(response.error_result_xdr).result.code


def meta_of(response: GetTransactionResponse) -> xdr.TransactionMetaV4:
    """The meta of a transaction that is in a ledger."""
    assert response.result_meta_xdr is not None
    meta = xdr.TransactionMeta.from_xdr(response.result_meta_xdr).v4
    assert meta is not None
    return meta


def fee_charged(response: GetTransactionResponse) -> int:
    """The fee in stroops that the result reports."""
    assert response.result_xdr is not None
    return xdr.TransactionResult.from_xdr(response.result_xdr).fee_charged.int64


def native_balance(devnet: Devnet, account: str) -> int:
    """The balance in stroops that the ledger holds."""
    key = xdr.LedgerKey(
        xdr.LedgerEntryType.ACCOUNT,
        account=xdr.LedgerKeyAccount(Keypair.from_public_key(account).xdr_account_id()),
    )
    entries = devnet.server().get_ledger_entries([key]).entries
    assert entries is not None
    entry = xdr.LedgerEntryData.from_xdr(entries[0].xdr).account
    assert entry is not None
    return entry.balance.int64


def issued_asset(devnet: Devnet, issuer: Keypair, holder: Keypair) -> Asset:
    """An asset with a contract, of which the holder has 1,000."""
    asset = Asset("USDC", issuer.public_key)
    trust = devnet.builder(holder.public_key).append_change_trust_op(asset)
    assert devnet.run(trust, holder).status.value == "SUCCESS"
    pay = devnet.builder(issuer.public_key)
    pay.append_payment_op(holder.public_key, asset, "1000")
    assert devnet.run(pay, issuer).status.value == "SUCCESS"
    deploy = devnet.builder(issuer.public_key)
    deploy.append_create_stellar_asset_contract_from_asset_op(asset)
    assert devnet.invoke(deploy, issuer).status.value == "SUCCESS"
    return asset


def transfer(asset: Asset, passphrase: str, sender: Keypair, to: Keypair, amount: int) -> Any:
    """The arguments of an asset contract's transfer."""
    return {
        "contract_id": asset.contract_id(passphrase),
        "function_name": "transfer",
        "parameters": [
            scval.to_address(sender.public_key),
            scval.to_address(to.public_key),
            scval.to_int128(amount),
        ],
    }


def test_friendbot_creates_an_account_once(devnet: Devnet) -> None:
    """The account has 10,000 XLM; asking again is refused like on a real network."""
    keypair = devnet.account()
    assert native_balance(devnet, keypair.public_key) == 100_000_000_000
    again = httpx.get(devnet.friendbot_url, params={"addr": keypair.public_key})
    assert again.status_code == 400
    assert "already funded" in again.json()["detail"]
    assert httpx.get(devnet.friendbot_url, params={"addr": "GNOBODY"}).status_code == 400


def test_the_sdk_reads_what_the_network_is(devnet: Devnet) -> None:
    """Each of the SDK's models accepts the answer."""
    server = devnet.server()
    assert server.get_health().status == "healthy"
    assert server.get_network().passphrase == devnet.passphrase
    assert server.get_network().protocol_version == 30
    assert server.get_latest_ledger().sequence == server.get_health().latest_ledger
    assert server.get_version_info().protocol_version == 30
    assert int(server.get_fee_stats().soroban_inclusion_fee.p90) >= 0


def test_classic_payment_moves_what_it_says(devnet: Devnet) -> None:
    """A payment moves lumens, costs the base fee, and tells so in an event."""
    sender, receiver = devnet.account(), devnet.account()
    builder = devnet.builder(sender.public_key)
    builder.append_payment_op(receiver.public_key, Asset.native(), "25").add_text_memo("rent")
    done = devnet.run(builder, sender)
    assert done.status.value == "SUCCESS"
    assert fee_charged(done) == 100
    assert native_balance(devnet, sender.public_key) == 100_000_000_000 - 250_000_000 - 100
    assert native_balance(devnet, receiver.public_key) == 100_000_000_000 + 250_000_000
    (event,) = meta_of(done).operations[0].events
    assert event.body.v0 is not None
    assert scval.to_native(event.body.v0.topics[0]) == "transfer"
    value = scval.to_native(event.body.v0.data)
    assert value == {"amount": 250_000_000, "to_muxed_id": "rent"}


def test_a_payment_without_trustline_fails_and_costs(devnet: Devnet) -> None:
    """A failed transaction is in the ledger: it paid its fee and used its number."""
    issuer, holder = devnet.account(), devnet.account()
    builder = devnet.builder(issuer.public_key)
    builder.append_payment_op(holder.public_key, Asset("USDC", issuer.public_key), "1")
    before = devnet.server().load_account(issuer.public_key).sequence
    done = devnet.run(builder, issuer)
    assert done.status.value == "FAILED"
    assert done.result_xdr is not None
    results = xdr.TransactionResult.from_xdr(done.result_xdr).result.results
    assert results is not None
    assert results[0].tr is not None
    assert results[0].tr.payment_result is not None
    assert results[0].tr.payment_result.code == xdr.PaymentResultCode.PAYMENT_NO_TRUST
    assert native_balance(devnet, issuer.public_key) == 100_000_000_000 - 100
    assert devnet.server().load_account(issuer.public_key).sequence == before + 1


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


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("unsigned", xdr.TransactionResultCode.txBAD_AUTH),
        ("wrong signer", xdr.TransactionResultCode.txBAD_AUTH),
        ("extra signature", xdr.TransactionResultCode.txBAD_AUTH_EXTRA),
        ("sequence too low", xdr.TransactionResultCode.txBAD_SEQ),
        ("sequence too high", xdr.TransactionResultCode.txBAD_SEQ),
        ("too late", xdr.TransactionResultCode.txTOO_LATE),
        ("too early", xdr.TransactionResultCode.txTOO_EARLY),
        ("fee too low", xdr.TransactionResultCode.txINSUFFICIENT_FEE),
        ("no account", xdr.TransactionResultCode.txNO_ACCOUNT),
    ],
)
def test_invalid_transactions_are_refused(
    devnet: Devnet, fault: str, code: xdr.TransactionResultCode
) -> None:
    """Each fault is answered with core's code, and nothing enters a ledger."""
    keypair, stranger = devnet.account(), Keypair.random()
    source = stranger if fault == "no account" else keypair
    number = devnet.server().load_account(keypair.public_key).sequence
    number += {"sequence too low": -1, "sequence too high": 1}.get(fault, 0)
    builder = devnet.builder(Account(source.public_key, number))
    builder.append_manage_data_op("name", b"value")
    bounds = {"too late": (0, 1), "too early": (4_000_000_000, 0)}.get(fault, (0, 0))
    envelope = builder.add_time_bounds(*bounds).build()
    if fault == "fee too low":
        envelope.transaction.fee = 99
    if fault != "unsigned":
        envelope.sign(stranger if fault == "wrong signer" else source)
    if fault == "extra signature":
        envelope.sign(stranger)
    latest = devnet.server().get_health().latest_ledger
    assert error_code(devnet.send(envelope)) == code
    assert devnet.server().get_health().latest_ledger == latest


def test_signers_and_thresholds_count(devnet: Devnet) -> None:
    """A payment at medium threshold two needs both signers of weight one."""
    keypair, second = devnet.account(), Keypair.random()
    builder = devnet.builder(keypair.public_key)
    builder.append_ed25519_public_key_signer(second.public_key, 1)
    builder.append_set_options_op(med_threshold=2, high_threshold=2)
    assert devnet.run(builder, keypair).status.value == "SUCCESS"
    payment = devnet.builder(keypair.public_key)
    payment.append_payment_op(keypair.public_key, Asset.native(), "1")
    envelope = payment.add_time_bounds(0, 0).build()
    envelope.sign(keypair)
    refused = devnet.send(envelope)
    assert error_code(refused) == xdr.TransactionResultCode.txFAILED
    envelope.sign(second)
    assert devnet.send(envelope).status.value == "PENDING"


def test_a_fee_bump_is_paid_by_its_sponsor(devnet: Devnet) -> None:
    """Found under both hashes; the sponsor pays, the source only spends its number."""
    source, sponsor = devnet.account(), devnet.account()
    inner = devnet.builder(source.public_key).append_manage_data_op("name", b"value")
    signed = inner.add_time_bounds(0, 0).build()
    signed.sign(source)
    bump = TransactionBuilder.build_fee_bump_transaction(sponsor, 200, signed, devnet.passphrase)
    bump.sign(sponsor)
    sent = devnet.server().send_transaction(bump)
    assert sent.status.value == "PENDING", sent
    for asked in (bump.hash_hex(), signed.hash_hex()):
        found = devnet.server().get_transaction(asked)
        assert found.status.value == "SUCCESS"
        assert found.fee_bump
        assert fee_charged(found) == 200
    assert native_balance(devnet, source.public_key) == 100_000_000_000
    assert native_balance(devnet, sponsor.public_key) == 100_000_000_000 - 200


def test_events_are_paged_without_loss(devnet: Devnet) -> None:
    """Following the cursor one event at a time gives the same as one large page."""
    issuer, holder = devnet.account(), devnet.account()
    issued_asset(devnet, issuer, holder)
    whole = devnet.result("getEvents", startLedger=2, pagination={"limit": 1000})
    assert [event["id"] for event in whole["events"]] == sorted(
        event["id"] for event in whole["events"]
    )
    assert all("inSuccessfulContractCall" not in event for event in whole["events"])
    seen = []
    page = devnet.result("getEvents", startLedger=2, pagination={"limit": 1})
    while page["events"]:
        seen += page["events"]
        assert page["cursor"] == page["events"][-1]["id"]
        page = devnet.result("getEvents", pagination={"cursor": page["cursor"], "limit": 1})
    assert seen == whole["events"]
    assert page["cursor"] == whole["cursor"]
    assert devnet.result("getEvents", pagination={"cursor": page["cursor"]})["events"] == []


def test_an_empty_page_moves_on() -> None:
    """With a small scan window a quiet stretch takes several empty pages."""
    with running("--scan-limit", "5") as devnet:
        for _ in range(12):
            devnet.result("dev_close")
        keypair = devnet.account()
        page = devnet.result("getEvents", startLedger=2)
        empty = 0
        while not page["events"]:
            empty += 1
            cursor = page["cursor"]
            page = devnet.result("getEvents", pagination={"cursor": cursor})
            assert page["cursor"] > cursor
        assert empty == 3
        topics = page["events"][-1]["topic"]
        assert topics[0] == scval.to_symbol("transfer").to_xdr()
        assert topics[2] == scval.to_address(keypair.public_key).to_xdr()


def test_filters_choose_by_contract_and_topics(devnet: Devnet) -> None:
    """A filter without ** wants exactly as many topics as it names."""
    issuer, holder = devnet.account(), devnet.account()
    asset = issued_asset(devnet, issuer, holder)
    contract = asset.contract_id(devnet.passphrase)
    mint = scval.to_symbol("mint").to_xdr()

    def count(topics: list[list[str]]) -> int:
        filters = [{"contractIds": [contract], "topics": topics}]
        return len(devnet.result("getEvents", startLedger=2, filters=filters)["events"])

    assert count([]) == 1
    assert count([["**"]]) == 1
    assert count([[mint, "*", "*"]]) == 1
    assert count([[mint, "**"]]) == 1
    assert count([[mint, "*"]]) == 0
    assert count([["*"], [mint, "*", "*"]]) == 1


def test_time_moves_when_told(devnet: Devnet) -> None:
    """A ledger closes at the new time, and closes are listed with both clocks."""
    before = int(devnet.result("getHealth")["latestLedgerCloseTime"])
    moved = devnet.result("dev_advanceTime", seconds=86_400)
    assert moved["closedAtMs"] // 1000 - before >= 86_400
    closes = devnet.result("dev_getCloses", startLedger=moved["sequence"])["closes"]
    assert [close["sequence"] for close in closes] == [moved["sequence"]]
    assert closes[0]["closedAtMs"] == moved["closedAtMs"]
    assert closes[0]["closedAtMs"] - closes[0]["wallMs"] >= 86_000_000


def test_ledgers_decode_and_chain_with_the_older_header() -> None:
    """With --header seconds an SDK without Protocol 30 reads every ledger."""
    with running("--header", "seconds") as devnet:
        devnet.account()
        ledgers = devnet.result("getLedgers", startLedger=2)["ledgers"]
        assert len(ledgers) == 2
        previous = ""
        for ledger in ledgers:
            meta = xdr.LedgerCloseMeta.from_xdr(ledger["metadataXdr"]).v2
            assert meta is not None
            header = meta.ledger_header
            assert header.hash.hash.hex() == ledger["hash"]
            if previous:
                assert header.header.previous_ledger_hash.hash.hex() == previous
            previous = ledger["hash"]


def test_the_same_transactions_give_the_same_hashes() -> None:
    """Two ledgers started at the same time are the same to the last byte."""
    hashes = []
    keypair = Keypair.from_raw_ed25519_seed(bytes(32))
    for _ in range(2):
        with running("--start-time", "1800000000") as devnet:
            httpx.get(devnet.friendbot_url, params={"addr": keypair.public_key})
            devnet.run(
                devnet.builder(keypair.public_key).append_manage_data_op("name", b"value"), keypair
            )
            hashes.append(devnet.result("getLatestLedger")["id"])
    assert hashes[0] == hashes[1]


def test_an_interval_closes_ledgers_by_itself() -> None:
    """Between closes a transaction waits, is known as a duplicate and not found."""
    with running("--close", "interval", "--interval-ms", "400") as devnet:
        keypair = devnet.account()
        builder = devnet.builder(keypair.public_key).append_manage_data_op("name", b"value")
        envelope = builder.add_time_bounds(0, 0).build()
        envelope.sign(keypair)
        sent = devnet.send(envelope)
        assert sent.status.value == "PENDING"
        assert devnet.send(envelope).status.value in {"DUPLICATE", "TRY_AGAIN_LATER"}
        assert devnet.server().poll_transaction(sent.hash).status.value == "SUCCESS"


def test_faults_come_as_planned(devnet: Devnet) -> None:
    """Every second request fails; an empty plan ends that; a dropped one breaks off."""
    devnet.result("dev_setFaults", errorEvery=2)
    answers = ["result" in devnet.call("getHealth") for _ in range(6)]
    assert answers == [True, False, True, False, True, False]
    devnet.result("dev_setFaults", emptyPages=1)
    devnet.account()
    first = devnet.result("getEvents", startLedger=3)
    assert first["events"] == []
    assert devnet.result("getEvents", pagination={"cursor": first["cursor"]})["events"] != []
    devnet.result("dev_setFaults", dropEvery=1)
    with pytest.raises(httpx.TransportError):
        devnet.call("getHealth")
    devnet.result("dev_setFaults")
    assert "result" in devnet.call("getHealth")


def test_retention_forgets_old_ledgers() -> None:
    """A start below the window is refused with the range, which is the gap alarm."""
    with running("--retention", "3") as devnet:
        for _ in range(5):
            devnet.result("dev_close")
        error = devnet.call("getEvents", startLedger=2)["error"]
        assert error["code"] == -32600
        assert error["message"] == "startLedger must be within the ledger range: 5 - 7"


def test_it_ends_with_the_process_that_started_it() -> None:
    """Once the named process is gone, the ledger exits by itself with code 0."""
    parent = subprocess.Popen(["sleep", "60"])
    with running("--parent-pid", str(parent.pid)) as devnet:
        parent.kill()
        parent.wait()
        assert devnet.process.wait(timeout=5) == 0


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


def without_ledgers(answer: Any) -> str:
    """An answer without the ledger numbers that depend on how long a network ran."""
    return re.sub(r"(range: |ledger: |- )\d+", r"\1N", json.dumps(answer, sort_keys=True))


def recorded_refusals(corpus: Path) -> Iterator[tuple[str, Any, Any]]:
    """Name, request and answer of recorded requests that are refused for their form alone."""
    with gzip.open(corpus / "network" / "recordings.jsonl.gz", "rt") as lines:
        for line in lines:
            row = json.loads(line)
            answer = row.get("response")
            if not isinstance(answer, dict) or answer.get("error", {}).get("code") != -32602:
                continue
            if "raw_request" in row or row["method"] is None or "cursor" in row["step"]:
                continue
            params = {} if row["params"] is None else row["params"]
            request = {"jsonrpc": "2.0", "id": 1, "method": row["method"], "params": params}
            yield row["step"], request, answer


def test_recorded_refusals_are_the_same(devnet: Devnet, corpus: Path) -> None:
    """What a real node said about malformed requests is said here, word by word."""
    # These quote the decoder of another language about broken XDR.
    foreign = {"events/topics_badxdr", "events/topics_trailing_xdr"}
    compared = 0
    for step, request, wanted in recorded_refusals(corpus):
        got = httpx.post(devnet.rpc_url, json=request).json()
        if step in foreign:
            assert got["error"]["code"] == wanted["error"]["code"], step
        else:
            assert without_ledgers(got) == without_ledgers(wanted), step
        compared += 1
    assert compared > 30

"""A running local ledger and what tests ask of it."""

from __future__ import annotations

import contextlib
import json
import os
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
    with unkind(*flags) as devnet:
        try:
            yield devnet
        finally:
            devnet.process.terminate()
            assert devnet.process.wait(timeout=5) == 0


@contextlib.contextmanager
def unkind(*flags: str) -> Iterator[Devnet]:
    """The same, killed at the end if it is still there."""
    if not BINARY.is_file():
        pytest.skip(f"no ledger at {BINARY}: build contracts/devnet or set STELLARSETTLE_DEVNET")
    with subprocess.Popen([BINARY, *flags], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = json.loads(process.stdout.readline())
            assert line["protocol"] == 30
            yield Devnet(process, line["rpc"], line["friendbot"], line["passphrase"])
        finally:
            process.kill()


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

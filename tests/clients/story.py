"""The life of an asset, told with the Python SDK: its plain client and its asynchronous one."""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import dataclass
from typing import Any

import httpx
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
from stellar_sdk.auth import authorize_entry
from stellar_sdk.soroban_rpc import EventFilter, EventFilterType
from stellar_sdk.soroban_server_async import SorobanServerAsync


async def _settled(answer: Any) -> Any:
    """The answer of either client."""
    return await answer if inspect.isawaitable(answer) else answer


@dataclass
class Teller:
    """One client and what it needs to tell the story."""

    server: SorobanServer | SorobanServerAsync
    url: str
    passphrase: str

    async def builder(self, source: Keypair) -> TransactionBuilder:
        """A transaction of this account."""
        account: Account = await _settled(self.server.load_account(source.public_key))
        return TransactionBuilder(account, self.passphrase, base_fee=100).set_timeout(60)

    async def send(self, envelope: TransactionEnvelope, signer: Keypair) -> str:
        """Sign and send what must succeed."""
        envelope.sign(signer)
        sent = await _settled(self.server.send_transaction(envelope))
        assert sent.status.value == "PENDING", sent
        done = await _settled(self.server.poll_transaction(sent.hash))
        assert done.status.value == "SUCCESS", done
        return str(sent.hash)

    async def invoke(self, builder: TransactionBuilder, signer: Keypair) -> str:
        """Simulate, then sign and send."""
        prepared = await _settled(self.server.prepare_transaction(builder.build()))
        return await self.send(prepared, signer)

    async def live_until(self, key: xdr.LedgerKey) -> int:
        """The last ledger an entry lives in; 0 for an archived one."""
        found = await _settled(self.server.get_ledger_entries([key]))
        return int(found.entries[0].live_until_ledger)


async def story(
    server: SorobanServer | SorobanServerAsync, url: str, passphrase: str, code: bytes
) -> dict[str, Any]:
    """Create, fund, trust, deploy, invoke in both ways, read events, restore: what came of it."""
    teller = Teller(server, url, passphrase)
    issuer, holder, other, created = (Keypair.random() for _ in range(4))
    for keypair in (issuer, holder, other):
        _fund(url, keypair)
    asset = Asset("USDC", issuer.public_key)

    uploading = (await teller.builder(holder)).append_upload_contract_wasm_op(code)
    upload = await teller.invoke(uploading, holder)
    create = (await teller.builder(holder)).append_create_account_op(created.public_key, "5")
    await teller.send(create.build(), holder)
    for keypair in (holder, other):
        trust = (await teller.builder(keypair)).append_change_trust_op(asset)
        await teller.send(trust.build(), keypair)
    pay = (await teller.builder(issuer)).append_payment_op(holder.public_key, asset, "1000")
    await teller.send(pay.build(), issuer)
    deploy = await teller.builder(issuer)
    deploy.append_create_stellar_asset_contract_from_asset_op(asset)
    await teller.invoke(deploy, issuer)

    contract = asset.contract_id(passphrase)
    await teller.invoke(
        await _transfer(teller, holder, (contract, holder, other), 70_000_000), holder
    )
    await _transfer_by_other(teller, (contract, holder, other), 50_000_000)

    filters = [EventFilter(type=EventFilterType.CONTRACT, contractIds=[contract])]
    page = await _settled(server.get_events(2, filters=filters))
    names = [scval.from_symbol(event.topic[0]) for event in page.events]
    ledgers = await _settled(server.get_ledgers(2, limit=5))

    key = xdr.LedgerKey(
        xdr.LedgerEntryType.CONTRACT_CODE,
        contract_code=xdr.LedgerKeyContractCode(xdr.Hash(hashlib.sha256(code).digest())),
    )
    _advance(url, 40)
    archived = await teller.live_until(key)
    restore = (await teller.builder(holder)).append_restore_footprint_op()
    restore.set_soroban_data(_footprint(key))
    await teller.invoke(restore, holder)
    return {
        "holder": holder.public_key,
        "other": other.public_key,
        "created": created.public_key,
        "contract": contract,
        "upload": upload,
        "events": names.count("transfer"),
        "ledgers": len(ledgers.ledgers),
        "archived": archived,
        "restored": await teller.live_until(key),
    }


def _footprint(key: xdr.LedgerKey) -> xdr.SorobanTransactionData:
    """Resources of which only the entry to write is known; the simulation finds the rest."""
    nothing = xdr.Uint32(0)
    footprint = xdr.LedgerFootprint(read_only=[], read_write=[key])
    resources = xdr.SorobanResources(footprint, nothing, nothing, nothing)
    extension = xdr.SorobanTransactionDataExt(0)
    return xdr.SorobanTransactionData(extension, resources, xdr.Int64(0))


def _fund(url: str, keypair: Keypair) -> None:
    httpx.get(f"{url}/friendbot", params={"addr": keypair.public_key}).raise_for_status()


def _advance(url: str, ledgers: int) -> None:
    call = {"method": "dev_advanceLedgers", "params": {"ledgers": ledgers}}
    httpx.post(url, json={"jsonrpc": "2.0", "id": 1, **call}).raise_for_status()


async def _transfer(
    teller: Teller, source: Keypair, parties: tuple[str, Keypair, Keypair], amount: int
) -> TransactionBuilder:
    contract, sender, to = parties
    builder = await teller.builder(source)
    return builder.append_invoke_contract_function_op(
        contract,
        "transfer",
        [
            scval.to_address(sender.public_key),
            scval.to_address(to.public_key),
            scval.to_int128(amount),
        ],
    )


async def _transfer_by_other(
    teller: Teller, parties: tuple[str, Keypair, Keypair], amount: int
) -> None:
    """The recipient sends the transaction; the sender only signs the entry that allows it."""
    _, sender, to = parties
    builder = await _transfer(teller, to, parties, amount)
    envelope = builder.build()
    simulated = await _settled(teller.server.simulate_transaction(envelope))
    assert simulated.results is not None
    operation: Any = envelope.transaction.operations[0]
    operation.auth = [
        authorize_entry(entry, sender, simulated.latest_ledger + 100, teller.passphrase)
        for entry in simulated.results[0].auth or []
    ]
    prepared = await _settled(teller.server.prepare_transaction(envelope))
    await teller.send(prepared, to)

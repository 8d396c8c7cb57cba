"""An invoice that wants money, and investors who pay into it as fast as a client can.

Envelopes are joined from their XDR: building them anew with the SDK would cost the client more
time than the ledger needs for the transaction.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import socket
import struct
from typing import Any
from urllib.parse import urlsplit

import msgspec
from stellar_sdk import Asset, InvokeHostFunction, Keypair, TransactionBuilder, scval, xdr

from contracts.calls import escrow
from contracts.wire import Address
from stellarsettle.chain import Chain
from stellarsettle.deploy import Roles, deploy
from stellarsettle.devnet import Devnet

UNITS = 10**7
DAY = 86_400
_FACE = 1_000_000 * UNITS
_BID = 100
_ENVELOPE_TYPE_TX = struct.pack(">I", 2)
_NOTHING = struct.pack(">I", 0)
_ONE = struct.pack(">I", 1)
_INVOKE_HOST_FUNCTION = struct.pack(">I", 24)


class Node:
    """One connection to a node, kept open."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._http = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        self._http.connect()
        self._http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(self, method: str, **params: Any) -> Any:
        """The result of a JSON-RPC call; raises with the error's words."""
        body = msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self._http.request("POST", "/", body, {"Content-Type": "application/json"})
        answer = msgspec.json.decode(self._http.getresponse().read())
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]


class Listed(msgspec.Struct, frozen=True):
    """An invoice that is open, who may pay into it, and settings that point services there."""

    escrow: Address
    id: bytes
    investors: list[Keypair]
    environment: dict[str, str]


def listed_invoice(network: Devnet, investors: int) -> Listed:
    """Deploy the contracts, list one big invoice and admit investors with money."""
    chain = Chain(network.rpc, network.passphrase)
    owner, issuer, seller = (_account(network) for _ in range(3))
    usdc = Asset("USDC", issuer.public_key)
    chain.execute(issuer, lambda to: to.append_create_stellar_asset_contract_from_asset_op(usdc))
    asset = Address(usdc.contract_id(network.passphrase))
    holders = [_account(network) for _ in range(investors)]
    for holder in (owner, seller, *holders):
        chain.execute(holder, lambda to: to.append_change_trust_op(usdc))
    everybody = Address(owner.public_key)
    deployed = deploy(chain, owner, Roles(everybody, everybody, everybody), [asset])

    node = Node(network.rpc)
    now = chain.close_time()
    for member in (seller, *holders):
        chain.invoke(owner, deployed.escrow, _membership(owner, member, now + 365 * DAY))
    for holder in holders:
        name = f"USDC:{issuer.public_key}"
        node.call("dev_mint", address=holder.public_key, amount=100_000 * UNITS, asset=name)
    listing = escrow.create_escrow(
        seller=Address(seller.public_key), terms=_terms(asset, now), attempt=0
    )
    made = chain.invoke(seller, deployed.escrow, listing)
    invoice = _returned_bytes(made)
    chain.invoke(owner, deployed.escrow, escrow.approve(verifier=everybody, id=invoice))
    publish = escrow.publish(seller=Address(seller.public_key), id=invoice)
    chain.invoke(seller, deployed.escrow, publish)
    settings = {
        "RPC_URL": network.rpc,
        "NETWORK_PASSPHRASE": network.passphrase,
        **deployed.environment(),
    }
    return Listed(deployed.escrow, invoice, holders, settings)


def _account(network: Devnet) -> Keypair:
    keypair = Keypair.random()
    network.fund(keypair.public_key)
    return keypair


def _membership(owner: Keypair, member: Keypair, until: int) -> Any:
    return escrow.set_member(
        compliance=Address(owner.public_key),
        addr=Address(member.public_key),
        until=until,
        frozen=False,
    )


def _terms(asset: Address, now: int) -> escrow.Terms:
    return escrow.Terms(
        asset=asset,
        face=_FACE,
        target=_FACE * 95 // 100,
        par=_FACE * 98 // 100,
        min_raise=_FACE // 2,
        fee_bps=100,
        late_bps=10,
        late_cap_bps=1_000,
        due_at=now + 60 * DAY,
        deadline=now + 7 * DAY,
        grace=10 * DAY,
        release_delay=DAY,
        needs_ack=False,
        doc_hash=bytes(31) + b"\1",
        natural=bytes(31) + b"\2",
    )


def _returned_bytes(done: Any) -> bytes:
    meta = xdr.TransactionMeta.from_xdr(done.result_meta_xdr).v4
    assert meta is not None
    assert meta.soroban_meta is not None
    assert meta.soroban_meta.return_value is not None
    return scval.from_bytes(meta.soroban_meta.return_value)


class Investor:
    """Pays one unit after the other, each in a transaction of its own."""

    def __init__(self, network: Devnet, keypair: Keypair, invoice: Listed) -> None:
        account = Chain(network.rpc, network.passphrase).server.load_account(keypair.public_key)
        self._sequence = account.sequence
        self._key = keypair
        self._source = _NOTHING + keypair.raw_public_key()
        self._network = hashlib.sha256(network.passphrase.encode()).digest()
        call = escrow.fund_escrow(investor=Address(keypair.public_key), id=invoice.id, amount=UNITS)
        builder = TransactionBuilder(account, network.passphrase)
        builder.append_invoke_contract_function_op(invoice.escrow, call.function, call.arguments)
        (operation,) = builder.operations
        assert isinstance(operation, InvokeHostFunction)
        self._function = operation.host_function.to_xdr_bytes()

    def fund(self, node: Node) -> None:
        """Simulate, sign, send and read back one payment that must succeed."""
        self._sequence += 1
        unsigned = self._transaction(_BID, [], _NOTHING)
        text = _base64(_ENVELOPE_TYPE_TX + unsigned + _NOTHING)
        simulated = node.call("simulateTransaction", transaction=text)
        if "error" in simulated:
            raise RuntimeError(simulated["error"])
        auth = [base64.b64decode(entry) for entry in simulated["results"][0]["auth"]]
        resources = _ONE + base64.b64decode(simulated["transactionData"])
        fee = _BID + int(simulated["minResourceFee"])
        transaction = self._transaction(fee, auth, resources)
        digest = hashlib.sha256(self._network + _ENVELOPE_TYPE_TX + transaction).digest()
        signature = self._key.sign(digest)
        hint = self._key.raw_public_key()[-4:]
        signed = hint + struct.pack(">I", len(signature)) + signature
        envelope = _base64(_ENVELOPE_TYPE_TX + transaction + _ONE + signed)
        sent = node.call("sendTransaction", transaction=envelope)
        found = node.call("getTransaction", hash=digest.hex())
        if (sent["status"], found["status"]) != ("PENDING", "SUCCESS"):
            raise RuntimeError(f"{sent['status']}, then {found['status']}: {found}")

    def _transaction(self, fee: int, auth: list[bytes], extension: bytes) -> bytes:
        """The XDR of a transaction: no bounds, no memo, one call of the contract."""
        head = self._source + struct.pack(">Iq", fee, self._sequence) + _NOTHING + _NOTHING
        operation = _ONE + _NOTHING + _INVOKE_HOST_FUNCTION + self._function
        entries = struct.pack(">I", len(auth)) + b"".join(auth)
        return head + operation + entries + extension


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()

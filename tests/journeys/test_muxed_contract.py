"""Shares for a sub-account of a contract (CAP-84, from Protocol 30), and what they earn.

The Python SDK cannot write such an address yet. A muxed account has as many bytes, so transactions
are made with one in its place, and the address is put in before anything is sent or signed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from stellar_sdk import (
    InvokeHostFunction,
    Keypair,
    StrKey,
    TransactionBuilder,
    TransactionEnvelope,
    scval,
    xdr,
)
from stellar_sdk.soroban_rpc import GetTransactionResponse

from contracts.addresses import token_address
from stellarsettle import story
from stellarsettle.local import LocalPlatform
from stellarsettle.story import DAY
from tests.journeys.exits import Stage, units
from tests.journeys.storms import NewPlatform

CONTRACT = hashlib.sha256(b"a smart wallet").digest()
SUB_ACCOUNT = 2**63 + 7
_BODY = SUB_ACCOUNT.to_bytes(8) + CONTRACT
_AS_ACCOUNT = xdr.SCAddressType.SC_ADDRESS_TYPE_MUXED_ACCOUNT.value.to_bytes(4) + _BODY
_AS_CONTRACT = (5).to_bytes(4) + _BODY


def placeholder() -> xdr.SCVal:
    """The muxed account that stands for the muxed contract."""
    muxed = xdr.MuxedEd25519Account(xdr.Uint64(SUB_ACCOUNT), xdr.Uint256(CONTRACT))
    kind = xdr.SCAddressType.SC_ADDRESS_TYPE_MUXED_ACCOUNT
    address = xdr.SCAddress(kind, muxed_account=muxed)
    return xdr.SCVal(xdr.SCValType.SCV_ADDRESS, address=address)


class Wallet:
    """A holder of shares who can write muxed contracts."""

    def __init__(self, platform: LocalPlatform, keypair: Keypair) -> None:
        self._chain = platform.chain
        self._rpc = platform.devnet.rpc
        self._keypair = keypair
        self._network = hashlib.sha256(platform.chain.passphrase.encode()).digest()

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        result: dict[str, Any] = httpx.post(self._rpc, json=message).json()["result"]
        return result

    def transfer(self, token: str, amount: int) -> GetTransactionResponse:
        """Transfer shares to the sub-account; raises `ValueError` with the words of a refusal."""
        source = self._chain.server.load_account(self._keypair.public_key)
        builder = TransactionBuilder(source, self._chain.passphrase, base_fee=1_000)
        holder = scval.to_address(self._keypair.public_key)
        arguments = [holder, placeholder(), scval.to_int128(amount)]
        builder.append_invoke_contract_function_op(token, "transfer", arguments)
        envelope = builder.add_time_bounds(0, self._chain.close_time() + 300).build()
        simulated = self.call("simulateTransaction", transaction=_text(_muxed(envelope)))
        if "error" in simulated:
            raise ValueError(simulated["error"])
        transaction = envelope.transaction
        transaction.fee += int(simulated["minResourceFee"])
        transaction.soroban_data = xdr.SorobanTransactionData.from_xdr(simulated["transactionData"])
        (entry,) = simulated["results"][0]["auth"]
        entry = base64.b64decode(entry).replace(_AS_CONTRACT, _AS_ACCOUNT)
        (operation,) = transaction.operations
        assert isinstance(operation, InvokeHostFunction)
        operation.auth = [xdr.SorobanAuthorizationEntry.from_xdr_bytes(entry)]
        # An envelope ends with its signatures, of which there are none yet.
        unsigned = _muxed(envelope).removesuffix(bytes(4))
        digest = hashlib.sha256(self._network + unsigned).digest()
        signature = self._keypair.sign_decorated(digest).to_xdr_object().to_xdr_bytes()
        signed = _text(unsigned + (1).to_bytes(4) + signature)
        sent = self.call("sendTransaction", transaction=signed)
        assert sent["status"] == "PENDING", _refusal(sent)
        assert sent["hash"] == digest.hex()
        return self._chain.server.poll_transaction(sent["hash"])


def _muxed(envelope: TransactionEnvelope) -> bytes:
    """The envelope's bytes, with the muxed contract in the place of the account."""
    written: bytes = envelope.to_xdr_object().to_xdr_bytes()
    assert _AS_ACCOUNT in written
    return written.replace(_AS_ACCOUNT, _AS_CONTRACT)


def _refusal(sent: dict[str, Any]) -> str:
    return xdr.TransactionResult.from_xdr(sent["errorResultXdr"]).result.code.name


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@pytest.fixture
def stage(new_platform: NewPlatform) -> Iterator[Stage]:
    with new_platform() as platform:
        yield Stage(platform, story.gather(platform))


def test_shares_for_a_sub_account_of_a_contract_are_the_contracts(stage: Stage) -> None:
    """Ada gives 2,000 of her 5,000 shares away; 9,500 were sold, and investors get 9,800.

    The contract: 9,800 x 20/95 = 2,063.15789473... -> 2,063.1578947. While it is no member it is
    refused like everybody else.
    """
    ada, ben, _ = stage.cast.investors
    platform, chain = stage.platform, stage.platform.chain
    contract = StrKey.encode_contract(CONTRACT)
    invoice = stage.released("MUXED", {ada: 5_000, ben: 4_500})
    token = token_address(chain.passphrase, platform.deployment.escrow, bytes.fromhex(invoice))
    wallet = Wallet(platform, ada.keypair)
    with pytest.raises(ValueError, match=r"Error\(Contract, #308\)"):
        wallet.transfer(token, units("2000"))
    until = chain.close_time() + 365 * DAY
    stage.cast.compliance.act("set-member", address=contract, until=until, frozen=False)

    done = wallet.transfer(token, units("2000"))
    assert done.status.value == "SUCCESS", done
    assert done.ledger is not None
    (event,) = [each for each in chain.events(token, done.ledger) if each.ledger == done.ledger]
    assert scval.from_address(event.topic[2]).address == contract
    data = scval.to_native(event.value)
    assert data == {"amount": units("2000"), "to_muxed_id": SUB_ACCOUNT}
    assert chain.view(token, "balance", scval.to_address(contract)) == units("2000")
    stage.agrees(invoice)

    stage.pay(invoice, "10000")
    ben.act("claim", invoice_id=invoice, holder=contract)
    held = chain.view(platform.asset, "balance", scval.to_address(contract))
    assert held == units("2063.1578947")
    stage.agrees(invoice)

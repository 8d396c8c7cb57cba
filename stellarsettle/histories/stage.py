"""Builds what a script's header asks for: accounts, assets, installed code, both contracts."""

from __future__ import annotations

import hashlib
from typing import Any

from stellar_sdk import Asset, AuthorizationFlag, Keypair, TransactionBuilder, scval, xdr

from contracts.addresses import contract_address
from contracts.build import CONTRACTS
from stellarsettle.deploy import wasm
from stellarsettle.deployment_steps import create, upload
from stellarsettle.histories.ledger import Ledger
from stellarsettle.histories.names import Names

_UNITS = 10**7
_PAYMENTS_AT_ONCE = 100
_OWN_CODE = {"@escrow": "invoice_escrow", "@distributor": "payment_distributor"}
_SALTS = {"@escrow": bytes(31) + b"\1", "@distributor": bytes(31) + b"\2"}
_FAKE_SALT = bytes(31) + b"\3"


def build(header: dict[str, Any], ledger: Ledger, start: int) -> Names:
    """Everything before the constructors; the platform's addresses are known after it."""
    names = Names(ledger.network.passphrase, start, header["max_ttl"])
    for alias in header["accounts"]:
        ledger.network.fund(names.add_account(alias).public_key)
    owner = names.keys["@owner"]
    for contract, salt in _SALTS.items():
        names.addresses[contract] = contract_address(names.passphrase, owner.public_key, salt)
    _install(header, ledger, names)
    _issue(header, ledger, names)
    return names


def construct(header: dict[str, Any], ledger: Ledger, names: Names) -> int:
    """Create both contracts; returns the ledger before the first."""
    before = ledger.newest()
    for contract, arguments in header["constructors"].items():
        made = names.invocation(contract, "constructor", arguments)
        code = hashlib.sha256(wasm(_OWN_CODE[contract])).digest()
        create(ledger.chain, names.keys["@owner"], code, _SALTS[contract], made.arguments)
    return before


def _install(header: dict[str, Any], ledger: Ledger, names: Names) -> None:
    """Upload code; each label is the same code with the label in a section that nobody reads."""
    owner = names.keys["@owner"]
    for name in CONTRACTS:
        upload(ledger.chain, owner, wasm(name))
    for label in header["wasms"]["token"]:
        installed = upload(ledger.chain, owner, _labelled(wasm("invoice_token"), label))
        names.code |= {(contract, label): installed for contract in _OWN_CODE}
    for contract, own in _OWN_CODE.items():
        for label in header["wasms"]["contract"]:
            names.code[contract, label] = upload(ledger.chain, owner, _labelled(wasm(own), label))


def _labelled(code: bytes, label: str) -> bytes:
    """The same wasm with one more custom section, so that it has another hash."""
    name = b"label"
    content = bytes([len(name)]) + name + label.encode()
    return code + bytes([0, len(content)]) + content


def _issue(header: dict[str, Any], ledger: Ledger, names: Names) -> None:
    issuer = names.keys["@issuer"]
    ledger.chain.execute(
        issuer,
        lambda tx: tx.append_set_options_op(set_flags=AuthorizationFlag.AUTHORIZATION_REVOCABLE),
    )
    issued: dict[Asset, int] = {}
    for alias, about in header["assets"].items():
        if about["sac"]:
            asset = Asset(alias.partition(":")[2], issuer.public_key)
            names.addresses[alias] = _sac(ledger, issuer, asset)
            issued[asset] = int(about["balance"])
        else:
            names.addresses[alias] = _no_asset(ledger, names)
    holders = [key for alias, key in names.keys.items() if alias != "@issuer"]
    _give(ledger, issuer, holders, issued)


def _give(
    ledger: Ledger, issuer: Keypair, holders: list[Keypair], issued: dict[Asset, int]
) -> None:
    for holder in holders:

        def trust(transaction: TransactionBuilder) -> TransactionBuilder:
            for asset in issued:
                transaction.append_change_trust_op(asset)
            return transaction

        ledger.chain.execute(holder, trust)
    gifts = [(holder, asset) for holder in holders for asset in issued]

    def pay(transaction: TransactionBuilder) -> TransactionBuilder:
        for holder, asset in batch:
            whole, part = divmod(issued[asset], _UNITS)
            transaction.append_payment_op(holder.public_key, asset, f"{whole}.{part:07}")
        return transaction

    for first in range(0, len(gifts), _PAYMENTS_AT_ONCE):
        batch = gifts[first : first + _PAYMENTS_AT_ONCE]
        ledger.chain.execute(issuer, pay)


def _sac(ledger: Ledger, issuer: Keypair, asset: Asset) -> Any:
    ledger.chain.execute(
        issuer, lambda tx: tx.append_create_stellar_asset_contract_from_asset_op(asset)
    )
    return asset.contract_id(ledger.network.passphrase)


def _no_asset(ledger: Ledger, names: Names) -> Any:
    """A contract that behaves like a token and is no Stellar Asset Contract."""
    owner = names.keys["@owner"]
    arguments: tuple[xdr.SCVal, ...] = (
        scval.to_address(owner.public_key),
        scval.to_address(owner.public_key),
        scval.to_bytes(bytes(32)),
        scval.to_uint32(7),
        scval.to_string("Fake"),
        scval.to_string("FAKE"),
    )
    code = hashlib.sha256(wasm("invoice_token")).digest()
    create(ledger.chain, owner, code, _FAKE_SALT, arguments)
    return contract_address(names.passphrase, owner.public_key, _FAKE_SALT)

"""The steps of a deployment: each can tell from the ledger whether it is done, and do it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from stellar_sdk import Address as SdkAddress
from stellar_sdk import Keypair, TransactionBuilder, xdr

from contracts.build import BUILD
from contracts.calls import escrow
from contracts.wire import Address
from stellarsettle import asset_safety, instance
from stellarsettle.chain import Chain


class OccupiedError(Exception):
    """Something else than what was planned lives at a planned address."""


def upload(chain: Chain, owner: Keypair, code: bytes) -> bytes:
    """Put code on the ledger; returns its SHA-256, by which contracts are created."""
    chain.execute(owner, lambda tx: tx.append_upload_contract_wasm_op(code))
    return hashlib.sha256(code).digest()


def create(
    chain: Chain,
    owner: Keypair,
    wasm_hash: bytes,
    salt: bytes,
    arguments: Sequence[xdr.SCVal],
) -> None:
    """Create a contract of uploaded code; its address follows from owner and salt."""

    def add(transaction: TransactionBuilder) -> TransactionBuilder:
        return transaction.append_create_contract_op(wasm_hash, owner.public_key, arguments, salt)

    chain.execute(owner, add)


class Step(Protocol):
    """One thing to do, in words, and how."""

    @property
    def words(self) -> str:
        """What it does, for people."""

    def done(self, chain: Chain) -> bool:
        """Whether the ledger shows that it is done."""

    def do(self, chain: Chain, owner: Keypair) -> None:
        """Do it, signed and paid by `owner`."""


class Upload(msgspec.Struct, frozen=True):
    """Put the code of the contract `name` on the ledger."""

    name: str
    hash: str

    @property
    def words(self) -> str:
        """What it does, for people."""
        return f"upload {self.name}.wasm, SHA-256 {self.hash}"

    def done(self, chain: Chain) -> bool:
        """Whether the ledger has that code and has not archived it."""
        code = xdr.LedgerKeyContractCode(xdr.Hash(bytes.fromhex(self.hash)))
        key = xdr.LedgerKey(xdr.LedgerEntryType.CONTRACT_CODE, contract_code=code)
        entries = chain.server.get_ledger_entries([key]).entries or []
        return any(entry.live_until_ledger for entry in entries)

    def do(self, chain: Chain, owner: Keypair) -> None:
        """Upload it."""
        upload(chain, owner, (BUILD / "wasm" / f"{self.name}.wasm").read_bytes())


class Create(msgspec.Struct, frozen=True):
    """Create a contract of uploaded code; its address follows from owner and salt."""

    words: str
    address: Address
    code: str
    salt: bytes
    arguments: tuple[xdr.SCVal, ...]
    keeps: Mapping[instance.Key, Any]
    """What its instance holds if it was created as planned."""

    def done(self, chain: Chain) -> bool:
        """Whether it is there; raises `OccupiedError` if it is not what was planned."""
        found = instance.read(chain, self.address)
        if found is None:
            return False
        if found.code != self.code:
            raise OccupiedError(
                f"{self.address} runs the code {found.code}, not {self.code}: it was deployed"
                " before with other code. Give the new platform another --name"
            )
        for key, planned in self.keeps.items():
            if _plain(found.storage.get(key)) != _plain(planned):
                raise OccupiedError(
                    f"{self.address} has another {key[0].lower()} than planned:"
                    f" {_plain(found.storage.get(key))}. Give the new platform another --name"
                )
        return True

    def do(self, chain: Chain, owner: Keypair) -> None:
        """Create it."""
        create(chain, owner, bytes.fromhex(self.code), self.salt, self.arguments)


class Grant(msgspec.Struct, frozen=True):
    """Give a role of the escrow."""

    escrow: Address
    role: str
    holder: Address

    @property
    def words(self) -> str:
        """What it does, for people."""
        return f"give the role {self.role} to {self.holder}"

    @property
    def key(self) -> instance.Key:
        """Where the escrow's instance keeps it."""
        return ("Role", self.role, self.holder)

    def done(self, chain: Chain) -> bool:
        """Whether the holder has it."""
        return _has(chain, self.escrow, self.key)

    def do(self, chain: Chain, owner: Keypair) -> None:
        """Give it."""
        chain.invoke(owner, self.escrow, escrow.grant_role(role=self.role, addr=self.holder))


class Prove(msgspec.Struct, frozen=True):
    """See that an asset is safe with the contracts, by a unit that each of them gets."""

    asset: Address
    holders: tuple[Address, ...]

    @property
    def words(self) -> str:
        """What it does, for people."""
        return f"send one unit of {self.asset} to both contracts and see that it is safe"

    def done(self, chain: Chain) -> bool:
        """Whether each has a unit that is safe; one that is not is found when it is done again."""
        return all(asset_safety.safe(chain, self.asset, holder) for holder in self.holders)

    def do(self, chain: Chain, owner: Keypair) -> None:
        """Send what is missing; raises `UnsafeAssetError`."""
        asset_safety.ensure(chain, owner, self.asset, self.holders)


class Allow(msgspec.Struct, frozen=True):
    """Put an asset on the escrow's list."""

    escrow: Address
    asset: Address

    @property
    def words(self) -> str:
        """What it does, for people."""
        return f"allow the asset {self.asset}"

    @property
    def key(self) -> instance.Key:
        """Where the escrow's instance keeps it."""
        return ("Asset", self.asset)

    def done(self, chain: Chain) -> bool:
        """Whether it is on the list."""
        return _has(chain, self.escrow, self.key)

    def do(self, chain: Chain, owner: Keypair) -> None:
        """Put it there."""
        chain.invoke(owner, self.escrow, escrow.set_asset(asset=self.asset, allowed=True))


def _has(chain: Chain, address: Address, key: instance.Key) -> bool:
    found = instance.read(chain, address)
    return found is not None and key in found.storage


def _plain(value: Any) -> Any:
    """Values of plan and ledger in one form: addresses as strkey, pairs as lists."""
    match value:
        case SdkAddress():
            return value.address
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return value

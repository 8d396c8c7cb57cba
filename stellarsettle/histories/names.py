"""What a script's names stand for, and its values as the contracts' arguments and results."""

from __future__ import annotations

import hashlib
import inspect
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec
from stellar_sdk import Keypair, scval

from contracts.addresses import token_address
from contracts.calls import distributor, escrow, token
from contracts.wire import Address, Contract, Invocation

Json: TypeAlias = Any
"""A value of a script, as JSON gives it."""

_BUILDERS: Mapping[Contract, types.ModuleType] = {
    Contract.ESCROW: escrow,
    Contract.DISTRIBUTOR: distributor,
    Contract.TOKEN: token,
}
_RENAMED = {(Contract.TOKEN, "balance"): {"holder": "id"}}
_LEDGERS_AHEAD = 100_000
"""Scripts let ledger numbers stand still; here every transaction closes a ledger. What a script
lets live on counts from this far ahead, so that nothing ends before its last step."""


class Names:
    """The table of names of one script on one ledger.

    `code` holds the hash of installed wasm by contract and label; `ledger` is the newest ledger.
    """

    def __init__(self, passphrase: str, start: int, longest_lifetime: int) -> None:
        self.passphrase = passphrase
        self.start = start
        self.ledger = 0
        self.keys: dict[str, Keypair] = {}
        self.addresses: dict[str, Address] = {}
        self.code: dict[tuple[str, str], bytes] = {}
        self._longest_lifetime = longest_lifetime

    def add_account(self, alias: str) -> Keypair:
        """Make the key of an account."""
        key = Keypair.from_raw_ed25519_seed(hashlib.sha256(f"script {alias}".encode()).digest())
        self.keys[alias] = key
        self.addresses[alias] = Address(key.public_key)
        return key

    def address(self, alias: str) -> Address:
        """The address of an account, contract, asset or token."""
        if alias.startswith("@token:"):
            salt = self.invoice(alias.removeprefix("@token:"))
            return token_address(self.passphrase, self.addresses["@escrow"], salt)
        return self.addresses[alias]

    def invoice(self, path: str) -> bytes:
        """The id of the invoice `natural/seller/attempt`."""
        natural, seller, attempt = path.split("/")
        address = scval.to_address(self.addresses[f"@{seller}"]).to_xdr_bytes()
        label = hashlib.sha256(natural.encode()).digest()
        return hashlib.sha256(label + address + int(attempt).to_bytes(4, "big")).digest()

    def value(self, contract: str, given: Json) -> Any:
        """A script's value as natives: ints, strkeys, 32 bytes, lists and dicts of these."""
        match given:
            case str():
                return self._text(contract, given)
            case list():
                return [self.value(contract, item) for item in given]
            case {"t": seconds}:
                return self.start + seconds
            case {"ledger": offset}:
                return self._ledger(offset)
            case dict():
                return {name: self.value(contract, item) for name, item in given.items()}
        return given

    def invocation(self, contract: str, function: str, arguments: dict[str, Json]) -> Invocation:
        """The call that a script writes by names, for one of the platform's contracts."""
        kind = kind_of(contract)
        builder = getattr(_BUILDERS[kind], function)
        hints = typing.get_type_hints(builder)
        renamed = _RENAMED.get((kind, function), {})
        given = {
            renamed.get(name, "from_" if name == "from" else name): self.value(contract, item)
            for name, item in arguments.items()
        }
        for name, parameter in inspect.signature(builder).parameters.items():
            if name not in given and parameter.default is inspect.Parameter.empty:
                # Scripts leave out what only contracts know of each other: any value will do.
                given[name] = hints[name]()
        made = {name: _typed(hints[name], item) for name, item in given.items()}
        built: Invocation = builder(**made)
        return built

    def asset_call(self, contract: str, function: str, arguments: dict[str, Json]) -> Invocation:
        """The call of an asset's contract, or of one that passes for one."""
        given = self.value(contract, arguments)
        match function:
            case "transfer":
                ordered = [
                    scval.to_address(given["from"]),
                    scval.to_address(given["to"]),
                    scval.to_int128(given["amount"]),
                ]
            case "set_authorized":
                ordered = [scval.to_address(given["id"]), scval.to_bool(given["authorize"])]
            case _:
                ordered = [scval.to_address(holder) for holder in given.values()]
        return Invocation(Contract.TOKEN, function, tuple(ordered))

    def _text(self, contract: str, text: str) -> Any:
        match text[:1]:
            case "@":
                return self.address(text)
            case "#":
                return self.invoice(text[1:])
            case "%":
                installed = self.code.get((contract, text))
                return installed or hashlib.sha256(text[1:].encode()).digest()
        return int(text) if text.lstrip("-").isdigit() else text

    def _ledger(self, offset: int) -> int:
        alive = 0 <= offset <= self._longest_lifetime
        return offset + (min(self._longest_lifetime, _LEDGERS_AHEAD) if alive else self.ledger)


def kind_of(contract: str) -> Contract:
    """Which of the platform's contracts an alias names."""
    return Contract(contract.removeprefix("@").partition(":")[0])


def _typed(hint: Any, value: Any) -> Any:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = typing.get_type_hints(hint)
        return hint(**{name: _typed(hints[name], item) for name, item in value.items()})
    if typing.get_origin(hint) is tuple:
        return tuple(value)
    return value

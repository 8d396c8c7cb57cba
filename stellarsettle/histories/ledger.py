"""Calls on a ledger, signed by exactly those who are named, and what came of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from stellar_sdk import (
    Account,
    Address,
    Asset,
    Keypair,
    TransactionBuilder,
    TransactionEnvelope,
    auth,
    scval,
    xdr,
)

from contracts import rpc
from contracts import scval as fast_scval
from contracts.errors import ERRORS
from contracts.wire import Invocation
from indexer.rpc import RpcClient
from stellarsettle.chain import Chain
from stellarsettle.devnet import Devnet

_BASE_FEE = 100
_REFUSAL = re.compile(r"Error\((\w+), #?(\w+)\)")
_SIGNATURE_LEDGERS = 100
_ASSET_CODES_END = 16
_NAMES = {error.name for error in ERRORS.values()} | {"Unauthorized", "AssetTransferFailed"}
_ALLOWANCE = xdr.SorobanResources(
    footprint=xdr.LedgerFootprint([], []),
    instructions=xdr.Uint32(100_000_000),
    disk_read_bytes=xdr.Uint32(150_000),
    write_bytes=xdr.Uint32(100_000),
)
_TRAPPED = xdr.InvokeHostFunctionResultCode.INVOKE_HOST_FUNCTION_TRAPPED
_ALLOWANCE_STROOPS = 60_000_000


class Call(msgspec.Struct, frozen=True):
    """One call: who signs it, of which contract, and the transfers it makes for its signers."""

    signers: tuple[Keypair, ...]
    address: str
    invocation: Invocation
    nested: tuple[tuple[str, Invocation], ...] = ()


class Emitted(msgspec.Struct, frozen=True):
    """An event as native values."""

    contract: str
    topics: list[object]
    data: object


class Done(msgspec.Struct, frozen=True):
    """A call that is in the ledger: what it returned, emitted, and touched."""

    returned: object
    events: list[Emitted]
    footprint: xdr.LedgerFootprint


class RefusedError(Exception):
    """A call was refused; `name` is the contract error's, Unauthorized or AssetTransferFailed."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(words.partition("\n")[0])
        self.name = name


class Ledger:
    """A local ledger, called through its stellar-rpc."""

    def __init__(self, network: Devnet, client: RpcClient) -> None:
        self.network = network
        self.chain = Chain(network.rpc, network.passphrase)
        self._client = client
        self._native = Asset.native().contract_id(network.passphrase)
        self._sequences: dict[str, int] = {}

    def newest(self) -> int:
        """The number of the newest ledger."""
        return self._client.call(rpc.get_health()).latest_ledger

    def view(self, address: str, invocation: Invocation) -> object:
        """What a function would return now; raises `RefusedError`."""
        nobody = Account(Keypair.from_raw_ed25519_seed(bytes(32)).public_key, 0)
        builder = self._builder(nobody, address, invocation, [])
        return fast_scval.decode(_result(self._simulate(builder.build())))

    def execute(self, call: Call) -> Done:
        """Simulate with exactly the signatures of `call`, send it, and read what it did.

        Raises `RefusedError`; then nothing was sent.
        """
        envelope = self._envelope(call, self._authorizations(call))
        simulated = self._simulate(envelope)
        returned = _result(simulated)
        data = xdr.SorobanTransactionData.from_xdr(simulated.transaction_data)
        found = self._send(call, envelope, data, simulated.min_resource_fee)
        if found.status != "SUCCESS":
            raise RefusedError(_name_of_failure(found), "the ledger failed what simulation passed")
        if _returned(found) != returned:
            raise RefusedError("AnotherValue", "the ledger returned another value than simulation")
        events = self.events(found.ledger)
        return Done(fast_scval.decode(returned), events, data.resources.footprint)

    def fail(self, call: Call, footprint: xdr.LedgerFootprint) -> str | None:
        """Send a call that simulation refused, with a footprint known from others.

        Returns the name of the refusal in the ledger, or None if the footprint was too small to
        tell. Raises `RefusedError` if it succeeded or left an event.
        """
        data = xdr.SorobanTransactionData(
            ext=xdr.SorobanTransactionDataExt(0),
            resources=xdr.SorobanResources(
                footprint,
                _ALLOWANCE.instructions,
                _ALLOWANCE.disk_read_bytes,
                _ALLOWANCE.write_bytes,
            ),
            resource_fee=xdr.Int64(_ALLOWANCE_STROOPS),
        )
        envelope = self._envelope(call, self._authorizations(call))
        found = self._send(call, envelope, data, _ALLOWANCE_STROOPS)
        if found.status == "SUCCESS" or self.events(found.ledger):
            raise RefusedError("Success", "simulation refused what the ledger did")
        name = _name_of_failure(found)
        return name if name in _NAMES else None

    def _builder(
        self,
        account: Account,
        address: str,
        invocation: Invocation,
        entries: list[xdr.SorobanAuthorizationEntry],
    ) -> TransactionBuilder:
        builder = TransactionBuilder(account, self.network.passphrase, base_fee=_BASE_FEE)
        builder.append_invoke_contract_function_op(
            address, invocation.function, invocation.arguments, auth=entries
        )
        return builder.add_time_bounds(0, 0)

    def _envelope(
        self, call: Call, entries: list[xdr.SorobanAuthorizationEntry]
    ) -> TransactionEnvelope:
        source = call.signers[0].public_key
        if source not in self._sequences:
            self._sequences[source] = self.chain.server.load_account(source).sequence
        account = Account(source, self._sequences[source])
        return self._builder(account, call.address, call.invocation, entries).build()

    def _authorizations(self, call: Call) -> list[xdr.SorobanAuthorizationEntry]:
        """One signed entry for each signer; the first signs by signing the transaction."""
        nested = [_authorized(address, inner, []) for address, inner in call.nested]
        root = _authorized(call.address, call.invocation, nested)
        first = xdr.SorobanCredentials(
            xdr.SorobanCredentialsType.SOROBAN_CREDENTIALS_SOURCE_ACCOUNT
        )
        entries = [xdr.SorobanAuthorizationEntry(first, root)]
        until = self.newest() + _SIGNATURE_LEDGERS
        entries.extend(
            auth.authorize_invocation(
                signer, signer.public_key, until, root, self.network.passphrase
            )
            for signer in call.signers[1:]
        )
        return entries

    def _simulate(self, envelope: TransactionEnvelope) -> rpc.Simulation:
        return self._client.call(rpc.simulate_transaction(envelope.to_xdr()))

    def _send(
        self,
        call: Call,
        envelope: TransactionEnvelope,
        data: xdr.SorobanTransactionData,
        resource_fee: int,
    ) -> rpc.TransactionInfo:
        envelope.transaction.soroban_data = data
        envelope.transaction.fee = _BASE_FEE + resource_fee
        envelope.sign(call.signers[0])
        sent = self._client.call(rpc.send_transaction(envelope.to_xdr()))
        if sent.status != "PENDING":
            raise RefusedError(sent.status, f"not queued: {sent.error_result_xdr}")
        self._sequences[call.signers[0].public_key] = envelope.transaction.sequence
        return self._client.call(rpc.get_transaction(sent.hash))

    def events(self, ledger: int) -> list[Emitted]:
        """The contracts' own events of one ledger; what the fees say is left out."""
        params = {
            "startLedger": ledger,
            "filters": [{"type": "contract"}],
            "pagination": {"limit": 1_000},
        }
        page = self._client.call(rpc.Request("getEvents", params, rpc.EventPage))
        return [
            Emitted(
                event.contract_id,
                [fast_scval.decode(topic) for topic in event.topic],
                fast_scval.decode(event.value),
            )
            for event in page.events
            if event.ledger == ledger and event.contract_id != self._native
        ]


def _authorized(
    address: str, invocation: Invocation, nested: Sequence[xdr.SorobanAuthorizedInvocation]
) -> xdr.SorobanAuthorizedInvocation:
    function = xdr.SorobanAuthorizedFunction(
        xdr.SorobanAuthorizedFunctionType.SOROBAN_AUTHORIZED_FUNCTION_TYPE_CONTRACT_FN,
        contract_fn=xdr.InvokeContractArgs(
            Address(address).to_xdr_sc_address(),
            xdr.SCSymbol(invocation.function.encode()),
            list(invocation.arguments),
        ),
    )
    return xdr.SorobanAuthorizedInvocation(function, list(nested))


def _result(simulated: rpc.Simulation) -> bytes:
    if simulated.error is not None:
        raise RefusedError(_name(simulated.error), simulated.error)
    return xdr.SCVal.from_xdr(simulated.results[0].xdr).to_xdr_bytes()


def _returned(found: rpc.TransactionInfo) -> bytes:
    meta = xdr.TransactionMeta.from_xdr(found.result_meta_xdr or "")
    soroban = meta.v4.soroban_meta if meta.v4 else None
    value = soroban.return_value if soroban else None
    return value.to_xdr_bytes() if value else scval.to_void().to_xdr_bytes()


def _name(words: str) -> str:
    """The name of the refusal that the host's words begin with."""
    found = _REFUSAL.search(words)
    if found is None:
        return words
    kind, code = found.groups()
    if kind == "Auth":
        return "Unauthorized"
    if kind == "Contract" and code.isdigit():
        number = int(code)
        if number < _ASSET_CODES_END:
            return "AssetTransferFailed"
        return ERRORS[number].name if number in ERRORS else code
    return f"{kind} {code}"


def _name_of_failure(found: rpc.TransactionInfo) -> str:
    """Why a transaction failed: the last error of its diagnostic events, unless it ran dry."""
    result = xdr.TransactionResult.from_xdr(found.result_xdr or "").result
    parts = [operation.tr for operation in result.results or [] if operation.tr is not None]
    outcome = parts[0].invoke_host_function_result if parts else None
    if outcome is None or outcome.code != _TRAPPED:
        return outcome.code.name if outcome else result.code.name
    name = "no reason given"
    for text in found.diagnostic_events_xdr:
        body = xdr.DiagnosticEvent.from_xdr(text).event.body.v0
        if body and body.topics and body.topics[0].sym == xdr.SCSymbol(b"error"):
            error = body.topics[1].error
            name = name if error is None else _name_of_error(error)
    return name


def _name_of_error(error: xdr.SCError) -> str:
    if error.contract_code is not None:
        return _name(f"Error(Contract, #{error.contract_code.uint32})")
    kind = error.type.name.removeprefix("SCE_").title()
    return _name(f"Error({kind}, {error.code.name.removeprefix('SCEC_') if error.code else ''})")

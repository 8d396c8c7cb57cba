"""The API's window on the ledger: accounts, clock, simulation, unsigned transactions.

It reads and simulates; it never submits. Every transaction has one InvokeHostFunction, no memo,
and its caller as source: the envelope's signature is then the only one needed, which every
wallet can give. Where a contract wants two people, the other one's authorization is signed first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

import anyio
import httpx
import msgspec
from stellar_sdk import (
    Account,
    Address,
    InvokeHostFunction,
    Keypair,
    StrKey,
    TransactionBuilder,
    TransactionEnvelope,
    scval,
    xdr,
)

from api.errors import Problem
from api.transactions import cosigning
from api.transactions.moves import Move, moves
from api.transactions.refusals import refusal_of_simulation
from api.transactions.requests import SignedAuthorization
from contracts import rpc
from contracts.wire import Invocation

T = TypeVar("T")

_IDLE_SECONDS = 86_400
_NETWORK_SECONDS = 60.0
_PAGE = 200
_INCLUSION_FLOOR = 100
_MAXIMUM_FEE = 2**32 - 1
_KEY_SIGNER = xdr.SignerKeyType.SIGNER_KEY_TYPE_ED25519


class Signer(msgspec.Struct, frozen=True):
    """A key that may sign for an account, and its weight (1 to 255)."""

    address: str
    weight: int


class LedgerAccount(msgspec.Struct, frozen=True):
    """An account as it stands on the ledger."""

    address: str
    sequence: int
    moved_in: int
    """The ledger in which the sequence number last moved; 0 if the node does not tell."""
    medium_threshold: int
    signers: tuple[Signer, ...]


class Fee(msgspec.Struct, frozen=True):
    """Stroops: the bid for inclusion, the most the resources cost, and both together."""

    inclusion: int
    resource: int

    @property
    def maximum(self) -> int:
        """What is charged at most; unused refundable fee comes back."""
        return self.inclusion + self.resource


class Built(msgspec.Struct, frozen=True):
    """An unsigned transaction that the ledger would accept as of `simulated_at`."""

    xdr: str
    hash: str
    sequence: int
    fee: Fee
    built_at: int
    valid_until: int
    simulated_at: int
    returned: Any
    moves: tuple[Move, ...]


class Authorization(msgspec.Struct, frozen=True):
    """What somebody signs so that another can submit: an entry good through `valid_until`."""

    entry: cosigning.Entry
    valid_until: int
    simulated_at: int


class Offer(msgspec.Struct, frozen=True):
    """How a transaction is offered.

    `seconds` is how long it can be submitted, `cap` the highest inclusion bid in stroops, `second`
    the authorization of another than its source, where the contract wants one.
    """

    seconds: int
    cap: int
    second: SignedAuthorization | None = None


class LedgerClock:
    """The ledger's time between two closes.

    A quiet local ledger closes nothing for minutes, and its time can be moved ahead of ours. The
    best bound seen on its offset from our clock carries the last close time forward.
    """

    def __init__(self) -> None:
        self._offset: float | None = None

    def observe(self, close_time: int, wall: float) -> None:
        """Learn from a close time (Unix seconds) seen at `wall` on our own clock."""
        seen = close_time - wall
        if self._offset is None:
            # Just quiet, or set back on purpose? A ledger less than a day behind is quiet.
            self._offset = 0.0 if -_IDLE_SECONDS < seen < 0 else seen
        self._offset = max(self._offset, seen)

    def now(self, close_time: int, wall: float) -> int:
        """The ledger's present, never before its newest close."""
        self.observe(close_time, wall)
        return max(close_time, int(wall + (self._offset or 0.0)))


class Ledger:
    """A connection to one stellar-rpc node, which must be on the network of `passphrase`.

    What another network says is worth nothing here: accounts have other signers there, and a
    transaction not found there may be in the ledger here.
    """

    def __init__(
        self,
        url: str,
        passphrase: str,
        *,
        waits: tuple[float, ...] = (),
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._passphrase = passphrase
        self._waits = waits
        self._url = url
        self._client = httpx.AsyncClient(timeout=20.0, transport=transport)
        self._clock = LedgerClock()
        self._monotonic = clock
        self._right_until: float | None = None

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def ask(self, request: rpc.Request[T]) -> T:
        """One request, again while the node only says "not now"; it changes nothing there.

        Raises `rpc.RpcError` as the node says, or the problem "ledger-unreachable".
        """
        for wait in self._waits:
            try:
                return await self._once(request)
            except Problem:
                await anyio.sleep(wait)
        return await self._once(request)

    async def _once(self, request: rpc.Request[T]) -> T:
        try:
            response = await self._client.post(
                self._url, content=request.body(), headers={"Content-Type": "application/json"}
            )
            response.raise_for_status()
            return request.read(response.content)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise Problem("ledger-unreachable") from error
        except rpc.RpcError as error:
            if error.code in rpc.PASSING_CODES:
                raise Problem("ledger-unreachable") from error
            raise

    async def is_right_network(self) -> bool:
        """Whether the node's passphrase is ours; a yes is remembered for a minute.

        A no is not: once the operator has corrected it, the service works again.
        """
        if self._right_until is not None and self._monotonic() < self._right_until:
            return True
        try:
            network = await self.ask(rpc.get_network())
        except rpc.RpcError as error:
            raise Problem("ledger-unreachable") from error
        if network.passphrase != self._passphrase:
            return False
        self._right_until = self._monotonic() + _NETWORK_SECONDS
        return True

    async def _require_network(self) -> None:
        if not await self.is_right_network():
            raise Problem("wrong-network")

    async def account(self, address: str) -> LedgerAccount | None:
        """Sequence, signers with weight above zero, and threshold; None if there is none.

        Raises the problem "wrong-network" if the node is on another one.
        """
        await self._require_network()
        reply = await self.ask(rpc.get_ledger_entries([_account_key(address)]))
        if not reply.entries:
            return None
        entry = xdr.LedgerEntryData.from_xdr(reply.entries[0].xdr).account
        if entry is None:
            raise Problem("ledger-unreachable", "The node answered with another entry.")
        return _account_from(address, entry)

    async def now(self) -> int:
        """The ledger's present in Unix seconds."""
        health = await self.health()
        return self._clock.now(health.latest_ledger_close_time, time.time())

    async def build(self, source: str, contract: str, call: Invocation, *, offer: Offer) -> Built:
        """Build and simulate `call` to the contract at `contract` with `source` as its caller.

        Raises the problem of the contract that refuses; nothing is kept in that case.
        """
        now = await self.now()
        envelope = self._draft(await self._source(source), contract, call, now + offer.seconds)
        simulation = await self._simulate(envelope)
        auth = _authorizations(simulation)
        if offer.second is not None:
            auth = [self._signed(entry, offer.second) for entry in auth]
            _operation(envelope).auth = auth
            # Now with the signatures: the node checks them and counts what that costs.
            simulation = await self._simulate(envelope)
        _require_enough(auth)
        fee = await self._price(simulation.min_resource_fee, offer.cap)
        _assemble(envelope, simulation, auth, fee)
        return Built(
            xdr=envelope.to_xdr(),
            hash=envelope.hash_hex(),
            sequence=envelope.transaction.sequence,
            fee=fee,
            built_at=now,
            valid_until=now + offer.seconds,
            simulated_at=simulation.latest_ledger,
            returned=_native(simulation),
            moves=moves(simulation.events),
        )

    async def authorization(
        self, source: str, contract: str, call: Invocation, *, by: str, ledgers: int
    ) -> Authorization:
        """What `by` signs so that `source` can submit `call` within the next `ledgers`.

        Raises the problem of the contract that refuses, or "not-authorised" if it asks nothing
        of `by`.
        """
        envelope = self._draft(await self._source(source), contract, call, 0)
        simulation = await self._simulate(envelope)
        wanted = [one for one in _authorizations(simulation) if cosigning.signer_of(one) == by]
        if not wanted:
            raise Problem("not-authorised", f"This call asks nothing of {by}.")
        valid_until = simulation.latest_ledger + ledgers
        entry = cosigning.until(wanted[0], valid_until)
        return Authorization(entry, valid_until, simulation.latest_ledger)

    def _signed(self, entry: cosigning.Entry, given: SignedAuthorization) -> cosigning.Entry:
        if cosigning.signer_of(entry) is None:
            return entry
        return cosigning.signed(given, entry, self._passphrase)

    async def _source(self, address: str) -> LedgerAccount:
        account = await self.account(address)
        if account is None:
            raise Problem("account-not-on-ledger", f"{address} does not exist on this network.")
        return account

    async def transaction(self, tx_hash: str) -> rpc.TransactionInfo:
        """What the node knows of a transaction; the clock learns from its answer.

        Raises the problem "wrong-network" if the node is on another one.
        """
        await self._require_network()
        try:
            info = await self.ask(rpc.get_transaction(tx_hash))
        except rpc.RpcError as error:
            raise Problem("ledger-unreachable") from error
        self._clock.observe(info.latest_ledger_close_time, time.time())
        return info

    async def transactions_in(self, ledger: int) -> list[rpc.ListedTransaction]:
        """All transactions of one ledger; none if the node does not hold it (any more)."""
        found: list[rpc.ListedTransaction] = []
        request = rpc.get_transactions(start_ledger=ledger)
        while True:
            try:
                page = await self.ask(request)
            except rpc.RpcError:
                return found
            fresh = [one for one in page.transactions if one.ledger == ledger]
            found += fresh
            if not fresh or len(fresh) < len(page.transactions) or len(fresh) < _PAGE:
                return found
            request = rpc.get_transactions(cursor=page.cursor)

    async def health(self) -> rpc.Health:
        """The node's range of ledgers and their close times."""
        try:
            return await self.ask(rpc.get_health())
        except rpc.RpcError as error:
            raise Problem("ledger-unreachable") from error

    def _draft(
        self, account: LedgerAccount, contract: str, call: Invocation, until: int
    ) -> TransactionEnvelope:
        function = xdr.HostFunction(
            xdr.HostFunctionType.HOST_FUNCTION_TYPE_INVOKE_CONTRACT,
            invoke_contract=xdr.InvokeContractArgs(
                contract_address=Address(contract).to_xdr_sc_address(),
                function_name=xdr.SCSymbol(call.function.encode()),
                args=list(call.arguments),
            ),
        )
        source = Account(account.address, account.sequence)
        builder = TransactionBuilder(source, self._passphrase, base_fee=_INCLUSION_FLOOR)
        builder.append_operation(InvokeHostFunction(host_function=function, auth=[]))
        return builder.add_time_bounds(0, until).build()

    async def _simulate(self, envelope: TransactionEnvelope) -> rpc.Simulation:
        try:
            simulation = await self.ask(rpc.simulate_transaction(envelope.to_xdr()))
        except rpc.RpcError as error:
            raise Problem("simulation-failed") from error
        if simulation.error is not None:
            raise refusal_of_simulation(simulation.error)
        return simulation

    async def _price(self, minimum: int, cap: int) -> Fee:
        try:
            stats = await self.ask(rpc.get_fee_stats())
        except rpc.RpcError as error:
            raise Problem("ledger-unreachable") from error
        return price(minimum, stats.soroban_inclusion_fee.p90, cap)


def price(minimum: int, usual: int, cap: int) -> Fee:
    """The fee to offer, in stroops, for a simulated `minimum` where others bid `usual`."""
    bid = min(max(usual, _INCLUSION_FLOOR), cap)
    # Rent and counters move between simulation and execution: 15 % on top, rounded up.
    fee = Fee(inclusion=bid, resource=-(-minimum * 115 // 100))
    if fee.maximum > _MAXIMUM_FEE:
        raise Problem("fee-too-high")
    return fee


def _authorizations(simulation: rpc.Simulation) -> list[cosigning.Entry]:
    entries = (item for result in simulation.results for item in result.auth)
    return [cosigning.Entry.from_xdr(entry) for entry in entries]


def _require_enough(auth: list[cosigning.Entry]) -> None:
    """Refuse what would need a signature that nobody has given and the envelope cannot hold."""
    for entry in auth:
        credentials = entry.credentials.address
        if credentials is not None and credentials.signature == scval.to_void():
            raise Problem(
                "not-authorised",
                f"This needs the authorization of {cosigning.signer_of(entry)}.",
            )


def _assemble(
    envelope: TransactionEnvelope, simulation: rpc.Simulation, auth: list[cosigning.Entry], fee: Fee
) -> None:
    """Put resources and fee of the simulation and the authorizations into the draft."""
    data = xdr.SorobanTransactionData.from_xdr(simulation.transaction_data)
    data.resource_fee = xdr.Int64(fee.resource)
    envelope.transaction.soroban_data = data
    envelope.transaction.fee = fee.maximum
    _operation(envelope).auth = auth


def _operation(envelope: TransactionEnvelope) -> InvokeHostFunction:
    """The one operation of a draft."""
    return cast("InvokeHostFunction", envelope.transaction.operations[0])


def _native(simulation: rpc.Simulation) -> Any:
    """The value the call would return, in Python's types; addresses as strkey."""
    if not simulation.results:
        return None
    value = scval.to_native(simulation.results[0].xdr)
    return value.address if isinstance(value, Address) else value


def _account_key(address: str) -> str:
    account_id = Keypair.from_public_key(address).xdr_account_id()
    key = xdr.LedgerKey(xdr.LedgerEntryType.ACCOUNT, account=xdr.LedgerKeyAccount(account_id))
    return key.to_xdr()


def _moved_in(entry: xdr.AccountEntry) -> int:
    first = entry.ext.v1
    second = first.ext.v2 if first is not None else None
    third = second.ext.v3 if second is not None else None
    return 0 if third is None else third.seq_ledger.uint32


def _account_from(address: str, entry: xdr.AccountEntry) -> LedgerAccount:
    thresholds = entry.thresholds.thresholds
    weights = {address: thresholds[0]}
    for signer in entry.signers:
        if signer.key.type == _KEY_SIGNER and signer.key.ed25519 is not None:
            key = StrKey.encode_ed25519_public_key(signer.key.ed25519.uint256)
            weights[key] = signer.weight.uint32
    return LedgerAccount(
        address=address,
        sequence=entry.seq_num.sequence_number.int64,
        moved_in=_moved_in(entry),
        medium_threshold=thresholds[2],
        # A key whose weight is zero was taken away: it must not sign, whatever the threshold.
        signers=tuple(Signer(key, weight) for key, weight in weights.items() if weight > 0),
    )

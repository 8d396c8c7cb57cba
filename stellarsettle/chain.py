"""Sign and submit, for whoever holds a key: deploying, and wallets on the local ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from stellar_sdk import (
    Account,
    Keypair,
    SorobanServer,
    StrKey,
    TransactionBuilder,
    TransactionEnvelope,
    scval,
    xdr,
)
from stellar_sdk.exceptions import AccountNotFoundException, PrepareTransactionException
from stellar_sdk.soroban_rpc import (
    EventFilter,
    EventInfo,
    GetTransactionResponse,
    GetTransactionStatus,
)

from contracts.wire import Invocation
from stellarsettle.patience import PatientClient

_BASE_FEE = 1_000
_NOBODY = StrKey.encode_ed25519_public_key(bytes(32))
_VALID_SECONDS = 300
_FIRST_WAIT_SECONDS = 0.02
_LONGEST_WAIT_SECONDS = 1.0
_OUTCOME_SECONDS = 120
_QUEUED = frozenset({"PENDING", "DUPLICATE"})


AddOperations = Callable[[TransactionBuilder], TransactionBuilder]
"""Appends operations to a transaction being built."""


class ChainError(Exception):
    """The ledger refused or failed a transaction; the message holds its own words."""


class TooLateError(ChainError):
    """The transaction's time was over when it came: it is in no ledger and never will be."""


class Chain:
    """A ledger reached through stellar-rpc. Builds, submits and waits."""

    def __init__(self, rpc_url: str, passphrase: str) -> None:
        self.server = SorobanServer(rpc_url, PatientClient())
        self.passphrase = passphrase

    def close_time(self) -> int:
        """The newest ledger's close time: what "now" means to contracts."""
        close_time = self.server.get_latest_ledger().close_time
        if close_time is None:
            raise ChainError("the node does not tell the close time of its newest ledger")
        return int(close_time)

    def events(self, contract_address: str, start: int) -> Iterator[EventInfo]:
        """The events of a contract from the ledger `start` on, oldest first."""
        filters = [EventFilter(contractIds=[contract_address])]
        first: int | None = start
        cursor: str | None = None
        while True:
            page = self.server.get_events(first, filters=filters, cursor=cursor)
            yield from page.events
            if page.cursor == cursor or not page.cursor:
                return
            first, cursor = None, page.cursor

    def execute(self, signer: Keypair, add: AddOperations) -> GetTransactionResponse:
        """Build a transaction of `signer`, simulate it where needed, sign, submit and wait."""
        envelope = self.prepare(signer.public_key, add, _VALID_SECONDS)
        envelope.sign(signer)
        return self.submit(envelope)

    def prepare(self, source: str, add: AddOperations, seconds: int) -> TransactionEnvelope:
        """A transaction of the account `source`, simulated where needed and unsigned.

        It can come into a ledger that closes within so many seconds from the newest one.
        """
        try:
            account = self.server.load_account(source)
        except AccountNotFoundException as error:
            raise ChainError(f"there is no account {source} on this ledger") from error
        builder = TransactionBuilder(account, self.passphrase, base_fee=_BASE_FEE)
        builder.add_time_bounds(0, self.close_time() + seconds)
        envelope = add(builder).build()
        if not envelope.transaction.is_soroban_transaction():
            return envelope
        try:
            return self.server.prepare_transaction(envelope)
        except PrepareTransactionException as error:
            words = error.simulate_transaction_response.error or str(error)
            raise ChainError(words) from error

    def invoke(
        self, signer: Keypair, contract_address: str, call: Invocation
    ) -> GetTransactionResponse:
        """Execute one contract call with `signer` as source and only authority."""
        return self.execute(
            signer,
            lambda transaction: transaction.append_invoke_contract_function_op(
                contract_address, call.function, call.arguments
            ),
        )

    def view(self, contract_address: str, function: str, *arguments: xdr.SCVal) -> Any:
        """What a contract's read-only function returns now, as native values; sends nothing."""
        builder = TransactionBuilder(Account(_NOBODY, 0), self.passphrase, base_fee=_BASE_FEE)
        builder.append_invoke_contract_function_op(contract_address, function, arguments)
        simulated = self.server.simulate_transaction(builder.set_timeout(0).build())
        if simulated.error is not None or not simulated.results:
            raise ChainError(simulated.error or "the simulation returned nothing")
        return scval.to_native(str(simulated.results[0].xdr))

    def submit(self, envelope: TransactionEnvelope) -> GetTransactionResponse:
        """Send a signed envelope and wait until a ledger holds it; raises if it failed.

        The answer to an earlier try may have been lost: what the node refuses now, because it is
        in a ledger already, is looked up by its hash before it counts as refused.
        """
        tx_hash = envelope.hash_hex()
        done = self._sent(envelope, tx_hash) or self._outcome(tx_hash)
        if done.status is not GetTransactionStatus.SUCCESS:
            raise ChainError(f"transaction {tx_hash} failed: {_reason(done)}")
        return done

    def _sent(self, envelope: TransactionEnvelope, tx_hash: str) -> GetTransactionResponse | None:
        """Hand the envelope to the node until it is queued; what it is if a ledger has it."""
        wait = _FIRST_WAIT_SECONDS
        deadline = time.monotonic() + _OUTCOME_SECONDS
        while True:
            sent = self.server.send_transaction(envelope)
            if sent.status.value in _QUEUED:
                return None
            found = self.server.get_transaction(tx_hash)
            if found.status is not GetTransactionStatus.NOT_FOUND:
                return found
            if sent.error_result_xdr is not None:
                raise _refusal(sent.error_result_xdr)
            if time.monotonic() >= deadline:
                raise ChainError(f"the transaction was not queued: {sent.status.value}")
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)

    def _outcome(self, tx_hash: str) -> GetTransactionResponse:
        wait = _FIRST_WAIT_SECONDS
        deadline = time.monotonic() + _OUTCOME_SECONDS
        while time.monotonic() < deadline:
            found = self.server.get_transaction(tx_hash)
            if found.status is not GetTransactionStatus.NOT_FOUND:
                return found
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
        raise ChainError(f"transaction {tx_hash} is in no ledger yet")


def _refusal(result: str) -> ChainError:
    code = xdr.TransactionResult.from_xdr(result).result.code
    kind = TooLateError if code is xdr.TransactionResultCode.txTOO_LATE else ChainError
    return kind(f"the ledger refused the transaction: {code.name}")


def _reason(done: GetTransactionResponse) -> str:
    """Result codes and the host's last words, from a failed transaction."""
    if done.result_xdr is None:
        return done.status.value
    result = xdr.TransactionResult.from_xdr(done.result_xdr).result
    words = [result.code.name]
    for operation in result.results or []:
        inner = operation.tr.invoke_host_function_result if operation.tr else None
        words.append(inner.code.name if inner else operation.code.name)
    for event in done.diagnostic_events_xdr or []:
        body = xdr.DiagnosticEvent.from_xdr(event).event.body.v0
        if body and body.topics and body.topics[0].sym == xdr.SCSymbol(b"error"):
            words.append(str(scval.to_native(body.data)))
    return ", ".join(words)

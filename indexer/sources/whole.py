"""What sources of whole ledgers share: what they look for, and a batch made of what was found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from contracts import strkey
from contracts.scval import ErrorValue, ScvalError, decode_body
from contracts.wire import Contract
from indexer.sources.protocol import (
    Batch,
    Failure,
    Header,
    RawEvent,
    SourceUnavailableError,
    Speakers,
)
from indexer.xdr.ledger import ClosedLedger, FailedCall, LedgerEvent, Wanted
from projections.model import Mark

_CONTRACTS_OWN: Final = 0
"""SCErrorType of an error that a contract raised itself."""


class UnreadableLedgerError(SourceUnavailableError):
    """What the source gave is not the ledger it should be; another source may do better."""


def unreadable(where: str, reason: object) -> UnreadableLedgerError:
    """The error about what was got from `where`."""
    return UnreadableLedgerError(f"{where} cannot be read: {reason}. Nothing was skipped")


class Followed:
    """The contracts of `speakers`, by the 32 bytes that stand for them in a ledger."""

    def __init__(self, speakers: Speakers, passphrase: str) -> None:
        self._contracts: dict[bytes, Contract] = {
            strkey.decode(address)[1]: contract
            for address, contract in speakers.contracts().items()
        }
        network = hashlib.sha256(passphrase.encode()).digest()
        self.wanted = Wanted(network, frozenset(self._contracts))

    def batch(self, ledgers: Sequence[ClosedLedger], latest: int) -> Batch:
        """A batch of `ledgers`, of which there is at least one."""
        last = ledgers[-1].header
        return Batch(
            events=[event for ledger in ledgers for event in self._events(ledger)],
            through=Mark(last.sequence, last.closed_at),
            latest=latest,
            headers=[_header(ledger) for ledger in ledgers],
            failures=[self._failure(one) for ledger in ledgers for one in ledger.failures],
        )

    def _events(self, ledger: ClosedLedger) -> Iterator[RawEvent]:
        for event in ledger.events:
            yield self._event(event, ledger.header.closed_at)

    def _event(self, event: LedgerEvent, closed_at: int) -> RawEvent:
        contract = self._contracts[event.contract]
        return RawEvent(event.position, event.index, contract, closed_at, event.tx_hash, event.body)

    def _failure(self, failed: FailedCall) -> Failure:
        return Failure(
            position=failed.position,
            tx_hash=failed.tx_hash,
            source=strkey.encode(strkey.ACCOUNT, failed.invocation.source),
            contract=self._contracts[failed.invocation.contract],
            function=failed.invocation.function,
            result=failed.result,
            error=_error(failed.diagnostics),
        )


def require_next(ledgers: Sequence[ClosedLedger], after: int, where: str) -> None:
    """The ledgers are those after `after`, one by one and each linked to the one before."""
    previous = None
    for expected, ledger in enumerate(ledgers, after + 1):
        header = ledger.header
        if header.sequence != expected:
            raise unreadable(where, f"ledger {header.sequence} stands where {expected} should")
        if previous is not None and header.previous_hash != previous:
            raise unreadable(where, f"ledger {expected} does not follow the ledger before it")
        previous = header.hash


def _header(ledger: ClosedLedger) -> Header:
    head = ledger.header
    return Header(head.sequence, head.hash, head.previous_hash, head.closed_at)


def _error(diagnostics: Sequence[bytes]) -> int | None:
    """The code of a contract's own that ended the call: the last error told of, if it is one."""
    last = None
    for body in diagnostics:
        try:
            topics, _ = decode_body(body)
        except ScvalError:
            continue
        if len(topics) > 1 and topics[0] == "error" and isinstance(topics[1], ErrorValue):
            last = topics[1]
    return last.code if last and last.kind == _CONTRACTS_OWN else None

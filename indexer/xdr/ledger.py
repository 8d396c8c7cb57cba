"""Closed ledgers (LedgerCloseMeta) without decoding what nobody asked for.

Ledgers are large and a contract's transactions few: the bytes are searched for the contracts' ids
first, and only a ledger that has one is walked. What is handed out is proven as far as the bytes
allow: a header hashes to the hash that is told with it, the results hash to what the header says,
and a contract call's events to what its result says (so long as the network made them so, from
Protocol 23 on). That the header itself belongs to the network is for the reader of the chain.

Event ids are those of stellar-rpc's getEvents: transactions count from 1 in the order they were
applied, operations from 0; events of no operation stand before the first transaction (0), after
their own (operation 4095), or after the last transaction (1048575).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import msgspec

from indexer.xdr.generated import walk_header, walk_ledger, walk_opening
from indexer.xdr.generated.names import ContractEventType, TransactionEventStage
from indexer.xdr.outcome import Invocation, Outcome, read_event, read_invocation, read_outcome
from indexer.xdr.runtime import U32, LedgerFormatError, Places, Walker

_U64: Final = struct.Struct(">Q").unpack_from
_AFTER_ITS_OWN: Final = 4095
_AFTER_ALL: Final = 1_048_575
_EVENTS_ARE_HASHED_SINCE: Final = 23


class LedgerHeader(msgspec.Struct, frozen=True):
    """A header whose hash was checked; `closed_at` in Unix seconds, hashes of 32 bytes each."""

    protocol: int
    sequence: int
    hash: bytes
    previous_hash: bytes
    results_hash: bytes
    closed_at: int


class LedgerEvent(msgspec.Struct, frozen=True):
    """A contract or system event: `position` and `index` are its id, `body` a ContractEventV0."""

    position: int
    index: int
    contract: bytes
    tx_hash: bytes
    body: bytes


class FailedCall(msgspec.Struct, frozen=True):
    """A transaction that called one of the contracts itself, and failed.

    `result` is the name of the code that tells most, `diagnostics` are bodies of its diagnostic
    events, where the ledger was written with them.
    """

    position: int
    tx_hash: bytes
    invocation: Invocation
    result: str
    diagnostics: list[bytes]


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for: contracts by their 32 bytes, on the network whose id is `network`.

    `network` is SHA-256 of the passphrase. Without contracts every event is wanted, of failed
    calls none.
    """

    network: bytes
    contracts: Collection[bytes] = ()

    def is_in(self, data: bytes, start: int = 0, end: int | None = None) -> bool:
        """Whether one of the contracts is named anywhere in `data`."""
        stop = len(data) if end is None else end
        return any(data.find(contract, start, stop) >= 0 for contract in self.contracts)


class ClosedLedger(msgspec.Struct, frozen=True):
    """What was wanted of a ledger; events by their ids, failed calls as they were applied."""

    header: LedgerHeader
    events: Sequence[LedgerEvent] = ()
    failures: Sequence[FailedCall] = ()


def read_ledger(data: bytes, wanted: Wanted) -> ClosedLedger:
    """One LedgerCloseMeta; raises `LedgerFormatError`."""
    if wanted.contracts and not wanted.is_in(data):
        return ClosedLedger(read_header(data))
    ledger, end = _read_whole(data, 0, wanted)
    if end != len(data):
        raise LedgerFormatError(f"{len(data) - end} bytes are left over after the ledger")
    return ledger


def read_batch(data: bytes, wanted: Wanted) -> list[ClosedLedger]:
    """A LedgerCloseMetaBatch, its ledgers in order; raises `LedgerFormatError`."""
    try:
        first, last, count = struct.unpack_from(">III", data)
    except struct.error as error:
        raise LedgerFormatError("the batch ends before its first ledger") from error
    if not count or count != last - first + 1:
        raise LedgerFormatError(f"the batch of ledgers {first} to {last} holds {count}")
    if wanted.contracts and not wanted.is_in(data):
        ledgers = [ClosedLedger(header) for header in _headers(data, 12, count)]
    else:
        ledgers, end = [], 12
        for _ in range(count):
            ledger, end = _read_whole(data, end, wanted)
            ledgers.append(ledger)
        if end != len(data):
            raise LedgerFormatError(f"{len(data) - end} bytes are left over after the batch")
    for expected, ledger in enumerate(ledgers, first):
        if ledger.header.sequence != expected:
            raise LedgerFormatError(f"ledger {ledger.header.sequence} stands where {expected} does")
    return ledgers


def read_header(data: bytes, start: int = 0) -> LedgerHeader:
    """The header of the LedgerCloseMeta at `start`; raises `LedgerFormatError`."""
    places: Places = []
    _guarded_walk(walk_opening.walk, data, start, places)
    return _header(data, places)


def _headers(data: bytes, start: int, count: int) -> Iterator[LedgerHeader]:
    """Headers of ledgers one behind the other: each is found by the hash of the one before.

    Nothing that a ledger is made of can name the hash of its own header; so the first place after
    a header that does is in the next one.
    """
    places: Places = []
    end = _guarded_walk(walk_opening.walk, data, start, places)
    at = {place: begin for place, begin, _ in places}
    into_entry = at[walk_opening.PREVIOUS] - at[walk_opening.HASH]
    yield (header := _header(data, places))
    for _ in range(count - 1):
        found = data.find(header.hash, end)
        if found < 0:
            raise LedgerFormatError(f"no ledger after {header.sequence} names it")
        places = []
        end = _guarded_walk(walk_header.walk, data, found - into_entry, places)
        yield (header := _header(data, places))


def _header(data: bytes, places: Places) -> LedgerHeader:
    at = {place: (begin, end) for place, begin, end in places}
    (told_from, told_to), (begin, end) = at[walk_header.HASH], at[walk_header.HASHED]
    told = data[told_from:told_to]
    (sequence,) = U32(data, at[walk_header.SEQUENCE][0])
    if hashlib.sha256(data[begin:end]).digest() != told:
        raise LedgerFormatError(f"the header of ledger {sequence} does not hash to {told.hex()}")
    return LedgerHeader(
        protocol=U32(data, at[walk_header.VERSION][0])[0],
        sequence=sequence,
        hash=told,
        previous_hash=data[slice(*at[walk_header.PREVIOUS])],
        results_hash=data[slice(*at[walk_header.RESULTS_HASH])],
        closed_at=_U64(data, at[walk_header.CLOSED_AT][0])[0],
    )


def _guarded_walk(walk: Walker, data: bytes, start: int, places: Places) -> int:
    """Walk, and never past the end."""
    try:
        end = walk(data, start, places)
    except struct.error as error:
        raise LedgerFormatError("the ledger ends too early") from error
    if end > len(data):
        raise LedgerFormatError("the ledger ends too early")
    return end


def _read_whole(data: bytes, start: int, wanted: Wanted) -> tuple[ClosedLedger, int]:
    """The ledger at `start`, walked from beginning to end, and where it ends."""
    header = read_header(data, start)
    places: Places = []
    end = _guarded_walk(walk_ledger.walk, data, start, places)
    reader = _Reader(data, header, wanted)
    for place in places:
        reader.take(*place)
    reader.check_results()
    events = sorted(reader.events, key=lambda event: (event.position, event.index))
    return ClosedLedger(header, events, reader.failures), end


class _Reader:
    """Takes the places of one ledger in their order.

    An event is noted before what it belongs to, so events wait until that is known.
    """

    def __init__(self, data: bytes, header: LedgerHeader, wanted: Wanted) -> None:
        self.events: list[LedgerEvent] = []
        self.failures: list[FailedCall] = []
        self._data = data
        self._header = header
        self._wanted = wanted
        self._invocations: dict[bytes, Invocation] = {}
        self._results: list[tuple[int, int]] = []
        self._before_all = 0
        self._after_all = 0
        self._begin_transaction()

    def _begin_transaction(self) -> None:
        self._waiting: list[tuple[int, int]] = []
        self._calls: list[tuple[int, int]] = []
        self._own: list[LedgerEvent] = []
        self._diagnostics: list[tuple[int, int]] = []
        self._returned = b""
        self._operation = 0
        self._after_its_own = 0
        self._stage = 0

    def take(self, place: int, begin: int, end: int) -> None:
        """The next place."""
        match place:
            case walk_ledger.EVENT:
                self._waiting.append((begin, end))
            case walk_ledger.OPERATION:
                self._claim(self._operation)
                self._operation += 1
            case walk_ledger.SOROBAN:
                self._claim(0)
            case walk_ledger.DIAGNOSTIC:
                self._diagnostics.append(self._waiting.pop())
            case walk_ledger.STAGE:
                (self._stage,) = U32(self._data, begin)
            case walk_ledger.TRANSACTION_EVENT:
                self._claim_for_stage()
            case _:
                self._take_rest(place, begin, end)

    def _take_rest(self, place: int, begin: int, end: int) -> None:
        match place:
            case walk_ledger.RETURNED:
                self._returned = self._data[begin:end]
            case walk_ledger.RESULT:
                self._results.append((begin, end))
            case walk_ledger.TRANSACTION:
                self._end_transaction()
            case walk_ledger.ENVELOPE:
                self._take_envelope(begin, end)

    def check_results(self) -> None:
        """Transactions' results hash to what the header says of them."""
        results = [self._data[begin:end] for begin, end in self._results]
        told = hashlib.sha256(b"".join((len(results).to_bytes(4, "big"), *results))).digest()
        if told != self._header.results_hash:
            sequence = self._header.sequence
            raise LedgerFormatError(f"the results of ledger {sequence} are not those of its header")

    def _take_envelope(self, begin: int, end: int) -> None:
        if self._wanted.is_in(self._data, begin, end):
            invocation = read_invocation(self._data, begin, self._wanted.network)
            if invocation and invocation.contract in self._wanted.contracts:
                self._invocations[invocation.tx_hash] = invocation

    def _claim(self, operation: int) -> None:
        """What waits are the events of this operation."""
        if operation == 0:
            self._calls = list(self._waiting)
        for index, span in enumerate(self._waiting):
            self._add(len(self._results), operation, index, span)
        self._waiting.clear()

    def _claim_for_stage(self) -> None:
        """What waits is an event of no operation; its place in the ledger depends on the stage."""
        span = self._waiting.pop()
        match TransactionEventStage.get(self._stage):
            case "TRANSACTION_EVENT_STAGE_BEFORE_ALL_TXS":
                self._add(0, 0, self._before_all, span)
                self._before_all += 1
            case "TRANSACTION_EVENT_STAGE_AFTER_TX":
                self._add(len(self._results), _AFTER_ITS_OWN, self._after_its_own, span)
                self._after_its_own += 1
            case "TRANSACTION_EVENT_STAGE_AFTER_ALL_TXS":
                self._add(_AFTER_ALL, 0, self._after_all, span)
                self._after_all += 1
            case _:
                raise LedgerFormatError(f"an event is of the unknown stage {self._stage}")

    def _add(self, transaction: int, operation: int, index: int, span: tuple[int, int]) -> None:
        if self._wanted.contracts and not self._wanted.is_in(self._data, *span):
            return
        event = read_event(self._data, span[0])
        if event.contract is None or ContractEventType.get(event.kind) == "DIAGNOSTIC":
            return
        if self._wanted.contracts and event.contract not in self._wanted.contracts:
            return
        position = self._header.sequence << 32 | transaction << 12 | operation
        self._own.append(LedgerEvent(position, index, event.contract, b"", event.body))

    def _end_transaction(self) -> None:
        if self._own or self._invocations:
            outcome = read_outcome(self._data, self._results[-1][0])
            self._keep_events(outcome)
            self._keep_failure(outcome)
        self._begin_transaction()

    def _keep_events(self, outcome: Outcome) -> None:
        """With the hash of their transaction; a failed one has only events of no operation."""
        mine = [
            msgspec.structs.replace(event, tx_hash=outcome.tx_hash)
            for event in self._own
            if outcome.succeeded or _is_of_no_operation(event)
        ]
        if any(not _is_of_no_operation(event) for event in mine):
            self._check_events(outcome)
        self.events += mine

    def _check_events(self, outcome: Outcome) -> None:
        """Return value and events of a contract call hash to what its result says."""
        if not outcome.call_hash or self._header.protocol < _EVENTS_ARE_HASHED_SINCE:
            return
        calls = [self._data[begin:end] for begin, end in self._calls]
        parts = (self._returned, len(calls).to_bytes(4, "big"), *calls)
        if hashlib.sha256(b"".join(parts)).digest() != outcome.call_hash:
            raise LedgerFormatError(
                f"the events of transaction {outcome.tx_hash.hex()} in ledger"
                f" {self._header.sequence} are not those of its result"
            )

    def _keep_failure(self, outcome: Outcome) -> None:
        invocation = self._invocations.get(outcome.tx_hash)
        if invocation is None or outcome.succeeded:
            return
        position = self._header.sequence << 32 | len(self._results) << 12
        bodies = [read_event(self._data, begin).body for begin, _ in self._diagnostics]
        self.failures.append(
            FailedCall(position, outcome.tx_hash, invocation, outcome.result, bodies)
        )


def _is_of_no_operation(event: LedgerEvent) -> bool:
    transaction, operation = event.position >> 12 & _AFTER_ALL, event.position & _AFTER_ITS_OWN
    return operation == _AFTER_ITS_OWN or transaction in {0, _AFTER_ALL}

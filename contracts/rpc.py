"""The stellar-rpc protocol as data: requests, replies and errors, without any input or output.

A `Request` knows its body and how to read the answer; a transport (the indexer's, the API's)
posts the one and hands back the other. Source: the OpenRPC document of stellar-rpc 30 and
recordings of a real node: close times are strings in some methods and numbers in others, hence
decoding with `strict=False`.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable
from typing import Any, Generic, TypeVar, cast

import msgspec

T = TypeVar("T")

INVALID_REQUEST = -32600
"""A range outside the node's retention, among others: for a reader of events, a gap."""

INVALID_PARAMS = -32602
PROCESSING_LIMIT = -32001
PASSING_CODES = frozenset({-32603, -32003, -32098})
"""Internal error, panic, queue overflow: the node's trouble, not the request's."""

PASSING_STATUSES = frozenset({429, 502, 503, 504})
"""HTTP statuses of a node or proxy that is overloaded or restarting."""


class RpcError(Exception):
    """The node refused a request; `code` is JSON-RPC's, `message` the node's own words."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(f"{message} (code {code})")
        self.code = code
        self.message = message
        self.data = data


class Reply(msgspec.Struct, frozen=True, rename="camel"):
    """Base of every answer: camelCase members, unknown ones ignored."""


class Health(Reply, frozen=True):
    """getHealth: the range of ledgers the node holds; times are Unix seconds."""

    status: str
    latest_ledger: int
    latest_ledger_close_time: int
    oldest_ledger: int
    oldest_ledger_close_time: int
    ledger_retention_window: int


class Network(Reply, frozen=True):
    """getNetwork: the passphrase that every signature is bound to."""

    passphrase: str
    protocol_version: int


class Event(Reply, frozen=True):
    """One contract event; `topic` and `value` are SCVal XDR, `id` orders events for all time."""

    id: str
    ledger: int
    ledger_closed_at: str
    contract_id: str
    tx_hash: str
    topic: list[bytes]
    value: bytes


class EventPage(Reply, frozen=True):
    """getEvents: a page and the cursor after it; an empty page with a moved cursor is no end."""

    events: list[Event]
    cursor: str
    latest_ledger: int
    oldest_ledger: int
    latest_ledger_close_time: int
    oldest_ledger_close_time: int


class LedgerInfo(Reply, frozen=True):
    """One closed ledger: `hash` in hex, LedgerHeaderHistoryEntry and LedgerCloseMeta as XDR."""

    sequence: int
    hash: str
    ledger_close_time: int
    header_xdr: bytes
    metadata_xdr: bytes


class LedgerPage(Reply, frozen=True):
    """getLedgers: whole ledgers in order; the cursor is the last one's number."""

    ledgers: list[LedgerInfo]
    cursor: str
    latest_ledger: int
    oldest_ledger: int


class LedgerEntry(Reply, frozen=True):
    """One entry: `key` and `xdr` are LedgerKey and LedgerEntryData, live-until 0 is archived."""

    key: str
    xdr: str
    last_modified_ledger_seq: int
    live_until_ledger_seq: int | None = None


class LedgerEntries(Reply, frozen=True):
    """getLedgerEntries: those that exist, in the order asked for."""

    latest_ledger: int
    entries: list[LedgerEntry] = []


class SimulatedCall(Reply, frozen=True):
    """What one simulated invocation returned (SCVal) and the authorisations it asks for."""

    xdr: str
    auth: list[str] = []


class Simulation(Reply, frozen=True):
    """simulateTransaction: either `error`, or resources, fee (stroops) and results."""

    latest_ledger: int
    error: str | None = None
    transaction_data: str = ""
    min_resource_fee: int = 0
    results: list[SimulatedCall] = []
    events: list[str] = []


class Sent(Reply, frozen=True):
    """sendTransaction: PENDING, DUPLICATE, TRY_AGAIN_LATER or ERROR with a TransactionResult."""

    status: str
    hash: str
    latest_ledger: int
    error_result_xdr: str | None = None


class TransactionInfo(Reply, frozen=True):
    """getTransaction: SUCCESS, FAILED or NOT_FOUND; a close time is Unix seconds."""

    status: str
    latest_ledger: int
    latest_ledger_close_time: int
    ledger: int = 0
    created_at: int = 0
    envelope_xdr: str | None = None
    result_xdr: str | None = None
    result_meta_xdr: str | None = None
    diagnostic_events_xdr: list[str] = []


class ListedTransaction(Reply, frozen=True):
    """One transaction of getTransactions, and the ledger that holds it."""

    tx_hash: str
    ledger: int
    envelope_xdr: str


class TransactionPage(Reply, frozen=True):
    """getTransactions: a page and the cursor after it."""

    transactions: list[ListedTransaction]
    cursor: str
    latest_ledger: int


class InclusionFee(Reply, frozen=True):
    """Percentiles of inclusion fees, in stroops for an operation."""

    max: int
    min: int
    p50: int
    p90: int


class FeeStats(Reply, frozen=True):
    """getFeeStats over the node's window of recent ledgers."""

    soroban_inclusion_fee: InclusionFee
    latest_ledger: int


class _Fault(msgspec.Struct, frozen=True):
    code: int
    message: str
    data: Any = None


class _Envelope(msgspec.Struct, Generic[T], frozen=True):
    id: int | None = None
    result: T | msgspec.UnsetType = msgspec.UNSET
    error: _Fault | None = None


@functools.cache
def _decoder(reply: Hashable) -> msgspec.json.Decoder[_Envelope[Any]]:
    return msgspec.json.Decoder(_Envelope[reply], strict=False)  # type: ignore[valid-type]


class Request(msgspec.Struct, Generic[T], frozen=True):
    """A call: `body()` is what to POST as application/json, `read()` what the answer means."""

    method: str
    params: dict[str, Any]
    reply: type[T]

    def body(self, number: int = 1) -> bytes:
        """The JSON-RPC request; `number` is to be found again in its answer."""
        message = {"jsonrpc": "2.0", "id": number, "method": self.method, "params": self.params}
        return msgspec.json.encode(message)

    def read(self, body: bytes, number: int = 1) -> T:
        """The result in the answer to request `number`.

        Raises `RpcError`, or `msgspec.DecodeError` if it is no answer, or one to another request,
        as a cache on the way may send it.
        """
        envelope: _Envelope[T] = _decoder(cast("Hashable", self.reply)).decode(body)
        if envelope.id not in (number, None):
            raise msgspec.DecodeError(f"the answer is to request {envelope.id}, not {number}")
        if envelope.error is not None:
            raise RpcError(envelope.error.code, envelope.error.message, envelope.error.data)
        if isinstance(envelope.result, msgspec.UnsetType):
            raise msgspec.DecodeError("the answer holds neither a result nor an error")
        return envelope.result


def get_health() -> Request[Health]:
    """The node's range of ledgers; cheap enough to poll."""
    return Request("getHealth", {}, Health)


def get_network() -> Request[Network]:
    """The node's network."""
    return Request("getNetwork", {}, Network)


def get_events(
    contract_ids: list[str], *, start_ledger: int = 0, cursor: str = "", limit: int = 10_000
) -> Request[EventPage]:
    """A page of events of `contract_ids` (at most 5), from a ledger or after a cursor.

    One filter with all ids and no type or topics: nodes before 27.1.1 miss events when filters
    are mixed.
    """
    params: dict[str, Any] = {
        "filters": [{"contractIds": contract_ids}],
        "pagination": {"limit": limit},
    }
    if cursor:
        params["pagination"]["cursor"] = cursor
    else:
        params["startLedger"] = start_ledger
    return Request("getEvents", params, EventPage)


def get_ledgers(start_ledger: int, *, limit: int) -> Request[LedgerPage]:
    """Whole ledgers from `start_ledger` on (at most 200): about a megabyte each on mainnet."""
    params: dict[str, Any] = {"startLedger": start_ledger, "pagination": {"limit": limit}}
    return Request("getLedgers", params, LedgerPage)


def get_ledger_entries(keys: list[str]) -> Request[LedgerEntries]:
    """The current entries under `keys` (LedgerKey XDR, base64; at most 200)."""
    return Request("getLedgerEntries", {"keys": keys}, LedgerEntries)


def get_fee_stats() -> Request[FeeStats]:
    """What transactions bid lately."""
    return Request("getFeeStats", {}, FeeStats)


def simulate_transaction(envelope: str) -> Request[Simulation]:
    """Run an unsigned envelope (XDR, base64) against the newest ledger and record its needs."""
    return Request("simulateTransaction", {"transaction": envelope}, Simulation)


def send_transaction(envelope: str) -> Request[Sent]:
    """Queue a signed envelope (XDR, base64); PENDING only means queued."""
    return Request("sendTransaction", {"transaction": envelope}, Sent)


def get_transaction(tx_hash: str) -> Request[TransactionInfo]:
    """What became of a transaction, by its hash in hex."""
    return Request("getTransaction", {"hash": tx_hash}, TransactionInfo)


def get_transactions(
    *, start_ledger: int = 0, cursor: str = "", limit: int = 200
) -> Request[TransactionPage]:
    """A page of all transactions from a ledger on, or after a cursor; at most 200."""
    params: dict[str, Any] = {"pagination": {"limit": limit}}
    if cursor:
        params["pagination"]["cursor"] = cursor
    else:
        params["startLedger"] = start_ledger
    return Request("getTransactions", params, TransactionPage)

"""A node that serves recorded events over real HTTP, with stellar-rpc's own paging rules.

Rules as in stellar-rpc 28 (methods/get_events.go): `startLedger` or a cursor; a scan window;
`endLedger` exclusive; the cursor is the last event's id when the page is full and the end of the
scanned window when it is not; outside its range it answers -32600 with the range in words.
Faults are drawn from a seed: what a bad day with a provider looks like.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import http.server
import json
import random
import struct
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from indexer.sources.protocol import RawEvent
from tests.indexer import synthetic

_MAX = 0xFFFF_FFFF
_ADDRESSES = {kind: text for text, kind in synthetic.DEPLOYMENT.contracts().items()}


class Faults(msgspec.Struct):
    """Probabilities of a bad answer to one getEvents request."""

    unavailable: float = 0.0
    dropped: float = 0.0
    garbage: float = 0.0
    limit: float = 0.0
    stale: float = 0.0
    duplicate: float = 0.0
    internal: float = 0.0

    def scaled(self, factor: float) -> Faults:
        """The same faults, more or less often."""
        return Faults(*(value * factor for value in msgspec.structs.astuple(self)))


class RpcFaultError(Exception):
    """A JSON-RPC error to answer with."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Node:
    """The state of the node; a test may close ledgers and trim history while it serves."""

    def __init__(self, events: list[RawEvent], latest: int, *, seed: int = 0) -> None:
        self.events = events
        self.latest = latest
        self.oldest = synthetic.START_LEDGER - 5
        self.scan_limit = 10_000
        self.heaviest = 1 << 60
        """Events or ledgers beyond which one request is over the processing limit."""
        self.faults = Faults()
        self.balances: dict[bytes, bytes] = {}
        """LedgerEntryData XDR by LedgerKey XDR."""
        self.history = ""
        """Another word gives ledgers of other hashes: the network was reset."""
        self.gives_ledgers = True
        self.shuffles = False
        """Whether events of a page come in any order."""
        self.answers_to = 0
        """A request's number to put into every answer; 0: the request's own."""
        self.requests: list[dict[str, Any]] = []
        self.url = ""
        self._chance = random.Random(seed)  # a seed is the point
        self._previous: dict[str, Any] | None = None
        self._lock = threading.Lock()

    def answer(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of one request; raises `RpcFaultError`."""
        with self._lock:
            self.requests.append({"method": method, **params})
            if method == "getHealth":
                return self._health()
            if method == "getLedgerEntries":
                return self._entries(params["keys"])
            if method == "getLedgers" and self.gives_ledgers:
                return self._ledgers(params)
            if method != "getEvents":
                raise RpcFaultError(-32601, "method not found")
            return self._events(params)

    def hits(self, probability: float) -> bool:
        """Whether a fault of this probability strikes now."""
        return self._chance.random() < probability

    def _health(self) -> dict[str, Any]:
        return {
            "status": "healthy",
            "latestLedger": self.latest,
            "latestLedgerCloseTime": str(synthetic.close_time(self.latest)),
            "oldestLedger": self.oldest,
            "oldestLedgerCloseTime": str(synthetic.close_time(self.oldest)),
            "ledgerRetentionWindow": 120_960,
        }

    def _entries(self, keys: list[str]) -> dict[str, Any]:
        entries = [
            {
                "key": key,
                "xdr": base64.b64encode(self.balances[base64.b64decode(key)]).decode(),
                "lastModifiedLedgerSeq": self.latest,
            }
            for key in keys
            if base64.b64decode(key) in self.balances
        ]
        return {"entries": entries, "latestLedger": self.latest}

    def _ledgers(self, params: dict[str, Any]) -> dict[str, Any]:
        """Headers only: what is asked of them here is their place in the chain."""
        first = params["startLedger"]
        if not self.oldest <= first <= self.latest:
            raise RpcFaultError(
                -32600, f"start ledger must be between {self.oldest} and {self.latest}"
            )
        last = min(self.latest, first + params["pagination"]["limit"] - 1)
        ledgers = [
            {
                "sequence": number,
                "hash": self.hash_of(number).hex(),
                "ledgerCloseTime": str(synthetic.close_time(number)),
                "headerXdr": base64.b64encode(
                    self.hash_of(number) + bytes(4) + self.hash_of(number - 1)
                ).decode(),
                "metadataXdr": "",
            }
            for number in range(first, last + 1)
        ]
        return self._health() | {"ledgers": ledgers, "cursor": str(last)}

    def hash_of(self, ledger: int) -> bytes:
        """The hash of a ledger's header."""
        return hashlib.sha256(f"{self.history}{ledger}".encode()).digest()

    def _events(self, params: dict[str, Any]) -> dict[str, Any]:
        if self.hits(self.faults.internal):
            raise RpcFaultError(-32603, "request failed to process due to internal issue")
        if self._previous and self.hits(self.faults.duplicate):
            return self._previous
        latest = self.latest
        if self.hits(self.faults.stale):
            latest -= self._chance.randint(1, 30)
        self._previous = self._page(params, latest)
        return self._previous

    def _page(self, params: dict[str, Any], latest: int) -> dict[str, Any]:
        limit = params["pagination"].get("limit", 100)
        start, end_ledger = self._range(params, latest)
        if self.hits(self.faults.limit) or limit > self.heaviest:
            raise RpcFaultError(-32001, "request exceeded processing limit threshold")
        wanted = set(params["filters"][0]["contractIds"])
        low = bisect_left(self.events, start, key=_place)
        high = bisect_right(self.events, (end_ledger << 32, -1), key=_place)
        found = [event for event in self.events[low:high] if _ADDRESSES[event.contract] in wanted]
        page = found[:limit]
        end = (end_ledger - 1) << 32 | _MAX
        cursor = event_id(*_place(page[-1])) if len(page) == limit else event_id(end, _MAX)
        if self.shuffles:
            self._chance.shuffle(page)
        return {
            "events": [shown(event) for event in page],
            "cursor": cursor,
            "latestLedger": latest,
            "oldestLedger": self.oldest,
            "latestLedgerCloseTime": str(synthetic.close_time(latest)),
            "oldestLedgerCloseTime": str(synthetic.close_time(self.oldest)),
        }

    def _range(self, params: dict[str, Any], latest: int) -> tuple[tuple[int, int], int]:
        if cursor := params["pagination"].get("cursor"):
            if "startLedger" in params or "endLedger" in params:
                raise RpcFaultError(-32602, "ledger ranges and cursor cannot both be set")
            position, index = int(cursor[:19]), int(cursor[20:])
            start = (position, index + 1)
        else:
            start = (params["startLedger"] << 32, 0)
        ledger = start[0] >> 32
        if not self.oldest <= ledger <= latest:
            raise RpcFaultError(
                -32600,
                f"startLedger must be within the ledger range: {self.oldest} - {latest}",
            )
        end = min(ledger + self.scan_limit, latest + 1)
        if asked := params.get("endLedger"):
            end = min(end, asked)
        return start, end


def _place(event: RawEvent) -> tuple[int, int]:
    return event.position, event.index


def shown(event: RawEvent) -> dict[str, Any]:
    """The event as getEvents tells it."""
    topics, data = _split(event.body)
    closed = dt.datetime.fromtimestamp(event.closed_at, dt.UTC)
    return {
        "type": "contract",
        "ledger": event.position >> 32,
        "ledgerClosedAt": closed.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "contractId": _ADDRESSES[event.contract],
        "id": event_id(event.position, event.index),
        "operationIndex": event.position & 0xFFF,
        "transactionIndex": event.position >> 12 & 0xFFFFF,
        "txHash": event.tx_hash.hex(),
        "topic": [base64.b64encode(topic).decode() for topic in topics],
        "value": base64.b64encode(data).decode(),
    }


def event_id(position: int, index: int) -> str:
    """The id of an event, which orders events for all time."""
    return f"{position:019d}-{index:010d}"


def _split(body: bytes) -> tuple[list[bytes], bytes]:
    """The XDR of each topic, and of the data: a topic's end is found by reading it."""
    from contracts.scval import read_value  # noqa: PLC0415  # only here

    (count,) = struct.unpack_from(">I", body)
    place, topics = 4, []
    for _ in range(count):
        _, end = read_value(body, place)
        topics.append(body[place:end])
        place = end
    return topics, body[place:]


@contextlib.contextmanager
def serving(node: Node) -> Iterator[Node]:
    """Serve `node` on loopback; its `url` is set."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(node))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    node.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield node
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(node: Node) -> Callable[..., http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
        wbufsize = -1

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            faults = node.faults
            if request["method"] == "getEvents":
                if node.hits(faults.dropped):
                    self.close_connection = True
                    return
                if node.hits(faults.unavailable):
                    self._send(503, b"")
                    return
                if node.hits(faults.garbage):
                    self._send(200, b"<html>bad gateway</html>")
                    return
            answer: dict[str, Any] = {"jsonrpc": "2.0", "id": node.answers_to or request["id"]}
            try:
                answer["result"] = node.answer(request["method"], request["params"])
            except RpcFaultError as error:
                answer["error"] = {"code": error.code, "message": error.message}
            self._send(200, json.dumps(answer).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet: the requests are in `node.requests`."""

    return Handler

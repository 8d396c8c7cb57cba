"""A node in a process of its own that serves a history as getEvents JSON.

Every event is written as JSON before the first request, so that serving costs little more than
sending. The process takes a `History` as its argument (JSON), tells where it serves on standard
output, and ends when its standard input closes.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import subprocess
import sys
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import msgspec

from indexer.sources.protocol import RawEvent
from tests.bench import transfers
from tests.indexer import synthetic
from tests.indexer.node import event_id, shown

_LAST = 0xFFFF_FFFF


class History(msgspec.Struct, frozen=True):
    """What is served.

    - transfers: `events` share transfers among `holders`, a hundred a ledger, after `told` ledgers
      of the same history (0: from its opening on) and `skipped` ledger numbers that are left out;
    - lives: about `events` of whole lives of invoices, with a few transfers each;
    - sparse: `events` events, evenly spread over `ledgers`.
    """

    kind: Literal["transfers", "lives", "sparse"]
    events: int
    holders: int = 5_000
    told: int = 0
    skipped: int = 0
    ledgers: int = 0

    def tell(self) -> list[RawEvent]:
        """The events."""
        match self.kind:
            case "transfers":
                return self._transfers()
            case "lives":
                return lives(self.events, self.holders)
            case "sparse":
                return self._sparse()

    def _transfers(self) -> list[RawEvent]:
        history = transfers.History(transfers.Shape(self.holders))
        before = history.opening()
        for _ in history.transfers(self.told):
            before = []
        history.skip(self.skipped)
        return [*before, *history.transfers(self.events // history.shape.per_ledger)]

    def _sparse(self) -> list[RawEvent]:
        step = self.ledgers // self.events
        return [
            msgspec.structs.replace(
                event,
                position=(ledger := synthetic.START_LEDGER + place * step) << 32 | 1 << 12,
                index=0,
                closed_at=synthetic.close_time(ledger),
            )
            for place, event in enumerate(lives(self.events * 2, 20)[: self.events])
        ]


def lives(count: int, holders: int) -> list[RawEvent]:
    """About `count` events of invoices from listing to payout, fifty of them each."""
    story = synthetic.story(1, max(1, count // 50), holders=holders, transfers=30)
    return synthetic.ledgers(1, story, per_ledger=40)


class Served(msgspec.Struct, frozen=True):
    """Where a history is served, its newest ledger and how many events it has."""

    url: str
    latest: int
    events: int


@contextlib.contextmanager
def serving(history: History) -> Iterator[Served]:
    """Serve `history` in a process of its own until the block ends."""
    command = [sys.executable, "-m", "tests.bench.served", msgspec.json.encode(history).decode()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield msgspec.json.decode(process.stdout.readline(), type=Served)
        finally:
            process.stdin.close()


class Pages:
    """The events of a history as JSON, cut into pages as stellar-rpc does."""

    def __init__(self, events: Sequence[RawEvent], latest: int) -> None:
        self._latest = latest
        self._places = [(event.position, event.index) for event in events]
        self._shown = [msgspec.json.encode(shown(event)) for event in events]

    def page(self, params: dict[str, Any]) -> bytes:
        """The result of getEvents as JSON; whatever ledger is asked for is held."""
        limit = params["pagination"]["limit"]
        if cursor := params["pagination"].get("cursor"):
            after = (int(cursor[:19]), int(cursor[20:]))
        else:
            after = (params["startLedger"] << 32, -1)
        end = min(((after[0] + 1) >> 32) + 10_000, self._latest + 1)
        low = bisect_right(self._places, after)
        high = min(bisect_left(self._places, (end << 32, -1)), low + limit)
        last = self._places[high - 1] if high == low + limit else (end - 1 << 32 | _LAST, _LAST)
        rest = (
            f'],"cursor":"{event_id(*last)}","latestLedger":{self._latest},"oldestLedger":1,'
            f'"latestLedgerCloseTime":"{synthetic.close_time(self._latest)}",'
            '"oldestLedgerCloseTime":"0"}'
        )
        return b'{"events":[' + b",".join(self._shown[low:high]) + rest.encode()


def _answer(pages: Pages, request: dict[str, Any]) -> bytes:
    """The member of the answer that says what came of it."""
    if request["method"] != "getEvents":
        return b'"error":{"code":-32601,"message":"method not found"}'
    return b'"result":' + pages.page(request["params"])


def _handler(pages: Pages) -> Callable[..., http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
        wbufsize = -1

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = b'{"jsonrpc":"2.0","id":%d,' % request["id"] + _answer(pages, request) + b"}"
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler


def _main() -> None:
    history = msgspec.json.decode(sys.argv[1], type=History)
    events = history.tell()
    latest = synthetic.START_LEDGER + history.ledgers if history.ledgers else events[-1].ledger
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(Pages(events, latest)))
    url = f"http://127.0.0.1:{server.server_address[1]}"
    served = Served(url, latest, len(events))
    del events
    sys.stdout.write(msgspec.json.encode(served).decode() + "\n")
    sys.stdout.flush()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    _main()

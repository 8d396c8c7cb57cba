"""Ledgers from stellar-rpc's getEvents.

Rules of that method, each with a trap: a page holds at most so many events and scans at most so
many ledgers, so an empty page with a moved cursor is no end; a full page may stop inside a ledger,
so its last ledger is not whole; a load balancer may hand a request to a replica that is behind, so
an answer that knows less than an earlier one says nothing; a range error below the oldest ledger
is a gap, above the newest it is only "not yet".

A page's ledgers have no close times but those of their events and of the newest ledger. A batch
therefore ends at a ledger whose time is known; what was read beyond it is kept for the next one.
"""

from __future__ import annotations

import bisect
import datetime as dt
import functools
import re
from typing import Final

from contracts import rpc
from contracts.scval import encode_body
from contracts.wire import Contract
from indexer.rpc import RpcClient
from indexer.sources.protocol import (
    Batch,
    BehindError,
    GapError,
    RawEvent,
    SourceUnavailableError,
    Speakers,
)
from projections.model import Mark

PAGE_LIMIT: Final = 10_000
SCAN_LIMIT: Final = 10_000
"""Ledgers that a node scans for one request."""

_NARROWEST: Final = 13
"""Halvings until one ledger and one event are asked for at a time."""

_SUCCESSES_TO_WIDEN: Final = 8
_LAST_IN_LEDGER: Final = 0xFFFF_FFFF
_EVENT_ID: Final = re.compile(r"\d{19}-\d{10}")
_RANGE: Final = re.compile(r"(\d+) - (\d+)")


class EventSource:
    """Follows the contracts of `speakers` through the node behind `client`."""

    def __init__(
        self, client: RpcClient, speakers: Speakers, *, page_limit: int = PAGE_LIMIT
    ) -> None:
        self._client = client
        self._contracts: dict[str, Contract] = dict(speakers.contracts().items())
        self._page_limit = page_limit
        self._latest = 0
        self._narrowing = 0
        self._successes = 0
        self._after = -1
        self._place = ""
        self._held: list[RawEvent] = []

    @property
    def latest(self) -> int:
        """The newest ledger seen in any answer; 0 before the first."""
        return self._latest

    def fetch(self, after: int) -> Batch | None:
        """The next whole ledgers after `after`, see `indexer.sources.protocol.Source`.

        What was read before an error or a pause is kept: the next call goes on from there.
        """
        if after != self._after:
            self._go_on(after, _end_of(after), [])
            self._latest = max(self._latest, after)
        while True:
            page = self._page(self._place)
            if page is None or page.cursor <= self._place:
                return None
            self._held += self._events_between(self._place, page)
            self._place = page.cursor
            if batch := self._whole_ledgers(page):
                return batch

    def _go_on(self, after: int, place: str, held: list[RawEvent]) -> None:
        """All events after ledger `after` up to `place` are `held`."""
        self._after, self._place, self._held = after, place, held

    def _whole_ledgers(self, page: rpc.EventPage) -> Batch | None:
        """What can be handed out after `page`; None if a ledger or a close time is still open."""
        stopped_inside = any(event.id == page.cursor for event in page.events)
        whole = _ledger_of(page.cursor) - stopped_inside
        held = self._held
        if whole >= page.latest_ledger:
            through = Mark(page.latest_ledger, page.latest_ledger_close_time)
        else:
            complete = [event for event in held if event.ledger <= whole]
            if not complete:
                return None
            through = Mark(complete[-1].ledger, complete[-1].closed_at)
        if through.ledger <= self._after:
            return None
        count = bisect.bisect_right(held, through.ledger, key=lambda event: event.ledger)
        self._go_on(through.ledger, page.cursor, held[count:])
        return Batch(held[:count], through, self._latest)

    def _events_between(self, place: str, page: rpc.EventPage) -> list[RawEvent]:
        """The page's events after `place` in order; repeated and foreign ones are left out."""
        fresh = {event.id: event for event in page.events if place < event.id <= page.cursor}
        return [
            self._raw(fresh[id_])
            for id_ in sorted(fresh)
            if fresh[id_].contract_id in self._contracts
        ]

    def _raw(self, event: rpc.Event) -> RawEvent:
        position, index = _parts(event.id)
        if position >> 32 != event.ledger:
            raise SourceUnavailableError(
                f"{self._client.url} says that event {event.id} is of ledger {event.ledger}:"
                " that cannot be; use another node"
            )
        return RawEvent(
            position=position,
            index=index,
            contract=self._contracts[event.contract_id],
            closed_at=_unix_seconds(event.ledger_closed_at),
            tx_hash=bytes.fromhex(event.tx_hash),
            body=encode_body(event.topic, event.value),
        )

    def _page(self, place: str) -> rpc.EventPage | None:
        """The page after `place`; None if the node knows of nothing newer."""
        while True:
            try:
                page = self._client.call(self._request(place), retry_limit=False)
            except rpc.RpcError as error:
                if not self._can_go_on(place, error):
                    return None
                continue
            if page.latest_ledger < self._latest:
                raise BehindError(self._client.url, page.latest_ledger, self._latest)
            self._latest = page.latest_ledger
            self._widen()
            return page

    def _request(self, place: str) -> rpc.Request[rpc.EventPage]:
        """From a ledger where that is known to be in range, else after the cursor.

        Only from a ledger can the window be narrowed; only after a cursor may one ask at the tip.
        """
        limit = max(1, self._page_limit >> self._narrowing)
        ledger = _ledger_of(place)
        contracts = list(self._contracts)
        if place != _end_of(ledger) or ledger >= self._latest:
            return rpc.get_events(contracts, cursor=place, limit=limit)
        request = rpc.get_events(contracts, start_ledger=ledger + 1, limit=limit)
        if self._narrowing:
            request.params["endLedger"] = ledger + 1 + max(1, SCAN_LIMIT >> self._narrowing)
        return request

    def _can_go_on(self, place: str, error: rpc.RpcError) -> bool:
        """True to ask again at once, False if nothing newer is there; raises what is neither."""
        if error.code == rpc.PROCESSING_LIMIT and self._narrowing < _NARROWEST:
            self._narrowing += 1
            self._successes = 0
            return True
        if error.code == rpc.INVALID_REQUEST:
            return self._is_in_range(place, error)
        if error.code == rpc.PROCESSING_LIMIT:
            raise SourceUnavailableError(f"{self._client.url}: {error}") from error
        raise error

    def _is_in_range(self, place: str, error: rpc.RpcError) -> bool:
        oldest, newest = self._range_in(error)
        wanted = _ledger_of(place) + (place == _end_of(_ledger_of(place)))
        if newest < self._latest:
            raise BehindError(self._client.url, newest, self._latest) from error
        if wanted > newest:
            return False
        if wanted < oldest:
            raise GapError(wanted, oldest - 1, self._client.url) from error
        if self._latest == newest:
            raise SourceUnavailableError(f"{self._client.url}: {error}") from error
        self._latest = newest  # from now on the request names the ledger, which is in range
        return True

    def _range_in(self, error: rpc.RpcError) -> tuple[int, int]:
        if found := _RANGE.search(error.message):
            return int(found[1]), int(found[2])
        health = self._client.call(rpc.get_health())
        return health.oldest_ledger, health.latest_ledger

    def _widen(self) -> None:
        self._successes += 1
        if self._narrowing and self._successes >= _SUCCESSES_TO_WIDEN:
            self._narrowing -= 1
            self._successes = 0


def _end_of(ledger: int) -> str:
    """The cursor after everything in `ledger`."""
    return f"{ledger << 32 | _LAST_IN_LEDGER:019d}-{_LAST_IN_LEDGER:010d}"


def _ledger_of(cursor: str) -> int:
    return _parts(cursor)[0] >> 32


def _parts(cursor: str) -> tuple[int, int]:
    """Position and index of an event id, which is what a cursor is."""
    if not _EVENT_ID.fullmatch(cursor):
        raise SourceUnavailableError(f"{cursor!r} is no event id of stellar-rpc; use another node")
    return int(cursor[:19]), int(cursor[20:])


@functools.lru_cache(maxsize=256)
def _unix_seconds(text: str) -> int:
    """Whole seconds of an RFC 3339 time; from Protocol 30 it may carry milliseconds."""
    return int(dt.datetime.fromisoformat(text).timestamp() // 1)

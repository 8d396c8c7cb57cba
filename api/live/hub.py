"""One listener in each process, and what it hears told to the streams of that process.

PostgreSQL tells every process of each ledger that can be read and of each hint. What a ledger
touched is read once for all streams. A connection that was lost may have missed something: after
it everybody is told what happened since, and to read the private topics again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator

import msgspec
import psycopg
import psycopg_pool

from api.database import Connection, Database, prepare_session
from api.errors import Problem
from api.happened import Happening, since
from api.live import hints, topics
from api.live.stream import Stream
from api.reads import read
from projections import parties, timeline
from projections.tables import APPLIED_CHANNEL

_log = logging.getLogger("stellarsettle.live")

_AGAIN_SECONDS = 1.0
_EVENTS = 1_000
"""What is looked at in one go; who is further behind is told to read everything again."""

_AWAY = (psycopg.OperationalError, psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed)
_LISTEN = f"LISTEN {APPLIED_CHANNEL}; LISTEN {hints.CHANNEL}"


class _Part(msgspec.Struct, frozen=True):
    address: str
    part: str


_PARTS = msgspec.json.Decoder(tuple[_Part, ...])
_HINT = msgspec.json.Decoder(hints.Hint)


class Hub:
    """The streams of one process; run it as long as the process serves."""

    def __init__(self, url: str, database: Database, *, most: int, of_address: int) -> None:
        self._url = url
        self._database = database
        self._most = most
        self._of_address = of_address
        self._ledger = 0
        self._streams: set[Stream] = set()
        self._by_topic: dict[str, set[Stream]] = defaultdict(set)
        self._by_owner: dict[str, set[Stream]] = defaultdict(set)
        self._by_account: dict[str, set[Stream]] = defaultdict(set)
        self._by_address: dict[str, set[Stream]] = defaultdict(set)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen until the block ends; then every stream ends too."""
        listening = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            listening.cancel()
            self.end()
            with contextlib.suppress(asyncio.CancelledError):
                await listening

    def end(self) -> None:
        """End every stream: this process is about to end, others go on."""
        for stream in self._streams:
            stream.end()

    def require_place(self, address: str) -> None:
        """Raise "too-many-streams" where there are as many as may be, here or of one address."""
        if self._of_address and len(self._by_address.get(address, ())) >= self._of_address:
            raise Problem("too-many-own-streams", headers={"Retry-After": "30"})
        if len(self._streams) >= self._most:
            raise Problem("too-many-streams", headers={"Retry-After": "5"})

    async def follow(self, stream: Stream, after: int | None) -> AsyncGenerator[bytes, None]:
        """The messages of a new stream, which has seen ledger `after`, or nothing yet."""
        with contextlib.suppress(Problem):
            # Once more, without a pause before it joins: many may have asked at once.
            self.require_place(stream.address)
            self._join(stream)
        if stream not in self._streams:
            return
        try:
            await self._resume(stream, after)
            async for message in stream.messages():
                yield message
        finally:
            self._leave(stream)

    def _join(self, stream: Stream) -> None:
        self._streams.add(stream)
        for index, name in self._places(stream):
            index[name].add(stream)

    def _leave(self, stream: Stream) -> None:
        self._streams.discard(stream)
        for index, name in self._places(stream):
            index[name].discard(stream)
            if not index[name]:
                del index[name]

    def _places(self, stream: Stream) -> Iterator[tuple[dict[str, set[Stream]], str]]:
        """Where a stream is to be found. What a shared account has on the ledger is nobody's."""
        yield self._by_address, stream.address
        for topic in stream.topics:
            yield self._by_topic, topic
        if stream.subject is not None:
            yield self._by_owner, stream.subject.owner
            if not stream.subject.shared:
                yield self._by_account, stream.subject.address

    async def _resume(self, stream: Stream, after: int | None) -> None:
        """Tell a new stream what it missed; what happens from here on it hears itself."""
        if after is None or after > self._ledger:
            stream.add(self._ledger, () if after is None else stream.topics)
            return
        try:
            async with self._database.public() as connection:
                happened = await since(connection, after, _EVENTS)
        except _AWAY:
            stream.add(self._ledger, stream.topics)
            return
        missed = topics.touched(happened.happenings) | topics.PRIVATE.keys()
        whole = happened.through == happened.mark.ledger
        stream.add(happened.through, missed if whole else stream.topics)

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True
                ) as session:
                    await prepare_session(session)
                    await session.execute(_LISTEN)
                    await self._catch_up()
                    async for notice in session.notifies():
                        if notice.channel == APPLIED_CHANNEL:
                            await self._advance()
                        else:
                            self._pass_on(_HINT.decode(notice.payload))
            except _AWAY as error:
                _log.warning("listening again: %s", error)
            except Exception:  # noqa: BLE001 -- streams without hints are worse than any error
                _log.exception("listening again")
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _catch_up(self) -> None:
        """After a connection was lost, or for the first time."""
        if self._ledger:
            await self._advance()
            for stream in self._streams:
                stream.add(self._ledger, topics.PRIVATE)
            return
        with contextlib.suppress(Problem):  # nothing has been read yet
            async with self._database.public() as connection:
                self._ledger = (await read(connection, timeline.applied())).ledger

    async def _advance(self) -> None:
        """Tell everybody what the ledgers since the last one touched."""
        async with self._database.public() as connection:
            try:
                happened = await since(connection, self._ledger, _EVENTS)
            except Problem:
                return  # nothing has been read yet
            if happened.through == self._ledger:
                return
            parts = await self._parts(connection, happened.happenings)
        if happened.through < happened.mark.ledger:
            self._ledger = happened.mark.ledger
            for stream in self._streams:
                stream.add(self._ledger, stream.topics)
            return
        self._ledger = happened.through
        for topic in topics.touched(happened.happenings):
            for stream in self._by_topic.get(topic, ()):
                stream.add(self._ledger, (topic,))
        for part in parts:
            mine = "portfolio" if part.part in ("holder", "former") else "invoices"
            for stream in self._by_account.get(part.address, ()):
                stream.add(self._ledger, (mine,))

    async def _parts(
        self, connection: Connection, happenings: Iterable[Happening]
    ) -> tuple[_Part, ...]:
        """What those who are here have to do with what happened."""
        invoices = {bytes.fromhex(one.invoice) for one in happenings if one.invoice is not None}
        if not invoices or not self._by_account:
            return ()
        found = await read(connection, parties.of_invoices(invoices, among=self._by_account))
        return _PARTS.decode(found.body or b"[]")

    def _pass_on(self, hint: hints.Hint) -> None:
        for stream in self._by_owner.get(hint.subject, ()):
            stream.add(self._ledger, hint.topics)

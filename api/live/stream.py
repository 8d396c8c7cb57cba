"""One client's stream of hints: what waits for it is merged, so that a slow one costs no memory.

A hint says which topics to read again as of which ledger. Two hints that wait are one hint with
the later ledger and the topics of both; there are never more topics than were asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Final

import msgspec

from api.live.schemas import LiveHint
from api.tokens import Subject

BEAT_SECONDS: Final = 15.0
SIGNED_IN_SECONDS: Final = 900.0
"""How long a stream of somebody lasts at most; who comes again is asked again who he is."""
_BEAT: Final = b": beat\n\n"
_RETRY: Final = b"retry: 2000\n\n"


class Stream:
    """What a client follows, and what it has not been told yet."""

    def __init__(
        self,
        topics: Iterable[str],
        subject: Subject | None = None,
        clock: Callable[[], float] = time.time,
        *,
        address: str = "",
    ) -> None:
        self.topics = frozenset(topics)
        self.subject = subject
        self.address = address
        self._clock = clock
        self._asked_again = clock() + SIGNED_IN_SECONDS
        self._ledger = 0
        self._waiting: set[str] = set()
        self._wake = asyncio.Event()
        self._over = False

    def add(self, ledger: int, topics: Iterable[str] = ()) -> None:
        """Let the client know, as soon as it takes the next hint."""
        self._ledger = max(self._ledger, ledger)
        self._waiting.update(self.topics.intersection(topics))
        self._wake.set()

    def end(self) -> None:
        """Let the client come again, here or elsewhere."""
        self._over = True
        self._wake.set()

    async def messages(self, beat_seconds: float = BEAT_SECONDS) -> AsyncIterator[bytes]:
        """Server-sent events, until who asked must be asked again or the service ends."""
        yield _RETRY
        while not self._over and (left := self._left()) > 0:
            try:
                async with asyncio.timeout(min(beat_seconds, left)):
                    await self._wake.wait()
            except TimeoutError:
                yield _BEAT
                continue
            if not self._over:
                yield self._take()

    def _left(self) -> float:
        if self.subject is None:
            return BEAT_SECONDS
        return min(self.subject.expires_at, self._asked_again) - self._clock()

    def _take(self) -> bytes:
        self._wake.clear()
        hint = LiveHint(self._ledger, tuple(sorted(self._waiting)))
        self._waiting.clear()
        return b"id: %d\nevent: hint\ndata: %s\n\n" % (hint.ledger, msgspec.json.encode(hint))

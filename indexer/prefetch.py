"""Fetching and decoding ahead of the writer, bounded by bytes and not by count.

Here in a thread of the same process; `indexer.reading` does it in a process of its own.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final, Protocol, Self

import msgspec

from indexer.collector import collect_young
from indexer.decode import Prepared, prepare
from indexer.rpc import RpcUnavailableError, Waiting
from indexer.sources.protocol import Batch, Source, SourceUnavailableError

QUEUE_BYTES: Final = 24 << 20
_EVENT_OVERHEAD: Final = 600
"""Bytes that a decoded event takes beside its raw body (540 traced over synthetic histories)."""

_log = logging.getLogger(__name__)


class Fetched(msgspec.Struct, frozen=True):
    """A batch ready to be committed; `size` estimates its memory in bytes.

    `fetch` and `decode` are the seconds that took.
    """

    batch: Prepared
    size: int
    fetch: float
    decode: float


class Ahead(Protocol):
    """What was read ahead."""

    def take(self, timeout: float) -> Fetched | None:
        """The next batch, or None if none came within `timeout` seconds.

        Raises what ended the reading, once everything before it was taken.
        """
        ...

    def heard(self) -> bool:
        """Whether the source has answered since this was asked last."""
        ...


class Reading(Protocol):
    """Somebody who reads ahead, in a thread or a process."""

    @property
    def latest(self) -> int:
        """The newest ledger seen in any answer; 0 before the first."""
        ...

    def ahead(self, after: int) -> AbstractContextManager[Ahead]:
        """Read from the ledger after `after` until the context ends."""
        ...


class InThread:
    """Reads `source` in a thread; `ending` is set when the process ends.

    `poll_seconds` is how long to wait when nothing newer is there.
    """

    def __init__(
        self,
        source: Source,
        ending: threading.Event,
        *,
        poll_seconds: float = 1.0,
        queue_bytes: int = QUEUE_BYTES,
    ) -> None:
        self._source = source
        self._ending = ending
        self._waiting = Waiting(random.Random(), ending)  # noqa: S311  # jitter, no secret
        self._poll_seconds = poll_seconds
        self._queue_bytes = queue_bytes

    @property
    def latest(self) -> int:
        """The newest ledger seen in any answer; 0 before the first."""
        return self._source.latest

    def ahead(self, after: int) -> Prefetch:
        """See `Reading`."""
        return Prefetch(
            self._source,
            after,
            poll_seconds=self._poll_seconds,
            waiting=self._waiting,
            ending=self._ending,
            queue_bytes=self._queue_bytes,
        )


class Prefetch:
    """Runs `source` from the ledger after `after` in a thread; use it as a context manager.

    An error of the source that may pass is waited out here; any other is raised by `take`.
    """

    def __init__(
        self,
        source: Source,
        after: int,
        *,
        poll_seconds: float,
        waiting: Waiting,
        ending: threading.Event,
        queue_bytes: int = QUEUE_BYTES,
    ) -> None:
        self._source = source
        self._after = after
        self._poll_seconds = poll_seconds
        self._waiting = waiting
        self._ending = ending
        self._queue_bytes = queue_bytes
        self._queue: deque[Fetched] = deque()
        self._held_bytes = 0
        self._heard = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prefetch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        # The source is used by one thread at a time, so this waits for a request under way; but
        # a hanging node must not keep the process from ending: the thread is a daemon.
        self._thread.join(timeout=1.0 if self._ending.is_set() else None)

    def take(self, timeout: float) -> Fetched | None:
        """See `Ahead`."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._error or self._heard, timeout)
            if self._queue:
                fetched = self._queue.popleft()
                self._held_bytes -= fetched.size
                self._changed.notify_all()
                return fetched
            if self._error:
                raise self._error
            return None

    def heard(self) -> bool:
        """See `Ahead`."""
        with self._changed:
            heard, self._heard = self._heard, False
            return heard

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._step()
        except BaseException as error:  # noqa: BLE001  # handed to the writer's thread
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _step(self) -> None:
        fetched = self._fetch()
        with self._changed:
            self._heard = True
            self._changed.notify_all()
        if fetched is None:
            self._stop.wait(self._poll_seconds)
            return
        self._put(fetched)
        self._after = fetched.batch.through.ledger

    def _fetch(self) -> Fetched | None:
        """The next batch, prepared; its undecoded events are let go."""
        began = time.perf_counter()
        batch = self._ask()
        if batch is None:
            return None
        told = time.perf_counter()
        prepared = prepare(batch)
        collect_young()
        decode = time.perf_counter() - told
        size = len(prepared.rows) + prepared.events * _EVENT_OVERHEAD
        return Fetched(prepared, size, told - began, decode)

    def _ask(self) -> Batch | None:
        failures = 0
        while not self._stop.is_set():
            try:
                return self._source.fetch(self._after)
            except (SourceUnavailableError, RpcUnavailableError) as error:
                failures += 1
                _log.warning("no ledgers after %d yet: %s", self._after, error)
                if not self._waiting.before_try(failures):
                    break
        return None

    def _put(self, fetched: Fetched) -> None:
        """Wait until there is room; a batch larger than all room waits for an empty queue."""
        size = fetched.size
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._stop.is_set()
                    or not self._queue
                    or self._held_bytes + size <= self._queue_bytes
                )
            )
            self._queue.append(fetched)
            self._held_bytes += size
            self._changed.notify_all()

"""Fetching and decoding ahead of the writer, in a thread, bounded by bytes and not by count."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from types import TracebackType
from typing import Final, Self

import msgspec

from indexer.decode import Decoded, decode_all
from indexer.rpc import RpcUnavailableError, Waiting
from indexer.sources.protocol import Batch, Source, SourceUnavailableError

QUEUE_BYTES: Final = 24 << 20
_EVENT_OVERHEAD: Final = 600
"""Bytes that a decoded event takes beside its raw body (540 traced over synthetic histories)."""

_log = logging.getLogger(__name__)


class Fetched(msgspec.Struct, frozen=True):
    """A batch, decoded and ready to be committed; `size` estimates its memory in bytes.

    `fetch` and `decode` are the seconds that took.
    """

    batch: Batch
    decoded: Decoded
    size: int
    fetch: float
    decode: float


class Prefetch:
    """Runs `source` from the ledger after `after` in a thread; use it as a context manager.

    `poll_seconds` is how long to wait when nothing newer is there, `ending` is set when the process
    ends. An error of the source that may
    pass is waited out here; any other is raised by `take`.
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
        """The next batch, or None if none came within `timeout` seconds.

        Raises what ended the fetching, once everything before it was taken.
        """
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
        """Whether the source has answered since this was asked last."""
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
        began = time.perf_counter()
        batch = self._fetch()
        fetched = time.perf_counter()
        with self._changed:
            self._heard = True
            self._changed.notify_all()
        if batch is None:
            self._stop.wait(self._poll_seconds)
            return
        size = sum(len(event.body) + _EVENT_OVERHEAD for event in batch.events)
        decoded = decode_all(batch.events)
        decode = time.perf_counter() - fetched
        self._put(Fetched(batch, decoded, size, fetched - began, decode))
        self._after = batch.through.ledger

    def _fetch(self) -> Batch | None:
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

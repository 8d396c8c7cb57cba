"""Ledgers from a data lake (SEP-54): files of ledgers in a folder or behind a web server.

A lake has no list of what it holds, but its files are named by their ledgers and there is no hole
between the first and the last. So what is not there is looked for further on: found, it is a gap;
not found, the lake ends here so far.

Files are read ahead by a pool: threads where the time goes into waiting for a web server,
processes where several cores can search. What is at work is a `Lake`, which travels between
processes.
"""

from __future__ import annotations

import concurrent.futures as cf
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Sequence
from typing import Final

from indexer.sources.files import Lake
from indexer.sources.gallop import last_held
from indexer.sources.protocol import Batch, GapError, SourceUnavailableError, Speakers
from indexer.sources.whole import Followed, require_next
from indexer.xdr.ledger import ClosedLedger

_LEDGERS_AT_ONCE: Final = 64
"""What one task reads; also the largest batch."""

_TASKS_AHEAD: Final = 2
"""Tasks of each worker that may wait to be taken."""


class LakeSource:
    """Follows the contracts of `speakers` through the lake at `url`.

    `url` is a folder's path or an http(s) address; `passphrase` is the network's. With `processes`
    that many search side by side (not in a daemonic process, which may have none); with 0 the
    caller's thread does all. Close it in the end.
    """

    def __init__(
        self, url: str, speakers: Speakers, passphrase: str, *, processes: int = 0
    ) -> None:
        self._followed = Followed(speakers, passphrase)
        self._lake = Lake(url, passphrase, self._followed.wanted)
        self._workers = processes
        self._pool: cf.ProcessPoolExecutor | None = None
        self._ahead: deque[tuple[int, cf.Future[list[ClosedLedger]]]] = deque()
        self._latest = 0
        self._ends_at = -1

    @property
    def latest(self) -> int:
        """The newest ledger known to be there; 0 before the first question."""
        return self._latest

    def close(self) -> None:
        """End what reads ahead."""
        self._drop()
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
        self._lake.close()

    def fetch(self, after: int) -> Batch | None:
        """The next ledgers after `after`, see `indexer.sources.protocol.Source`.

        Raises `indexer.sources.files.ForeignLakeError` if the lake is another network's.
        """
        if after >= self._latest:
            self._look_further(after)
        if after >= self._latest:
            return None
        ledgers = [one for one in self._read(after + 1) if one.header.sequence > after]
        if not ledgers:
            raise GapError(after + 1, after + 1, self._lake.url)
        require_next(ledgers, after, self._lake.where(after + 1))
        return self._followed.batch(ledgers, self._latest)

    def _look_further(self, after: int) -> None:
        """Find the newest ledger after `after`; raises `GapError` if there are only later ones.

        Where the lake was found to end, only the next ledger is asked for from then on.
        """
        if self._lake.holds(after + 1):
            self._latest = last_held(self._lake.holds, after + 1)
        elif after != self._ends_at:
            if first := self._lake.first_beyond(after + 1):
                raise GapError(after + 1, first - 1, self._lake.url)
            self._ends_at = after

    def _read(self, first: int) -> Sequence[ClosedLedger]:
        """A run of ledgers that begins with the file of `first`."""
        last = min(self._latest, first + _LEDGERS_AT_ONCE - 1)
        if not self._workers:
            return self._lake.read(first, last)
        if not self._ahead or self._ahead[0][0] != first:
            self._drop()
        try:
            self._read_ahead(first)
            return self._ahead.popleft()[1].result()
        except cf.BrokenExecutor as error:
            self.close()
            raise SourceUnavailableError(f"{self._lake.url}: a reading process ended") from error

    def _read_ahead(self, first: int) -> None:
        """Keep the workers busy with the runs from `first` on."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = cf.ProcessPoolExecutor(self._workers, context, _end_with_parent)
        begin = self._ahead[-1][0] + _LEDGERS_AT_ONCE if self._ahead else first
        while len(self._ahead) < self._workers * _TASKS_AHEAD and begin <= self._latest:
            last = min(self._latest, begin + _LEDGERS_AT_ONCE - 1)
            self._ahead.append((begin, self._pool.submit(self._lake.read, begin, last)))
            begin += _LEDGERS_AT_ONCE

    def _drop(self) -> None:
        for _, future in self._ahead:
            future.cancel()
        self._ahead.clear()


def _end_with_parent() -> None:
    """A worker waits for tasks for ever, also of a parent that was killed: so it looks after it."""
    threading.Thread(target=_outlive_nobody, daemon=True).start()


def _outlive_nobody() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)

"""The indexer's main loop: fetch, decode, fold, commit; backfill and live are the same loop.

What may pass by itself (the database restarts, another writer takes over, the node is away) leads
back to the start: open a writer, read the cursor, go on. What needs a person ends the loop with an
exception whose message says what to do: `GapError`, `DeploymentMismatchError`.
"""

from __future__ import annotations

import logging
import random
import threading
from typing import Final

import psycopg

from indexer.collector import patient
from indexer.prefetch import Ahead, Reading
from indexer.progress import Nobody, Step, Watch
from indexer.reading import ReaderLostError
from indexer.rpc import Waiting
from indexer.sources.protocol import Deployment
from indexer.writer import Stopped, Writer, WriterReplacedError
from projections.engine import StaleEngineError

_PASSING: Final = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    WriterReplacedError,
    StaleEngineError,
    ReaderLostError,
)
_IDLE_SECONDS: Final = 0.25
"""How long a stop can take to be noticed while nothing happens."""

_log = logging.getLogger(__name__)


def run(
    database_url: str,
    reading: Reading,
    deployment: Deployment,
    stop: threading.Event,
    watch: Watch | None = None,
) -> None:
    """Index until `stop` is set, which is noticed within a second at a ledger boundary.

    `watch` is told of the progress. Raises `indexer.sources.protocol.GapError`,
    `indexer.writer.DeploymentMismatchError`, and whatever is no matter of waiting (a missing table,
    an error of this program).
    """
    with patient():
        _run(database_url, reading, deployment, stop, watch or Nobody())


def _run(
    database_url: str,
    reading: Reading,
    deployment: Deployment,
    stop: threading.Event,
    watch: Watch,
) -> None:
    waiting = Waiting(random.Random(), stop)  # noqa: S311  # jitter, no secret
    failures = 0
    while not stop.is_set():
        try:
            with Writer.open(database_url, deployment, stop) as writer:
                _log.info("indexing after ledger %d", writer.after)
                began = writer.after
                watch.began(began)
                try:
                    _follow(writer, reading, stop, watch)
                finally:
                    watch.ended()
                    failures = 0 if writer.after > began else failures
        except Stopped:
            return
        except _PASSING as error:
            failures += 1
            _log.warning("starting again: %s", error)
            waiting.before_try(failures)


def _follow(writer: Writer, reading: Reading, stop: threading.Event, watch: Watch) -> None:
    """Commit what the source brings, until it is time to stop or something raises."""
    after = writer.after
    with reading.ahead(after) as ahead:
        while not stop.is_set():
            step = _next(writer, reading, ahead, after)
            if step:
                watch.committed(step)
                after = step.through
        writer.settle()


def _next(writer: Writer, reading: Reading, ahead: Ahead, after: int) -> Step | None:
    """Hand what comes after `after` to the writer; None if nothing came yet.

    A function of its own, so that a batch is let go before the next one is held.
    """
    fetched = ahead.take(_IDLE_SECONDS)
    if ahead.heard():
        writer.beat(reading.latest)
    if fetched is None:
        writer.settle()
        return None
    quarantined = writer.submit(fetched.batch)
    for event in quarantined:
        _log.error("event %d-%d waits in quarantine: %s", event.position, event.index, event.reason)
    return Step(
        after=after,
        through=fetched.batch.through.ledger,
        latest=fetched.batch.latest,
        events=fetched.batch.events,
        quarantined=len(quarantined),
        fetch=fetched.fetch,
        decode=fetched.decode,
        fold=writer.fold_seconds,
        commit=writer.commit_seconds,
    )

"""The indexer's main loop: fetch, decode, fold, commit; backfill and live are the same loop.

What may pass by itself (the database restarts, another writer takes over, the node is away) leads
back to the start: open a writer, read the cursor, go on. What needs a person ends the loop with an
exception whose message says what to do: `GapError`, `DeploymentMismatchError`.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import Final

import msgspec
import psycopg

from indexer.collector import patient
from indexer.prefetch import QUEUE_BYTES, Fetched, Prefetch
from indexer.progress import Nobody, Step, Watch
from indexer.rpc import Waiting
from indexer.sources.protocol import Deployment, Source
from indexer.writer import Stopped, Writer, WriterReplacedError
from projections.engine import StaleEngineError

_PASSING: Final = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    WriterReplacedError,
    StaleEngineError,
)
_IDLE_SECONDS: Final = 0.25
"""How long a stop can take to be noticed while nothing happens."""

_log = logging.getLogger(__name__)


class Options(msgspec.Struct, frozen=True):
    """How to run: seconds between questions at the tip, and memory for what is fetched ahead.

    `watch` is told of the progress.
    """

    poll_seconds: float = 1.0
    queue_bytes: int = QUEUE_BYTES
    watch: Watch = Nobody()


def run(
    database_url: str,
    source: Source,
    deployment: Deployment,
    stop: threading.Event,
    options: Options | None = None,
) -> None:
    """Index until `stop` is set, which is noticed within a second at a ledger boundary.

    Raises `indexer.sources.protocol.GapError`, `indexer.writer.DeploymentMismatchError`, and
    whatever is no matter of waiting (a missing table, an error of this program).
    """
    with patient():
        _run(database_url, source, deployment, stop, options or Options())


def _run(
    database_url: str,
    source: Source,
    deployment: Deployment,
    stop: threading.Event,
    options: Options,
) -> None:
    waiting = Waiting(random.Random(), stop)  # noqa: S311  # jitter, no secret
    failures = 0
    while not stop.is_set():
        try:
            with Writer.open(database_url, deployment, stop) as writer:
                _log.info("indexing after ledger %d", writer.after)
                began = writer.after
                options.watch.began(began)
                try:
                    _follow(writer, source, stop, options, waiting)
                finally:
                    options.watch.ended()
                    failures = 0 if writer.after > began else failures
        except Stopped:
            return
        except _PASSING as error:
            failures += 1
            _log.warning("starting again: %s", error)
            waiting.before_try(failures)


def _follow(
    writer: Writer, source: Source, stop: threading.Event, options: Options, waiting: Waiting
) -> None:
    """Commit what the source brings, until it is time to stop or something raises."""
    with Prefetch(
        source,
        writer.after,
        poll_seconds=options.poll_seconds,
        waiting=waiting,
        ending=stop,
        queue_bytes=options.queue_bytes,
    ) as prefetch:
        after = writer.after
        while not stop.is_set():
            fetched = prefetch.take(_IDLE_SECONDS)
            if prefetch.heard():
                writer.beat(source.latest)
            if fetched is None:
                writer.settle()
                continue
            began = time.perf_counter()
            quarantined = writer.submit(fetched.batch, fetched.decoded)
            options.watch.committed(
                _step(after, fetched, len(quarantined), time.perf_counter() - began)
            )
            after = fetched.batch.through.ledger
            for event in quarantined:
                _log.error(
                    "event %d-%d waits in quarantine: %s",
                    event.position,
                    event.index,
                    event.reason,
                )
        writer.settle()


def _step(after: int, fetched: Fetched, quarantined: int, write: float) -> Step:
    return Step(
        after=after,
        through=fetched.batch.through.ledger,
        latest=fetched.batch.latest,
        events=len(fetched.batch.events),
        quarantined=quarantined,
        fetch=fetched.fetch,
        decode=fetched.decode,
        write=write,
    )

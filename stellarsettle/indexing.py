"""The indexer, wired from settings: what it reads from, and what is checked before it starts."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
import psycopg

from contracts import rpc
from indexer import identity, pipeline
from indexer.checkpoints import Checkpoints
from indexer.monitor import Monitor, served
from indexer.progress import Several, Watch
from indexer.reading import Job, Reader
from indexer.rpc import RpcClient, RpcUnavailableError
from indexer.sources.opening import Endpoints, opened
from indexer.tokens import Opener
from indexer.writer import ROLE
from stellarsettle import logs, services
from stellarsettle.settings import SettingsError

if TYPE_CHECKING:
    from stellarsettle.settings import Settings

_MOST_SEARCHERS = 4
"""Each takes some sixty megabytes; one core is the writer's."""

_log = logging.getLogger(__name__)


def run(chosen: Settings, stop: threading.Event, *watches: Watch) -> None:
    """Run the indexer until `stop` is set; what needs a person ends it with an exception.

    `watches` are told of its progress, and so are its log and its port for metrics.
    """
    followed = services.deployment(chosen)
    url = services.database_url(chosen)
    services.require_migrated(url)
    with services.leash(chosen, stop.set):
        if not stop.is_set():
            _require_nodes(chosen, url)
        job = Job(
            endpoints(chosen),
            followed,
            poll_seconds=chosen.poll_seconds,
            begin=functools.partial(logs.begin, chosen.log_format),
        )
        with Reader(job) as reader:
            monitor = Monitor(url, reader.states)
            with (
                _answering(chosen, monitor),
                Checkpoints(url, chosen.rpc_url, chosen.check_every) as checkpoints,
            ):
                watch = Several(monitor, logs.Batches(), checkpoints, *watches)
                pipeline.run(url, reader, followed, stop, watch)


def endpoints(chosen: Settings) -> Endpoints:
    """Where the ledger is read."""
    return Endpoints(
        nodes=tuple(chosen.nodes()),
        passphrase=chosen.network_passphrase,
        lake=chosen.lake_url,
        whole=chosen.read_ledgers,
        requests_per_second=chosen.requests_per_second,
        compare_every=chosen.compare_every,
        page_limit=chosen.events_per_page,
        searchers=min(_MOST_SEARCHERS, (os.cpu_count() or 1) - 1),
    )


def tokens_opener(chosen: Settings) -> Opener:
    """Reads events of share tokens, from a node or, where none holds them any more, the lake."""
    reading = msgspec.structs.replace(
        endpoints(chosen), whole=False, searchers=0, compare_every=0, witnessed=False
    )
    return lambda token: opened(reading, token, threading.Event())


@contextlib.contextmanager
def _answering(chosen: Settings, monitor: Monitor) -> Iterator[None]:
    """Serve what the monitor knows, if a port is set for it."""
    if not chosen.metrics_port:
        yield
        return
    with contextlib.ExitStack() as stack:
        try:
            serving = served(monitor, chosen.metrics_host, chosen.metrics_port)
            port = stack.enter_context(serving)
        except OSError as error:
            raise SettingsError(
                f"METRICS_HOST {chosen.metrics_host} and METRICS_PORT {chosen.metrics_port} cannot"
                f" be listened on: {error}"
            ) from error
        _log.info("metrics at http://%s:%d/metrics", chosen.metrics_host, port)
        yield


def _require_nodes(chosen: Settings, url: str) -> None:
    """Refuse nodes of another network or history; one may be away, but not all of them."""
    latest = 0
    away: list[RpcUnavailableError] = []
    with psycopg.connect(url, autocommit=True, options=f"-c role={ROLE}") as connection:
        identity.require_network(connection, chosen.network_passphrase)
    for node in chosen.nodes():
        with RpcClient(node) as client, psycopg.connect(url) as connection:
            try:
                _require_network(chosen, client)
                identity.require_history(connection, client)
                latest = max(latest, client.call(rpc.get_health()).latest_ledger)
            except RpcUnavailableError as error:
                _log.warning("%s", error)
                away.append(error)
    if len(away) == len(chosen.nodes()):
        raise away[0]
    if chosen.start_ledger > latest:
        raise SettingsError(
            f"START_LEDGER is {chosen.start_ledger}, but the newest ledger is {latest}:"
            " it is the ledger in which `stellarsettle deploy` began."
        )


def _require_network(chosen: Settings, client: RpcClient) -> None:
    """Refuse a node of another network than the one transactions are signed for."""
    passphrase = client.call(rpc.get_network()).passphrase
    if passphrase != chosen.network_passphrase:
        raise SettingsError(
            f"The node at {client.url} is of the network {passphrase!r},"
            f" NETWORK_PASSPHRASE says {chosen.network_passphrase!r}."
        )

"""A running indexer's small port: Prometheus metrics, /ready, /live, and /status as JSON.

Ready is progress: the network was heard of lately, and all of it is in or more of it came in. It is
judged from the database alone, so a standby is as ready as the writer it stands by.
"""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec
import psycopg
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from indexer.conservation import Conservation
from indexer.conservation import latest as conservation
from indexer.coverage import Coverage, coverage
from indexer.health import Health, health
from indexer.pace import PHASES, Pace, Recent
from indexer.progress import Step
from indexer.sources.choice import State

_CONNECT_SECONDS: Final = 3
_BUCKETS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
_JSON: Final = "application/json"

States = Callable[[], list[State]]


class Status(msgspec.Struct, frozen=True):
    """Everything at once. `health` and `coverage` are None before the first ledger.

    `conservation` is the newest check that money adds up, None before the first; `pace` is of the
    process that is asked, None where it has committed nothing lately.
    """

    ready: bool
    reason: str
    writing: bool
    health: Health | None
    coverage: Coverage | None
    conservation: Conservation | None
    sources: list[State]
    pace: Pace | None = None


class Monitor:
    """Watches the indexer on the database at `url`, which reads from what `states` tells of."""

    def __init__(self, url: str, states: States) -> None:
        self._url = url
        self._states = states
        self._writing = False
        self._recent = Recent()
        self.registry = CollectorRegistry()
        self._ledgers = Counter(
            "indexer_ledgers", "Ledgers committed by this process", registry=self.registry
        )
        self._events = Counter(
            "indexer_events", "Events committed by this process", registry=self.registry
        )
        self._phases = Histogram(
            "indexer_phase_seconds",
            "Seconds of a batch in each phase",
            ["phase"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.registry.register(_Current(self.status))

    def began(self, after: int) -> None:  # noqa: ARG002  # a watch is told more
        """This process is the writer."""
        self._writing = True

    def ended(self) -> None:
        """It is not any more."""
        self._writing = False

    def committed(self, step: Step) -> None:
        """Count a batch."""
        self._recent.note(step)
        self._ledgers.inc(step.through - step.after)
        self._events.inc(step.events)
        for phase in PHASES:
            self._phases.labels(phase).observe(getattr(step, phase))

    def status(self) -> Status:
        """How everything is now; never raises because of the database."""
        sources = self._states()
        try:
            with psycopg.connect(
                self._url, autocommit=True, connect_timeout=_CONNECT_SECONDS
            ) as connection:
                found, whole = health(connection), coverage(connection)
                conserved = conservation(connection)
        except psycopg.Error as error:
            reason = f"the database does not answer: {error}".strip()
            return Status(False, reason, self._writing, None, None, None, sources)
        reason = _unready(found)
        pace = self._recent.pace()
        return Status(not reason, reason, self._writing, found, whole, conserved, sources, pace)


def _unready(found: Health | None) -> str:
    if found is None:
        return "no ledger has been read yet"
    if found.progressing():
        return ""
    return (
        f"no progress: {found.lag_ledgers} ledgers behind, the network was heard of"
        f" {found.heard_seconds_ago:.0f} s ago"
    )


class _Current(Collector):
    """What holds now, asked for when somebody looks."""

    def __init__(self, status: Callable[[], Status]) -> None:
        self._status = status

    def collect(self) -> Iterable[Metric]:
        """The gauges; those of the database are absent while it is away."""
        now = self._status()
        yield _gauge("ready", "1 if what is read keeps up with the network", now.ready)
        yield _gauge("writing", "1 in the one process that writes", now.writing)
        if found := now.health:
            yield _gauge("ledger", "Newest ledger that is readable", found.ledger)
            yield _gauge("network_ledger", "Newest ledger of the network", found.latest)
            yield _gauge("lag_ledgers", "Ledgers not yet readable", found.lag_ledgers)
            yield _gauge("lag_seconds", "Age of what is readable", found.lag_seconds)
            yield _gauge("heard_seconds", "Since the network was heard of", found.heard_seconds_ago)
        if whole := now.coverage:
            yield _gauge("whole_ledger", "Up to here nothing is missing", whole.whole_through)
            yield _gauge("quarantined_events", "Events in quarantine", whole.quarantined)
            yield _gauge("missed_events", "Holes in sequences", whole.missed)
        if now.conservation:
            checked = now.conservation
            yield _gauge("conserved_ledger", "Money was checked as of it", checked.ledger)
            yield _gauge("drifts", "Sums that do not add up: look at once", len(checked.drifts))
        yield from _of_sources(now.sources)

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: that would ask the database."""
        return ()


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"indexer_{name}", text, value=float(value))


def _of_sources(states: list[State]) -> Iterator[Metric]:
    values: dict[str, tuple[str, Callable[[State], float]]] = {
        "up": ("1 unless the source is left alone for a while", lambda one: not one.resting),
        "at_work": ("1 for the source that is read from", lambda one: one.at_work),
        "ledger": ("Newest ledger it told of", lambda one: one.latest),
        "failures": ("Failures in a row", lambda one: one.failures),
    }
    for name, (text, value) in values.items():
        family = GaugeMetricFamily(f"indexer_source_{name}", text, labels=["source"])
        for state in states:
            family.add_metric([state.name], float(value(state)))
        yield family


@contextlib.contextmanager
def served(monitor: Monitor, host: str, port: int) -> Iterator[int]:
    """Answer on `port` (0: a free one, which is yielded) until the block ends.

    Raises OSError if the port cannot be listened on.
    """
    server = http.server.ThreadingHTTPServer((host, port), _handler(monitor))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="monitor", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(monitor: Monitor) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """One of the four addresses."""
            if self.path == "/metrics":
                self._send(200, _TEXT, generate_latest(monitor.registry))
            elif self.path == "/live":
                self._send(200, _JSON, b'{"status":"alive"}')
            elif self.path in ("/ready", "/status"):
                status = monitor.status()
                code = 200 if status.ready or self.path == "/status" else 503
                self._send(code, _JSON, msgspec.json.encode(status))
            else:
                self._send(404, _JSON, b'{"paths":["/metrics","/ready","/live","/status"]}')

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Who asks how we are does not belong into the log."""

    return Handler

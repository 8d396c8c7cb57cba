"""What a running indexer tells: metrics, readiness as progress, and an honest remaining time."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from indexer.health import PATIENCE_SECONDS
from indexer.monitor import Monitor, served
from indexer.pace import Recent
from indexer.progress import Remaining, Step
from indexer.sources.choice import State
from indexer.sources.protocol import RawEvent
from stellarsettle import bar, logs
from tests.indexer import synthetic
from tests.indexer.node import Node, serving
from tests.indexer.support import running, wait_for, write

START = synthetic.START_LEDGER
STATES = [
    State("one", at_work=True, resting=False, latest=7, failures=0, reaches=0, reason=""),
    State("two", at_work=False, resting=True, latest=5, failures=3, reaches=0, reason="HTTP 503"),
]


@pytest.fixture(scope="module")
def events() -> list[RawEvent]:
    return synthetic.ledgers(71, synthetic.story(71, 4))


@contextlib.contextmanager
def _answering(monitor: Monitor) -> Iterator[httpx.Client]:
    with (
        served(monitor, "127.0.0.1", 0) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        yield client


def _figures(client: httpx.Client) -> dict[str, float]:
    text = client.get("/metrics").text
    return {
        sample.name + "".join(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_work(database: str, events: list[RawEvent]) -> None:
    monitor = Monitor(database, lambda: STATES)
    last = events[-1].ledger
    with _answering(monitor) as client:
        assert client.get("/ready").status_code == 503
        assert client.get("/live").json() == {"status": "alive"}
        assert client.get("/nothing").status_code == 404
        with serving(Node(events, last)) as node, running(database, node, watch=monitor):
            wait_for(database, last)
            assert client.get("/status").json()["writing"] is True
        ready = client.get("/ready")
        assert (ready.status_code, ready.json()["health"]["ledger"]) == (200, last)
        figures = _figures(client)
    assert monitor.status().pace
    assert figures["indexer_ledgers_total"] == last - START + 1
    assert figures["indexer_events_total"] == len(events)
    assert figures["indexer_ledger"] == figures["indexer_whole_ledger"] == last
    assert (figures["indexer_ready"], figures["indexer_writing"]) == (1, 0)
    assert (figures["indexer_lag_ledgers"], figures["indexer_quarantined_events"]) == (0, 0)
    for phase in ("fetch", "decode", "fold", "commit"):
        assert figures[f"indexer_phase_seconds_count{phase}"] >= 10
        assert figures[f"indexer_phase_seconds_sum{phase}"] > 0
    assert (figures["indexer_source_upone"], figures["indexer_source_uptwo"]) == (1, 0)
    assert figures["indexer_source_failurestwo"] == 3


def test_a_stand_still_is_not_ready(database: str, events: list[RawEvent]) -> None:
    """Pain 5: following stops for days, the process looks healthy."""
    write(database, events)
    with _answering(Monitor(database, list)) as client:
        assert client.get("/ready").status_code == 200
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "UPDATE ledger.stretch SET committed_at = now() - make_interval(secs => %s)",
                (PATIENCE_SECONDS + 1,),
            )
            assert client.get("/ready").status_code == 200, "the network has nothing newer"
            connection.execute("UPDATE ledger.heartbeat SET latest = latest + 3")
            stuck = client.get("/ready")
            assert stuck.status_code == 503
            assert stuck.json()["reason"].startswith("no progress: 3 ledgers behind")
            assert client.get("/live").status_code == 200


def test_a_database_that_is_away_is_said() -> None:
    url = "postgresql://127.0.0.1:1/nothing"
    with _answering(Monitor(url, lambda: STATES)) as client:
        ready = client.get("/ready")
        assert ready.status_code == 503
        assert "the database does not answer" in ready.json()["reason"]
        figures = _figures(client)
    assert figures["indexer_ready"] == 0
    assert "indexer_ledger" not in figures
    assert figures["indexer_source_ledgerone"] == 7


@given(
    start=st.integers(100, 10**6),
    speed=st.floats(1, 10_000),
    growth=st.floats(0, 0.9),
    samples=st.integers(5, 200),
)
def test_the_remaining_time_is_right_at_a_steady_pace(
    start: int, speed: float, growth: float, samples: int
) -> None:
    """The network goes on while we catch up: only what the distance shrinks by counts."""
    remaining, net, now = Remaining(), speed * (1 - growth), 0.0
    for number in range(samples):
        behind = start - net * number
        if behind <= start / 2:
            break
        now = number
        remaining.note(now, round(behind))
    said = remaining.seconds()
    if now < 3 or net * now < 20:
        return
    assert said is not None
    assert said == pytest.approx((start - net * now) / net, rel=0.2)


def test_no_time_is_promised_without_progress() -> None:
    remaining = Remaining()
    assert remaining.seconds() is None
    remaining.note(0.0, 1_000)
    remaining.note(1.0, 900)
    assert remaining.seconds() is None, "too early"
    remaining.note(10.0, 1_000)
    assert remaining.seconds() is None, "it does not shrink"
    remaining.note(11.0, 0)
    assert remaining.seconds() == 0
    assert (bar.left(None), bar.left(3_661)) == ("time left not known yet", "1:01:01 left")


def test_the_pace_is_that_of_the_last_minute() -> None:
    now = 1_000.0
    recent = Recent(lambda: now)
    assert recent.pace() is None
    for number in range(5):
        now += 20
        recent.note(Step(number, number + 1, 9, 300, 0, 0.01, 0.02, 0.1 + number / 10, 0.3))
    pace = recent.pace()
    assert pace
    assert pace.events_per_s == 20, "the first batch was more than a minute ago"
    assert pace.phases == pytest.approx(
        {"fetch": 0.01, "decode": 0.02, "fold": 0.35, "commit": 0.3}
    )
    now += 61
    assert recent.pace() is None


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_batch_is_one_line_with_its_figures(
    form: logs.Format, capsys: pytest.CaptureFixture[str]
) -> None:
    step = Step(9, 12, 15, 4, 1, 0.0123, 0.002, 0.1, 0.5)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        logs.begin(form)
        logs.Batches().committed(step)
        try:
            raise ValueError("odd")  # noqa: TRY301  # to be logged
        except ValueError:
            logging.getLogger("x").exception("failed")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    first, *rest = capsys.readouterr().err.splitlines()
    if form == "json":
        line = json.loads(first)
        assert (line["message"], line["ledger"], line["ledgers"]) == ("committed", 12, 3)
        assert (line["behind"], line["events"], line["commit_ms"]) == (3, 4, 500.0)
        assert "ValueError: odd" in json.loads(rest[0])["trace"]
    else:
        assert first.endswith(
            "INFO committed ledger=12 ledgers=3 behind=3 events=4 quarantined=1"
            " fetch_ms=12.3 decode_ms=2.0 fold_ms=100.0 commit_ms=500.0"
        )
        assert rest[-1] == "ValueError: odd"

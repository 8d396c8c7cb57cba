"""Reading in a process of its own: the same batches, errors as they are, nothing left behind."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.rpc import RpcError
from contracts.strkey import InvalidAddressError
from contracts.wire import Address
from indexer.decode import Prepared
from indexer.prefetch import Ahead, InThread
from indexer.reading import Carried, Job, Reader, ReaderLostError
from indexer.rpc import RpcClient, RpcUnavailableError
from indexer.sources.choice import State
from indexer.sources.crosscheck import DisagreementError
from indexer.sources.events import EventSource
from indexer.sources.files import ForeignLakeError
from indexer.sources.opening import Endpoints
from indexer.sources.protocol import BehindError, Deployment, GapError, RawEvent
from tests.indexer import synthetic
from tests.indexer.node import Node, serving

START = synthetic.START_LEDGER
_SECONDS = 30.0


@pytest.fixture(scope="module")
def events() -> list[RawEvent]:
    return synthetic.ledgers(7, synthetic.story(7, 6))


@pytest.fixture
def node(events: list[RawEvent]) -> Iterator[Node]:
    with serving(Node(events, events[-1].ledger)) as node:
        yield node


def job(node: Node, page: int = 20) -> Job:
    """What the tests' reading processes are for."""
    return Job(Endpoints((node.url,), page_limit=page), synthetic.DEPLOYMENT, poll_seconds=0.02)


def taken(ahead: Ahead, through: int) -> list[Prepared]:
    """What comes up to a ledger."""
    batches: list[Prepared] = []
    deadline = time.monotonic() + _SECONDS
    while not batches or batches[-1].through.ledger < through:
        assert time.monotonic() < deadline
        if fetched := ahead.take(1.0):
            batches.append(fetched.batch)
        ahead.heard()
    return batches


def children() -> set[int]:
    """Processes that this one started and that live: servers of other tests among them."""
    own = os.getpid()
    found = Path(f"/proc/{own}/task/{own}/children").read_text().split()
    return {int(one) for one in found}


def test_a_process_hands_over_what_a_thread_does(node: Node) -> None:
    last = node.events[-1].ledger
    stop = threading.Event()
    with RpcClient(node.url) as client:
        source = EventSource(client, synthetic.DEPLOYMENT, page_limit=20)
        with InThread(source, stop).ahead(START - 1) as ahead:
            expected = taken(ahead, last)
            stop.set()
    with Reader(job(node)) as reader:
        assert [(state.name, state.at_work) for state in reader.states()] == [(node.url, False)]
        with reader.ahead(START - 1) as ahead:
            found = taken(ahead, last)
        assert reader.latest == last
        assert [(state.name, state.at_work) for state in reader.states()] == [(node.url, True)]
    assert len(found) > 5
    # Beside the events a node's headers are asked for now and then, of which the thread knows none.
    assert [_told(batch) for batch in found] == [_told(batch) for batch in expected]


def _told(batch: Prepared) -> tuple[object, ...]:
    return batch.events, batch.rows, batch.decoded, batch.through, batch.latest


def test_a_new_order_goes_back_and_nothing_of_the_former_one_comes(node: Node) -> None:
    """As after an outage of the database: what was read ahead is not what comes next."""
    last = node.events[-1].ledger
    with Reader(job(node, page=5)) as reader:
        with reader.ahead(START - 1) as ahead:
            first = taken(ahead, START)[0]
        with reader.ahead(START - 1) as ahead:
            assert taken(ahead, START)[0] == first
        with reader.ahead(last - 3) as ahead:
            assert all(batch.through.ledger > last - 3 for batch in taken(ahead, last))


def test_a_killed_process_is_said_to_be_gone_and_the_next_order_starts_another(node: Node) -> None:
    last, before = node.events[-1].ledger, children()
    with Reader(job(node)) as reader:
        (child,) = children() - before
        with reader.ahead(START - 1) as ahead:
            taken(ahead, START)
            os.kill(child, signal.SIGKILL)
            with pytest.raises(ReaderLostError, match="reading process is gone"):
                taken(ahead, last + 1)
        with reader.ahead(START - 1) as ahead:
            assert taken(ahead, last)[-1].through.ledger == last
        assert child not in children()
        assert len(children() - before) == 1
    assert children() == before


def test_signals_are_the_parents_matter(node: Node) -> None:
    """Ctrl-C reaches both; who has work in hand decides when it ends."""
    before = children()
    with Reader(job(node)) as reader, reader.ahead(START - 1) as ahead:
        taken(ahead, START)
        (child,) = children() - before
        os.kill(child, signal.SIGINT)
        os.kill(child, signal.SIGTERM)
        assert taken(ahead, node.events[-1].ledger)
        assert children() - before == {child}


_PARENT = """
import os, pathlib, sys, time
from indexer.sources.opening import Endpoints
from indexer.reading import Job, Reader
from tests.indexer import synthetic
with Reader(Job(Endpoints((sys.argv[1],), page_limit=3), synthetic.DEPLOYMENT, 0.02, 2_000)) as one:
    with one.ahead(synthetic.START_LEDGER - 1) as ahead:
        while not ahead.take(0.1):
            ahead.heard()
        own = os.getpid()
        print(pathlib.Path(f"/proc/{own}/task/{own}/children").read_text(), flush=True)
        time.sleep(600)
"""


def test_the_process_ends_with_its_killed_parent(node: Node) -> None:
    """Also while it is held back: the parent takes nothing more, and the pipe is full."""
    command = [sys.executable, "-c", _PARENT, node.url]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + _SECONDS
    while _lives(child):
        assert time.monotonic() < deadline, "the reading process outlives its parent"
        time.sleep(0.05)


def _lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2]
    except OSError:
        return False
    return not state.startswith("Z")


def test_a_gap_is_raised_as_itself(node: Node) -> None:
    node.oldest = START + 3
    with Reader(job(node)) as reader, reader.ahead(START - 1) as ahead:
        with pytest.raises(GapError, match=f"ledgers {START} to {START + 2} are missing") as raised:
            taken(ahead, START)
        assert (raised.value.first, raised.value.last) == (START, START + 2)
        assert any("In the reading process" in note for note in raised.value.__notes__)
        with reader.ahead(START + 2) as again:
            assert taken(again, START + 3)


def test_what_cannot_be_opened_is_said() -> None:
    """An address that is none: only a lake looks for its bytes."""
    wrong = Deployment(Address("Cnothing"), Address("Celse"), START)
    with (
        Reader(Job(Endpoints((), lake="/nowhere"), wrong)) as reader,
        reader.ahead(START - 1) as ahead,
        pytest.raises(InvalidAddressError),
    ):
        taken(ahead, START)


def test_an_error_of_files_is_not_the_loss_of_the_process(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are OSError: one is raised in the child, certificates that are not there, say."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    with (
        Reader(job(node)) as reader,
        reader.ahead(START - 1) as ahead,
        pytest.raises(FileNotFoundError),
    ):
        taken(ahead, START)


def _travelled(error: Exception) -> BaseException:
    carried: Carried = pickle.loads(pickle.dumps(Carried.of(error)))  # noqa: S301  # our own
    return carried.restored()


@pytest.mark.parametrize(
    "error",
    [
        GapError(3, 9, "a node"),
        BehindError("a node", 4, 9),
        RpcError(-32600, "no", {"reason": 1}),
        RpcUnavailableError("busy", 3.5),
        DisagreementError(8, "a", "b", "events"),
        ForeignLakeError("a lake of another network"),
        ValueError("plain"),
        KeyError(("odd", 1)),
    ],
)
def test_errors_travel_whole(error: Exception) -> None:
    carried = _travelled(error)
    assert type(carried) is type(error)
    assert (str(carried), carried.args) == (str(error), error.args)
    told = {name: value for name, value in vars(carried).items() if name != "__notes__"}
    assert told == vars(error)


def test_an_error_that_hangs_on_something_keeps_its_words() -> None:
    error = ValueError("locked", threading.Lock())
    carried = _travelled(error)
    assert isinstance(carried, RuntimeError)
    assert "ValueError: ('locked'" in str(carried)


def test_a_source_that_fails_is_shown_as_such(node: Node) -> None:
    """Nothing comes and nothing is raised, but what is known of the source does."""
    node.faults.unavailable = 1.0
    with Reader(job(node)) as reader, reader.ahead(START - 1) as ahead:
        deadline = time.monotonic() + _SECONDS
        states: list[State] = []
        while not any(state.failures for state in states):
            assert time.monotonic() < deadline
            assert ahead.take(0.2) is None
            states = reader.states()
        assert "did not answer" in states[0].reason
        node.faults.unavailable = 0.0
        assert taken(ahead, START)

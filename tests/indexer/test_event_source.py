"""The source hands out whole ledgers, each event once, whatever the node does."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import rpc
from indexer.rpc import RpcClient, RpcUnavailableError, Waiting
from indexer.sources.events import EventSource
from indexer.sources.protocol import Batch, BehindError, GapError, RawEvent, SourceUnavailableError
from tests.indexer import synthetic
from tests.indexer.node import Faults, Node, serving

START = synthetic.START_LEDGER


class Hasty(Waiting):
    """Waits no time at all, but counts."""

    def __init__(self) -> None:
        super().__init__(random.Random(0), threading.Event())  # never asked
        self.waits: list[float | None] = []

    def before_try(self, number: int, asked: float | None = None) -> bool:
        """Go on at once."""
        del number
        self.waits.append(asked)
        return True


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with serving(Node([], START)) as running:
        yield running


def _set(node: Node, events: list[RawEvent], latest: int, seed: int = 0) -> Node:
    url = node.url
    node.__init__(events, latest, seed=seed)  # type: ignore[misc]  # the same server, anew
    node.url = url
    return node


_clients: list[RpcClient] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _clients:
        _clients.pop().close()


def _client(url: str, tries: int = 4, waiting: Waiting | None = None) -> RpcClient:
    _clients.append(RpcClient(url, tries=tries, waiting=waiting or Hasty()))
    return _clients[-1]


def _source(node: Node, page_limit: int = 10_000) -> EventSource:
    return EventSource(_client(node.url), synthetic.DEPLOYMENT, page_limit=page_limit)


def _drain(source: EventSource, until: int, tries: int = 3_000) -> list[Batch]:
    """All batches up to ledger `until`, asking again whenever the node has a bad moment."""
    batches: list[Batch] = []
    after = START - 1
    for _ in range(tries):
        if after >= until:
            return batches
        try:
            batch = source.fetch(after)
        except (RpcUnavailableError, SourceUnavailableError):
            continue
        if batch:
            batches.append(batch)
            after = batch.through.ledger
    pytest.fail(f"stuck after ledger {after} of {until}")


def _check(batches: list[Batch], events: list[RawEvent], latest: int) -> None:
    """Every event once and in order, in the batch that covers its ledger; times are true."""
    assert [event for batch in batches for event in batch.events] == events
    after = START - 1
    for batch in batches:
        assert after < batch.through.ledger <= latest
        assert batch.through.closed_at == synthetic.close_time(batch.through.ledger)
        assert all(after < event.ledger <= batch.through.ledger for event in batch.events)
        after = batch.through.ledger


def _history(seed: int) -> tuple[list[RawEvent], int]:
    """Events of a few invoices over sparse or crowded ledgers, and the node's newest ledger."""
    chance = random.Random(seed)  # a seed is the point
    told = synthetic.story(seed, chance.randint(0, 4), transfers=chance.randint(0, 3))
    events = synthetic.ledgers(
        seed, told, per_ledger=chance.randint(1, 8), empty=chance.choice([0, 2, 40])
    )
    return events, (events[-1].ledger if events else START) + chance.randint(0, 50)


_anywhere = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_anywhere
@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 60))
def test_whole_ledgers_through_small_pages_and_windows(
    node: Node, seed: int, page_limit: int, scan_limit: int
) -> None:
    """Pain 2: an empty page is taken for the end; later events are lost."""
    events, latest = _history(seed)
    _set(node, events, latest).scan_limit = scan_limit
    _check(_drain(_source(node, page_limit), latest), events, latest)


@_anywhere
@given(
    st.integers(0, 2**32),
    st.integers(1, 40),
    st.integers(1, 60),
    st.builds(Faults, *[st.sampled_from([0.0, 0.1, 0.3])] * 7),
)
def test_whole_ledgers_from_a_node_on_a_bad_day(
    node: Node,
    seed: int,
    page_limit: int,
    scan_limit: int,
    faults: Faults,
) -> None:
    """Drops, 503, garbage, limits, stale replicas and repeated pages lose and double nothing."""
    events, latest = _history(seed)
    _set(node, events, latest, seed).scan_limit = scan_limit
    node.faults = faults.scaled(0.8)
    _check(_drain(_source(node, page_limit), latest), events, latest)


def test_a_ledger_with_more_events_than_a_page_is_handed_out_whole(node: Node) -> None:
    told = synthetic.story(1, 3)
    crowd = synthetic.ledgers(1, told, per_ledger=10**9, empty=0)
    crowd = [event for event in crowd if event.ledger == crowd[0].ledger]
    assert len(crowd) > 20
    _set(node, crowd, START + 3)
    batches = _drain(_source(node, 7), START + 3)
    _check(batches, crowd, START + 3)
    assert len(batches) == 1


def test_at_the_tip_nothing_comes_until_a_ledger_closes(node: Node) -> None:
    events = synthetic.ledgers(2, synthetic.story(2, 1))
    latest = events[-1].ledger
    _set(node, events, latest)
    source = _source(node)
    _drain(source, latest)
    assert source.fetch(latest) is None
    node.latest += 1
    batch = source.fetch(latest)
    assert batch
    assert (batch.events, batch.through.ledger) == ([], latest + 1)
    assert source.latest == latest + 1


def test_a_long_silence_is_crossed_in_scan_windows_and_not_asked_for_twice(node: Node) -> None:
    """Pain 9: empty ledgers cost as much as full ones."""
    events = synthetic.ledgers(3, synthetic.story(3, 1))
    latest = events[-1].ledger + 95_000
    _set(node, events, latest)
    batches = _drain(_source(node), latest)
    _check(batches, events, latest)
    assert len(batches) == 2
    assert len(node.requests) <= 13


def test_before_the_first_ledger_is_there_nothing_comes(node: Node) -> None:
    _set(node, [], START - 1)
    source = _source(node)
    assert source.fetch(START - 1) is None
    node.latest = START
    batch = source.fetch(START - 1)
    assert batch
    assert batch.through.ledger == START


def test_a_node_that_knows_less_than_what_is_in_says_nothing(node: Node) -> None:
    """Pain 5: a node that went back, or was reset, is no node with nothing newer."""
    _set(node, [], START + 3)
    source = _source(node)
    with pytest.raises(BehindError, match=f"newest ledger is {START + 3}, ledger {START + 9} is"):
        source.fetch(START + 9)
    node.latest = START + 9
    assert source.fetch(START + 9) is None
    node.latest = START + 8
    with pytest.raises(BehindError, match="stands still, or its network was reset"):
        source.fetch(START + 9)


def test_a_page_that_ends_inside_a_ledger_may_be_in_any_order(node: Node) -> None:
    """The ledger that a page cuts in two is told by the cursor, not by the page's last event."""
    events = synthetic.ledgers(8, synthetic.story(8, 4), per_ledger=9, empty=0)
    latest = events[-1].ledger
    _set(node, events, latest).shuffles = True
    _check(_drain(_source(node, 5), latest), events, latest)


def test_an_answer_to_another_question_is_none(node: Node) -> None:
    """A cache on the way may send what somebody else asked for."""
    _set(node, [], START + 5).answers_to = 77
    with pytest.raises(RpcUnavailableError, match="the answer is to request 77, not 1"):
        _client(node.url, tries=1).call(rpc.get_health())


def test_retention_that_ends_just_before_us_is_no_gap(node: Node) -> None:
    events = synthetic.ledgers(4, synthetic.story(4, 2))
    latest = events[-1].ledger
    _set(node, events, latest).oldest = START
    _check(_drain(_source(node), latest), events, latest)


def test_ledgers_that_are_gone_are_named(node: Node) -> None:
    """Pain 1: after a long downtime events are missing without a signal."""
    _set(node, [], START + 500).oldest = START + 100
    with pytest.raises(GapError, match=f"ledgers {START} to {START + 99} are missing") as caught:
        _source(node).fetch(START - 1)
    assert (caught.value.first, caught.value.last) == (START, START + 99)


def test_retention_that_overtakes_us_while_following_is_named(node: Node) -> None:
    _set(node, [], START + 10)
    source = _source(node)
    assert source.fetch(START - 1)
    node.oldest, node.latest = START + 12, START + 600
    with pytest.raises(GapError, match=f"ledger {START + 11} is missing"):
        source.fetch(START + 10)


def test_over_the_limit_asks_for_less_and_later_for_more_again(node: Node) -> None:
    """Pain 3: the request exceeds the provider's processing limit again and again."""
    events = synthetic.ledgers(5, synthetic.story(5, 30))
    latest = events[-1].ledger + 5
    _set(node, events, latest).heaviest = 64
    source = _source(node, 1_000)
    first = source.fetch(START - 1)
    assert first
    asked = [request["pagination"]["limit"] for request in node.requests]
    assert asked[:5] == [1_000, 500, 250, 125, 62]
    node.heaviest = 10**9
    after = first.through.ledger
    while after < latest and (batch := source.fetch(after)):
        after = batch.through.ledger
    assert node.requests[-1]["pagination"]["limit"] > 62
    assert after == latest


def test_a_refusal_with_a_meaning_is_not_tried_again(node: Node) -> None:
    _set(node, [], START)
    request = rpc.Request(
        "getEvents",
        {"filters": [], "startLedger": 1, "pagination": {"cursor": "0" * 19 + "-" + "0" * 10}},
        rpc.EventPage,
    )
    with pytest.raises(rpc.RpcError, match="cannot both be set"):
        _client(node.url).call(request)
    assert len(node.requests) == 1


def test_what_may_pass_is_tried_again_and_then_reported(node: Node) -> None:
    """Pain 14: it hammers providers and ignores their limits."""
    _set(node, [], START).faults = Faults(unavailable=1.0)
    waiting = Hasty()
    client = _client(node.url, 4, waiting)
    with pytest.raises(RpcUnavailableError, match="in 4 tries: HTTP 503"):
        client.call(rpc.get_events(["C"], start_ledger=START))
    assert len(waiting.waits) == 3


def test_waits_grow_are_jittered_and_end_when_asked() -> None:
    stop = threading.Event()
    stop.set()
    assert not Waiting(random.Random(1), stop).before_try(9)  # a test's seed


def test_an_address_without_a_node_is_reported() -> None:
    client = _client("http://127.0.0.1:9", 2)
    with pytest.raises(RpcUnavailableError, match="did not answer getHealth in 2 tries"):
        client.call(rpc.get_health())

"""Several real HTTP nodes as one source: fail-over, politeness, and never a silent skip."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.rpc import Budget, RpcClient
from indexer.sources.choice import DOUBT_SECONDS, Candidate, Choice
from indexer.sources.circuit import Circuit
from indexer.sources.crosscheck import CrossCheck, DisagreementError
from indexer.sources.events import EventSource
from indexer.sources.protocol import GapError, RawEvent, SourceUnavailableError
from tests.indexer import synthetic
from tests.indexer.node import Faults, Node, serving

EVENTS = synthetic.ledgers(5, synthetic.story(5, 6))
LAST = EVENTS[-1].ledger
FIRST = synthetic.START_LEDGER


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class World:
    """Nodes with their servers, and a choice over them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.clock = Clock()

    def node(self, events: list[RawEvent] = EVENTS, latest: int = LAST) -> Node:
        return self._stack.enter_context(serving(Node(events, latest, seed=4)))

    def choice(self, *nodes: Node, archives: int = 0, every: int = 0) -> Choice:
        chance = random.Random(9)
        candidates = []
        for place, node in enumerate(nodes):
            client = self._stack.enter_context(RpcClient(node.url, 2.0, tries=1))
            candidates.append(
                Candidate(
                    f"node {place}",
                    EventSource(client, synthetic.DEPLOYMENT, page_limit=7),
                    chance,
                    archive=place >= len(nodes) - archives,
                    second=EventSource(client, synthetic.DEPLOYMENT, page_limit=5),
                )
            )
        check = CrossCheck(every) if every else None
        return Choice(candidates, wait=self.clock.wait, clock=self.clock, check=check)


@pytest.fixture
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack)


def _drain(choice: Choice, after: int = FIRST - 1, until: int = LAST) -> list[RawEvent]:
    """What the choice brings from after `after` up to `until`, however often it has to be asked."""
    found: list[RawEvent] = []
    for _ in range(3_000):
        try:
            batch = choice.fetch(after)
        except SourceUnavailableError:
            continue
        if batch:
            assert batch.through.ledger > after
            found += batch.events
            after = batch.through.ledger
        if after >= until:
            return found
    raise AssertionError(f"stuck at {after}")


def test_another_node_goes_on_at_the_very_ledger(world: World) -> None:
    """Fail-over in the middle of history neither loses nor doubles an event."""
    nodes = [world.node(), world.node()]
    choice = world.choice(*nodes)
    batch = choice.fetch(FIRST - 1)
    assert batch
    assert [state.at_work for state in choice.states()] == [True, False]
    nodes[0].faults = Faults(unavailable=1.0)
    rest = _drain(choice, batch.through.ledger)
    assert batch.events + rest == EVENTS
    first, second = choice.states()
    assert (first.at_work, second.at_work) == (False, True)
    assert "HTTP 503" in first.reason


@pytest.mark.parametrize("seed", range(4))
def test_two_bad_nodes_make_one_good_source(world: World, seed: int) -> None:
    nodes = [world.node(), world.node()]
    for number, node in enumerate(nodes):
        node.faults = Faults(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1).scaled(1 + number / 2)
        node._chance.seed(seed * 2 + number)
    assert _drain(world.choice(*nodes)) == EVENTS


def test_a_failing_node_is_left_alone_for_longer_and_longer(world: World) -> None:
    """Pain 14: it hammers providers and ignores their limits."""
    node = world.node()
    node.faults = Faults(unavailable=1.0)
    choice = world.choice(node)
    for _ in range(12):
        with pytest.raises(SourceUnavailableError, match=r"node 0: .*HTTP 503"):
            choice.fetch(FIRST - 1)
    (state,) = choice.states()
    # Each fetch waits for at most five seconds; asked was only when the rest was over.
    assert state.failures < 12
    assert sum(world.clock.waits) > 25
    node.faults = Faults()
    assert _drain(choice) == EVENTS
    assert choice.states()[0].failures == 0


@given(st.integers(0, 2**32), st.integers(1, 40), st.none() | st.floats(0, 10_000))
def test_a_circuit_rests_longer_but_not_for_ever(
    seed: int, failures: int, asked: float | None
) -> None:
    circuit = Circuit(random.Random(seed))
    assert circuit.allows(0.0)
    for _ in range(failures):
        circuit.failed(50.0, asked)
    assert 50.25 <= circuit.open_until <= 350
    assert asked is None or circuit.open_until >= 50.0 + min(asked, 300)
    assert not circuit.allows(50.0)
    assert circuit.allows(50.0 + 300)
    circuit.succeeded()
    assert circuit.allows(50.0)


@given(st.floats(0.5, 200), st.lists(st.floats(0, 3), min_size=1, max_size=80))
def test_a_budget_is_kept_in_every_window(per_second: float, pauses: list[float]) -> None:
    clock = Clock()
    budget = Budget(per_second, clock.wait, clock)
    moments = []
    for pause in pauses:
        clock.now += pause
        budget.take()
        moments.append(clock.now)
    for start in range(len(moments)):
        for end in range(start, len(moments)):
            seconds = moments[end] - moments[start]
            assert end - start + 1 <= per_second * (seconds + 1) + 1 + 1e-6


def test_what_the_nodes_forgot_comes_from_the_archive_and_then_from_the_node(
    world: World,
) -> None:
    """Pain 1: after downtime longer than the provider's retention events are missing."""
    node, archive = world.node(), world.node()
    node.oldest = FIRST + 25
    archive.latest = FIRST + 40
    choice = world.choice(node, archive, archives=1)
    assert _drain(choice) == EVENTS
    assert [state.at_work for state in choice.states()] == [True, False]
    assert choice.states()[0].reaches == FIRST + 25
    asked = [r.get("startLedger", 0) for r in archive.requests if r["method"] == "getEvents"]
    assert max(asked) <= FIRST + 41, "the archive is read only as far as it is needed"


def test_what_nobody_holds_is_named(world: World) -> None:
    node, archive = world.node(), world.node()
    node.oldest = FIRST + 25
    archive.latest = FIRST + 10
    choice = world.choice(node, archive, archives=1)
    with pytest.raises(GapError, match=f"ledgers {FIRST + 11} to {FIRST + 24} are missing") as gap:
        _drain(choice)
    assert (gap.value.first, gap.value.last) == (FIRST + 11, FIRST + 24)
    archive.oldest = FIRST + 5
    with pytest.raises(GapError, match=f"ledgers {FIRST} to {FIRST + 4} are missing: node 0 and"):
        _drain(world.choice(node, archive, archives=1))


def test_an_archive_that_is_away_is_waited_for(world: World) -> None:
    node, archive = world.node(), world.node()
    node.oldest = FIRST + 25
    archive.faults = Faults(unavailable=1.0)
    choice = world.choice(node, archive, archives=1)
    with pytest.raises(SourceUnavailableError, match=r"node 1: .*HTTP 503"):
        choice.fetch(FIRST - 1)
    archive.faults = Faults()
    assert _drain(choice) == EVENTS


def test_a_node_that_is_behind_does_not_end_the_story(world: World) -> None:
    nodes = [world.node(latest=FIRST + 20), world.node()]
    choice = world.choice(*nodes)
    found = _drain(choice, until=FIRST + 20)
    assert choice.fetch(FIRST + 20) is None, "nobody told of more yet"
    world.clock.now += DOUBT_SECONDS
    batch = choice.fetch(FIRST + 20)
    assert batch
    rest = _drain(choice, batch.through.ledger)
    assert found + batch.events + rest == EVENTS
    assert [state.at_work for state in choice.states()] == [False, True]


def test_agreement_is_counted_and_a_lagging_second_is_waited_for(world: World) -> None:
    nodes = [world.node(), world.node(latest=FIRST + 20)]
    choice = world.choice(*nodes, every=10)
    assert choice._check
    found = _drain(choice, until=FIRST + 40)
    early = choice._check.compared
    assert 0 < early <= 3
    nodes[1].latest = LAST
    found += _drain(choice, found[-1].ledger)
    assert found == EVENTS
    assert choice._check.compared >= (LAST - FIRST) // 10 - 1


def test_disagreement_halts_and_names_the_event(world: World) -> None:
    due = next(event for event in EVENTS if event.ledger % 10 == 0)
    place = EVENTS.index(due)
    other = [*EVENTS[:place], msgspec.structs.replace(due, tx_hash=bytes(32)), *EVENTS[place + 1 :]]
    choice = world.choice(world.node(), world.node(other), every=10)
    with pytest.raises(DisagreementError, match=f"disagree about ledger {due.ledger}") as error:
        _drain(choice)
    assert f"{due.position:019d}-{due.index:010d} differ" in str(error.value)
    fewer = [*EVENTS[:place], *EVENTS[place + 1 :]]
    choice = world.choice(world.node(), world.node(fewer), every=10)
    with pytest.raises(DisagreementError):
        _drain(choice)


def test_without_a_second_source_nothing_is_compared(world: World) -> None:
    choice = world.choice(world.node(), every=10)
    assert _drain(choice) == EVENTS
    assert choice._check
    assert choice._check.compared == 0

"""Ledgers from getLedgers of a local ledger, well and in trouble."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from indexer.rpc import RpcClient
from indexer.sources.ledgers import LedgerSource
from indexer.sources.protocol import BehindError, GapError, SourceUnavailableError
from indexer.sources.whole import UnreadableLedgerError
from stellarsettle import devnet
from stellarsettle.devnet import Devnet
from tests.indexer import synthetic


@pytest.fixture
def network() -> Iterator[Devnet]:
    """A local ledger at ledger 30 or a little more."""
    with devnet.running() as running:
        for _ in range(30):
            running.advance_time(1)
        yield running


@pytest.fixture
def client(network: Devnet) -> Iterator[RpcClient]:
    """One that does not try twice."""
    with RpcClient(network.rpc, tries=1) as one:
        yield one


def source_of(client: RpcClient, network: Devnet, most: int = 200) -> LedgerSource:
    """The source under test."""
    return LedgerSource(client, synthetic.DEPLOYMENT, network.passphrase, most=most)


def numbers(source: LedgerSource, after: int = 1) -> list[int]:
    """Of all ledgers that come after a ledger."""
    found = []
    while batch := source.fetch(after):
        found += [head.ledger for head in batch.headers]
        after = batch.through.ledger
    return found


def test_all_ledgers_come_until_the_newest(network: Devnet, client: RpcClient) -> None:
    source = source_of(client, network, most=7)
    found = numbers(source)
    assert found == list(range(2, found[-1] + 1))
    assert source.latest == found[-1] >= 30
    assert source.fetch(found[-1]) is None
    network.advance_time(1)
    assert numbers(source, found[-1]) == [found[-1] + 1]


def test_what_the_node_forgot_is_a_gap(network: Devnet, client: RpcClient) -> None:
    """Pain 1."""
    network.set_faults({"fault": "forget", "ledgers": 10})
    source = source_of(client, network)
    with pytest.raises(GapError) as caught:
        source.fetch(1)
    assert caught.value.first == 2
    assert numbers(source, caught.value.last)[0] == caught.value.last + 1


def test_a_node_that_is_behind_says_nothing(network: Devnet, client: RpcClient) -> None:
    source = source_of(client, network)
    found = numbers(source)
    network.set_faults({"fault": "stale", "ledgers": 5})
    with pytest.raises(BehindError):
        source.fetch(found[-1] - 10)
    with pytest.raises(BehindError):
        source_of(client, network).fetch(found[-1])
    network.set_faults()
    assert numbers(source, found[-1] - 10) == found[-10:]


def test_a_page_of_another_question_or_another_order(network: Devnet, client: RpcClient) -> None:
    source = source_of(client, network, most=5)
    network.set_faults({"fault": "shuffledPage", "methods": ["getLedgers"]}, seed=3)
    shuffled = numbers(source)
    assert shuffled == list(range(2, shuffled[-1] + 1))
    network.set_faults({"fault": "duplicatePage", "methods": ["getLedgers"], "after": 1})
    first = source.fetch(1)
    assert first
    with pytest.raises(UnreadableLedgerError, match="ledger 2 stands where 7 should"):
        source.fetch(first.through.ledger)


def test_a_hash_that_is_not_the_headers_is_noticed(network: Devnet, client: RpcClient) -> None:
    network.set_faults({"fault": "disagree", "how": "changed", "share": 1})
    with pytest.raises(UnreadableLedgerError, match=r"ledger 2 of http.*: its hash is"):
        source_of(client, network).fetch(1)


def test_less_is_asked_for_where_that_was_too_much(network: Devnet, client: RpcClient) -> None:
    """Pain 3."""
    source = source_of(client, network)
    network.set_faults(
        {"fault": "error", "code": -32001, "methods": ["getLedgers"], "times": 2},
    )
    batch = source.fetch(1)
    assert batch
    assert len(batch.headers) == 1
    network.set_faults({"fault": "error", "code": -32001, "methods": ["getLedgers"]})
    with pytest.raises(SourceUnavailableError, match="-32001"):
        source.fetch(1)


def test_answers_are_kept_near_their_size(network: Devnet, client: RpcClient) -> None:
    large = LedgerSource(client, synthetic.DEPLOYMENT, network.passphrase)
    small = LedgerSource(client, synthetic.DEPLOYMENT, network.passphrase, answer_bytes=1)
    for source, expected in ((large, 20), (small, 1)):
        batch = source.fetch(1)
        assert batch
        following = source.fetch(batch.through.ledger)
        assert following
        assert (len(following.headers) >= 20) == (expected == 20)
        assert len(following.headers) >= expected

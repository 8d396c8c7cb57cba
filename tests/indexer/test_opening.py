"""What settings say about sources is what they do."""

from __future__ import annotations

import threading
import time

import pytest

from indexer.sources.opening import Endpoints, opened
from tests.indexer import synthetic
from tests.indexer.node import Node, serving

EVENTS = synthetic.ledgers(81, synthetic.story(81, 2))
FIRST = synthetic.START_LEDGER


@pytest.mark.parametrize("page", [3, 40])
def test_a_page_is_as_large_as_was_asked(page: int) -> None:
    with serving(Node(EVENTS, EVENTS[-1].ledger)) as node:
        endpoints = Endpoints((node.url,), page_limit=page)
        with opened(endpoints, synthetic.DEPLOYMENT, threading.Event()) as source:
            assert source.fetch(FIRST - 1)
        limits = {r["pagination"]["limit"] for r in node.requests if r["method"] == "getEvents"}
    assert limits == {page}


def test_hashes_are_witnessed_where_reading_begins() -> None:
    with serving(Node(EVENTS, EVENTS[-1].ledger)) as node:
        endpoints = Endpoints((node.url,), page_limit=5)
        with opened(endpoints, synthetic.DEPLOYMENT, threading.Event()) as source:
            first = source.fetch(FIRST - 1)
            assert first
            second = source.fetch(first.through.ledger)
        assert second
        ends = [FIRST - 1, first.through.ledger]
        assert [(head.ledger, head.hash) for head in first.headers] == [
            (ledger, node.hash_of(ledger)) for ledger in ends
        ]
    assert second.headers == ()


def test_the_budget_is_kept() -> None:
    """Pain 14: it hammers providers and ignores their limits."""
    with serving(Node(EVENTS, EVENTS[-1].ledger)) as node:
        endpoints = Endpoints((node.url,), page_limit=1, requests_per_second=20)
        with opened(endpoints, synthetic.DEPLOYMENT, threading.Event()) as source:
            began, after = time.monotonic(), FIRST - 1
            while time.monotonic() - began < 2 and (batch := source.fetch(after)):
                after = batch.through.ledger
            seconds = time.monotonic() - began
        assert len(node.requests) <= 20 * (seconds + 1) + 1

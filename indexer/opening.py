"""Where to read the ledger from, as settings say it, made into one source."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator

import msgspec

from indexer.choice import Candidate, Choice
from indexer.crosscheck import CrossCheck
from indexer.rpc import Budget, RpcClient
from indexer.sources.events import PAGE_LIMIT, EventSource
from indexer.sources.protocol import Deployment

_SECOND_PAGE = 200
"""Events asked for at once when a single ledger is compared."""


class Endpoints(msgspec.Struct, frozen=True):
    """Nodes by URL, at most so many requests a second to each (0: no limit).

    `page_limit` events are asked for at once. Every `compare_every`th ledger is compared between
    two of the nodes; 0: none is.
    """

    nodes: tuple[str, ...]
    requests_per_second: float = 0
    compare_every: int = 0
    page_limit: int = PAGE_LIMIT
    timeout: float = 20.0


@contextlib.contextmanager
def opened(endpoints: Endpoints, deployment: Deployment, stop: threading.Event) -> Iterator[Choice]:
    """The source for `deployment`; its connections are closed when the block ends."""
    chance = random.Random()  # noqa: S311  # jitter, no secret
    with contextlib.ExitStack() as stack:
        check = CrossCheck(endpoints.compare_every) if endpoints.compare_every else None
        candidates = []
        for url in endpoints.nodes:
            # One try: who fails is left alone by the choice, while another is asked.
            client = stack.enter_context(
                RpcClient(
                    url,
                    endpoints.timeout,
                    tries=1,
                    budget=_budget(endpoints.requests_per_second, stop),
                )
            )
            second = EventSource(client, deployment, page_limit=_SECOND_PAGE) if check else None
            candidates.append(
                Candidate(url, EventSource(client, deployment), chance, second=second)
            )
        yield Choice(candidates, wait=stop.wait, check=check)


def _budget(per_second: float, stop: threading.Event) -> Budget | None:
    return Budget(per_second, stop.wait) if per_second else None

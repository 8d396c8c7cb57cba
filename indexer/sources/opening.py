"""Where to read the ledger from, as settings say it, made into one source."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator

import msgspec

from indexer.rpc import Budget, RpcClient
from indexer.sources.choice import Candidate, Choice
from indexer.sources.crosscheck import CrossCheck
from indexer.sources.events import PAGE_LIMIT, EventSource
from indexer.sources.lake import LakeSource
from indexer.sources.ledgers import LedgerSource
from indexer.sources.protocol import Source, Speakers
from indexer.sources.witness import WitnessedSource

_SECOND_PAGE = 200
"""Events asked for at once when a single ledger is compared."""


class Endpoints(msgspec.Struct, frozen=True):
    """Nodes by URL, and a lake (folder or URL, empty: none) for what no node holds any more.

    Of a node events are read, or with `whole` whole ledgers: more to carry, but with all hashes and
    everybody's failed transactions. It is asked at most `requests_per_second` times (0: no limit),
    for `page_limit` events at once. Every `compare_every`th ledger is compared between two of the
    nodes; 0: none is. With `witnessed` the hashes of single ledgers are asked for beside events,
    where there are no whole ones; `searchers` processes search a lake side by side. `passphrase` is
    the network's, `timeout` in seconds.
    """

    nodes: tuple[str, ...]
    passphrase: str = ""
    lake: str = ""
    whole: bool = False
    witnessed: bool = True
    searchers: int = 0
    requests_per_second: float = 0
    compare_every: int = 0
    page_limit: int = PAGE_LIMIT
    timeout: float = 20.0

    def names(self) -> tuple[str, ...]:
        """What people call the sources, in the order in which they are tried."""
        return (*self.nodes, self.lake) if self.lake else self.nodes


@contextlib.contextmanager
def opened(endpoints: Endpoints, speakers: Speakers, stop: threading.Event) -> Iterator[Choice]:
    """The source for what `speakers` say; its connections are closed when the block ends."""
    chance = random.Random()  # noqa: S311  # jitter, no secret
    with contextlib.ExitStack() as stack:
        check = CrossCheck(endpoints.compare_every) if endpoints.compare_every else None
        candidates = []
        for url in endpoints.nodes:
            # One try: who fails is left alone by the choice, while another is asked.
            budget = _budget(endpoints.requests_per_second, stop)
            client = RpcClient(url, endpoints.timeout, tries=1, budget=budget)
            stack.enter_context(client)
            source = _reader(endpoints, client, speakers)
            second = EventSource(client, speakers, page_limit=_SECOND_PAGE) if check else None
            candidates.append(Candidate(url, source, chance, second=second))
        if endpoints.lake:
            lake = LakeSource(
                endpoints.lake, speakers, endpoints.passphrase, processes=endpoints.searchers
            )
            stack.callback(lake.close)
            candidates.append(Candidate(endpoints.lake, lake, chance, archive=True))
        yield Choice(candidates, wait=stop.wait, check=check)


def _reader(endpoints: Endpoints, client: RpcClient, speakers: Speakers) -> Source:
    if endpoints.whole:
        return LedgerSource(client, speakers, endpoints.passphrase)
    events = EventSource(client, speakers, page_limit=endpoints.page_limit)
    return WitnessedSource(events, client) if endpoints.witnessed else events


def _budget(per_second: float, stop: threading.Event) -> Budget | None:
    return Budget(per_second, stop.wait) if per_second else None

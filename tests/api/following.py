"""The indexer beside the API under test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio

from api.config import ApiConfig
from indexer import pipeline
from indexer.prefetch import InThread
from indexer.rpc import RpcClient
from indexer.sources.events import EventSource
from indexer.sources.protocol import Deployment


@contextmanager
def indexing(config: ApiConfig, start_ledger: int) -> Iterator[None]:
    """Follow the contracts from a ledger on, until the block ends."""
    followed = Deployment(config.escrow, config.distributor, start_ledger)
    stop = threading.Event()
    with RpcClient(config.rpc_url) as client:
        source = EventSource(client, followed)
        reading = InThread(source, stop, poll_seconds=0.05)
        arguments = (config.database_url, reading, followed, stop)
        thread = threading.Thread(target=pipeline.run, args=arguments)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=20)


async def shown(people: Any) -> None:
    """Wait until the read models hold the newest ledger, and all of it."""
    newest = people.platform.chain.server.get_latest_ledger().sequence
    with anyio.fail_after(30):
        while True:
            ready = (await people.client.get("/health/ready")).json()
            if (ready["as_of_ledger"] or 0) >= newest:
                assert ready["whole_through"] == ready["as_of_ledger"]
                return
            await anyio.sleep(0.05)

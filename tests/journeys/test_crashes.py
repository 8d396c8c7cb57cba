"""The indexer is killed again and again while the story is told; nothing of it can be seen after.

Pains of other indexers that this names: recovery after a restart fails in a loop; the same run
gives different results on different days.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest

from indexer import pipeline
from indexer.rebuild import rebuild
from indexer.rpc import RpcClient
from indexer.rpc_source import RpcSource
from indexer.source import Deployment
from indexer.verify import verify
from stellarsettle import story
from stellarsettle.local import LocalPlatform


class Saboteur(threading.Thread):
    """Kills the indexer with SIGKILL at random moments and starts it again, until stopped."""

    def __init__(self, platform: LocalPlatform, seed: int) -> None:
        super().__init__(daemon=True)
        self._platform = platform
        self._random = random.Random(seed)
        self._over = threading.Event()
        self.kills = 0

    def run(self) -> None:
        """Wait, kill, start; the waits reach from amid the start-up to well into the work."""
        while not self._over.wait(self._random.uniform(0.3, 3.0)):
            self._platform.indexer.kill()
            self.kills += 1
            self._over.wait(self._random.uniform(0, 0.2))
            self._platform.indexer.start()

    def stop(self) -> None:
        """Leave the indexer running and end."""
        self._over.set()
        self.join()


@contextmanager
def sabotage(platform: LocalPlatform, seed: int) -> Iterator[Saboteur]:
    saboteur = Saboteur(platform, seed)
    saboteur.start()
    try:
        yield saboteur
    finally:
        saboteur.stop()


def untroubled_digest(platform: LocalPlatform, url: str, through: int) -> bytes:
    """The digest of an indexer that reads the same ledgers at one go and is left in peace."""
    deployment = Deployment(
        escrow=platform.deployment.escrow,
        distributor=platform.deployment.distributor,
        start_ledger=platform.deployment.start_ledger,
    )
    stop = threading.Event()

    def stop_when_there() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not stop.wait(0.05):
                row = connection.execute("SELECT ledger FROM read.applied").fetchone()
                if row and row[0] >= through:
                    stop.set()

    watcher = threading.Thread(target=stop_when_there, daemon=True)
    watcher.start()
    with RpcClient(platform.devnet.rpc) as client:
        options = pipeline.Options(poll_seconds=0.05)
        pipeline.run(url, RpcSource(client, deployment), deployment, stop, options)
    watcher.join()
    return rebuild(url).live


@pytest.mark.parametrize("seed", [20261122, 7])
def test_a_killed_indexer_leaves_the_same_state(
    new_platform: Callable[[], AbstractContextManager[LocalPlatform]],
    database: str,
    seed: int,
) -> None:
    with new_platform() as platform:
        cast = story.gather(platform)
        with sabotage(platform, seed) as saboteur:
            story.Story(platform, cast, lambda _: None).tell()
        newest = platform.wait_until_shown()
        assert saboteur.kills >= 3, f"seed {seed}: the story was over before the sabotage began"
        rebuilt = rebuild(platform.database_url)
        assert rebuilt.equal, f"seed {seed}"
        assert rebuilt.quarantined == []
        assert rebuilt.live == untroubled_digest(platform, database, newest), f"seed {seed}"
        with RpcClient(platform.devnet.rpc) as client:
            verification = verify(platform.database_url, client)
        assert verification.sound, (seed, verification.findings)
        assert verification.balances_compared > 0

"""The indexer is killed again and again while the story is told; nothing of it can be seen after.

Pains of other indexers that this names: recovery after a restart fails in a loop; the same run
gives different results on different days.
"""

from __future__ import annotations

import random
import threading
import time

import psycopg
import pytest

from indexer import pipeline
from indexer.prefetch import InThread
from indexer.rebuild import rebuild
from indexer.rpc import RpcClient
from indexer.sources.events import EventSource
from indexer.sources.protocol import Deployment
from indexer.verify import verify
from stellarsettle import story
from stellarsettle.local import Faults, LocalPlatform
from tests.journeys.storms import STORM, NewPlatform


class Saboteur:
    """Kills the indexer with SIGKILL while a step of the story is on its way, and restarts it.

    The story goes on only when a step is shown, so however slow the machine is, the indexer comes
    up between two strikes; some strikes hit it a second time while it is still starting.
    """

    def __init__(self, platform: LocalPlatform, seed: int) -> None:
        self._platform = platform
        self._random = random.Random(seed)
        self._strike: threading.Thread | None = None
        self.kills = 0

    def hear(self, _: str) -> None:
        """A step was told: let the next one be struck, or not, as the seed decides."""
        self.rest()
        if self._random.random() < 0.35:
            moments = [self._random.uniform(0, 0.25)]
            if self._random.random() < 0.4:
                moments.append(self._random.uniform(0, 1.5))
            self._strike = threading.Thread(target=self._kill_at, args=(moments,))
            self._strike.start()

    def rest(self) -> None:
        """Wait until no strike is under way; the indexer is running then."""
        if self._strike is not None:
            self._strike.join()
            self._strike = None

    def _kill_at(self, moments: list[float]) -> None:
        for moment in moments:
            time.sleep(moment)
            self._platform.indexer.kill()
            self.kills += 1
            self._platform.indexer.start()


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
        reading = InThread(EventSource(client, deployment), stop, poll_seconds=0.05)
        pipeline.run(url, reading, deployment, stop)
    watcher.join()
    return rebuild(url).live


@pytest.mark.parametrize(("seed", "faults"), [(20261122, None), (7, STORM)], ids=["calm", "storm"])
def test_a_killed_indexer_leaves_the_same_state(
    new_platform: NewPlatform,
    database: str,
    seed: int,
    faults: Faults | None,
) -> None:
    with new_platform(faults) as platform:
        cast = story.gather(platform)
        saboteur = Saboteur(platform, seed)
        story.Story(platform, cast, saboteur.hear).tell()
        saboteur.rest()
        newest = platform.wait_until_shown()
        assert saboteur.kills >= 3, f"seed {seed} strikes too seldom"
        rebuilt = rebuild(platform.database_url)
        assert rebuilt.equal, f"seed {seed}"
        assert rebuilt.quarantined == []
        assert rebuilt.live == untroubled_digest(platform, database, newest), f"seed {seed}"
        with RpcClient(platform.devnet.rpc) as client:
            verification = verify(platform.database_url, client)
        assert verification.sound, (seed, verification.findings)
        assert verification.balances_compared > 0

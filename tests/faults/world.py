"""What a simulation runs in: a ledger with a story in it, and a PostgreSQL to be restarted."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

import migrations
from stellarsettle import devnet, local, postgres, story
from tests.faults.contents import Contents, contents

_OF_THE_INDEXER = ("NETWORK_PASSPHRASE", "ESCROW", "DISTRIBUTOR", "START_LEDGER")
_TEMPLATE = "template_faults"


class Cluster:
    """A PostgreSQL cluster of our own, in a folder with a short name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = contextlib.ExitStack()
        self.server = self._stack.enter_context(postgres.running(folder, durable=False))

    def restart(self, how: signal.Signals) -> None:
        """Stop it (SIGINT: in order, SIGQUIT: as a crash) and start it again."""
        state = (self._folder / "data" / "postmaster.pid").read_text()
        os.kill(int(state.split()[0]), how)
        self._stack.close()
        self.server = self._stack.enter_context(postgres.running(self._folder, durable=False))

    def close(self) -> None:
        """Stop it."""
        self._stack.close()


class World:
    """The ledger, the database's server, and what an indexer that is left in peace makes of it."""

    def __init__(
        self, platform: local.LocalPlatform, cluster: Cluster, newest: int, lake: Path
    ) -> None:
        self.devnet: devnet.Devnet = platform.devnet
        self.environment = {
            name: value for name, value in platform.environment.items() if name in _OF_THE_INDEXER
        }
        self.start_ledger = platform.deployment.start_ledger
        self.newest = newest
        self.lake = lake
        self.cluster = cluster
        self.expected: Contents = contents(platform.database_url)

    @contextlib.contextmanager
    def database(self, name: str) -> Iterator[str]:
        """A fresh, migrated database."""
        yield self.cluster.server.create(name, _TEMPLATE)
        self.cluster.server.drop(name)


@contextlib.contextmanager
def made() -> Iterator[World]:
    """Tell the story once, with everything in order."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    cluster = Cluster(folder / "postgres")
    try:
        migrations.upgrade(cluster.server.create(_TEMPLATE))
        url = cluster.server.create("expected", _TEMPLATE)
        lake = folder / "lake"
        with local.running(folder, url, ledger_options=("--lake", str(lake))) as platform:
            story.Story(platform, story.gather(platform), lambda _: None).tell()
            newest = platform.wait_until_shown()
            platform.indexer.stop()
            platform.api.stop()
            yield World(platform, cluster, newest, lake)
    finally:
        cluster.close()
        shutil.rmtree(folder, ignore_errors=True)


def cursor(url: str) -> int:
    """The ledger up to which the database is whole; 0 if it has none, or is not there just now."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute("SELECT ledger FROM ledger.cursor").fetchone()
    except psycopg.OperationalError:
        return 0
    return int(row[0]) if row else 0


def wait_for(url: str, ledger: int, seconds: float) -> bool:
    """Whether the database was whole up to `ledger` within so many seconds."""
    deadline = time.monotonic() + seconds
    while cursor(url) < ledger:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True

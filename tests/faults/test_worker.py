"""The worker is killed again and again; everybody is told everything, and nothing twice.

`FAULT_SEED` plays another course of events.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb
from stellar_sdk import Keypair

from api.transactions.schemas import FeeAnswer, Intent, Step
from stellarsettle import settings
from tests.api.notifications.receiving import Receiver, receiving
from tests.faults.worker_program import POINTS

_ROOT = Path(__file__).parents[2]
_CONTRACT = "CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC"
_SECONDS = 60
_DEATHS = 6
_FOR_EVER = 2**40


class World:
    """Two people who are paid in ledger after ledger; one of them has a webhook, both intents."""

    def __init__(self, url: str, chance: random.Random, receiver: Receiver) -> None:
        self._owner = psycopg.connect(url, autocommit=True)
        self._chance = chance
        self.people = [Keypair.random().public_key for _ in range(2)]
        self.ledger = 0
        self.payouts: Counter[str] = Counter()
        self.intents = 0
        for number, who in enumerate(self.people):
            self._owner.execute("INSERT INTO read.address VALUES (%s, %s)", (number, who))
        self._owner.execute(
            "INSERT INTO app.webhook (id, owner, url, topics) VALUES (%s, %s, %s, '{}')",
            (uuid.uuid4(), self.people[0], receiver.url),
        )

    def go_on(self) -> None:
        """Some ledgers close, at once or one by one."""
        for _ in range(self._chance.randint(1, 3)):
            self.ledger += 1
            with self._owner.transaction():
                for place in range(self._chance.randint(0, 4)):
                    self._pay(place)
                self._owner.execute(
                    "UPDATE read.applied SET ledger = %s, closed_at = %s",
                    (self.ledger, self.ledger * 5),
                )
                self._owner.execute("SELECT pg_notify('stellarsettle_applied', '')")

    def _pay(self, place: int) -> None:
        number = self._chance.randrange(2)
        who, position = self.people[number], self.ledger << 32 | place << 12
        tx_hash = hashlib.sha256(b"%d" % position).digest()
        self._owner.execute(
            "INSERT INTO read.activity VALUES (%s, 0, 'distributor', 'payout', %s, %s, 7, %s, %s)",
            (position, b"i" * 32, number, self.ledger * 5, tx_hash),
        )
        self.payouts[who] += 1
        if self._chance.random() < 0.5:
            self._intend(who, tx_hash.hex())

    def _intend(self, who: str, tx_hash: str) -> None:
        self.intents += 1
        intent = Intent(
            id=str(uuid.uuid4()), action="claim", status="built", xdr="", hash=tx_hash,
            network_passphrase="", source=who, sequence="1", fee=FeeAnswer("1", "1", "2"),
            valid_until=_FOR_EVER, summary="", simulated_at_ledger=1,
            steps=(Step("built", 1, 5),),
        )  # fmt: skip
        self._owner.execute(
            "INSERT INTO app.intent (id, owner, request_digest, built) VALUES (%s, %s, '', %s)",
            (intent.id, who, Jsonb(msgspec.to_builtins(intent))),
        )

    def one(self, statement: str) -> Any:
        """The one value that a question gives."""
        row = self._owner.execute(statement.encode()).fetchone()
        return None if row is None else row[0]

    def all(self, statement: str) -> list[tuple[Any, ...]]:
        """What a question gives."""
        return self._owner.execute(statement.encode()).fetchall()

    def is_told(self) -> bool:
        """Whether the worker has nothing left to do."""
        behind = self.one("SELECT ledger FROM app.cursor") < self.ledger
        return not behind and not self.one("SELECT count(*) FROM app.job WHERE state = 'waiting'")

    def close(self) -> None:
        """Let the connection go."""
        self._owner.close()


def _start(url: str, log: Path, dies_at: str = "") -> subprocess.Popen[bytes]:
    names = {name.upper() for name in settings.Settings.__struct_fields__}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    environment = {
        "DATABASE_URL": url,
        "RPC_URL": "http://127.0.0.1:1",
        "ESCROW": _CONTRACT,
        "DISTRIBUTOR": _CONTRACT,
        "LOCAL_NETWORKS": "true",
        "DIES_AT": dies_at,
        **settings.fresh_keys(),
    }
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker_program"],
            cwd=_ROOT,
            env=kept | environment,
            stdout=file,
            stderr=file,
        )


def _until_dead_or_told(process: subprocess.Popen[bytes], world: World, log: Path) -> bool:
    """Whether it died before everything was told."""
    end = time.monotonic() + _SECONDS
    while process.poll() is None:
        if world.is_told():
            return False
        assert time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(0.02)
    assert process.returncode == -signal.SIGKILL, log.read_text()[-3000:]
    return True


def test_a_killed_worker_tells_everything_once(database: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("FAULT_SEED", "20261128"))
    chance, log, deaths = random.Random(seed), tmp_path / "work.log", 0
    with receiving() as receiver:
        world = World(database, chance, receiver)
        for _ in range(_DEATHS):
            world.go_on()
            point = f"{chance.choice(POINTS)}:{chance.randint(1, 4)}"
            process = _start(database, log, point)
            deaths += _until_dead_or_told(process, world, log)
            process.kill()
            process.wait()
        world.go_on()
        process = _start(database, log)
        _until_dead_or_told(process, world, log)
        process.terminate()
        assert process.wait(20) == 0, (seed, log.read_text()[-3000:])
        told = world.all("SELECT owner, count(*) FROM app.notification GROUP BY owner")
        assert Counter(dict(told)) == world.payouts, seed
        _check_webhook(world, receiver, deaths, seed)
        settled = "SELECT count(*) FROM app.intent WHERE outcome->>'status' = 'projected'"
        assert world.one(settled) == world.intents > 0, seed
        assert deaths >= 2, f"seed {seed} kills too seldom"
        world.close()


def _check_webhook(world: World, receiver: Receiver, deaths: int, seed: int) -> None:
    """Each delivery came; twice only where a death lay between the answer and the commit."""
    came = Counter(one.headers["webhook-id"] for one in receiver.received)
    sent = {str(row[0]) for row in world.all("SELECT id FROM app.delivery")}
    assert set(came) == sent, seed
    assert len(sent) == world.payouts[world.people[0]], seed
    assert sum(came.values()) - len(came) <= deaths * 4, "so many jobs are done at a time"
    bodies = {(one.headers["webhook-id"], one.body) for one in receiver.received}
    assert len(bodies) == len(came), "under one id always the same"
    assert world.one("SELECT count(*) FROM app.delivery WHERE state <> 'delivered'") == 0, seed

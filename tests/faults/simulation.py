"""One run: the real indexer as a process, all that a plan says, and what is left after it."""

from __future__ import annotations

import contextlib
import random
import signal
import time
from pathlib import Path

import psycopg

from tests.faults.contents import contents, difference
from tests.faults.plan import SQL_STATES, Act, Plan, draw
from tests.faults.supervisor import Indexer
from tests.faults.world import World, cursor, wait_for

_PATIENCE_SECONDS = 600.0
_ENDED_SECONDS = 60.0

_TRAPS = """
CREATE SCHEMA faults;
GRANT USAGE ON SCHEMA faults TO stellarsettle_indexer;
CREATE SEQUENCE faults.step;
CREATE TABLE faults.trap (step bigint PRIMARY KEY, state text, words text);
GRANT ALL ON ALL TABLES IN SCHEMA faults TO stellarsettle_indexer;
GRANT ALL ON ALL SEQUENCES IN SCHEMA faults TO stellarsettle_indexer;
CREATE FUNCTION faults.strike() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE trap faults.trap;
BEGIN
    SELECT * INTO trap FROM faults.trap WHERE step = nextval('faults.step');
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = trap.state, MESSAGE = trap.words;
    END IF;
    RETURN NULL;
END $$;
"""
"""The step is counted in a sequence: what is rolled back still counts."""

_TRAPPED = ("ledger.event", "ledger.stretch", "read.digest", "read.invoice", "read.applied")
_TRAP = """
CREATE TRIGGER strike AFTER INSERT OR UPDATE ON {} FOR EACH STATEMENT
EXECUTE FUNCTION faults.strike()
"""
_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Run:
    """A plan being played in a world."""

    def __init__(self, world: World, plan: Plan, url: str, folder: Path) -> None:
        self._world = world
        self._plan = plan
        self._url = url
        self._chance = random.Random(plan.seed)
        environment = {
            **world.environment,
            "DATABASE_URL": url,
            "RPC_URL": world.devnet.replica("a"),
            "POLL_SECONDS": "0.02",
            "EVENTS_PER_PAGE": str(plan.page),
        }
        if plan.seed % 2:
            environment["RPC_URLS"] = world.devnet.replica("b")
        self.indexers = [
            Indexer(environment, folder / f"indexer-{plan.seed}-{name}.log") for name in "ab"
        ]

    def play(self) -> None:
        """Everything that the plan says, then peace until the ledger is read."""
        main = self.indexers[0]
        self._set_traps()
        self._world.devnet.set_faults(*self._plan.node, seed=self._plan.seed)
        try:
            for act, point, moment in self._plan.acts:
                self._act(act, point, moment)
            self._world.devnet.set_faults()
            self._end_traps()
            self._finish(main)
        finally:
            self._world.devnet.set_faults()
            for indexer in self.indexers:
                indexer.kill()

    def _act(self, act: Act, point: str, moment: float) -> None:
        main, rival = self.indexers
        if act is Act.DIE:
            main.kill()
            main.ensure(dies_at=point)
            self._until_dead_or_done(main)
            return
        main.ensure()
        self._wait_for_progress(moment)
        if act is Act.KILL:
            main.kill()
        elif act is Act.CUT:
            self._cut()
        elif act is Act.PAUSE:
            main.pause(moment)
            self._cut()
        elif act is Act.ORPHAN:
            main.kill_reader()
        elif act is Act.RIVAL:
            rival.ensure()
            self._wait_for_progress(moment)
            self._chance.choice((main, rival)).kill()
            main.ensure()
            self._wait_for_progress(moment)
            rival.kill()
        elif act in (Act.RESTART, Act.CRASH):
            how = signal.SIGINT if act is Act.RESTART else signal.SIGQUIT
            self._world.cluster.restart(how)

    def _finish(self, main: Indexer) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            main.ensure()
            if wait_for(self._url, self._world.newest, 1.0) and "indexing after" in main.said():
                break
        assert cursor(self._url) == self._world.newest, f"stuck: {main.said()[-3000:]}"
        status = main.stop()
        assert status == 0, main.said()[-3000:]

    def _wait_for_progress(self, moment: float) -> None:
        """Until something was committed since, so that faults meet work; then `moment` more."""
        before, deadline = cursor(self._url), time.monotonic() + 2.0
        while cursor(self._url) <= before < self._world.newest and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(moment / 4)

    def _until_dead_or_done(self, main: Indexer) -> None:
        deadline = time.monotonic() + _ENDED_SECONDS
        while main.running() and time.monotonic() < deadline:
            if cursor(self._url) == self._world.newest:
                return
            time.sleep(0.02)

    def _cut(self) -> None:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(self._url, autocommit=True) as connection,
        ):
            connection.execute(_CUT)

    def _set_traps(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(_TRAPS)
            for step, state in self._plan.server.items():
                connection.execute(
                    "INSERT INTO faults.trap VALUES (%s, %s, %s)", (step, state, SQL_STATES[state])
                )
            for table in _TRAPPED:
                connection.execute(_TRAP.format(table).encode())

    def _end_traps(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA faults CASCADE")


def simulate(world: World, seed: int, folder: Path) -> None:
    """Play the plan of `seed`, then compare every table with those of an undisturbed run."""
    plan = draw(seed, world.newest - world.start_ledger)
    with world.database(f"faults_{seed}") as url:
        try:
            Run(world, plan, url, folder).play()
            different = difference(world.expected, contents(url))
        except Exception as error:
            error.add_note(f"{plan}\nRun it again: make test-faults SEED={seed}")
            raise
    assert not different, f"{different}\n{plan}\nRun it again: make test-faults SEED={seed}"

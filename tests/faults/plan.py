"""What goes wrong in a run, drawn from its seed: at the node, in the database, to the process."""

from __future__ import annotations

import enum
import random
from typing import Any

import msgspec

from tests.faults.program import POINTS


class Act(enum.Enum):
    """What is done to the running indexer, one after the other."""

    DIE = "dies at a named point"
    KILL = "is killed at a random moment"
    CUT = "loses its database sessions"
    PAUSE = "stands still, and its sessions end meanwhile"
    ORPHAN = "loses the process that reads"
    RIVAL = "gets a second writer, and one of the two is killed"
    RESTART = "sees PostgreSQL restart"
    CRASH = "sees PostgreSQL crash"


_WEIGHTS = {
    Act.DIE: 6,
    Act.KILL: 3,
    Act.CUT: 3,
    Act.PAUSE: 2,
    Act.ORPHAN: 2,
    Act.RIVAL: 2,
    Act.RESTART: 1,
    Act.CRASH: 1,
}
SQL_STATES = {
    "40P01": "deadlock detected",
    "40001": "could not serialize access",
    "53100": "could not extend file: No space left on device",
    "53200": "out of memory",
    "57014": "canceling statement due to user request",
    "55P03": "could not obtain lock",
}
"""Errors that the server itself raises inside the indexer's transactions."""


class Plan(msgspec.Struct, frozen=True):
    """One run: `node` are rules of the local ledger, `server` errors by number of the insert."""

    seed: int
    page: int
    node: list[dict[str, Any]]
    server: dict[int, str]
    acts: list[tuple[Act, str, float]]
    """With a point (for DIE) and a moment in seconds."""

    def __str__(self) -> str:
        """The plan in words, for a failure message."""
        acts = "; ".join(f"{act.value} {point} {moment:.2f}" for act, point, moment in self.acts)
        return f"seed {self.seed}, {self.page} events a page: {acts}; {self.node}; {self.server}"


def draw(seed: int, ledgers: int) -> Plan:
    """The plan of `seed` for a history of so many ledgers."""
    chance = random.Random(seed)
    return Plan(
        seed=seed,
        page=chance.choice([1, 3, 8, 50, 1000]),
        node=[*_growing(chance, ledgers), *_node_faults(chance, ledgers)],
        server={
            chance.randint(1, 40): chance.choice(list(SQL_STATES))
            for _ in range(chance.randint(0, 3))
        },
        acts=[_act(chance) for _ in range(chance.randint(2, 3))],
    )


def _act(chance: random.Random) -> tuple[Act, str, float]:
    act = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    point = f"{chance.choice(POINTS)}:{chance.randint(1, 6)}" if act is Act.DIE else ""
    return act, point, chance.uniform(0, 0.5)


def _growing(chance: random.Random, ledgers: int) -> list[dict[str, Any]]:
    """The ledger seems to close while it is read: fewer and fewer ledgers are held back."""
    steps = chance.randint(2, 8)
    requests = chance.randint(2, 5)
    return [
        {
            "fault": "stale",
            "ledgers": ledgers * (steps - step) // (steps + 1),
            "methods": ["getEvents"],
            "after": step * requests,
            "span": requests,
        }
        for step in range(steps)
    ]


def _node_faults(chance: random.Random, ledgers: int) -> list[dict[str, Any]]:
    """Answers that are late, wrong or none at all, but no lies that no reader could see through.

    Such are a page made for somebody else ("duplicatePage", to a process that is new), and one that
    was put in another order before it was cut short.
    """
    pages: dict[str, Any] = {"methods": ["getEvents"], "chance": 0.3, "times": 4}
    passing: dict[str, Any] = {"chance": 0.2, "times": 2}
    drawn: list[dict[str, Any]] = [
        {"fault": "error", "code": -32603, **passing},
        {"fault": "error", "code": -32001, "message": "processing limit", **pages},
        {"fault": "status", "status": 503, **passing},
        {"fault": "status", "status": 429, "retryAfter": 1, "chance": 0.2, "times": 1},
        {"fault": "cut", **passing},
        {"fault": "truncate", "keep": chance.random(), **passing},
        {"fault": "garbage", **passing},
        {"fault": "emptyPage", **pages},
        {"fault": "stillPage", **pages},
        {"fault": chance.choice(["shortPage", "shuffledPage"]), **pages},
        {"fault": "latency", "ms": 5, "jitterMs": 60, "chance": 0.3},
        {"fault": "stale", "ledgers": chance.randint(1, 30), **pages},
        {"fault": "forget", "ledgers": chance.randint(1, ledgers), "after": 6, "span": 4},
    ]
    return [
        {**rule, "replica": "a"} if chance.random() < 0.3 else rule
        for rule in chance.sample(drawn, chance.randint(2, 5))
    ]

"""The worker's own command, with a place where it dies by SIGKILL: `POINT:n`, the n-th passing.

Points are before and after each step by which what happened is told and promised work is done.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import psycopg

from api import outside
from api.jobs import outbox
from api.notifications import store as notifications
from api.notifications import telling
from api.notifications.telling import Telling
from api.transactions import store as intents
from api.worker.follower import Follower
from stellarsettle import cli
from tests.faults.program import Death

STEPS: dict[str, tuple[Any, str]] = {
    "follow": (Follower, "step"),
    "conclude": (intents, "complete"),
    "tell": (Telling, "tell"),
    "insert": (notifications, "insert"),
    "deliveries": (notifications, "by_hook"),
    "promise": (telling, "enqueue"),
    "hint": (telling, "hint_all"),
    "take": (outbox, "take"),
    "hold": (outbox, "hold"),
    "post": (outside, "post"),
    "finish": (outbox, "finish"),
}
POINTS = [f"{when}-{step}" for step in (*STEPS, "commit") for when in ("before", "after")]
"""Every named place on the worker's way."""


def _passing(death: Death, step: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """An asynchronous function with its two points."""

    async def run(*args: Any, **kwargs: Any) -> Any:
        death.pass_by(f"before-{step}")
        done = await original(*args, **kwargs)
        death.pass_by(f"after-{step}")
        return done

    return run


def main() -> None:
    """Run `stellarsettle work` until it is told to stop, or to die."""
    if where := os.environ.pop("DIES_AT", ""):
        point, passing = where.split(":")
        death = Death(point, int(passing))
        for step, (owner, name) in STEPS.items():
            setattr(owner, name, _passing(death, step, getattr(owner, name)))
        committing: Any = psycopg.AsyncTransaction
        committing._exit_gen = death.wrapped("commit", committing._exit_gen)
    sys.argv[1:] = ["work"]
    cli.main()


if __name__ == "__main__":
    main()

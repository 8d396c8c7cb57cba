"""The indexer's own command, with a place where it dies by SIGKILL: `POINT:n`, the n-th passing.

Points are before and after each step by which a batch becomes durable. The command is the real one;
only these functions are wrapped, in this process and nowhere else.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import psycopg

from indexer import coverage, quarantine, writer
from projections.engine import Change, Engine
from stellarsettle import cli

STEPS: dict[str, tuple[Any, str]] = {
    "lock": (writer.Writer, "_lock"),
    "begin": (writer.Writer, "_begin"),
    "advance": (writer.Writer, "_advance"),
    "copy": (writer, "copy_events"),
    "quarantine": (quarantine, "store"),
    "fold": (Engine, "fold"),
    "write": (Change, "write"),
    "coverage": (coverage, "record"),
    "note": (writer.Writer, "_note"),
    "commit": (psycopg.Transaction, "_exit_gen"),
    "beat": (writer.Writer, "beat"),
}
POINTS = [f"{when}-{step}" for step in STEPS for when in ("before", "after")]
"""Every named place on the commit path."""


class Death:
    """Ends the process at the n-th passing of a point, as a power cut would."""

    def __init__(self, point: str, passing: int) -> None:
        self._point = point
        self._left = passing

    def pass_by(self, point: str) -> None:
        """Die here, or go on."""
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(self, step: str, original: Callable[..., Any]) -> Callable[..., Any]:
        """`original` with its two points."""
        if step == "commit":

            def run(*args: Any, **kwargs: Any) -> Any:
                self.pass_by(f"before-{step}")
                done = yield from original(*args, **kwargs)
                self.pass_by(f"after-{step}")
                return done
        else:

            def run(*args: Any, **kwargs: Any) -> Any:
                self.pass_by(f"before-{step}")
                done = original(*args, **kwargs)
                self.pass_by(f"after-{step}")
                return done

        return run


def main() -> None:
    """Run `stellarsettle index` until it is told to stop, or to die."""
    if where := os.environ.pop("DIES_AT", ""):
        point, passing = where.split(":")
        death = Death(point, int(passing))
        for step, (owner, name) in STEPS.items():
            setattr(owner, name, death.wrapped(step, getattr(owner, name)))
    sys.argv[1:] = ["index"]
    cli.main()


if __name__ == "__main__":
    main()

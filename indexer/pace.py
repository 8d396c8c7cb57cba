"""How fast a process indexes, from the batches of its last minute."""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from indexer.progress import Step

PHASES: Final = ("fetch", "decode", "fold", "commit")
_WINDOW_SECONDS: Final = 60.0


class Pace(msgspec.Struct, frozen=True):
    """Events a second over the last minute, and mean seconds of a batch by phase."""

    events_per_s: float
    phases: dict[str, float]


class Recent:
    """Batches of the last minute by `clock` (seconds that only grow); several threads use it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steps: deque[tuple[float, Step]] = deque()
        self._lock = threading.Lock()

    def note(self, step: Step) -> None:
        """A batch is on its way into the database."""
        with self._lock:
            self._steps.append((self._clock(), step))
            self._forget()

    def pace(self) -> Pace | None:
        """None if nothing was committed lately."""
        with self._lock:
            self._forget()
            steps = [step for _, step in self._steps]
        if not steps:
            return None
        return Pace(
            events_per_s=sum(step.events for step in steps) / _WINDOW_SECONDS,
            phases={
                phase: statistics.fmean(getattr(step, phase) for step in steps) for phase in PHASES
            },
        )

    def _forget(self) -> None:
        oldest = self._clock() - _WINDOW_SECONDS
        while self._steps and self._steps[0][0] < oldest:
            self._steps.popleft()

"""A progress bar for a person who waits for a backfill, with an honest remaining time."""

from __future__ import annotations

import datetime as dt
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from indexer.progress import Remaining, Step

_WORTH_A_BAR = 100
"""Ledgers behind from which on a bar is shown."""


class Bar:
    """Watches the indexer; shown while it is far behind, gone when it has caught up."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._remaining = Remaining()
        self._began = 0
        self._events = 0
        self._since = 0.0

    def began(self, after: int) -> None:
        """Count from here."""
        self._began, self._events, self._since = after, 0, time.monotonic()
        self._remaining = Remaining()

    def ended(self) -> None:
        """Take the bar away."""
        if self._progress:
            self._progress.stop()
            self._progress = None

    def committed(self, step: Step) -> None:
        """Move on."""
        behind = max(0, step.latest - step.through)
        now = time.monotonic()
        self._remaining.note(now, behind)
        self._events += step.events
        if behind < _WORTH_A_BAR:
            self.ended()
            return
        if self._progress is None:
            self._progress = Progress(
                TextColumn("ledger {task.fields[ledger]} of {task.fields[latest]}"),
                BarColumn(),
                TextColumn("{task.fields[rate]:,.0f} events/s, {task.fields[left]}"),
                console=self._console,
                transient=True,
            )
            self._task = self._progress.add_task("", ledger=0, latest=0, rate=0.0, left="")
            self._progress.start()
        self._progress.update(
            self._task,
            completed=step.through - self._began,
            total=step.latest - self._began,
            ledger=step.through,
            latest=step.latest,
            rate=self._events / max(now - self._since, 1e-3),
            left=left(self._remaining.seconds()),
        )


def left(seconds: float | None) -> str:
    """The remaining time in words."""
    if seconds is None:
        return "time left not known yet"
    return f"{dt.timedelta(seconds=round(seconds))} left"

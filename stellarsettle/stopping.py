"""How a command that runs until told is told."""

from __future__ import annotations

import signal
from collections.abc import Callable


def on_stop_signal(stop: Callable[[], None]) -> None:
    """Call `stop` once when asked to end; a service finishes what it has begun."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())

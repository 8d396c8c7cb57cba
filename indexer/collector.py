"""The interpreter where many rows are made: collects rarely, lets threads take turns often."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from typing import Final

_THRESHOLD: Final = 200_000
"""Objects made before the collector looks at them: those of a few batches. With the default of 700
it spent a quarter of the processor's time on rows that reference counting frees by itself."""

_SWITCH_SECONDS: Final = 0.0005
"""How long a thread waits for the interpreter at most: the one that sends rows does so each time
PostgreSQL has taken some, and with the default of 5 ms the server waits meanwhile."""


def collect_young() -> None:
    """Free what came since the last time and hangs on cycles.

    An HTTP answer of ten megabytes is a few objects in a cycle: a patient collector would let
    twenty of them gather.
    """
    gc.collect(1)


@contextlib.contextmanager
def patient() -> Iterator[None]:
    """Until the block ends collect rarely, leave alone what is there already, switch often."""
    before, switching = gc.get_threshold(), sys.getswitchinterval()
    gc.freeze()
    gc.set_threshold(_THRESHOLD, *before[1:])
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(switching)
        gc.set_threshold(*before)
        gc.unfreeze()

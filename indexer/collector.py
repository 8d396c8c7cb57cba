"""The garbage collector, made patient where many rows are made that hold no cycles."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

_THRESHOLD: Final = 200_000
"""Objects made before the collector looks at them: those of a few batches. With the default of 700
it spent a quarter of the processor's time on rows that reference counting frees by itself."""


def collect_young() -> None:
    """Free what came since the last time and hangs on cycles.

    An HTTP answer of ten megabytes is a few objects in a cycle: a patient collector would let
    twenty of them gather.
    """
    gc.collect(1)


@contextlib.contextmanager
def patient() -> Iterator[None]:
    """Collect rarely until the block ends, and leave alone what is there already."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_THRESHOLD, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

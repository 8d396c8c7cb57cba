"""Where a run of ledgers ends, or begins, found by asking for single ones.

`holds(ledger)` says whether a ledger is there. Steps double until the answer changes, then halve:
a run of a million ledgers takes about forty questions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

LAST_LEDGER: Final = 0xFFFF_FFFF


def last_held(holds: Callable[[int], bool], held: int) -> int:
    """The end of the run that `held` is in."""
    step = 1
    while held + step <= LAST_LEDGER and holds(held + step):
        held += step
        step *= 2
    missing = min(held + step, LAST_LEDGER + 1)
    while missing - held > 1:
        middle = (held + missing) // 2
        held, missing = (middle, missing) if holds(middle) else (held, middle)
    return held


def first_held(holds: Callable[[int], bool], missing: int) -> int:
    """The beginning of a run after `missing`, which is in none; 0 if no step falls into one.

    A run is found for certain only if it is as long as its distance from `missing`.
    """
    step = 1
    while not holds(missing + step):
        step *= 2
        if missing + step > LAST_LEDGER:
            return 0
    held, missing = missing + step, missing + step // 2
    while held - missing > 1:
        middle = (held + missing) // 2
        held, missing = (middle, missing) if holds(middle) else (held, middle)
    return held

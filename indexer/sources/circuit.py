"""When to leave a failing source alone, and for how long."""

from __future__ import annotations

import random
from typing import Final

_FIRST_REST_SECONDS: Final = 0.5
_LONGEST_REST_SECONDS: Final = 30.0
_LONGEST_WISH_SECONDS: Final = 300.0


class Circuit:
    """Closed while a source answers; each failure in a row opens it for longer, with jitter.

    When a rest is over one try is free: success closes it, failure opens it again. Times are
    seconds of any one clock and come as parameters; `random` makes a run repeatable.
    """

    def __init__(self, random: random.Random) -> None:
        self._random = random
        self.failures = 0
        self.open_until = 0.0

    def allows(self, now: float) -> bool:
        """Whether the source may be asked at `now`."""
        return now >= self.open_until

    def succeeded(self) -> None:
        """The source answered."""
        self.failures = 0
        self.open_until = 0.0

    def failed(self, now: float, asked: float | None = None) -> None:
        """The source failed at `now`; `asked` is how long it wants to be left alone (seconds)."""
        self.failures += 1
        longest = min(_LONGEST_REST_SECONDS, _FIRST_REST_SECONDS * 2.0 ** min(self.failures - 1, 9))
        rest = self._random.uniform(longest / 2, longest)
        if asked is not None:
            rest = max(rest, min(asked, _LONGEST_WISH_SECONDS))
        self.open_until = now + rest

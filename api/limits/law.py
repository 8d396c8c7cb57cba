"""The law of a limit: `quota` requests in `window` seconds, regained evenly (GCRA).

All that is kept of a bucket is the moment at which it will be full again. A request puts it off by
`window / quota`; one that would put it off beyond a whole window from now is refused.
"""

from __future__ import annotations

import math

import msgspec

WINDOW_SECONDS = 60


class Policy(msgspec.Struct, frozen=True):
    """A named limit; `quota` requests each minute, 0 for any number."""

    name: str
    quota: int

    @property
    def interval(self) -> float:
        """Seconds in which one request is regained."""
        return WINDOW_SECONDS / self.quota


class Verdict(msgspec.Struct, frozen=True):
    """Whether one request is answered, and what is left after it."""

    policy: Policy
    allowed: bool
    remaining: int
    full_in: float
    """Seconds until everything is regained."""

    @property
    def retry_after(self) -> int:
        """Whole seconds until one request is regained."""
        return max(1, math.ceil(self.full_in + self.policy.interval - WINDOW_SECONDS))


def ask(policy: Policy, full_at: float, now: float) -> float | None:
    """When the bucket is full again if this request is answered; None if it is refused."""
    put_off = max(full_at, now) + policy.interval
    # Half an interval's grace: sums of fractions are not exact.
    return None if put_off > now + WINDOW_SECONDS + policy.interval / 2 else put_off


def verdict(policy: Policy, full_at: float, now: float, *, allowed: bool) -> Verdict:
    """What to tell of a bucket that will be full at `full_at`."""
    full_in = max(0.0, full_at - now)
    # A hair more than nothing: 60/7 seven times is not quite 60.
    remaining = int((WINDOW_SECONDS - full_in) / policy.interval + 1e-6)
    return Verdict(policy, allowed, max(0, remaining) if allowed else 0, full_in)

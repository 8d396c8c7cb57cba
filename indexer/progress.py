"""What a running indexer tells of itself, batch by batch, and how long the rest will take."""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

import msgspec

_WINDOW_SECONDS: Final = 60.0
_HONEST_AFTER_SECONDS: Final = 3.0


class Step(msgspec.Struct, frozen=True):
    """One batch and where its seconds went: the ledgers after `after` up to `through`.

    `latest` is the newest ledger that the source knows of. A batch is committed while the next is
    folded: `commit` is of the batch before.
    """

    after: int
    through: int
    latest: int
    events: int
    quarantined: int
    fetch: float
    decode: float
    fold: float
    commit: float

    def fields(self) -> dict[str, int | float]:
        """For a line of a log: seconds as milliseconds."""
        return {
            "ledger": self.through,
            "ledgers": self.through - self.after,
            "behind": max(0, self.latest - self.through),
            "events": self.events,
            "quarantined": self.quarantined,
            "fetch_ms": round(self.fetch * 1e3, 1),
            "decode_ms": round(self.decode * 1e3, 1),
            "fold_ms": round(self.fold * 1e3, 1),
            "commit_ms": round(self.commit * 1e3, 1),
        }


class Watch(Protocol):
    """Somebody who is told of the indexer's progress, in its own thread: be quick."""

    def began(self, after: int) -> None:
        """This process is the one writer now; everything up to `after` was in before."""
        ...

    def ended(self) -> None:
        """This process is not the writer any more, or not for a while."""
        ...

    def committed(self, step: Step) -> None:
        """A batch is on its way into the database."""
        ...


class Nobody:
    """Does not watch."""

    def began(self, after: int) -> None:
        """Nothing."""

    def ended(self) -> None:
        """Nothing."""

    def committed(self, step: Step) -> None:
        """Nothing."""


class Several:
    """Tells each of `watches`."""

    def __init__(self, *watches: Watch) -> None:
        self._watches = watches

    def began(self, after: int) -> None:
        """Pass it on."""
        for watch in self._watches:
            watch.began(after)

    def ended(self) -> None:
        """Pass it on."""
        for watch in self._watches:
            watch.ended()

    def committed(self, step: Step) -> None:
        """Pass it on."""
        for watch in self._watches:
            watch.committed(step)


class Remaining:
    """How long until the newest ledger is in, at the pace of the last minute.

    The newest ledger moves on meanwhile, so what counts is by how much the distance shrinks.
    Moments are seconds of any one clock.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, now: float, behind: int) -> None:
        """At `now` so many ledgers were missing."""
        self._seen.append((now, behind))
        while now - self._seen[0][0] > _WINDOW_SECONDS:
            self._seen.popleft()

    def seconds(self) -> float | None:
        """Seconds left; None while it is too early to say, or if the distance does not shrink."""
        if not self._seen:
            return None
        (began, far), (now, behind) = self._seen[0], self._seen[-1]
        if behind == 0:
            return 0.0
        if now - began < _HONEST_AFTER_SECONDS or behind >= far:
            return None
        return behind * (now - began) / (far - behind)

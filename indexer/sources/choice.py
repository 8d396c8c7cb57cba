"""Several sources as one: the cheapest that reaches back to the cursor, another when it fails.

Candidates come cheapest first (nodes, then the lake). The one at work is kept while it answers. A
failure sends it to rest (`indexer.sources.circuit`), and the next takes over at the very ledger
where it stood: nothing but the ledger's number is handed on. A candidate that no longer holds the
next ledger is left aside until the others have brought the cursor into its range again; only if
none holds it does the choice end, with a `GapError` that names the ledgers missing everywhere.

An answer that knows less than another already told is not taken for the end: the others are asked,
and every now and then also when all seems well, because a node that stands still says so of none.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from contracts.rpc import RpcError
from indexer.rpc import RpcUnavailableError
from indexer.sources.circuit import Circuit
from indexer.sources.crosscheck import CrossCheck
from indexer.sources.protocol import Batch, GapError, Source, SourceUnavailableError

DOUBT_SECONDS: Final = 15.0
"""After so long without a newer ledger the other candidates are asked too."""

_LONGEST_PAUSE_SECONDS: Final = 5.0

_TROUBLES: Final = (SourceUnavailableError, RpcUnavailableError, RpcError)

_log = logging.getLogger(__name__)


class State(msgspec.Struct, frozen=True):
    """How a candidate does: newest ledger it told of, failures in a row, and why it rests.

    `reaches` is the first ledger it is known to hold (0: nothing is known against it).
    """

    name: str
    at_work: bool
    resting: bool
    latest: int
    failures: int
    reaches: int
    reason: str


class Candidate:
    """A source with a name for people and what is known of its health.

    An `archive` costs more to read than a node, and is what it is: ledgers that no node holds any
    more are not waited for there. `second` is the same source once more, for comparing: it is asked
    about other ledgers than the first.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        chance: random.Random,
        *,
        archive: bool = False,
        second: Source | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self.archive = archive
        self.second = second
        self.circuit = Circuit(chance)
        self.reaches = 0
        self.reason = ""

    def holds(self, ledger: int) -> bool:
        """Whether nothing is known against its holding `ledger`."""
        return ledger >= self.reaches


class Choice:
    """A `Source` over `candidates`, cheapest first; one thread uses it.

    `wait` sleeps so many seconds (an event's `wait` ends it early), `clock` gives seconds that only
    grow. With `check` every so many ledgers are compared between two of the candidates.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        *,
        wait: Callable[[float], object],
        clock: Callable[[], float] = time.monotonic,
        check: CrossCheck | None = None,
    ) -> None:
        self._candidates = list(candidates)
        self._wait = wait
        self._clock = clock
        self._check = check
        self._at_work: Candidate | None = None
        self._advanced_at = clock()
        self._latest = 0

    @property
    def latest(self) -> int:
        """The newest ledger that any candidate told of; 0 before the first answer."""
        return self._latest

    def states(self) -> list[State]:
        """How each candidate does now."""
        now = self._clock()
        return [
            State(
                name=candidate.name,
                at_work=candidate is self._at_work,
                resting=not candidate.circuit.allows(now),
                latest=candidate.source.latest,
                failures=candidate.circuit.failures,
                reaches=candidate.reaches,
                reason=candidate.reason,
            )
            for candidate in self._candidates
        ]

    def fetch(self, after: int) -> Batch | None:
        """The ledgers after `after`, from whoever has them; see `indexer.sources.protocol.Source`.

        Raises `GapError` if none holds them, `SourceUnavailableError` if those that may hold them
        cannot answer now, `contracts.rpc.RpcError` if all refuse the question itself, and
        `indexer.sources.crosscheck.DisagreementError`.
        """
        self._pause_if_all_rest(after)
        troubles: list[Exception] = []
        for candidate in self._in_order(after):
            try:
                batch = self._ask(candidate, after)
            except (*_TROUBLES, GapError) as error:
                troubles.append(error)
                continue
            if batch is not None:
                return self._took(candidate, after, batch)
            if not self._in_doubt(candidate, after):
                return None
        self._advanced_at = self._clock()
        self._raise_if_none_can(after, troubles)
        return None

    def _in_order(self, after: int) -> list[Candidate]:
        """Those that may be asked: the cheapest first, and of these the one at work."""
        now = self._clock()
        able = [one for one in self._reaching(after) if one.circuit.allows(now)]
        return sorted(
            able, key=lambda one: (one.archive, one is not self._at_work, one.circuit.failures)
        )

    def _reaching(self, after: int) -> list[Candidate]:
        return [one for one in self._candidates if one.holds(after + 1)]

    def _pause_if_all_rest(self, after: int) -> None:
        now = self._clock()
        rests = [one.circuit.open_until - now for one in self._reaching(after)]
        if rests and min(rests) > 0:
            self._wait(min(*rests, _LONGEST_PAUSE_SECONDS))

    def _ask(self, candidate: Candidate, after: int) -> Batch | None:
        """One question to one candidate; what comes of it is noted."""
        try:
            batch = candidate.source.fetch(after)
        except GapError as error:
            candidate.circuit.succeeded()
            candidate.reaches = error.last + 1
            candidate.reason = str(error)
            _log.warning("%s", error)
            raise
        except _TROUBLES as error:
            asked = error.asked if isinstance(error, RpcUnavailableError) else None
            candidate.circuit.failed(self._clock(), asked)
            candidate.reason = str(error)
            raise
        candidate.circuit.succeeded()
        candidate.reason = ""
        self._latest = max(self._latest, candidate.source.latest)
        return batch

    def _took(self, candidate: Candidate, after: int, batch: Batch) -> Batch:
        if candidate is not self._at_work:
            _log.info("reading from %s after ledger %d", candidate.name, after)
            self._at_work = candidate
        self._advanced_at = self._clock()
        if self._check:
            self._check.compare(candidate, after, batch, self._others(candidate))
        return msgspec.structs.replace(batch, latest=self._latest)

    def _others(self, candidate: Candidate) -> list[Candidate]:
        now = self._clock()
        return [
            one
            for one in self._candidates
            if one is not candidate and one.second and one.circuit.allows(now)
        ]

    def _in_doubt(self, candidate: Candidate, after: int) -> bool:
        """Whether "nothing newer" may be wrong: from an archive, from behind, or for long."""
        behind = candidate.source.latest < self._latest and after < self._latest
        return candidate.archive or behind or self._clock() - self._advanced_at >= DOUBT_SECONDS

    def _raise_if_none_can(self, after: int, troubles: list[Exception]) -> None:
        """Nobody had a batch: say why, unless somebody may have it later."""
        reaching = self._reaching(after)
        forgotten = [one for one in self._candidates if one not in reaching]
        if forgotten and all(one.archive and not one.reason for one in reaching):
            last = min(one.reaches for one in forgotten) - 1
            raise GapError(after + 1, last, " and ".join(one.name for one in self._candidates))
        if troubles and all(isinstance(error, RpcError) for error in troubles):
            raise troubles[-1]
        if reasons := [f"{one.name}: {one.reason}" for one in reaching if one.reason]:
            raise SourceUnavailableError("; ".join(reasons))

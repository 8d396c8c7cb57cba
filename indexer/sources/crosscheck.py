"""Every so many ledgers, one ledger is read from a second source too: both must say the same."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import msgspec

from contracts.rpc import RpcError
from indexer.rpc import RpcUnavailableError
from indexer.sources.protocol import Batch, GapError, RawEvent, Source, SourceUnavailableError

_MOST_WAITING: Final = 64
"""Ledgers to be compared that the other source does not have yet."""

_log = logging.getLogger(__name__)


class DisagreementError(Exception):
    """Two sources tell different stories of one ledger: a person has to find out who is right."""

    def __init__(self, ledger: int, first: str, second: str, difference: str) -> None:
        super().__init__(
            f"{first} and {second} disagree about ledger {ledger}: {difference}. One of them is"
            f" wrong, and what is stored came from {first}. Compare with a third source, remove"
            " the wrong one from the settings and start again; if it was the first, index again"
            " into an empty database"
        )
        self.ledger = ledger


class Second(Protocol):
    """Somebody to compare with: a name, and a source that is used for nothing else."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def second(self) -> Source | None:
        """Where to read the ledger again."""
        ...


class _Wanted(msgspec.Struct, frozen=True):
    ledger: int
    told_by: str
    events: list[RawEvent]


class CrossCheck:
    """Compares ledgers whose number is a multiple of `every`; `compared` counts them."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._waiting: deque[_Wanted] = deque(maxlen=_MOST_WAITING)
        self.compared = 0

    def compare(self, teller: Second, after: int, batch: Batch, others: Sequence[Second]) -> None:
        """Compare what is due in `batch` (the ledgers after `after`), and what had to wait.

        Raises `DisagreementError`. A second source that is away or behind is asked again at the
        next batch; a ledger that it no longer holds cannot be compared.
        """
        for ledger in self._due(after, batch.through.ledger):
            mine = [event for event in batch.events if event.ledger == ledger]
            self._waiting.append(_Wanted(ledger, teller.name, mine))
            self._settle(others)
        self._settle(others)

    def _due(self, after: int, through: int) -> Iterable[int]:
        return range((after // self._every + 1) * self._every, through + 1, self._every)

    def _settle(self, others: Sequence[Second]) -> None:
        """Compare what waits, in order, as far as somebody else has it."""
        while self._waiting:
            wanted = self._waiting[0]
            other = next((one for one in others if one.name != wanted.told_by), None)
            if other is None or other.second is None:
                return
            try:
                theirs = _events_of(other.second, wanted.ledger)
            except GapError:
                _log.warning(
                    "%s no longer holds ledger %d: not compared", other.name, wanted.ledger
                )
                self._waiting.popleft()
                continue
            except (SourceUnavailableError, RpcUnavailableError, RpcError) as error:
                _log.warning("ledger %d cannot be compared yet: %s", wanted.ledger, error)
                return
            if theirs is None:
                return
            if theirs != wanted.events:
                difference = _difference(wanted.events, theirs)
                raise DisagreementError(wanted.ledger, wanted.told_by, other.name, difference)
            self._waiting.popleft()
            self.compared += 1


def _events_of(source: Source, ledger: int) -> list[RawEvent] | None:
    """The events of `ledger`, None if the source has not got there yet."""
    batch = source.fetch(ledger - 1)
    if batch is None:
        return None
    return [event for event in batch.events if event.ledger == ledger]


def _difference(mine: Sequence[RawEvent], theirs: Sequence[RawEvent]) -> str:
    """The first event that is not the same, in words."""
    for ours, other in zip(mine, theirs, strict=False):
        if ours != other:
            return f"their events at {min(_place(ours), _place(other))} differ"
    longer = mine if len(mine) > len(theirs) else theirs
    place = _place(longer[min(len(mine), len(theirs))])
    return f"they have {len(mine)} and {len(theirs)} events, {place} is only in one"


def _place(event: RawEvent) -> str:
    return f"{event.position:019d}-{event.index:010d}"

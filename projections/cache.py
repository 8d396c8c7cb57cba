"""A bounded cache in two generations: as cheap as a dict, nearly as good as least-recently-used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Generations(Generic[K, V]):
    """Holds everything asked for since the last `trim`, and up to `bound` entries beyond it.

    `current` is what may be used now. Entries unused for a whole generation are dropped, never
    while a batch is in flight.
    """

    def __init__(self, bound: int) -> None:
        self.current: dict[K, V] = {}
        self._older: dict[K, V] = {}
        self._bound = bound

    def __contains__(self, key: K) -> bool:
        """Whether the key is at hand; what the older generation has is brought back."""
        if key in self.current:
            return True
        if key in self._older:
            self.current[key] = self._older.pop(key)
            return True
        return False

    def missing(self, keys: Iterable[K]) -> list[K]:
        """Those of `keys` that are not at hand."""
        return [key for key in keys if key not in self]

    def trim(self) -> None:
        """Between batches: starts a new generation when this one is full."""
        if len(self.current) > self._bound:
            self._older, self.current = self.current, {}

    def clear(self) -> None:
        """Forgets everything."""
        self.current, self._older = {}, {}

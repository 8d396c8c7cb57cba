"""The chain: what each entry's hash is made of, and whether a log still is what was written.

The database makes the hashes (`audit.append`); here they are made again, independently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

START = bytes(32)
"""What the first entry is chained to."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is stored; `at` in Unix microseconds, `detail` JSON as text."""

    number: int
    at: int
    actor: str
    action: str
    about: str
    detail: str
    hash: bytes

    def digest(self, previous: bytes) -> bytes:
        """What its hash has to be after `previous`. All fields but the last are of one line."""
        lines = (str(self.number), str(self.at), self.actor, self.action, self.about, self.detail)
        return hashlib.sha256(previous + "\n".join(lines).encode()).digest()


class Head(msgspec.Struct, frozen=True):
    """The end of a log: keep it elsewhere, and a log that was cut short is known by it."""

    number: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.hash.hex()}"


class BrokenChainError(Exception):
    """The log is not what was written; the message names the first entry that shows it."""


def follow(entries: Iterable[Entry], *, kept: Head | None = None) -> Head:
    """The head of a log, given from its first entry on; raises `BrokenChainError`.

    `kept` is a head of earlier: the log must still go through it.
    """
    head = Head(0, START)
    for entry in entries:
        if entry.number != head.number + 1:
            raise BrokenChainError(f"Entry {head.number + 1} is missing.")
        if entry.digest(head.hash) != entry.hash:
            raise BrokenChainError(
                f"Entry {entry.number} is not what was written: {entry.action} by {entry.actor}."
            )
        head = Head(entry.number, entry.hash)
        if kept is not None and kept.number == head.number and kept.hash != head.hash:
            raise BrokenChainError(f"Up to entry {head.number} the log was written anew.")
    if kept is not None and kept.number > head.number:
        raise BrokenChainError(f"Entry {head.number + 1} is missing: the log was cut short.")
    return head

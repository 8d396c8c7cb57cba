"""The words in which chain facts are spoken in Python: contracts, addresses, events."""

from __future__ import annotations

import enum
from typing import ClassVar, NewType

import msgspec

Address = NewType("Address", str)
"""A Stellar address as strkey: G... an account, C... a contract."""


class Contract(enum.StrEnum):
    """Which of the platform's contracts speaks."""

    ESCROW = "escrow"
    DISTRIBUTOR = "distributor"
    TOKEN = "token"  # noqa: S105 -- a share token, not a secret


class Event(msgspec.Struct, frozen=True):
    """Base of every typed event. `NAME` is topic 0, `TOPICS` the fields of the further topics.

    Amounts are integers in base units, times Unix seconds, rates basis points, hashes 32 bytes.
    """

    NAME: ClassVar[str]
    TOPICS: ClassVar[tuple[str, ...]]

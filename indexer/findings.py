"""What checks of a database find: data, not exceptions."""

from __future__ import annotations

import enum

import msgspec


class Check(enum.StrEnum):
    """What was looked at."""

    DIGEST = "digest"
    HISTORY = "history"
    COVERAGE = "coverage"
    CHAIN = "chain"
    SEQUENCE = "sequence"
    SHARES = "shares"
    QUARANTINE = "quarantine"
    CONSERVATION = "conservation"
    TOKENS = "tokens"


class Finding(msgspec.Struct, frozen=True):
    """Something to know. `grave` ones mean that what is shown may be wrong."""

    check: Check
    text: str
    grave: bool = True

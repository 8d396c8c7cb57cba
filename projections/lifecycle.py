"""The words of an invoice's life that rows, folds and queries share."""

from __future__ import annotations

import enum

DAY = 86_400
BASIS = 10_000
"""Basis points in one; the late charge is kept times this, unrounded."""


class Status(enum.IntEnum):
    """The contract's own numbers; `disputed_until` lies over them."""

    CREATED = 0
    OPEN = 1
    FUNDED = 2
    ACTIVE = 3
    SETTLED = 4
    DEFAULTED = 5
    WRITTEN_OFF = 6
    REFUNDING = 7
    REFUNDED = 8
    CANCELLED = 9


OWING = (Status.ACTIVE, Status.DEFAULTED, Status.WRITTEN_OFF)
"""In these the debtor still owes and payments are accepted."""

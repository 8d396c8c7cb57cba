"""What the generated functions share: the errors, and the way to read a switch or a length."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final, TypeAlias

U32: Final = struct.Struct(">I").unpack_from
I32: Final = struct.Struct(">i").unpack_from

Places: TypeAlias = list[tuple[int, int, int]]
"""Which place, where it begins, where it ends."""

Walker: TypeAlias = Callable[[bytes, int, Places], int]
"""Walks what begins at an offset of the bytes, adds its places, returns where it ends."""


class LedgerFormatError(ValueError):
    """The bytes are no ledger as the definitions have it."""


class UnknownArmError(LedgerFormatError):
    """A union has an arm that the definitions do not have: the network speaks a newer protocol."""

    def __init__(self, union: str, switch: int, at: int) -> None:
        super().__init__(
            f"{union} has an unknown arm {switch} (at byte {at}): the network speaks a newer"
            " protocol than this version does"
        )
        self.union = union
        self.switch = switch


def bad_flag(flag: int, at: int) -> LedgerFormatError:
    """An optional value's flag is neither 0 nor 1."""
    return LedgerFormatError(f"a flag is {flag} (at byte {at}): it can only be 0 or 1")

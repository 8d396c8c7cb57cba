"""How chain facts are spoken in Python: contracts, addresses, events, errors and calls."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, ClassVar, NewType

import msgspec

if TYPE_CHECKING:
    from stellar_sdk import xdr

Address = NewType("Address", str)
"""A Stellar address as strkey: G... an account, C... a contract."""


class Contract(enum.StrEnum):
    """Which of the platform's contracts speaks or is spoken to."""

    ESCROW = "escrow"
    DISTRIBUTOR = "distributor"
    TOKEN = "token"  # noqa: S105 -- a share token, not a secret


class Event(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Base of every typed event. `NAME` is topic 0, `TOPICS` the fields of the further topics.

    `SCHEMA` numbers the shapes that an event had: a contract's upgrade may change it.
    Amounts are integers in base units, times Unix seconds, rates basis points, hashes 32 bytes.
    """

    NAME: ClassVar[str]
    TOPICS: ClassVar[tuple[str, ...]]
    SCHEMA: ClassVar[int] = 1


class ContractError(msgspec.Struct, frozen=True):
    """One way in which a contract refuses: its stable code, its name, what happened, what to do."""

    code: int
    name: str
    sentence: str
    remedy: str


class Invocation(msgspec.Struct, frozen=True):
    """A call ready to be put into a transaction: a function of a contract and its arguments."""

    contract: Contract
    function: str
    arguments: tuple[xdr.SCVal, ...]

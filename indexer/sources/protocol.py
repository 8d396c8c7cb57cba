"""Where ledgers come from: one protocol for all sources, whole ledgers only.

The place in the ledger's history is a ledger number: "whole up to here". Every source translates
it into its own words (an RPC cursor, a file name), so that one source can go on where another
stopped and nothing but a number has to be kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from contracts.wire import Address, Contract
from projections.model import Mark


class GapError(Exception):
    """The source no longer holds ledgers that come next: `first` to `last` (both missing)."""

    def __init__(self, first: int, last: int, where: str) -> None:
        missing = f"ledger {first} is" if first == last else f"ledgers {first} to {last} are"
        super().__init__(
            f"{missing} missing: {where} no longer holds them, and going on would lose their"
            " events. Use a source that reaches further back, then start again; nothing was"
            " skipped."
        )
        self.first = first
        self.last = last


class SourceUnavailableError(Exception):
    """The source cannot answer now; asking again later may help."""


class BehindError(SourceUnavailableError):
    """The source knows less than what is known already: its answer says nothing."""

    def __init__(self, where: str, latest: int, known: int) -> None:
        super().__init__(
            f"{where} is behind: its newest ledger is {latest}, ledger {known} is known to be"
            " there. Unless it catches up it stands still, or its network was reset"
        )


class RawEvent(msgspec.Struct, frozen=True, gc=False):
    """An event as the ledger has it, undecoded.

    `position` (the TOID: ledger << 32 | transaction << 12 | operation) and `index` are its unique
    ordered id, the same from every source. `closed_at` is its ledger's close time in Unix seconds,
    `body` the XDR of ContractEventV0 (topics and data).
    """

    position: int
    index: int
    contract: Contract
    closed_at: int
    tx_hash: bytes
    body: bytes

    @property
    def ledger(self) -> int:
        """The ledger it happened in."""
        return self.position >> 32


class Header(msgspec.Struct, frozen=True):
    """A ledger's place in the chain: SHA-256 of its header and of the one before (32 bytes each).

    `closed_at` is in Unix seconds.
    """

    ledger: int
    hash: bytes
    previous_hash: bytes
    closed_at: int


class Failure(msgspec.Struct, frozen=True):
    """A transaction that invoked one of our contracts and failed.

    `position` is its TOID (ledger << 32 | transaction << 12), `source` who signed for it, `result`
    the operation's result code by its name, `error` the contract's own code if it raised one.
    """

    position: int
    tx_hash: bytes
    source: Address
    contract: Contract
    function: str
    result: str
    error: int | None


class Batch(msgspec.Struct, frozen=True):
    """All events of our contracts in the ledgers after the asked one, up to and with `through`.

    Events are in order and each is there once. `latest` is the newest ledger the source knows of.
    `headers` are in order; where a source gives them with ledgers there is one for each ledger,
    else those of single ledgers, among them perhaps the asked one, to be compared with what is
    known. `failures` come only from sources that read whole ledgers.
    """

    events: list[RawEvent]
    through: Mark
    latest: int
    headers: Sequence[Header] = ()
    failures: Sequence[Failure] = ()


class Speakers(Protocol):
    """Whose events are wanted."""

    def contracts(self) -> dict[Address, Contract]:
        """Which contract speaks from which address."""
        ...


class Deployment(msgspec.Struct, frozen=True):
    """What is followed: the two contracts that tell the whole story.

    `start_ledger` is the first ledger that can hold one of their events.
    """

    escrow: Address
    distributor: Address
    start_ledger: int

    def contracts(self) -> dict[Address, Contract]:
        """Which contract speaks from which address."""
        return {self.escrow: Contract.ESCROW, self.distributor: Contract.DISTRIBUTOR}


class Source(Protocol):
    """Hands out whole ledgers in order. One thread uses it."""

    @property
    def latest(self) -> int:
        """The newest ledger seen in any answer; 0 before the first."""
        ...

    def fetch(self, after: int) -> Batch | None:
        """The ledgers after `after` as far as they are known whole; None if there is none yet.

        Raises `GapError` if they are not to be had any more, and `SourceUnavailableError` (or
        `indexer.rpc.RpcUnavailableError`) if asking again later may help.
        """
        ...

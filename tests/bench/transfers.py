"""Histories of share transfers, as many and among as many holders as wished, from a seed.

One investor funds each invoice, and then shares change hands among all its holders: a transfer is
a transaction of its own, a hundred are in a ledger. `History` goes on where it stopped, so that a
history of millions need not be in memory.
"""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Iterator

import msgspec

from contracts import events, strkey
from contracts.scval import encode_body
from contracts.wire import Contract, Event
from indexer.sources.protocol import RawEvent
from projections.model import Mark
from tests.indexer import synthetic

FACE = 10**9
_RAISED = FACE * 9 // 10
_HOLDERS_AT_ONE = 100


class Shape(msgspec.Struct, frozen=True):
    """Among how many holders shares are transferred, and how many transfers a ledger has."""

    holders: int = 5_000
    per_ledger: int = 100


class History:
    """An endless run of transfers after the invoices' openings; `mark` is its newest ledger."""

    def __init__(self, shape: Shape, seed: int = 1) -> None:
        self.shape = shape
        self._chance = random.Random(seed)  # a seed is the point
        invoices = max(1, shape.holders // _HOLDERS_AT_ONE)
        holders = shape.holders // invoices
        self._markets = [_Market(number, holders) for number in range(invoices)]
        self._ledger = synthetic.START_LEDGER - 1

    @property
    def mark(self) -> Mark:
        """The newest ledger that was told."""
        return Mark(self._ledger, synthetic.close_time(self._ledger))

    def opening(self) -> list[RawEvent]:
        """The invoices come to life, all in the first ledger."""
        owner = events.OwnerAccepted(owner=synthetic.address("owner"))
        told: list[list[tuple[Contract, Event]]] = [
            [(Contract.ESCROW, owner), (Contract.DISTRIBUTOR, owner)],
            *(market.opening() for market in self._markets),
        ]
        self._ledger += 1
        return [
            self._event(order, index, contract, synthetic.body_of(event))
            for order, transaction in enumerate(told, 1)
            for index, (contract, event) in enumerate(transaction)
        ]

    def transfers(self, ledgers: int) -> Iterator[RawEvent]:
        """The transfers of so many further ledgers."""
        chance, markets = self._chance, self._markets
        for _ in range(ledgers):
            self._ledger += 1
            for order in range(1, self.shape.per_ledger + 1):
                market = markets[int(chance.random() * len(markets))]
                yield self._event(order, 0, Contract.ESCROW, market.transferred(chance))

    def skip(self, ledgers: int) -> None:
        """Leave out so many ledger numbers; who holds what stays."""
        self._ledger += ledgers

    def _event(self, order: int, index: int, contract: Contract, body: bytes) -> RawEvent:
        position = self._ledger << 32 | order << 12
        tx_hash = hashlib.sha256(position.to_bytes(8, "big")).digest()
        closed_at = synthetic.close_time(self._ledger)
        return RawEvent(position, index, contract, closed_at, tx_hash, body)


class _Market:
    """One invoice's holders: who has shares, and how many."""

    def __init__(self, number: int, holders: int) -> None:
        self._number = number
        self._id = hashlib.sha256(f"market {number}".encode()).digest()
        self._name = f"holder {number}"
        self._accounts = [
            hashlib.sha256(f"holder {number} {place}".encode()).digest() for place in range(holders)
        ]
        self._shares = [_RAISED, *(0 for _ in range(holders - 1))]
        self._owners = [0]
        self._head = [synthetic.scval("share_transferred"), synthetic.scval(self._id)]

    def opening(self) -> list[tuple[Contract, Event]]:
        """Listed, published, funded by the first holder, its pool open."""
        first = strkey.encode(strkey.ACCOUNT, self._accounts[0])
        token = synthetic.address(f"token {self._number}", strkey.CONTRACT)
        par = FACE * 95 // 100
        return [
            (Contract.ESCROW, _created(self._id, token)),
            (Contract.ESCROW, events.InvoicePublished(self._id, 2)),
            (Contract.ESCROW, events.EscrowFunded(self._id, first, _RAISED, _RAISED, _RAISED, 3)),
            (Contract.ESCROW, events.FundingClosed(self._id, _RAISED, par, 0, 4)),
            (Contract.DISTRIBUTOR, events.PoolOpened(self._id, token, synthetic.ASSET, par, 1)),
        ]

    def transferred(self, chance: random.Random) -> bytes:
        """The body of one transfer, from somebody who had shares to anybody else."""
        shares, accounts = self._shares, self._accounts
        giver = self._owners[int(chance.random() * len(self._owners))]
        taker = int(chance.random() * (len(shares) - 1))
        taker += taker >= giver
        amount = -(-int(chance.random() * shares[giver]) // 2)
        if amount and not shares[taker]:
            self._owners.append(taker)
        shares[giver] -= amount
        shares[taker] += amount
        data = b"".join(
            (
                _AMOUNT,
                amount.to_bytes(16, "big"),
                _FROM_SHARES,
                shares[giver].to_bytes(16, "big"),
                _TO_SHARES,
                shares[taker].to_bytes(16, "big"),
            )
        )
        return encode_body(
            [*self._head, _ACCOUNT + accounts[giver], _ACCOUNT + accounts[taker]], data
        )


_ACCOUNT = struct.pack(">III", 18, 0, 0)
_I128 = struct.pack(">I", 10)
_AMOUNT = struct.pack(">III", 17, 1, 3) + synthetic.scval("amount") + _I128
_FROM_SHARES = synthetic.scval("from_shares") + _I128
_TO_SHARES = synthetic.scval("to_shares") + _I128


def _created(invoice: bytes, token: str) -> Event:
    told = synthetic.story(1, 1, holders=2, transfers=0)
    example = next(
        event
        for transaction in told
        for _, event in transaction
        if isinstance(event, events.InvoiceCreated)
    )
    return msgspec.structs.replace(example, id=invoice, token=token)

"""Share tokens: found in the escrow's events, and their own events compared with its.

The escrow mirrors each movement of shares, so that two contracts tell the whole story; each token
tells it once more in SEP-41's words. A token is known by the event that created it. Its own are
read back from that ledger on, or from where the source begins, and each movement must be mirrored:
the same operation, the same holders, the same amount, and no other movement on either side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Final, TypeAlias

import msgspec
import psycopg

from contracts import events
from contracts.rpc import RpcError
from contracts.wire import Address, Contract, Event
from indexer.decode import decode_all
from indexer.findings import Check, Finding
from indexer.rpc import RpcUnavailableError
from indexer.sources.protocol import GapError, Source, SourceUnavailableError
from projections.payouts import Reason

_DISCOVERED: Final = """
SELECT address.address, terms.invoice, created.position >> 32
FROM read.terms AS terms
JOIN read.address AS address ON address.id = terms.token
JOIN read.activity AS created
    ON created.invoice = terms.invoice AND created.name = 'invoice_created'
ORDER BY created.position
"""
_MIRRORED: Final = """
SELECT moved.position, sender.address, recipient.address, moved.amount FROM (
    SELECT position, NULL AS sender, investor AS recipient, amount
    FROM read.funding WHERE invoice = %(invoice)s
    UNION ALL
    SELECT position, entitled, NULL, amount
    FROM read.money_out WHERE invoice = %(invoice)s AND reason = %(refund)s
    UNION ALL
    SELECT position, t.sender, t.recipient, t.amount
    FROM read.activity AS told JOIN read.transfer AS t USING (position, event_index)
    WHERE told.invoice = %(invoice)s
) AS moved
LEFT JOIN read.address AS sender ON sender.id = moved.sender
LEFT JOIN read.address AS recipient ON recipient.id = moved.recipient
WHERE moved.position >> 32 BETWEEN %(first)s AND %(last)s
"""
"""A share is one unit of principal: stakes are mints, refunds are burns."""


class Token(msgspec.Struct, frozen=True):
    """The shares of one invoice (32 bytes), created in ledger `created`."""

    address: Address
    invoice: bytes
    created: int

    def contracts(self) -> dict[Address, Contract]:
        """Which contract speaks from which address, see `indexer.sources.protocol.Speakers`."""
        return {self.address: Contract.TOKEN}


class Movement(msgspec.Struct, frozen=True, order=True):
    """Shares that came (no sender), changed hands, or ended (no recipient) in one operation."""

    position: int
    sender: Address | None
    recipient: Address | None
    amount: int

    def __str__(self) -> str:
        """In words."""
        parties = f"from {self.sender or 'nobody'} to {self.recipient or 'nobody'}"
        return f"{self.amount} shares {parties} in ledger {self.position >> 32}"


class Told(msgspec.Struct, frozen=True):
    """Movements of a token in ledgers `first` to `last`, and why an event could not be read."""

    first: int
    last: int
    movements: list[Movement]
    unreadable: list[str]


Opener: TypeAlias = Callable[[Token], AbstractContextManager[Source]]
"""Makes the source of a token's events."""


def discovered(connection: psycopg.Connection) -> list[Token]:
    """All tokens that the escrow created, in their order."""
    return [Token(*row) for row in connection.execute(_DISCOVERED).fetchall()]


def mirrored(connection: psycopg.Connection, token: Token, first: int, last: int) -> list[Movement]:
    """The movements of a token's shares in ledgers `first` to `last`, as the escrow told them."""
    place = {
        "invoice": token.invoice,
        "refund": Reason.REFUND.value,
        "first": first,
        "last": last,
    }
    return [
        Movement(position, sender, recipient, int(amount))
        for position, sender, recipient, amount in connection.execute(_MIRRORED, place).fetchall()
    ]


def told(source: Source, token: Token, through: int) -> Told:
    """What a token says of itself from its creation up to ledger `through`, as far as it is held.

    Raises what `source` raises, but for a gap: then it begins after it.
    """
    first, after = token.created, token.created - 1
    movements: list[Movement] = []
    unreadable: list[str] = []
    while after < through:
        try:
            batch = source.fetch(after)
        except GapError as gap:
            first, after = gap.last + 1, gap.last
            movements.clear()
            continue
        if batch is None:
            break
        decoded = decode_all(batch.events)
        movements += _movements((record.position, record.event) for record in decoded.records)
        unreadable += [event.reason for event in decoded.quarantined]
        after = batch.through.ledger
    last = min(after, through)
    return Told(first, last, [one for one in movements if one.position >> 32 <= last], unreadable)


def _movements(told: Iterable[tuple[int, Event]]) -> Iterator[Movement]:
    for position, event in told:
        match event:
            case events.Mint(to=to, amount=amount):
                yield Movement(position, None, to, amount)
            case events.Burn(from_=sender, amount=amount):
                yield Movement(position, sender, None, amount)
            case events.Transfer(from_=sender, to=to, amount=amount):
                yield Movement(position, sender, to, amount)
            case _:  # an allowance moves nothing
                pass


def compared(
    connection: psycopg.Connection, token: Token, opener: Opener, through: int
) -> Iterator[Finding]:
    """What of a token's movements up to ledger `through` the escrow's events do not say, or more.

    A token whose events nobody holds, or a source that is away, is said so, not grave.
    """
    name = f"token {token.address} of invoice {token.invoice.hex()}"
    try:
        with opener(token) as source:
            own = told(source, token, through)
    except (SourceUnavailableError, RpcUnavailableError, RpcError) as error:
        yield Finding(Check.TOKENS, f"{name} cannot be read: {error}", grave=False)
        return
    if own.first > token.created:
        yield Finding(
            Check.TOKENS, f"{name} can be read only from ledger {own.first} on", grave=False
        )
    for reason in own.unreadable:
        yield Finding(Check.TOKENS, f"an event of {name} cannot be read: {reason}")
    here = Counter(mirrored(connection, token, own.first, own.last))
    there = Counter(own.movements)
    for movement in sorted((there - here).elements(), key=_place):
        yield Finding(Check.TOKENS, f"{name} says {movement}, the escrow's events do not")
    for movement in sorted((here - there).elements(), key=_place):
        yield Finding(Check.TOKENS, f"{name} does not say {movement}, the escrow's events do")


def _place(movement: Movement) -> int:
    return movement.position

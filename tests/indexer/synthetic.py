"""Made-up histories of a platform in the shape of the contracts' events, from a seed.

Amounts add up (stakes to raised, payments to the waterfall's parts, payouts within the pool), so
that conservation can be checked; who does what and when is random.
"""

from __future__ import annotations

import hashlib
import itertools
import random
import struct
from collections.abc import Iterator

import msgspec

from contracts import events, strkey
from contracts.scval import encode_body
from contracts.wire import Address, Contract, Event
from indexer.sources.protocol import Deployment, RawEvent

START_LEDGER = 1_000
START_TIME = 1_900_000_000
FACE = 10**9


def address(name: str, kind: int = strkey.ACCOUNT) -> Address:
    """An address that belongs to `name`."""
    return strkey.encode(kind, hashlib.sha256(name.encode()).digest())


DEPLOYMENT = Deployment(
    escrow=address("escrow", strkey.CONTRACT),
    distributor=address("distributor", strkey.CONTRACT),
    start_ledger=START_LEDGER,
)
ASSET = address("asset", strkey.CONTRACT)


def scval(value: object) -> bytes:
    """SCVal XDR of a field's value; integers travel as i128."""
    if isinstance(value, bool):
        return struct.pack(">II", 0, value)
    if isinstance(value, int):
        return struct.pack(">I", 10) + value.to_bytes(16, "big", signed=True)
    if isinstance(value, bytes):
        return struct.pack(">I", 13) + _opaque(value)
    if isinstance(value, str):
        return (
            _address(value) if len(value) == 56 else struct.pack(">I", 15) + _opaque(value.encode())
        )
    if isinstance(value, dict):
        body = b"".join(scval(key) + scval(item) for key, item in sorted(value.items()))
        return struct.pack(">III", 17, 1, len(value)) + body
    raise TypeError(f"no SCVal for {value!r}")


def _opaque(raw: bytes) -> bytes:
    return struct.pack(">I", len(raw)) + raw + bytes(-len(raw) % 4)


def _address(text: str) -> bytes:
    version, payload = strkey.decode(text)
    kind = struct.pack(">II", 0, 0) if version == strkey.ACCOUNT else struct.pack(">I", 1)
    return struct.pack(">I", 18) + kind + payload


def body_of(event: Event) -> bytes:
    """The event as a contract emits it: optional fields that are None are absent."""
    kind = type(event)
    values = {
        field.encode_name: getattr(event, field.name) for field in msgspec.structs.fields(kind)
    }
    topics = [scval(kind.NAME), *(scval(values.pop(name)) for name in kind.TOPICS)]
    return encode_body(topics, scval({k: v for k, v in values.items() if v is not None}))


Told = tuple[Contract, Event]


class _Invoice:
    """One invoice's life: funded by several, released, paid in parts, paid out."""

    def __init__(self, number: int, holders: list[Address], chance: random.Random) -> None:
        self.id = hashlib.sha256(f"invoice {number}".encode()).digest()
        self._number = number
        self._chance = chance
        self._holders = chance.sample(holders, min(len(holders), chance.randint(2, 6)))
        self._seller = address(f"seller {number % 7}")
        self._seq = itertools.count(1)
        self._pool_seq = itertools.count(1)
        self._shares: dict[Address, int] = {}

    def told(self, transfers: int) -> Iterator[list[Told]]:
        """Its transactions, each a list of events in call order."""
        yield from self._listed()
        yield from self._funded()
        for _ in range(transfers):
            yield [self._transferred()]
        yield from self._repaid()

    def _escrow(self, event: Event) -> Told:
        return Contract.ESCROW, event

    def _listed(self) -> Iterator[list[Told]]:
        token = address(f"token {self._number}", strkey.CONTRACT)
        created = events.InvoiceCreated(
            id=self.id,
            seller=self._seller,
            debtor=address(f"debtor {self._number % 11}"),
            asset=ASSET,
            natural=hashlib.sha256(self.id).digest(),
            doc_hash=hashlib.sha256(self.id + b"d").digest(),
            face=FACE,
            target=FACE * 9 // 10,
            par=FACE * 95 // 100,
            min_raise=1,
            fee_bps=100,
            late_bps=10,
            late_cap_bps=1000,
            due_at=START_TIME + 90 * 86_400,
            deadline=START_TIME + 30 * 86_400,
            grace=86_400,
            release_delay=0,
            needs_ack=False,
            attempt=0,
            token=token,
            recovery=86_400,
            dispute_limit=86_400,
            ticket=1,
            seq=next(self._seq),
        )
        yield [self._escrow(created)]
        verifier = address("verifier")
        yield [self._escrow(events.InvoiceApproved(self.id, verifier, next(self._seq)))]
        yield [self._escrow(events.InvoicePublished(self.id, next(self._seq)))]

    def _funded(self) -> Iterator[list[Told]]:
        target, raised = FACE * 9 // 10, 0
        for place, holder in enumerate(self._holders):
            left = target - raised
            last = place == len(self._holders) - 1
            amount = left if last else self._chance.randint(1, left // 2)
            raised += amount
            self._shares[holder] = amount
            funded = events.EscrowFunded(self.id, holder, amount, amount, raised, next(self._seq))
            told = [self._escrow(funded)]
            if last:
                par_sold = FACE * 95 // 100
                closed = events.FundingClosed(
                    self.id, raised, par_sold, START_TIME, next(self._seq)
                )
                told.append(self._escrow(closed))
            yield told
        token = address(f"token {self._number}", strkey.CONTRACT)
        opened = events.PoolOpened(self.id, token, ASSET, FACE * 95 // 100, next(self._pool_seq))
        released = events.FundsReleased(self.id, self._seller, raised, next(self._seq))
        yield [(Contract.DISTRIBUTOR, opened), self._escrow(released)]

    def _transferred(self) -> Told:
        giver, taker = self._chance.sample(self._holders, 2)
        amount = self._chance.randint(0, self._shares[giver])
        self._shares[giver] -= amount
        self._shares[taker] += amount
        return self._escrow(
            events.ShareTransferred(
                self.id, giver, taker, amount, self._shares[giver], self._shares[taker]
            )
        )

    def _repaid(self) -> Iterator[list[Told]]:
        fee, investors = FACE // 100, FACE * 95 // 100
        parts = {"late": 0, "fee": fee, "investors": investors, "seller": FACE - fee - investors}
        supply = FACE * 9 // 10
        index = -(-investors * 10**18 // supply)
        distributed = events.DistributionRecorded(
            id=self.id, index=index, seq=next(self._pool_seq), **parts
        )
        paid = events.PaymentRecorded(
            id=self.id,
            payer=self._seller,
            amount=FACE,
            late=0,
            fee=fee,
            investors=investors,
            seller=parts["seller"],
            paid=FACE,
            outstanding=0,
            seq=next(self._seq),
        )
        settled = events.PaymentSettled(self.id, FACE, 0, next(self._seq))
        yield [
            (Contract.DISTRIBUTOR, distributed),
            self._escrow(paid),
            self._escrow(settled),
        ]
        claimed = 0
        for holder, shares in self._shares.items():
            amount = min(shares * index // 10**18, investors - claimed)
            if amount:
                claimed += amount
                payout = events.Payout(self.id, holder, amount, claimed, next(self._pool_seq))
                yield [(Contract.DISTRIBUTOR, payout)]


def story(seed: int, invoices: int, *, holders: int = 20, transfers: int = 5) -> list[list[Told]]:
    """Both contracts' first events, then `invoices` invoices, each in its order, interleaved."""
    chance = random.Random(seed)  # a seed is the point
    people = [address(f"holder {number}") for number in range(holders)]
    lives = [_Invoice(number, people, chance).told(transfers) for number in range(invoices)]
    owner = events.OwnerAccepted(owner=address("owner"))
    told: list[list[Told]] = [[(Contract.ESCROW, owner)], [(Contract.DISTRIBUTOR, owner)]]
    while lives:
        place = chance.randrange(min(len(lives), 50))
        if (transaction := next(lives[place], None)) is None:
            del lives[place]
        else:
            told.append(transaction)
    return told


def ledgers(
    seed: int, transactions: list[list[Told]], *, per_ledger: int = 4, empty: int = 3
) -> list[RawEvent]:
    """The raw events of `transactions`, spread over ledgers with runs of empty ones between."""
    chance = random.Random(seed)  # a seed is the point
    raw: list[RawEvent] = []
    ledger, order = START_LEDGER, 1
    for number, transaction in enumerate(transactions):
        if order > per_ledger or chance.random() < 1 / per_ledger:
            ledger += 1 + chance.randint(0, empty)
            order = 1
        raw.extend(
            RawEvent(
                position=ledger << 32 | order << 12,
                index=index,
                contract=contract,
                closed_at=close_time(ledger),
                tx_hash=hashlib.sha256(f"{seed} {number}".encode()).digest(),
                body=body_of(event),
            )
            for index, (contract, event) in enumerate(transaction)
        )
        order += 1
    return raw


def close_time(ledger: int) -> int:
    """When a ledger of these histories closed, Unix seconds."""
    return START_TIME + 5 * (ledger - START_LEDGER)

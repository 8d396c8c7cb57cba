"""From what happened to who is told: rows, and jobs for what leaves the house.

All of it is written in the transaction that knows that it happened: the worker's with its cursor,
or the one that concludes an intent.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from api.database import Connection
from api.happened import Happened, Happening
from api.jobs.outbox import Kind as JobKind
from api.jobs.outbox import enqueue
from api.live.hints import hint_all
from api.notifications import store
from api.notifications.kinds import KINDS, OF_INTENTS
from api.notifications.store import New
from api.reads import read
from api.transactions.store import Stored
from api.watching import store as watching
from projections import parties
from projections.query import Query

T = TypeVar("T")

TOPIC = "notifications"


class Letter(msgspec.Struct, frozen=True):
    """A notification to send by mail."""

    notification: int


class Delivery(msgspec.Struct, frozen=True):
    """A delivery to make to a webhook."""

    delivery: uuid.UUID


MAIL = JobKind(name="mail", payload=Letter, seconds=60.0)
HOOK = JobKind(name="webhook", payload=Delivery, seconds=30.0)


class _Part(msgspec.Struct, frozen=True):
    invoice: str
    ledger: int
    address: str
    part: str


class _Received(msgspec.Struct, frozen=True):
    position: int
    index: int
    address: str


class _OnDuty(msgspec.Struct, frozen=True):
    duty: str
    address: str


class Telling:
    """Tells people; `mail` says whether this platform can send any."""

    def __init__(self, *, mail: bool) -> None:
        self._mail = mail

    async def of_happened(self, connection: Connection, happened: Happened) -> None:
        """Tell everybody concerned by what happened on the contracts."""
        told = [one for one in happened.happenings if one.event in KINDS]
        if told:
            people = await _people(connection, told)
            await self.tell(connection, list(_news(told, people)))

    async def of_intent(self, connection: Connection, stored: Stored) -> None:
        """Tell the owner of an intent of which nothing has come."""
        outcome = stored.outcome
        if outcome is None or outcome.status not in OF_INTENTS:
            return
        step = outcome.steps[-1]
        new = New(
            owner=stored.owner,
            key=f"intent-{stored.built.id}",
            kind=OF_INTENTS[outcome.status],
            topic="transaction",
            ledger=step.ledger,
            time=step.at,
            invoice=stored.built.invoice_id,
            intent=uuid.UUID(stored.built.id),
        )
        await self.tell(connection, [new])

    async def tell(self, connection: Connection, new: Sequence[New]) -> None:
        """Keep notifications, and promise to send them wherever their owners want them."""
        kept = await store.insert(connection, new)
        if not kept:
            return
        if self._mail:
            for number in await store.by_mail(connection, list(kept)):
                await enqueue(connection, MAIL, str(number), Letter(number))
        for delivery in await store.by_hook(connection, list(kept)):
            await enqueue(connection, HOOK, f"{delivery}:0", Delivery(delivery))
        await hint_all(connection, sorted(set(kept.values())), TOPIC)


class _People(msgspec.Struct, frozen=True):
    """Who is concerned: by invoice, ledger and part, by what they do, by what they received."""

    parts: dict[tuple[str | None, int, str], list[str]]
    duties: dict[str, list[str]]
    received: dict[tuple[int, int], str]

    def of(self, one: Happening) -> Iterator[str]:
        """Everybody concerned by an event; some perhaps twice."""
        for who in KINDS[one.event].people:
            if who == "actor":
                yield from () if one.actor is None else (one.actor,)
            elif who == "recipient":
                there = self.received.get((one.position, one.index))
                yield from () if there is None else (there,)
            else:
                yield from self.parts.get((one.invoice, one.ledger, who), ())
                yield from self.duties.get(who, ())


async def on_duty(connection: Connection, duties: Collection[str]) -> list[str]:
    """Who does one of these duties on the platform."""
    found = await _all(connection, parties.on_duty(), tuple[_OnDuty, ...])
    return sorted({one.address for one in found if one.duty in duties})


async def _people(connection: Connection, told: Iterable[Happening]) -> _People:
    about = {(bytes.fromhex(one.invoice), one.ledger) for one in told if one.invoice is not None}
    moved = [one.position for one in told if "recipient" in KINDS[one.event].people]
    parts: dict[tuple[str | None, int, str], list[str]] = defaultdict(list)
    duties: dict[str, list[str]] = defaultdict(list)
    for part in await _all(connection, parties.at(about), tuple[_Part, ...]):
        parts[part.invoice, part.ledger, part.part].append(part.address)
    for watcher in await watching.watchers(connection, {invoice for invoice, _ in about}):
        for invoice, ledger in about:
            if invoice.hex() == watcher["invoice"]:
                parts[watcher["invoice"], ledger, "watcher"].append(watcher["owner"])
    for duty in await _all(connection, parties.on_duty(), tuple[_OnDuty, ...]):
        duties[duty.duty].append(duty.address)
    received = await _all(connection, parties.recipients(moved), tuple[_Received, ...])
    return _People(parts, duties, {(one.position, one.index): one.address for one in received})


async def _all(connection: Connection, query: Query, kind: type[T]) -> T:
    return msgspec.json.decode((await read(connection, query)).body or b"[]", type=kind)


def _news(told: Iterable[Happening], people: _People) -> Iterator[New]:
    for one in told:
        common: dict[str, Any] = {
            "key": f"{one.position}-{one.index}",
            "kind": one.event,
            "topic": KINDS[one.event].topic,
            "ledger": one.ledger,
            "time": one.time,
            "invoice": one.invoice,
            "actor": one.actor,
            "amount": None if one.amount is None else str(one.amount),
        }
        for owner in dict.fromkeys(people.of(one)):
            yield New(owner=owner, **common)

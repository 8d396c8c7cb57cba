"""Queues of what waits on the chain, members, and the state of the system."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from api.admin import store
from api.admin.schemas import (
    DeadJob,
    DisputeItem,
    Disputes,
    Gap,
    MemberItem,
    Members,
    Queue,
    ReviewItem,
    Reviews,
    System,
    Troubles,
    Waiting,
)
from api.audit.log import record
from api.database import Connection, Database
from api.errors import Problem
from api.health import network_of
from api.jobs import desk
from api.reads import Meta, Read, read
from api.roles import Roles
from api.stellar import Ledger
from api.tokens import Subject
from projections import details, members, queues

W = TypeVar("W", bound=Waiting)

_MOST = 200


class Administration:
    """What the platform's own people see."""

    def __init__(self, database: Database, ledger: Ledger, roles: Roles) -> None:
        self._database = database
        self._ledger = ledger
        self._roles = roles

    async def reviews(self, by: Subject) -> Reviews:
        """Invoices to review, with who looks after each."""
        async with self._database.staff(by.owner, await self._roles.of(by)) as connection:
            found = await read(connection, queues.to_review(_MOST))
            return Reviews(*await _assigned(connection, "reviews", found, tuple[ReviewItem, ...]))

    async def disputes(self, by: Subject) -> Disputes:
        """Disputes to rule on, with who looks after each."""
        async with self._database.staff(by.owner, await self._roles.of(by)) as connection:
            found = await read(connection, queues.in_dispute(_MOST))
            kind = tuple[DisputeItem, ...]
            return Disputes(*await _assigned(connection, "disputes", found, kind))

    async def assign(self, by: Subject, queue: Queue, invoice: bytes) -> None:
        """Look after an invoice from now on; raises "not-found"."""
        async with self._database.staff(by.owner, await self._roles.of(by)) as connection:
            if (await read(connection, details.by_id(invoice))).body is None:
                raise Problem("not-found", "There is no invoice of that id.")
            await store.assign(connection, queue, invoice, by.owner)
            await record(connection, by.owner, f"{queue}.assign", invoice.hex())

    async def members(self, limit: int, after: str) -> Members:
        """A page of everybody who was ever a member or holds a role."""
        async with self._database.public() as connection:
            found = await read(connection, members.listed(limit + 1, after))
        items = msgspec.json.decode(found.body or b"[]", type=tuple[MemberItem, ...])
        following = items[limit - 1].address if len(items) > limit else None
        return Members(items[:limit], following, Meta(found.ledger, found.time))

    async def system(self) -> System:
        """Node, read models, worker and outbox, all at once."""
        async with self._database.worker() as connection:
            stand = await store.stand(connection)
        newest, node_time = await self._node()
        ledger, closed_at = stand["ledger"], stand["closed_at"]
        return System(
            node="unreachable" if newest is None else "answers",
            network=await network_of(self._ledger),
            newest_ledger=newest,
            as_of_ledger=ledger,
            lag_ledgers=None if newest is None else max(0, newest - ledger),
            lag_seconds=None if node_time is None else max(0, node_time - closed_at),
            first_ledger=stand["first"],
            whole_through=stand["whole_through"],
            gaps=tuple(Gap(gap["first"], gap["last"]) for gap in stand["gaps"]),
            quarantined=stand["quarantined"],
            missed=stand["missed"],
            failed_transactions=stand["failed"],
            worker_ledger=stand["worker"],
            jobs=stand["jobs"],
        )

    async def troubles(self) -> Troubles:
        """Dead jobs, events in quarantine, drifts of money, documents by state."""
        async with self._database.worker() as connection:
            found = await store.troubles(connection)
            dead = await desk.jobs(connection, "dead", 100)
        jobs = [
            DeadJob(
                number=job.number,
                kind=job.kind,
                tries=job.tries,
                error=job.error,
                ended_at=int((job.ended_at or job.due_at).timestamp()),
            )
            for job in dead
        ]
        return msgspec.convert({**found, "jobs": jobs}, Troubles)

    async def retry(self, by: Subject, number: int) -> None:
        """Let a dead job try again; raises "not-found" where there is none of that number."""
        async with self._database.worker() as connection:
            if not await desk.retry(connection, number):
                raise Problem("not-found", "There is no dead job of that number.")
            await record(connection, by.owner, "jobs.retry", str(number))

    async def _node(self) -> tuple[int | None, int | None]:
        try:
            health = await self._ledger.health()
        except Problem:
            return None, None
        return health.latest_ledger, health.latest_ledger_close_time


async def _assigned(
    connection: Connection, queue: Queue, found: Read, kind: type[tuple[W, ...]]
) -> tuple[tuple[W, ...], Meta]:
    """What waits, with who looks after each."""
    assigned = await store.assigned(connection, queue)
    items = msgspec.json.decode(found.body or b"[]", type=kind)
    shown = tuple(
        msgspec.structs.replace(item, assignee=assigned.get(item.invoice.id)) for item in items
    )
    return shown, Meta(found.ledger, found.time)

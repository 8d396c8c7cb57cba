"""Gathers what waits: on the ledger from the read models, in `app` from one's own rows."""

from __future__ import annotations

import msgspec

from api.database import Connection, Database
from api.notifications import store as notifications
from api.reads import Meta, Read, read
from api.roles import Roles
from api.todos.schemas import Badges, Todo, Todos
from api.tokens import Subject
from projections import queues, todos

_MOST = 200
_OPEN = """
SELECT id::text, (built->>'valid_until')::bigint AS due_by FROM app.intent
WHERE owner = %(owner)s AND (outcome IS NULL OR outcome->>'status' IN ('built', 'submitted'))
  AND (built->>'valid_until')::bigint > %(now)s
ORDER BY number DESC LIMIT 50
"""
_DOCUMENTS = """
SELECT id::text FROM app.document WHERE owner = %s AND state = 'needs_review'
ORDER BY created_at, id LIMIT 50
"""
_KYC = """
SELECT count(*) AS waiting FROM app.kyc_case WHERE owner = %s
  AND (status = 'NEEDS_INFO' OR (status = 'ACCEPTED' AND expires_at <= now()))
"""
_CASES = "SELECT count(*) AS waiting FROM app.kyc_case WHERE status = 'PROCESSING' AND owner <> %s"
_REVIEWS = frozenset({"verifier", "staff:operations", "staff:risk"})
_DISPUTES = frozenset({"arbiter", "staff:operations", "staff:risk"})
_COMPLIANCE = frozenset({"compliance", "staff:compliance"})


class _Sum(msgspec.Struct, frozen=True):
    asset: str
    amount: str


class Waiting:
    """What waits for somebody."""

    def __init__(self, database: Database, roles: Roles) -> None:
        self._database = database
        self._roles = roles

    async def todos(self, by: Subject) -> Todos:
        """All of it, 200 of the ledger's at most; raises "not-read-yet"."""
        roles = await self._roles.of(by)
        async with self._database.staff(by.owner, roles) as connection:
            found, on_ledger = await _on_ledger(connection, by)
            own = await _own(connection, by.owner, found.time)
            staff = await _staff(connection, by.owner, roles)
        waiting = sorted((*own, *on_ledger, *staff), key=_soonest)
        return Todos(tuple(waiting), Meta(found.ledger, found.time))

    async def badges(self, by: Subject) -> Badges:
        """How much of what; raises "not-read-yet"."""
        waiting = await self.todos(by)
        async with self._database.private(by.owner) as connection:
            unread = await notifications.unread(connection, by.owner)
            found = await read(connection, todos.claimable(by.address))
        sums = msgspec.json.decode(found.body or b"[]", type=tuple[_Sum, ...])
        return Badges(
            todos=sum(one.count for one in waiting.data),
            unread=unread,
            open_transactions=sum(one.kind == "sign" for one in waiting.data),
            claimable={} if by.shared else {one.asset: one.amount for one in sums},
            meta=waiting.meta,
        )


def _soonest(todo: Todo) -> float:
    return float("inf") if todo.due_by is None else todo.due_by


async def _on_ledger(connection: Connection, by: Subject) -> tuple[Read, tuple[Todo, ...]]:
    """What waits for the account; of a shared account nothing is any one person's."""
    found = await read(connection, todos.of(by.address))
    items = msgspec.json.decode(found.body or b"[]", type=tuple[Todo, ...])
    return found, () if by.shared else items


async def _own(connection: Connection, owner: str, now: int) -> list[Todo]:
    values = {"owner": owner, "now": now}
    intents = await (await connection.execute(_OPEN, values)).fetchall()
    documents = await (await connection.execute(_DOCUMENTS, (owner,))).fetchall()
    return [
        *(Todo(kind="sign", id=row["id"], due_by=row["due_by"]) for row in intents),
        *(Todo(kind="review-document", id=row["id"]) for row in documents),
        *await _counted(connection, "answer-kyc", _KYC, owner),
    ]


async def _staff(connection: Connection, owner: str, roles: frozenset[str]) -> list[Todo]:
    waiting: list[Todo] = []
    if roles & _REVIEWS:
        found = await read(connection, queues.to_review(_MOST))
        waiting += _together("review-invoice", found)
    if roles & _DISPUTES:
        waiting += _together("rule-dispute", await read(connection, queues.in_dispute(_MOST)))
    if roles & _COMPLIANCE:
        waiting += await _counted(connection, "decide-kyc", _CASES, owner)
    return waiting


def _together(kind: str, found: Read) -> list[Todo]:
    count = len(msgspec.json.decode(found.body or b"[]"))
    return [msgspec.convert({"kind": kind, "count": count}, Todo)] if count else []


async def _counted(connection: Connection, kind: str, statement: str, owner: str) -> list[Todo]:
    row = await (await connection.execute(statement.encode(), (owner,))).fetchone()
    count = 0 if row is None else int(row["waiting"])
    return [msgspec.convert({"kind": kind, "count": count}, Todo)] if count else []

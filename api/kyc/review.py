"""The staff's half: a queue, cases opened with a trace, and decisions that two people make."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from api.audit.log import record
from api.database import Connection, Database
from api.errors import Problem, invalid_field
from api.kyc import store
from api.kyc.fields import FIELDS
from api.kyc.schemas import (
    Acceptance,
    Approval,
    Case,
    Decided,
    OpenAcceptance,
    OpenCase,
    Question,
    Rejection,
    Status,
)
from api.kyc.sealing import opened
from api.kyc.service import Kyc
from api.roles import Roles
from api.tokens import Subject, account_of
from api.transactions.actions import ACTIONS
from api.transactions.requests import SetMember
from api.transactions.service import Intents
from api.values import AnyAddress

COMPLIANCE = "compliance"


class Review:
    """Cases as compliance sees and decides them."""

    def __init__(self, database: Database, kyc: Kyc, roles: Roles, intents: Intents) -> None:
        self._database = database
        self._kyc = kyc
        self._roles = roles
        self._intents = intents

    async def queue(self, by: Subject, status: Status, limit: int) -> tuple[Case, ...]:
        """Cases of a status, what is due first at the front."""
        async with self._database.staff(by.owner, await self._roles.of(by)) as connection:
            rows = await store.queue(connection, status, limit)
        return tuple(msgspec.convert(row, Case) for row in rows)

    async def open(self, by: Subject, case: uuid.UUID) -> OpenCase:
        """What was told, in clear; that it was opened, and by whom, is logged."""
        async with self._case(by, case) as (connection, row):
            inside = self._kyc.keys.unwrap(case, store.wrapped_of(row))
            fields = opened(inside.data_key, case, row["fields"])
            await record(connection, by.owner, "kyc.open", str(case))
        return msgspec.convert({**_shown(row), "fields": fields}, OpenCase)

    async def acceptances(self, by: Subject, owner: str) -> tuple[Acceptance, ...]:
        """What was ever accepted of somebody, whatever he told or erased since."""
        async with self._database.staff(by.owner, await self._roles.of(by)) as connection:
            rows = await store.acceptances(connection, owner)
        return tuple(msgspec.convert(row, Acceptance) for row in rows)

    async def acceptance(self, by: Subject, which: uuid.UUID) -> OpenAcceptance:
        """On what it was accepted, in clear; logged as opening a case is."""
        async with self._database.staff(by.owner, await self._roles.of(by)) as connection:
            row = await store.acceptance(connection, which)
            if row is None:
                raise Problem("not-found", "There is no acceptance of that id.")
            inside = self._kyc.keys.unwrap(row["case_id"], store.wrapped_of(row))
            fields = opened(inside.data_key, row["case_id"], row["fields"])
            about = str(row["case_id"])
            await record(connection, by.owner, "kyc.open", about, acceptance=row["id"])
        return msgspec.convert({**row, "fields": fields}, OpenAcceptance)

    async def assign(self, by: Subject, case: uuid.UUID) -> Case:
        """Look after a case from now on."""
        async with self._case(by, case) as (connection, _):
            await store.assign(connection, case, by.owner)
            await record(connection, by.owner, "kyc.assign", str(case))
            return await self._again(connection, case)

    async def approve(self, by: Subject, case: uuid.UUID, given: Approval) -> Decided:
        """The first or the second approval; with the second the case is accepted.

        Raises "kyc-changed", "kyc-undecidable", "four-eyes".
        """
        async with self._decidable(by, case, given.revision) as (connection, row):
            about, what = str(case), {"revision": given.revision}
            if row["first_approver"] is None:
                await store.first(connection, case, by.owner)
                await record(connection, by.owner, "kyc.approve-first", about, **what)
                return Decided(case=await self._again(connection, case))
            if row["first_approver"] == by.owner:
                raise Problem("four-eyes", "You approved it already: another has to as well.")
            await store.decide(connection, case, status="ACCEPTED", by=by.owner, days=given.days)
            kept = str(await store.keep(connection, case))
            log = {**what, "days": given.days, "acceptance": kept}
            await record(connection, by.owner, "kyc.approve", about, **log)
            accepted = await self._again(connection, case)
        return await self._admitted(by, accepted)

    async def admit(self, by: Subject, case: uuid.UUID) -> Decided:
        """The transaction that admits the member of an accepted case; raises "kyc-undecidable"."""
        async with self._case(by, case) as (_, row):
            found = msgspec.convert(_shown(row), Case)
        if found.status != "ACCEPTED":
            raise Problem("kyc-undecidable", "Only an accepted case admits a member.")
        return await self._admitted(by, found)

    async def reject(self, by: Subject, case: uuid.UUID, given: Rejection) -> Case:
        """Refuse a case; one is enough for that."""
        return await self._decide(by, case, given.revision, "REJECTED", given.message, ())

    async def ask(self, by: Subject, case: uuid.UUID, given: Question) -> Case:
        """Want some fields anew."""
        return await self._decide(
            by, case, given.revision, "NEEDS_INFO", given.message, given.fields
        )

    async def _decide(
        self,
        by: Subject,
        case: uuid.UUID,
        revision: int,
        status: Status,
        message: str,
        asked: tuple[str, ...],
    ) -> Case:
        async with self._decidable(by, case, revision) as (connection, row):
            if unknown := [name for name in asked if name not in FIELDS[row["kind"]]]:
                raise invalid_field("/fields", f"This is not asked: {unknown[0]}.")
            await store.decide(
                connection, case, status=status, by=by.owner, message=message, asked=list(asked)
            )
            did = {"revision": revision, "asked": list(asked)}
            await record(connection, by.owner, f"kyc.{status.lower()}", str(case), **did)
            return await self._again(connection, case)

    async def _admitted(self, by: Subject, case: Case) -> Decided:
        """With the body of `set-member`, and built for whoever may sign it."""
        address, until = account_of(case.owner), case.expires_at or 0
        member = {"address": address, "until": until, "frozen": False}
        if COMPLIANCE not in await self._roles.of(by):
            return Decided(case=case, member=member)
        body = SetMember(address=AnyAddress(address), until=until, frozen=False)
        key = f"kyc {case.id} {case.revision} {until}"
        intent = await self._intents.build(by.owner, ACTIONS["set-member"], body, key=key)
        return Decided(case=case, member=member, intent=intent)

    @asynccontextmanager
    async def _case(
        self, by: Subject, case: uuid.UUID
    ) -> AsyncIterator[tuple[Connection, dict[str, Any]]]:
        async with self._database.staff(by.owner, await self._roles.of(by)) as connection:
            row = await store.by_id(connection, case)
            if row is None:
                raise Problem("not-found", "There is no case of that id.")
            yield connection, row

    @asynccontextmanager
    async def _decidable(
        self, by: Subject, case: uuid.UUID, revision: int
    ) -> AsyncIterator[tuple[Connection, dict[str, Any]]]:
        """A case that waits for a decision on what was read, not by the person himself."""
        async with self._case(by, case) as (connection, row):
            if row["owner"] == by.owner:
                raise Problem("four-eyes", "Nobody decides on himself.")
            if row["status"] != "PROCESSING":
                raise Problem("kyc-undecidable")
            if row["revision"] != revision:
                raise Problem("kyc-changed")
            yield connection, row

    async def _again(self, connection: Connection, case: uuid.UUID) -> Case:
        row = await store.by_id(connection, case)
        return msgspec.convert(_shown(row or {}), Case)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in Case.__struct_fields__}

"""Organisations: founded by somebody, joined by invitation, never without an owner."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from api.audit.log import record
from api.database import Connection, Database
from api.errors import Problem
from api.limits.holdings import count_of, has_room
from api.organisations import store
from api.organisations.schemas import (
    InvitationRequest,
    Member,
    NewInvitation,
    Organisation,
    OrganisationRequest,
    Role,
    Whole,
)

_OWNER: Role = "owner"
_MOST = 20
_COUNT = count_of("organisation_member")


class Organisations:
    """Everybody's organisations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def own(self, owner: str) -> tuple[Organisation, ...]:
        """Those somebody belongs to, by name."""
        async with self._database.private(owner) as connection:
            rows = await store.own(connection, owner)
        return tuple(msgspec.convert(row, Organisation) for row in rows)

    async def found(self, owner: str, wanted: OrganisationRequest) -> Organisation:
        """A new one, whose first owner is whoever founds it; raises "too-many"."""
        organisation = uuid.uuid4()
        async with self._database.private(owner) as connection:
            await _require_room(connection, owner)
            await store.insert(connection, organisation, wanted.name, wanted.tax_id)
            await store.join(connection, organisation, owner, _OWNER)
            await record(connection, owner, "organisation.found", str(organisation))
            (row,) = await store.own(connection, owner, organisation)
        return msgspec.convert(row, Organisation)

    async def whole(self, owner: str, organisation: uuid.UUID) -> Whole:
        """One of them with everybody in it; raises "not-found"."""
        async with self._within(owner, organisation) as (connection, row):
            members = await store.members(connection, organisation)
            may_see = row["role"] == _OWNER
            invited = await store.invitations(connection, organisation) if may_see else []
        return msgspec.convert({**row, "members": members, "invitations": invited}, Whole)

    async def describe(
        self, owner: str, organisation: uuid.UUID, wanted: OrganisationRequest
    ) -> Organisation:
        """Describe it anew, as an owner."""
        async with self._as_owner(owner, organisation) as connection:
            await store.update(connection, organisation, wanted.name, wanted.tax_id)
            await record(connection, owner, "organisation.describe", str(organisation))
            (row,) = await store.own(connection, owner, organisation)
        return msgspec.convert(row, Organisation)

    async def set_role(
        self, owner: str, organisation: uuid.UUID, member: str, role: Role
    ) -> Member:
        """Let a member do more or less, as an owner; raises "last-owner"."""
        async with self._as_owner(owner, organisation) as connection:
            members = await self._members(connection, organisation, member)
            if role != _OWNER:
                _keep_an_owner(members, member)
            await store.set_role(connection, organisation, member, role)
            about = str(organisation)
            await record(connection, owner, "organisation.role", about, member=member, role=role)
        return msgspec.structs.replace(members[member], role=role)

    async def remove(self, owner: str, organisation: uuid.UUID, member: str) -> None:
        """Take a member out, as an owner; anybody may leave; raises "last-owner"."""
        async with self._within(owner, organisation) as (connection, row):
            if member != owner and row["role"] != _OWNER:
                raise Problem("forbidden", "Only owners of the organisation may do this.")
            _keep_an_owner(await self._members(connection, organisation, member), member)
            await store.leave(connection, organisation, member)
            about = str(organisation)
            await record(connection, owner, "organisation.remove", about, member=member)

    async def invite(
        self, owner: str, organisation: uuid.UUID, wanted: InvitationRequest
    ) -> NewInvitation:
        """A link for one person, the only time that its token is told; raises "too-many"."""
        token = secrets.token_urlsafe(32)
        values = {
            "id": uuid.uuid4(),
            "organisation": organisation,
            "role": wanted.role,
            "digest": _digest(token),
            "by": owner,
            "days": wanted.days,
        }
        async with self._as_owner(owner, organisation) as connection:
            await store.lock(connection, organisation)
            if len(await store.invitations(connection, organisation)) >= _MOST:
                raise Problem("too-many", f"{_MOST} invitations are open: withdraw one first.")
            row = await store.invite(connection, values)
            did = {"invitation": row["id"], "role": wanted.role, "days": wanted.days}
            await record(connection, owner, "organisation.invite", str(organisation), **did)
        return msgspec.convert({**row, "token": token}, NewInvitation)

    async def withdraw(self, owner: str, organisation: uuid.UUID, invitation: uuid.UUID) -> None:
        """End an invitation, as an owner; raises "not-found"."""
        async with self._as_owner(owner, organisation) as connection:
            if not await store.withdraw(connection, organisation, invitation):
                raise Problem("not-found", "There is no open invitation of that id.")
            about, which = str(organisation), str(invitation)
            await record(connection, owner, "organisation.withdraw", about, invitation=which)

    async def accept(self, owner: str, token: str) -> Organisation:
        """Join by a link, once; a member stays what he was.

        Raises "invitation-over", "too-many".
        """
        async with self._database.private(owner) as connection:
            await _require_room(connection, owner)
            invited = await store.accept(connection, _digest(token), owner)
            if invited is None:
                raise Problem("invitation-over")
            organisation = invited["organisation"]
            await store.within(connection, organisation)
            if await store.join(connection, organisation, owner, invited["role"]):
                about, role = str(organisation), invited["role"]
                await record(connection, owner, "organisation.join", about, role=role)
            (row,) = await store.own(connection, owner, organisation)
        return msgspec.convert(row, Organisation)

    async def _members(
        self, connection: Connection, organisation: uuid.UUID, member: str
    ) -> dict[str, Member]:
        """Everybody, while nobody else may change that; `member` must be one of them."""
        await store.lock(connection, organisation)
        rows = await store.members(connection, organisation)
        members = {row["owner"]: msgspec.convert(row, Member) for row in rows}
        if member not in members:
            raise Problem("not-found", "This is no member of the organisation.")
        return members

    @asynccontextmanager
    async def _within(
        self, owner: str, organisation: uuid.UUID
    ) -> AsyncIterator[tuple[Connection, dict[str, Any]]]:
        """A transaction that sees all of an organisation, for those who belong to it."""
        async with self._database.private(owner) as connection:
            rows = await store.own(connection, owner, organisation)
            if not rows:
                raise Problem("not-found", "You belong to no organisation of that id.")
            await store.within(connection, organisation)
            yield connection, rows[0]

    @asynccontextmanager
    async def _as_owner(self, owner: str, organisation: uuid.UUID) -> AsyncIterator[Connection]:
        async with self._within(owner, organisation) as (connection, row):
            if row["role"] != _OWNER:
                raise Problem("forbidden", "Only owners of the organisation may do this.")
            yield connection


async def _require_room(connection: Connection, owner: str) -> None:
    if not await has_room(connection, owner, _COUNT, _MOST):
        raise Problem("too-many", f"You belong to {_MOST} organisations.")


def _keep_an_owner(members: dict[str, Member], leaving: str) -> None:
    if all(one.role != _OWNER for name, one in members.items() if name != leaving):
        raise Problem("last-owner")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

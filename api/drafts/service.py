"""Drafts: begun, changed by one who saw the newest version, checked, and published as an intent."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from api.config import ApiConfig
from api.database import Connection, Database
from api.documents.facts import Facts
from api.drafts import store
from api.drafts.merging import differences, merged
from api.drafts.rules import Bounds, faults
from api.drafts.schemas import Change, Content, Draft, DraftPage, DraftRequest, DraftSummary
from api.errors import FieldFault, Problem
from api.limits.holdings import count_of, has_room
from api.organisations import store as organisations
from api.reads import Meta, read
from api.tokens import account_of
from api.transactions.actions import ACTIONS
from api.transactions.requests import CreateEscrow
from api.transactions.schemas import Intent
from api.transactions.service import Intents
from api.values import decode, encode
from projections import platform

MOST, MOST_VERSIONS = 500, 1_000
_COUNT = count_of("draft")
_IDENTITY = ("seller_tax_id", "debtor_tax_id", "number", "amount", "currency", "issue_date")
_WRITERS = ("owner", "editor")


class Drafts:
    """Everybody's drafts, each seen by its owner or by the members of its organisation."""

    def __init__(self, config: ApiConfig, database: Database, intents: Intents) -> None:
        self._platform = (config.escrow, config.distributor)
        self._database = database
        self._intents = intents

    async def begin(self, owner: str, wanted: DraftRequest, facts: Facts | None) -> Draft:
        """A new draft, filled in with what a confirmed document says where nothing else is told.

        Raises "too-many", "not-found" for an organisation in which one may not write.
        """
        told = _plain(wanted)
        organisation = told.pop("organisation_id", None)
        content = told if facts is None else merged(_of_document(facts), told)
        draft = uuid.uuid4()
        async with self._database.private(owner) as connection:
            if not await has_room(connection, owner, _COUNT, MOST):
                raise Problem("too-many", f"You have {MOST} drafts: throw one away first.")
            if organisation is not None:
                await _require_writer(connection, owner, organisation)
            await store.insert(connection, draft, owner, wanted.organisation_id, content)
            await store.note(connection, draft, 1, owner, "begin", differences({}, content))
            return await self._whole(connection, owner, draft)

    async def page(
        self,
        owner: str,
        *,
        organisation: uuid.UUID | None,
        words: str | None,
        after: int | None,
        limit: int,
    ) -> DraftPage:
        """Drafts that somebody may see, the newest first."""
        async with self._database.private(owner) as connection:
            rows = await store.page(
                connection, organisation=organisation, words=words, after=after, limit=limit + 1
            )
        shown = tuple(msgspec.convert(row, DraftSummary) for row in rows[:limit])
        return DraftPage(shown, shown[-1].cursor if len(rows) > limit else None)

    async def one(self, owner: str, draft: uuid.UUID) -> Draft:
        """A draft with what stands against publishing it; raises "not-found"."""
        async with self._database.private(owner) as connection:
            return await self._whole(connection, owner, draft)

    async def change(
        self, owner: str, draft: uuid.UUID, seen: int | None, change: Mapping[str, Any]
    ) -> Draft:
        """Merge a change (RFC 7396) into the version that was seen.

        Raises "not-found", "precondition-required" where nothing was seen, "precondition-failed"
        where something else was, "draft-done" once it is on the ledger, "too-many" after 1,000
        changes: the history keeps every one.
        """
        async with self._writing(owner, draft, seen) as (connection, row):
            content = merged(row["content"], change)
            if changes := differences(row["content"], content):
                if row["version"] >= MOST_VERSIONS:
                    raise Problem("too-many", "It was changed too often: begin another draft.")
                version = await store.update(connection, draft, content)
                await store.note(connection, draft, version, owner, "change", changes)
            return await self._whole(connection, owner, draft)

    async def discard(self, owner: str, draft: uuid.UUID, seen: int | None) -> None:
        """Throw it away, as it was seen; raises "not-found", "precondition-failed"."""
        async with self._writing(owner, draft, seen, done=True) as (connection, _):
            await store.delete(connection, draft)

    async def publish(self, owner: str, draft: uuid.UUID, seen: int | None) -> Intent:
        """Build the transaction that puts it on the ledger, and keep which it is: a new version.

        Who was cut off before that gets the same one for the same version; who lost the answer
        finds it by the draft's `intent_id`. Raises "invalid-field" with every pointer that is
        wrong, and whatever the ledger refuses.
        """
        found = await self.one(owner, draft)
        _require_version(found.version, seen)
        if found.state == "on_ledger":
            raise Problem("draft-done")
        if found.problems:
            raise Problem("invalid-field", found.problems[0].detail, faults=found.problems)
        content = msgspec.convert(found.content, Content, dec_hook=decode)
        key = f"draft {draft} {found.version} {owner}"
        body = _escrow(content)
        intent = await self._intents.build(owner, ACTIONS["create-escrow"], body, key=key)
        if intent.invoice_id is not None:
            await self._published(owner, draft, found.version, intent)
        return intent

    async def history(self, owner: str, draft: uuid.UUID) -> tuple[Change, ...]:
        """Who changed what, and when; raises "not-found"."""
        async with self._database.private(owner) as connection:
            if await store.one(connection, draft) is None:
                raise Problem("not-found", "There is no draft of that id.")
            rows = await store.history(connection, draft)
        return tuple(msgspec.convert(row, Change) for row in rows)

    async def _published(self, owner: str, draft: uuid.UUID, seen: int, intent: Intent) -> None:
        """Keep the transaction, if the draft still is what the transaction was built from."""
        async with self._writing(owner, draft, seen) as (connection, _):
            invoice = bytes.fromhex(intent.invoice_id or "")
            version = await store.publish(connection, draft, uuid.UUID(intent.id), invoice)
            told = {"/intent_id": intent.id, "/invoice_id": intent.invoice_id}
            await store.note(connection, draft, version, owner, "publish", told)

    @asynccontextmanager
    async def _writing(
        self, owner: str, draft: uuid.UUID, seen: int | None, *, done: bool = False
    ) -> AsyncIterator[tuple[Connection, dict[str, Any]]]:
        """A draft that nobody else changes meanwhile, and that is what the writer saw."""
        async with self._database.private(owner) as connection:
            row = await store.one(connection, draft, lock=True)
            if row is None:
                if await store.one(connection, draft) is not None:
                    raise Problem("forbidden", "Only owners and editors may change this draft.")
                raise Problem("not-found", "There is no draft of that id.")
            _require_version(row["version"], seen)
            if row["state"] == "on_ledger" and not done:
                raise Problem("draft-done")
            yield connection, row

    async def _whole(self, connection: Connection, owner: str, draft: uuid.UUID) -> Draft:
        row = await store.one(connection, draft)
        if row is None:
            raise Problem("not-found", "There is no draft of that id.")
        found: tuple[FieldFault, ...] = ()
        if row["state"] != "on_ledger":
            content = msgspec.convert(row["content"], Content, dec_hook=decode)
            bounds, _ = await self.bounds(connection)
            found = faults(content, bounds, account_of(owner))
        return msgspec.convert({**row, "problems": msgspec.to_builtins(found)}, Draft)

    async def bounds(self, connection: Connection) -> tuple[Bounds, Meta]:
        """The platform as the read models have it, and as of when; raises "not-read-yet"."""
        found = await read(connection, platform.overview())
        overview = msgspec.json.decode(found.body or b"{}")
        if overview["parameters"] is None:
            raise Problem("not-read-yet")
        bounds = msgspec.convert(
            {
                **overview["parameters"],
                "now": found.time,
                "allowed_assets": overview["allowed_assets"],
                "platform": self._platform,
            },
            Bounds,
        )
        return bounds, Meta(found.ledger, found.time)


async def _require_writer(connection: Connection, owner: str, organisation: uuid.UUID) -> None:
    rows = await organisations.own(connection, owner, organisation)
    if not rows:
        raise Problem("not-found", "You belong to no organisation of that id.")
    if rows[0]["role"] not in _WRITERS:
        raise Problem("forbidden", "Only owners and editors of the organisation may do this.")


def _require_version(version: int, seen: int | None) -> None:
    if seen is None:
        raise Problem("precondition-required")
    if version != seen:
        raise Problem("precondition-failed")


def _plain(content: Content) -> dict[str, Any]:
    """As JSON, without what is not told."""
    plain: dict[str, Any] = _told(msgspec.to_builtins(content, enc_hook=encode))
    return plain


def _told(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    told = {name: _told(member) for name, member in value.items() if member is not None}
    return {name: member for name, member in told.items() if member not in ({}, [], ())}


def _of_document(facts: Facts) -> dict[str, Any]:
    """What a confirmed document says, as a draft's content."""
    return {
        "printed": {
            **facts.natural_key,
            "due_date": facts.due_date,
            "seller": facts.seller.name,
            "debtor": facts.debtor.name,
        },
        "terms": {"doc_hash": facts.doc_hash.hex()},
    }


def _escrow(content: Content) -> CreateEscrow:
    """The terms as `create-escrow` takes them; nothing stands against them."""
    told = _plain(content)
    printed = told["printed"]
    natural = {name: printed[name] for name in _IDENTITY}
    terms = {**told["terms"], "natural_key": natural}
    return msgspec.convert(terms, CreateEscrow, dec_hook=decode)

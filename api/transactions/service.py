"""Building intents and following them: the one place where wallet, ledger and rows meet."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from typing import Any

import msgspec

from api import values
from api.config import ApiConfig
from api.database import Database
from api.errors import Problem
from api.stellar import Built, Ledger
from api.transactions import store
from api.transactions.actions import Action, Caller
from api.transactions.following import Applied, landed, lost, projected
from api.transactions.schemas import Body, FeeAnswer, Intent, IntentPage, Step
from api.transactions.store import Outcome, Stored
from contracts.wire import Address

_APPLIED = "SELECT ledger, closed_at FROM read.applied"


class Intents:
    """The unsigned transactions of everybody, each seen by its owner only."""

    def __init__(self, config: ApiConfig, database: Database, ledger: Ledger) -> None:
        self._config = config
        self._database = database
        self._ledger = ledger

    async def build(
        self, owner: Address, action: Action[Any], body: Body, *, key: str | None
    ) -> Intent:
        """Build, simulate and keep one transaction; the same `key` gives the same intent.

        Raises the problem of what refuses it; nothing is kept in that case.
        """
        digest = _digest(action.name, body)
        if key is not None and (earlier := await self._earlier(owner, key, digest)) is not None:
            return earlier
        call = action.call(Caller(owner, self._config.platform_key), body)
        built = await self._ledger.build(
            owner,
            self._config.address_of(call.contract, getattr(body, "invoice_id", None)),
            call,
            seconds=self._config.transaction_seconds,
            cap=self._config.inclusion_fee_cap,
        )
        intent = self._intent(owner, action, body, built)
        async with self._database.private(owner) as connection:
            fresh = await store.insert(connection, owner, intent, key=key, digest=digest)
        if fresh or key is None:
            return intent
        # Another request with this key came first while we simulated: its intent counts.
        return await self._earlier(owner, key, digest) or intent

    async def _earlier(self, owner: Address, key: str, digest: bytes) -> Intent | None:
        async with self._database.private(owner) as connection:
            stored = await store.by_key(connection, key)
        if stored is None:
            return None
        if stored.digest != digest:
            raise Problem("idempotency-conflict")
        return await self._followed(owner, stored)

    def _intent(self, owner: Address, action: Action[Any], body: Body, built: Built) -> Intent:
        return Intent(
            id=str(uuid.uuid4()),
            action=action.name,
            status="built",
            xdr=built.xdr,
            hash=built.hash,
            network_passphrase=self._config.network_passphrase,
            source=owner,
            sequence=str(built.sequence),
            fee=FeeAnswer(
                str(built.fee.inclusion), str(built.fee.resource), str(built.fee.maximum)
            ),
            valid_until=built.valid_until,
            summary=action.summary(body),
            simulated_at_ledger=built.simulated_at,
            steps=(Step("built", built.simulated_at, built.built_at),),
            invoice_id=_invoice_of(action, body, built),
            returns=_json(built.returned),
        )

    async def get(self, owner: Address, intent_id: uuid.UUID) -> Intent:
        """An own intent as of now; anybody else's is not found."""
        async with self._database.private(owner) as connection:
            stored = await store.by_id(connection, intent_id)
        if stored is None:
            raise Problem("not-found", "You have no transaction of that id.")
        return await self._followed(owner, stored)

    async def page(self, owner: Address, *, limit: int, after: uuid.UUID | None) -> IntentPage:
        """Own intents, newest first."""
        async with self._database.private(owner) as connection:
            found = await store.page(connection, limit=limit + 1, after=after)
        shown = await asyncio.gather(*(self._followed(owner, one) for one in found[:limit]))
        return IntentPage(tuple(shown), shown[-1].id if len(found) > limit else None)

    async def _followed(self, owner: Address, stored: Stored) -> Intent:
        """The intent with what became of it, looked up unless that is final."""
        known = stored.outcome
        if known is not None and known.final:
            return stored.told()
        outcome = known or await self._look_up(stored.built)
        if outcome is None:
            return stored.told()
        async with self._database.private(owner) as connection:
            row = await (await connection.execute(_APPLIED)).fetchone()
            applied = None if row is None else Applied(row["ledger"], row["closed_at"])
            outcome = projected(outcome, applied)
            if outcome != known:
                await store.complete(connection, stored.built.id, outcome)
        return msgspec.structs.replace(stored, outcome=outcome).told()

    async def _look_up(self, built: Intent) -> Outcome | None:
        """What the node says; None while the transaction can still be submitted."""
        info = await self._ledger.transaction(built.hash)
        outcome = landed(info)
        if outcome is not None or info.latest_ledger_close_time <= built.valid_until:
            return outcome
        # Asked second: a node that forgets in between only makes the answer more cautious.
        return lost(info, await self._ledger.health(), built.steps[0].at)


def _digest(action: str, body: Body) -> bytes:
    """What makes two requests the same: the action and the decoded body."""
    plain = msgspec.json.encode(body, enc_hook=values.encode, order="deterministic")
    return hashlib.sha256(action.encode() + b"\0" + plain).digest()


def _invoice_of(action: Action[Any], body: Body, built: Built) -> str | None:
    given = getattr(body, "invoice_id", None)
    if given is not None:
        return bytes(given).hex()
    return _json(built.returned) if action.name == "create-escrow" else None


def _json(value: Any) -> Any:
    """A returned value in JSON: bytes as hex, integers as strings of digits."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value

"""Building intents and following them: the one place where wallet, ledger and rows meet."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import uuid
from typing import Any

import msgspec
import psycopg
import psycopg_pool

from api import values
from api.audit.log import record
from api.config import ApiConfig
from api.database import Database
from api.errors import Problem
from api.notifications.telling import Telling
from api.stellar import Built, Ledger, Offer
from api.tokens import account_of
from api.transactions import cosigning, store
from api.transactions.action import Action, Caller, amounts
from api.transactions.conditions import PRIVILEGED, broken
from api.transactions.explaining import explainable, explained, people_in
from api.transactions.facts import Facts, gather
from api.transactions.following import reported
from api.transactions.offering import offered
from api.transactions.requests import Body, Recovery
from api.transactions.schemas import AuthorizationRequest, FeeAnswer, Intent, IntentPage, Step
from api.transactions.store import Stored
from api.transactions.tracker import Tracker
from contracts.wire import Address


class Intents:
    """The unsigned transactions of everybody, each seen by its owner only."""

    def __init__(self, config: ApiConfig, database: Database, ledger: Ledger) -> None:
        self._config = config
        self._database = database
        self._ledger = ledger
        self._tracker = Tracker(database, ledger, Telling(mail=bool(config.mail_url)))

    async def build(self, owner: str, action: Action, body: Body, *, key: str | None) -> Intent:
        """Build, simulate and keep one transaction; the same `key` gives the same intent.

        Raises the problem of what refuses it; nothing is kept in that case.
        """
        digest = _digest(action.name, body)
        if key is not None and (earlier := await self._earlier(owner, key, digest)) is not None:
            return earlier
        caller = account_of(owner)
        built = await self._built(caller, action, body)
        notices = await self._notices(caller, action, body)
        intent = self._intent(caller, action, body, built, notices)
        async with self._database.private(owner) as connection:
            fresh = await store.insert(connection, owner, intent, key=key, digest=digest)
            if fresh and action.who in PRIVILEGED:
                about = intent.invoice_id or getattr(body, "address", None) or action.name
                did = {"summary": intent.summary, "hash": intent.hash}
                await record(connection, owner, f"transaction.{action.name}", str(about), **did)
        if fresh or key is None:
            return offered(intent, self._config)
        # Another request with this key came first while we simulated: its intent counts.
        return await self._earlier(owner, key, digest) or offered(intent, self._config)

    async def authorization(
        self, owner: str, action: Action, body: Recovery
    ) -> AuthorizationRequest:
        """What the second signer signs, so that the first can have the transaction built."""
        signer = account_of(owner)
        submitter = body.other_than(signer)
        if body.other_than(submitter) != signer:
            raise Problem("not-authorised", "You are neither of the two who are named.")
        call = action.invocation(Caller(submitter, self._config.platform_key), body)
        try:
            asked = await self._ledger.authorization(
                submitter,
                self._config.address_of(call.contract),
                call,
                by=signer,
                ledgers=self._config.authorization_ledgers,
            )
        except Problem as refused:
            raise await self._explained(refused, submitter, action, body) from refused
        passphrase = self._config.network_passphrase
        preimage = cosigning.preimage(asked.entry, passphrase)
        return AuthorizationRequest(
            signer=signer,
            submitter=submitter,
            summary=action.told(body),
            entry=asked.entry.to_xdr(),
            preimage=base64.b64encode(preimage).decode(),
            hash=hashlib.sha256(preimage).hexdigest(),
            valid_until_ledger=asked.valid_until,
            simulated_at_ledger=asked.simulated_at,
            network_passphrase=passphrase,
        )

    async def _built(self, caller: Address, action: Action, body: Body) -> Built:
        call = action.invocation(Caller(caller, self._config.platform_key), body)
        contract = self._config.address_of(call.contract, getattr(body, "invoice_id", None))
        offer = Offer(
            seconds=self._config.transaction_seconds,
            cap=self._config.inclusion_fee_cap,
            second=getattr(body, "authorization", None),
        )
        try:
            built = await self._ledger.build(caller, contract, call, offer=offer)
        except Problem as refused:
            raise await self._explained(refused, caller, action, body) from refused
        if action.pays and not any(amounts(built.returned)):
            raise await self._explained(Problem("nothing-to-claim"), caller, action, body)
        return built

    async def _explained(
        self, refused: Problem, caller: Address, action: Action, body: Body
    ) -> Problem:
        """The refusal as the read models explain it, as it is where they cannot."""
        if not explainable(refused):
            return refused
        try:
            facts = await self._facts(caller, body)
        except (Problem, psycopg.Error, psycopg_pool.PoolTimeout):
            return refused
        return explained(refused, action, facts, body)

    async def _notices(self, caller: Address, action: Action, body: Body) -> tuple[str, ...]:
        """What nobody forbids and the signer should know; nothing before the first ledger."""
        if not action.warns:
            return ()
        try:
            facts = await self._facts(caller, body)
        except Problem:
            return ()
        return tuple(one.detail for one in broken(action.warns, facts, body))

    async def _facts(self, caller: Address, body: Body) -> Facts:
        async with self._database.snapshot() as connection:
            invoice = getattr(body, "invoice_id", None)
            return await gather(connection, caller, people_in(body), invoice)

    async def _earlier(self, owner: str, key: str, digest: bytes) -> Intent | None:
        async with self._database.private(owner) as connection:
            stored = await store.by_key(connection, key)
        if stored is None:
            return None
        if stored.digest != digest:
            raise Problem("idempotency-conflict")
        return await self._told(stored)

    def _intent(
        self, caller: Address, action: Action, body: Body, built: Built, notices: tuple[str, ...]
    ) -> Intent:
        return Intent(
            id=str(uuid.uuid4()),
            action=action.name,
            status="built",
            xdr=built.xdr,
            hash=built.hash,
            network_passphrase=self._config.network_passphrase,
            source=caller,
            sequence=str(built.sequence),
            fee=FeeAnswer(
                str(built.fee.inclusion), str(built.fee.resource), str(built.fee.maximum)
            ),
            valid_until=built.valid_until,
            summary=action.told(body, built.returned),
            simulated_at_ledger=built.simulated_at,
            steps=(Step("built", built.simulated_at, built.built_at),),
            invoice_id=_invoice_of(action, body, built),
            returns=_json(built.returned),
            moves=built.moves,
            notices=notices,
        )

    async def get(self, owner: str, intent_id: uuid.UUID) -> Intent:
        """An own intent as of now; anybody else's is not found."""
        stored = await self._own(owner, intent_id)
        return await self._told(stored)

    async def report(self, owner: str, intent_id: uuid.UUID, tx_hash: str) -> Intent:
        """A wallet says that it submitted an own intent under this hash; what is known of it then.

        Nothing is believed but that there is something to look for.
        """
        stored = await self._own(owner, intent_id)
        found = reported(tx_hash, await self._ledger.health())
        if stored.outcome is None or stored.outcome.status == "submitted":
            async with self._database.private(owner) as connection:
                stored = await self._tracker.conclude(connection, stored, found, None)
        return await self._told(stored)

    async def _told(self, stored: Stored) -> Intent:
        """An intent with what became of it, as it is answered."""
        return offered((await self._tracker.followed(stored)).told(), self._config)

    async def _own(self, owner: str, intent_id: uuid.UUID) -> Stored:
        async with self._database.private(owner) as connection:
            stored = await store.by_id(connection, intent_id)
        if stored is None:
            raise Problem("not-found", "You have no transaction of that id.")
        return stored

    async def page(
        self, owner: str, *, limit: int, after: uuid.UUID | None, only_open: bool = False
    ) -> IntentPage:
        """Own intents, newest first; with `only_open` those that something may become of."""
        async with self._database.private(owner) as connection:
            found = await store.page(connection, limit=limit + 1, after=after, only_open=only_open)
        shown = await asyncio.gather(*map(self._tracker.followed, found[:limit]))
        told = tuple(offered(one.told(), self._config) for one in shown)
        return IntentPage(told, told[-1].id if len(found) > limit else None)


def _digest(action: str, body: Body) -> bytes:
    """What makes two requests the same: the action and the decoded body."""
    plain = msgspec.json.encode(body, enc_hook=values.encode, order="deterministic")
    return hashlib.sha256(action.encode() + b"\0" + plain).digest()


def _invoice_of(action: Action, body: Body, built: Built) -> str | None:
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

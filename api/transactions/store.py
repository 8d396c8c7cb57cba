"""Intents in PostgreSQL: written once, completed by their outcome."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from api.database import Connection
from api.transactions.schemas import Failure, Intent, State, Step
from contracts.wire import Address

_INSERT = """
INSERT INTO app.intent (id, owner, idempotency_key, request_digest, built)
VALUES (%(id)s, %(owner)s, %(key)s, %(digest)s, %(built)s)
ON CONFLICT (owner, idempotency_key) DO NOTHING
RETURNING number
"""
_SELECT = "SELECT number, owner, request_digest, built, outcome FROM app.intent"
_OPEN = "(outcome IS NULL OR outcome->>'status' IN ('submitted', 'in_ledger'))"
_BY_KEY = f"{_SELECT} WHERE idempotency_key = %s"
_BY_ID = f"{_SELECT} WHERE id = %s"
_PAGE = f"""
{_SELECT}
WHERE (%(after)s::uuid IS NULL
       OR number < (SELECT earlier.number FROM app.intent earlier WHERE earlier.id = %(after)s))
  AND (NOT %(only_open)s OR {_OPEN})
ORDER BY number DESC
LIMIT %(limit)s
"""  # noqa: S608 -- our own constants
_HAS_HASH = "SELECT 1 FROM app.intent WHERE built->>'hash' = %s"
_COMPLETE = """
UPDATE app.intent SET outcome = %(outcome)s
WHERE id = %(id)s AND outcome IS NOT DISTINCT FROM %(known)s::jsonb
"""
_AWAITED = f"""
{_SELECT}
WHERE {_OPEN} AND (built->>'hash' = ANY(%s) OR outcome->>'status' = 'in_ledger')
ORDER BY number
"""
_DOUBTFUL = f"""
{_SELECT}
WHERE {_OPEN} AND number > %(after)s
  AND (outcome->>'status' = 'submitted'
       OR (built->>'valid_until')::bigint < (SELECT closed_at FROM read.applied))
ORDER BY number LIMIT %(limit)s
"""  # noqa: S608 -- the same


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an intent so far; kept, because nodes forget after some days."""

    status: State
    steps: tuple[Step, ...] = ()
    error: Failure | None = None
    altered_hash: str | None = None
    reported_hash: str | None = None
    """The hash under which a wallet says that it submitted it."""

    @property
    def ledger(self) -> int | None:
        """The ledger that holds the transaction, if one does."""
        held = (step.ledger for step in self.steps if step.state in ("in_ledger", "failed"))
        return next(held, None)

    @property
    def final(self) -> bool:
        """Whether nothing can change any more."""
        return self.status in ("projected", "failed", "expired", "replaced", "unknown")


class Stored(msgspec.Struct, frozen=True):
    """An intent as it was answered first, and its outcome if it has one."""

    number: int
    owner: Address
    digest: bytes
    built: Intent
    outcome: Outcome | None

    def told(self) -> Intent:
        """The intent as of what is known of it."""
        if self.outcome is None:
            return self.built
        return msgspec.structs.replace(
            self.built,
            status=self.outcome.status,
            steps=(*self.built.steps, *self.outcome.steps),
            error=self.outcome.error,
            ledger=self.outcome.ledger,
            altered_hash=self.outcome.altered_hash,
        )


async def insert(
    connection: Connection, owner: str, intent: Intent, *, key: str | None, digest: bytes
) -> bool:
    """Store a new intent; False if its key was taken in the meantime."""
    row = {
        "id": uuid.UUID(intent.id),
        "owner": owner,
        "key": key,
        "digest": digest,
        "built": Jsonb(msgspec.to_builtins(intent)),
    }
    return await (await connection.execute(_INSERT, row)).fetchone() is not None


async def by_key(connection: Connection, key: str) -> Stored | None:
    """The subject's intent under an idempotency key."""
    return _stored(await (await connection.execute(_BY_KEY, (key,))).fetchone())


async def by_id(connection: Connection, intent_id: uuid.UUID) -> Stored | None:
    """The subject's intent of that id; another's does not exist for it."""
    return _stored(await (await connection.execute(_BY_ID, (intent_id,))).fetchone())


async def page(
    connection: Connection, *, limit: int, after: uuid.UUID | None, only_open: bool
) -> list[Stored]:
    """The subject's intents, newest first, after one of them; with `only_open` those alone."""
    rows = await connection.execute(_PAGE, {"limit": limit, "after": after, "only_open": only_open})
    return [stored for row in await rows.fetchall() if (stored := _stored(row)) is not None]


async def has_hash(connection: Connection, tx_hash: str) -> bool:
    """Whether one of the subject's intents is the transaction of this hash."""
    return await (await connection.execute(_HAS_HASH, (tx_hash,))).fetchone() is not None


async def complete(connection: Connection, stored: Stored, outcome: Outcome) -> bool:
    """Keep what became of an intent; False if something else is kept than `stored` knows."""
    known = stored.outcome
    values = {
        "id": uuid.UUID(stored.built.id),
        "outcome": Jsonb(msgspec.to_builtins(outcome)),
        "known": None if known is None else Jsonb(msgspec.to_builtins(known)),
    }
    return (await connection.execute(_COMPLETE, values)).rowcount == 1


async def again(connection: Connection, stored: Stored) -> Stored:
    """An intent as it is kept now."""
    return await by_id(connection, uuid.UUID(stored.built.id)) or stored


async def awaited(connection: Connection, hashes: list[str]) -> list[Stored]:
    """Everybody's open intents that are transactions of these hashes, or are in a ledger."""
    rows = await connection.execute(_AWAITED, (hashes,))
    return [stored for row in await rows.fetchall() if (stored := _stored(row)) is not None]


async def doubtful(connection: Connection, *, after: int, limit: int) -> list[Stored]:
    """Everybody's open intents that were reported, or whose time is over, by number."""
    rows = await connection.execute(_DOUBTFUL, {"after": after, "limit": limit})
    return [stored for row in await rows.fetchall() if (stored := _stored(row)) is not None]


def _stored(row: dict[str, Any] | None) -> Stored | None:
    if row is None:
        return None
    outcome = row["outcome"]
    return Stored(
        row["number"],
        Address(row["owner"]),
        bytes(row["request_digest"]),
        msgspec.convert(row["built"], Intent),
        None if outcome is None else msgspec.convert(outcome, Outcome),
    )

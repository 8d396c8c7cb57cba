"""Intents in PostgreSQL: written once, completed by their outcome."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from api.database import Connection
from api.transactions.schemas import Failure, Intent, State, Step

_INSERT = """
INSERT INTO app.intent (id, owner, idempotency_key, request_digest, built)
VALUES (%(id)s, %(owner)s, %(key)s, %(digest)s, %(built)s)
ON CONFLICT (owner, idempotency_key) DO NOTHING
RETURNING number
"""
_BY_KEY = "SELECT request_digest, built, outcome FROM app.intent WHERE idempotency_key = %s"
_BY_ID = "SELECT request_digest, built, outcome FROM app.intent WHERE id = %s"
_PAGE = """
SELECT request_digest, built, outcome FROM app.intent
WHERE %(after)s::uuid IS NULL
   OR number < (SELECT earlier.number FROM app.intent earlier WHERE earlier.id = %(after)s)
ORDER BY number DESC
LIMIT %(limit)s
"""
_HAS_HASH = "SELECT 1 FROM app.intent WHERE built->>'hash' = %s"
_COMPLETE = "UPDATE app.intent SET outcome = %s WHERE id = %s"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an intent so far; kept, because nodes forget after some days."""

    status: State
    steps: tuple[Step, ...] = ()
    error: Failure | None = None
    altered_hash: str | None = None

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


async def page(connection: Connection, *, limit: int, after: uuid.UUID | None) -> list[Stored]:
    """The subject's intents, newest first, after one of them."""
    rows = await connection.execute(_PAGE, {"limit": limit, "after": after})
    return [stored for row in await rows.fetchall() if (stored := _stored(row)) is not None]


async def has_hash(connection: Connection, tx_hash: str) -> bool:
    """Whether one of the subject's intents is the transaction of this hash."""
    return await (await connection.execute(_HAS_HASH, (tx_hash,))).fetchone() is not None


async def complete(connection: Connection, intent_id: str, outcome: Outcome) -> None:
    """Keep what became of an intent."""
    values = (Jsonb(msgspec.to_builtins(outcome)), uuid.UUID(intent_id))
    await connection.execute(_COMPLETE, values)


def _stored(row: dict[str, Any] | None) -> Stored | None:
    if row is None:
        return None
    outcome = row["outcome"]
    return Stored(
        bytes(row["request_digest"]),
        msgspec.convert(row["built"], Intent),
        None if outcome is None else msgspec.convert(outcome, Outcome),
    )

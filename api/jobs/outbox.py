"""The outbox in PostgreSQL: work is put in with the write that makes it necessary.

A job is done once for each kind and key. `take` counts a try before anything of it runs, so that
a job which ends the process ends up with the dead ones and not in a circle. `hold` then locks the
row for as long as the work lasts, in the transaction that also keeps the work's own rows: a
process that is killed gives the job back at once, and nothing of what it did is there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec
from psycopg.types.json import Jsonb

from api.database import Connection

P = TypeVar("P")

CHANNEL = "stellarsettle_job"
"""NOTIFY channel: something was put into the outbox."""

_NOW = dt.timedelta()
_HEAD_START_SECONDS = 2
"""How long a job that was taken stays out of sight until its row is locked."""

_ENQUEUE = """
INSERT INTO app.job (kind, key, payload, due_at)
VALUES (%(kind)s, %(key)s, %(payload)s, now() + %(delay)s)
ON CONFLICT DO NOTHING
"""
_TELL = "SELECT pg_notify(%s, '')"
_TAKE = """
UPDATE app.job SET tries = tries + 1, due_at = clock_timestamp() + %(head_start)s
WHERE number = (
    SELECT number FROM app.job
    WHERE state = 'waiting' AND due_at <= clock_timestamp() AND kind = ANY(%(kinds)s)
    ORDER BY due_at, number LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING number, kind, key, payload, tries
"""
_HOLD = """
SELECT FROM app.job WHERE number = %(number)s AND tries = %(tries)s AND state = 'waiting'
FOR UPDATE SKIP LOCKED
"""
_FINISH = """
UPDATE app.job SET state = 'done', error = NULL, ended_at = clock_timestamp() WHERE number = %s
"""
_POSTPONE = """
UPDATE app.job SET error = %(error)s, due_at = clock_timestamp() + %(delay)s
WHERE number = %(number)s
"""
_BURY = """
UPDATE app.job SET state = 'dead', error = %(error)s, ended_at = clock_timestamp()
WHERE number = %(number)s
"""
_PURGE = "DELETE FROM app.job WHERE state = 'done' AND ended_at < now() - %s"


class Kind(msgspec.Struct, Generic[P], frozen=True, kw_only=True):
    """A sort of work: its name for ever, its payload, how often and how long it is tried.

    A try that lasts longer than `seconds` has failed.
    """

    name: str
    payload: type[P]
    tries: int = 15
    seconds: float = 60.0


class Taken(msgspec.Struct, frozen=True):
    """A job that a runner is about to do, as it is stored; `tries` counts this one too."""

    number: int
    kind: str
    key: str
    payload: Any
    tries: int


async def enqueue(
    connection: Connection, kind: Kind[P], key: str, payload: P, *, delay: dt.timedelta = _NOW
) -> bool:
    """Promise work in the transaction of `connection`: it is done if and only if that commits.

    A second promise of the same kind and key changes nothing, also after the work was done; the
    outbox forgets finished work after some weeks. Payloads are ids, not content: they outlive it.
    False where it was promised before.
    """
    row = {
        "kind": kind.name,
        "key": key,
        "payload": Jsonb(msgspec.to_builtins(payload)),
        "delay": delay,
    }
    fresh = (await connection.execute(_ENQUEUE, row)).rowcount == 1
    await connection.execute(_TELL, (CHANNEL,))
    return fresh


async def take(connection: Connection, kinds: Sequence[str]) -> Taken | None:
    """Count a try of the job that is due longest; None if there is none of these kinds."""
    found = await connection.execute(
        _TAKE, {"kinds": list(kinds), "head_start": dt.timedelta(seconds=_HEAD_START_SECONDS)}
    )
    row = await found.fetchone()
    return None if row is None else msgspec.convert(row, Taken)


async def hold(connection: Connection, job: Taken) -> bool:
    """Lock the job for this transaction; False if another runner has taken it since."""
    found = await connection.execute(_HOLD, {"number": job.number, "tries": job.tries})
    return await found.fetchone() is not None


async def finish(connection: Connection, job: Taken) -> None:
    """The work is done, together with what this transaction writes."""
    await connection.execute(_FINISH, (job.number,))


async def postpone(connection: Connection, job: Taken, delay: dt.timedelta, error: str) -> None:
    """This try failed; the next one comes after `delay`."""
    await connection.execute(_POSTPONE, {"number": job.number, "delay": delay, "error": error})


async def bury(connection: Connection, job: Taken, error: str) -> None:
    """No try is left, or none would help: a person has to look."""
    await connection.execute(_BURY, {"number": job.number, "error": error})


async def purge(connection: Connection, older: dt.timedelta) -> int:
    """Forget work that was done longer ago than `older`; how much that was."""
    return (await connection.execute(_PURGE, (older,))).rowcount

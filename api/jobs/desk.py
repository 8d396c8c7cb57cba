"""What an operator does with the outbox: look, and let the dead ones try again."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import msgspec

from api.database import Connection
from api.jobs.outbox import CHANNEL

State = Literal["waiting", "done", "dead"]

_COLUMNS = "number, kind, key, payload, state, tries, due_at, error, created_at, ended_at"
_LIST = f"""
SELECT {_COLUMNS} FROM app.job WHERE state = %(state)s ORDER BY number DESC LIMIT %(limit)s
"""  # noqa: S608 -- our own constant
_ONE = f"SELECT {_COLUMNS} FROM app.job WHERE number = %s"  # noqa: S608 -- the same
_RETRY = """
UPDATE app.job SET state = 'waiting', tries = 0, due_at = clock_timestamp(), ended_at = NULL
WHERE state = 'dead' AND (%(number)s::bigint IS NULL OR number = %(number)s)
"""
_COUNTS = "SELECT state, count(*) AS jobs FROM app.job GROUP BY state"


class Job(msgspec.Struct, frozen=True):
    """A job as it is stored."""

    number: int
    kind: str
    key: str
    payload: Any
    state: State
    tries: int
    due_at: dt.datetime
    error: str | None
    created_at: dt.datetime
    ended_at: dt.datetime | None


async def jobs(connection: Connection, state: State, limit: int) -> list[Job]:
    """The newest jobs in a state."""
    rows = await connection.execute(_LIST, {"state": state, "limit": limit})
    return msgspec.convert(await rows.fetchall(), list[Job])


async def job(connection: Connection, number: int) -> Job | None:
    """One job; None if there is none of that number."""
    row = await (await connection.execute(_ONE, (number,))).fetchone()
    return None if row is None else msgspec.convert(row, Job)


async def retry(connection: Connection, number: int | None) -> int:
    """Let a dead job, or with None all of them, be tried anew; how many that are."""
    done = await connection.execute(_RETRY, {"number": number})
    await connection.execute("SELECT pg_notify(%s, '')", (CHANNEL,))
    return done.rowcount


async def counts(connection: Connection) -> dict[str, int]:
    """How many jobs there are in each state that has some."""
    rows = await connection.execute(_COUNTS)
    return {row["state"]: row["jobs"] for row in await rows.fetchall()}

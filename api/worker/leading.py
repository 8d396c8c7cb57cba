"""One worker at a time: a session that holds a lock, and hears what there is to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import sql

from api.database import prepare_session

_LOCK = 0x5374_6C57_6F72_6B72
_ASK_AGAIN_SECONDS = 0.5
_PROBE_SECONDS = 1.0
_HOLDS_LOCK = """
SELECT FROM pg_locks
WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
  AND classid::bigint << 32 | objid::bigint = %s AND objsubid = 1
"""


class LostLeadError(Exception):
    """The session no longer holds the lock: begin again."""


@asynccontextmanager
async def leading(url: str, stop: asyncio.Event) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A session that holds the workers' lock; waits for it while another has it.

    Gives a session without the lock only if `stop` was set meanwhile.
    """
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as session:
        await prepare_session(session)
        while not stop.is_set():
            row = await (
                await session.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,))
            ).fetchone()
            if row is not None and row[0]:
                break
            await pause(stop, _ASK_AGAIN_SECONDS)
        yield session


async def hear(
    session: psycopg.AsyncConnection[Any], channels: Mapping[str, Callable[[], object]]
) -> None:
    """Call what a channel's notifications are for, for ever; all of them once at the beginning.

    Raises LostLeadError once the lock is gone, and psycopg.OperationalError with the session.
    """
    for channel in channels:
        await session.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
    for call in channels.values():
        call()
    while True:
        async for notice in session.notifies(timeout=_PROBE_SECONDS, stop_after=1):
            channels[notice.channel]()
        if await (await session.execute(_HOLDS_LOCK, (_LOCK,))).fetchone() is None:
            raise LostLeadError


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not beyond the moment when `stop` is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return

"""The worker wired: which jobs it does and what it follows."""

from __future__ import annotations

import asyncio
import datetime as dt

from api.config import ApiConfig
from api.database import Connection, Database
from api.jobs import outbox
from api.jobs.outbox import Kind
from api.jobs.runner import Handlers
from api.jobs.schedule import Nothing, Recurring
from api.worker.worker import Worker

_AT_ONCE = 4
_KEPT = dt.timedelta(days=30)
_DAY_SECONDS = 86_400

PURGE = Kind(name="purge", payload=Nothing)
"""Forget what was done long ago."""


async def work(config: ApiConfig, stop: asyncio.Event) -> None:
    """Do the worker's duties until `stop` is set."""
    # One connection for each job under way, and one each for the duties and the clock.
    database = Database(
        config.database_url, size=_AT_ONCE + 3, wait_seconds=config.pool_wait_seconds
    )
    await database.open()
    try:
        worker = Worker(
            config.database_url,
            database,
            _handlers(),
            (Recurring(PURGE, every=_DAY_SECONDS),),
            at_once=_AT_ONCE,
        )
        await worker.run(stop)
    finally:
        await database.close()


def _handlers() -> Handlers:
    handlers = Handlers()
    handlers.on(PURGE, _purge)
    return handlers


async def _purge(connection: Connection, _: Nothing) -> None:
    await outbox.purge(connection, _KEPT)

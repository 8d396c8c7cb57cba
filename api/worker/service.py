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
from api.sessions import store as sessions
from api.stellar import Ledger
from api.transactions.tracker import Tracker
from api.worker.follower import Follower, settle_intents
from api.worker.lookout import Lookout
from api.worker.worker import Duty, Worker
from projections.tables import APPLIED_CHANNEL

_AT_ONCE = 4
_KEPT = dt.timedelta(days=30)
_DAY_SECONDS = 86_400

PURGE = Kind(name="purge", payload=Nothing)
"""Forget what was done long ago."""


async def work(config: ApiConfig, stop: asyncio.Event) -> None:
    """Do the worker's duties until `stop` is set."""
    # One connection for each job under way, and some for the duties and the clock.
    database = Database(
        config.database_url, size=_AT_ONCE + 4, wait_seconds=config.pool_wait_seconds
    )
    ledger = Ledger(config.rpc_url, config.network_passphrase, waits=config.node_waits)
    follower = Follower(database, settle_intents)
    lookout = Lookout(database, Tracker(database, ledger))
    await database.open()
    try:
        worker = Worker(
            config.database_url,
            database,
            _handlers(),
            (Recurring(PURGE, every=_DAY_SECONDS),),
            (
                Duty("follow", APPLIED_CHANNEL, follower.step),
                Duty("look out", APPLIED_CHANNEL, lookout.step),
            ),
            at_once=_AT_ONCE,
        )
        await worker.run(stop)
    finally:
        await ledger.close()
        await database.close()


def _handlers() -> Handlers:
    handlers = Handlers()
    handlers.on(PURGE, _purge)
    return handlers


async def _purge(connection: Connection, _: Nothing) -> None:
    await outbox.purge(connection, _KEPT)
    await sessions.sweep(connection)

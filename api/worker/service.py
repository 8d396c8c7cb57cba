"""The worker wired: which jobs it does and what it follows."""

from __future__ import annotations

import asyncio
import datetime as dt

from api.config import ApiConfig
from api.database import Connection, Database
from api.documents import processing, tidying
from api.documents.service import Documents, documents_of
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
    # Two connections for each job under way: its row stays locked while a document's steps commit.
    # And some for the duties and the clock.
    database = Database(
        config.database_url, size=2 * _AT_ONCE + 4, wait_seconds=config.pool_wait_seconds
    )
    ledger = Ledger(config.rpc_url, config.network_passphrase, waits=config.node_waits)
    follower = Follower(database, settle_intents)
    lookout = Lookout(database, Tracker(database, ledger))
    await database.open()
    documents = documents_of(config, database)
    try:
        worker = Worker(
            config.database_url,
            database,
            _handlers(documents),
            (Recurring(PURGE, every=_DAY_SECONDS), *(tidying.RECURRING if documents else ())),
            (
                Duty("follow", APPLIED_CHANNEL, follower.step),
                Duty("look out", APPLIED_CHANNEL, lookout.step),
            ),
            at_once=_AT_ONCE,
        )
        await worker.run(stop)
    finally:
        if documents is not None:
            await documents.close()
        await ledger.close()
        await database.close()


def _handlers(documents: Documents | None) -> Handlers:
    handlers = Handlers()
    handlers.on(PURGE, _purge)
    if documents is not None:
        handlers.on(processing.KIND, documents.processing.work)
        handlers.on(tidying.TIDY, documents.tidying.on_tidy)
        handlers.on(tidying.CHECK, documents.tidying.on_check)
    return handlers


async def _purge(connection: Connection, _: Nothing) -> None:
    await outbox.purge(connection, _KEPT)
    await sessions.sweep(connection)

"""The worker wired: which jobs it does and what it follows."""

from __future__ import annotations

import asyncio
import datetime as dt

from api.config import ApiConfig
from api.database import Connection, Database
from api.debtors import mails as debtors
from api.documents import processing, tidying
from api.documents.service import Documents, documents_of
from api.jobs import outbox
from api.jobs.outbox import Kind
from api.jobs.runner import Handlers
from api.jobs.schedule import Nothing, Recurring
from api.kyc import store as kyc
from api.notifications import store as notified
from api.notifications.allowance import forget_mail
from api.notifications.mail import Mailing, postman_of
from api.notifications.service import CONFIRM, Confirming, Notifications
from api.notifications.telling import HOOK, MAIL, Telling
from api.notifications.webhooks import Webhooks
from api.seals import Seals
from api.sessions import store as sessions
from api.stellar import Ledger
from api.transactions.tracker import Tracker
from api.watching.service import MATCH, Matching, promise_matching
from api.worker.follower import Follower, settling
from api.worker.lookout import Lookout
from api.worker.worker import Duty, Worker
from projections.tables import APPLIED_CHANNEL

_AT_ONCE = 4
_KEPT = dt.timedelta(days=30)
_REMEMBERED = dt.timedelta(days=400)
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
    telling = Telling(mail=bool(config.mail_url))
    tracker = Tracker(database, ledger, telling)
    follower = Follower(database, settling(tracker), telling.of_happened, promise_matching)
    lookout = Lookout(database, tracker)
    await database.open()
    documents = documents_of(config, database)
    try:
        worker = Worker(
            config.database_url,
            database,
            _handlers(config, database, documents, telling),
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


def _handlers(
    config: ApiConfig, database: Database, documents: Documents | None, telling: Telling
) -> Handlers:
    handlers = Handlers()
    handlers.on(PURGE, _purge)
    handlers.on(HOOK, Webhooks(config, database).deliver)
    handlers.on(MATCH, Matching(telling).match)
    handlers.on(debtors.ANSWERED, debtors.Hearing(telling).tell)
    if config.mail_url:
        mailing = Mailing(config, postman_of(config.mail_url))
        notifications = Notifications(config, database, Seals(config))
        handlers.on(MAIL, mailing.send)
        handlers.on(CONFIRM, Confirming(config, mailing, notifications).send)
        inviting = debtors.Inviting(config, mailing)
        handlers.on(debtors.INVITE, inviting.send_link)
        handlers.on(debtors.CODE, inviting.send_code)
    if documents is not None:
        handlers.on(processing.KIND, documents.processing.work)
        handlers.on(tidying.TIDY, documents.tidying.on_tidy)
        handlers.on(tidying.CHECK, documents.tidying.on_check)
        handlers.on(tidying.RECALIBRATE, documents.tidying.on_recalibrate)
    return handlers


async def _purge(connection: Connection, _: Nothing) -> None:
    await outbox.purge(connection, _KEPT)
    await notified.forget(connection, _REMEMBERED)
    await sessions.sweep(connection)
    await forget_mail(connection)
    await kyc.forget(connection)

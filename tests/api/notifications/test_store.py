"""Notifications as rows: each once, seen by its owner, switched off where that is wanted."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from api.database import Database
from api.jobs import desk
from api.notifications import store
from api.notifications.store import New
from api.notifications.telling import Telling

pytestmark = pytest.mark.anyio

ADA, BEN = "G" + "A" * 55, "G" + "B" * 55


@pytest.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    """The database; Ben wants payments neither in app nor by mail."""
    with psycopg.connect(database) as owner:
        for who in (ADA, BEN):
            owner.execute(
                "INSERT INTO app.profile (owner, email, email_confirmed_at)"
                " VALUES (%s, 'a@b.c', now())",
                (who,),
            )
        owner.execute(
            "INSERT INTO app.preference (owner, notifications) VALUES (%s, %s)",
            (BEN, '{"payment": {"app": false, "email": false}}'),
        )
    found = Database(database, size=4, wait_seconds=5)
    await found.open()
    yield found
    await found.close()


def _new(owner: str, key: str, topic: str = "payment", **more: Any) -> New:
    return New(owner=owner, key=key, kind="payout", topic=topic, ledger=7, time=35, **more)


async def test_what_was_told_is_not_told_again(opened: Database) -> None:
    telling = Telling(mail=True)
    for news in ([_new(ADA, "1"), _new(ADA, "2")], [_new(ADA, "2"), _new(ADA, "3", amount="5")]):
        async with opened.worker() as connection:
            await telling.tell(connection, news)
    async with opened.private(ADA) as connection:
        page = await store.page(connection, ADA, limit=9, after=None, unread=False)
        assert [one.amount for one in page] == ["5", None, None]
    async with opened.worker() as connection:
        assert await desk.counts(connection) == {"waiting": 3}, "a mail each"


async def test_wishes_are_kept_to_by_topic_and_channel(opened: Database) -> None:
    async with opened.worker() as connection:
        news = [_new(BEN, "1"), _new(BEN, "2", "funding"), _new(ADA, "1")]
        await Telling(mail=True).tell(connection, news)
        assert len(await desk.jobs(connection, "waiting", 9)) == 2
    async with opened.private(BEN) as connection:
        page = await store.page(connection, BEN, limit=9, after=None, unread=True)
        assert [one.topic for one in page] == ["funding"]
        assert await store.page(connection, ADA, limit=9, after=None, unread=False) == []
        assert await store.read(connection, ADA, through=9, only=False) == 0
    async with opened.worker() as connection:
        await Telling(mail=False).tell(connection, [_new(ADA, "9")])
        assert len(await desk.jobs(connection, "waiting", 9)) == 2, "no mail where there is none"


async def test_old_notifications_are_forgotten(opened: Database, database: str) -> None:
    async with opened.worker() as connection:
        await store.insert(connection, [_new(ADA, "1"), _new(ADA, "2")])
    with psycopg.connect(database) as owner:
        owner.execute("UPDATE app.notification SET created_at = '2020-01-01' WHERE key = '1'")
    async with opened.worker() as connection:
        await store.forget(connection, dt.timedelta(days=400))
    async with opened.private(ADA) as connection:
        assert await store.unread(connection, ADA) == 1

"""Everybody concerned is told what happened, in app, by mail and by webhook, and nobody else is."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.types.json import Jsonb
from standardwebhooks.webhooks import Webhook
from stellar_sdk import Keypair

from api.app import create_app
from api.database import Database
from api.errors import Problem
from api.notifications.schemas import EmailToken, WebhookRequest
from api.notifications.service import Asked, Notifications
from api.notifications.webhooks import Webhooks
from api.seals import Seals
from api.worker.service import work
from tests.api.following import indexing
from tests.api.notifications.receiving import MailBox, Receiver, mail_server, receiving

pytestmark = pytest.mark.anyio

UNIT = 10**7
_SECONDS = 90


@pytest.fixture
def box() -> Iterator[MailBox]:
    """A mail server."""
    with mail_server() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server for webhooks."""
    with receiving() as running:
        yield running


@pytest.fixture
async def wired(settled: Any, box: MailBox) -> Any:
    """The deployed contracts, a mail server, and webhooks on this machine."""
    return msgspec.structs.replace(settled, mail_url=box.url, local_networks=True)


@asynccontextmanager
async def working(config: Any) -> AsyncIterator[None]:
    """The worker, as its command runs it."""
    stop = asyncio.Event()
    task = asyncio.create_task(work(config, stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def until(found: Callable[[], Awaitable[Any]], what: str) -> Any:
    """What is found in the end."""
    end = time.monotonic() + _SECONDS
    while not (answer := await found()):
        assert time.monotonic() < end, what
        await asyncio.sleep(0.05)
    return answer


def _profile(
    url: str, who: Keypair, email: str, language: str = "en", **notifications: Any
) -> None:
    with psycopg.connect(url) as owner:
        owner.execute(
            "INSERT INTO app.profile (owner, email, email_confirmed_at) VALUES (%s, %s, now())",
            (who.public_key, email),
        )
        owner.execute(
            "INSERT INTO app.preference (owner, language, number_format, notifications)"
            " VALUES (%s, %s, %s, %s)",
            (who.public_key, language, "1.234,56", Jsonb(notifications)),
        )


def _at_once(url: str) -> None:
    """What waits for its next try is due."""
    with psycopg.connect(url) as owner:
        owner.execute(
            "UPDATE app.job SET due_at = now() WHERE number IN (SELECT number FROM app.job"
            " WHERE state = 'waiting' AND due_at > now() FOR UPDATE SKIP LOCKED)"
        )


class Reading:
    """What people read of their notifications."""

    def __init__(self, people: Any) -> None:
        self.people = people

    async def kinds(self, who: Keypair, query: str = "") -> list[str]:
        """The kinds of what somebody was told, oldest first."""
        answer = await self.people.get(who, f"/v1/notifications?limit=100{query}")
        assert answer.status_code == 200, answer.text
        return [one["kind"] for one in reversed(answer.json()["data"])]

    async def post(self, who: Keypair, path: str, body: Any = None) -> Any:
        """A change, as somebody."""
        headers = self.people._bearer(self.people.config, who)
        return await self.people.client.post(path, json=body, headers=headers)


async def test_a_financed_and_settled_invoice_is_told_to_everybody_concerned(
    wired: Any, platform: Any, bearer: Any, box: MailBox, receiver: Receiver
) -> None:
    from tests.api.conftest import People, _checked  # noqa: PLC0415

    async with _checked(create_app(wired)) as client, working(wired):
        people = People(client, wired, platform, bearer)
        reading = Reading(people)
        seller, debtor = platform.person(), platform.person(20_000)
        ada, ben, stranger = platform.person(10_000), platform.person(10_000), platform.person()
        _profile(wired.database_url, ada, "ada@a.example")
        _profile(
            wired.database_url, ben, "ben@b.example", "de", funding={"email": False, "app": False}
        )
        wanted = {"url": receiver.url, "topics": ["payment"]}
        made = (await reading.post(ada, "/v1/webhooks", wanted)).json()
        receiver.answers = [500]
        with indexing(wired, platform.deployment.start_ledger):
            await people.admit(seller, ada, ben)
            invoice = await people.listed(seller, debtor, "told-1")
            stake = {"invoice_id": invoice}
            await people.act(ada, "fund", amount=str(5_000 * UNIT), **stake)
            await people.act(ben, "fund", amount=str(4_500 * UNIT), **stake)
            await people.act(seller, "release", **stake)
            await people.act(debtor, "pay", amount=str(10_000 * UNIT), **stake)

            async def settled() -> bool:
                return "payment_settled" in await reading.kinds(ben)

            await until(settled, "the settlement was not told")
        label = f"INV-{invoice[:8].upper()}"
        assert await reading.kinds(seller) == [
            "member_set", "invoice_created", "invoice_approved", "invoice_acknowledged",
            "invoice_published", "escrow_funded", "escrow_funded", "funding_closed",
            "funds_released", "payment_recorded", "payment_settled",
        ]  # fmt: skip
        assert await reading.kinds(debtor) == [
            "invoice_created", "invoice_acknowledged", "invoice_published", "funding_closed",
            "funds_released", "payment_recorded", "payment_settled",
        ]  # fmt: skip
        assert await reading.kinds(ada) == [
            "member_set", "escrow_funded", "funding_closed", "funds_released",
            "payment_recorded", "payment_settled",
        ]  # fmt: skip
        assert await reading.kinds(ben) == ["member_set", "payment_recorded", "payment_settled"]
        assert (await reading.kinds(platform.treasury))[-1] == "payment_settled"
        assert "invoice_created" in await reading.kinds(platform.verifier)
        assert await reading.kinds(stranger) == []

        # By webhook: what Ada wants, signed, tried again under the same id.
        async def hooked() -> bool:
            _at_once(wired.database_url)
            return len(receiver.received) >= 3

        await until(hooked, "the webhook was not called")
        for one in receiver.received:
            Webhook(made["secret"]).verify(one.body, one.headers)
        said = {one.headers["webhook-id"]: one.message for one in receiver.received}
        assert sorted(one["type"] for one in said.values()) == [
            "payment_recorded",
            "payment_settled",
        ]
        assert len(receiver.received) == 3
        (settlement,) = (one for one in said.values() if one["type"] == "payment_settled")
        assert settlement["data"]["sentence"] == f"{label} is paid in full: 10.000,00."

        # By mail: in Ben's language, without what he switched off.
        async def mailed() -> bool:
            return len(box.messages) >= 9

        await until(mailed, "mail is missing")
        subjects = [one["Subject"] for one in box.messages if one["To"] == "ben@b.example"]
        assert sorted(subjects) == [
            "10.000,00 bezahlt",
            f"{label} ist beglichen",
            "Mitgliedschaft geändert",
        ]
        assert len([one for one in box.messages if one["To"] == "ada@a.example"]) == 6
        assert len({one["Message-ID"] for one in box.messages}) == len(box.messages) == 9

        await _reads(reading, ada, ben)
        await _replays(reading, ada, ben, made, receiver)


async def _reads(reading: Reading, ada: Keypair, ben: Keypair) -> None:
    """Ada reads one, then all; Ben's stay as they are."""
    page = (await reading.people.get(ada, "/v1/notifications?limit=2")).json()
    assert (len(page["data"]), page["unread"]) == (2, 6)
    newest = page["data"][0]["number"]
    older = (
        await reading.people.get(ada, f"/v1/notifications?limit=2&after={page['next']}")
    ).json()
    assert older["data"][0]["number"] < page["data"][1]["number"]
    other = await reading.post(ben, f"/v1/notifications/{newest}/read")
    assert other.json() == {"unread": 3}
    assert (await reading.post(ada, f"/v1/notifications/{newest}/read")).json() == {"unread": 5}
    assert (await reading.post(ada, f"/v1/notifications/{newest}/read")).json() == {"unread": 5}
    assert "payment_settled" not in await reading.kinds(ada, "&unread=true")
    done = await reading.post(ada, "/v1/notifications/read", {"through": newest})
    assert done.json() == {"unread": 0}
    assert (await reading.people.get(ben, "/v1/notifications/unread")).json() == {"unread": 3}


async def _replays(
    reading: Reading, ada: Keypair, ben: Keypair, made: dict[str, Any], receiver: Receiver
) -> None:
    """Ada has something sent again after she took a new secret; then the address is gone."""
    path = f"/v1/webhooks/{made['id']}"

    async def delivered() -> list[dict[str, Any]]:
        """What was sent, once the worker has noted all of the answers."""
        sent: list[dict[str, Any]] = (await reading.people.get(ada, f"{path}/deliveries")).json()[
            "data"
        ]
        return sent if all(one["state"] == "delivered" for one in sent) else []

    sent = await until(delivered, "an answer was not noted")
    assert [one["status"] for one in sent] == [200, 200]
    assert sorted(one["tries"] for one in sent) == [1, 2]
    again = f"{path}/deliveries/{sent[0]['id']}/replay"
    assert (await reading.post(ben, again)).status_code == 404
    assert (await reading.post(ben, f"{path}/secret")).status_code == 404
    fresh = (await reading.post(ada, f"{path}/secret")).json()
    assert fresh["secret"] != made["secret"]
    receiver.answers = [410]
    assert (await reading.post(ada, again)).status_code == 204

    async def ended() -> bool:
        hooks = (await reading.people.get(ada, "/v1/webhooks")).json()["data"]
        return bool(hooks[0]["ended"])

    await until(ended, "a webhook that is gone is asked for ever")
    last = receiver.received[-1]
    assert last.headers["webhook-id"] == sent[0]["id"]
    for secret in (made["secret"], fresh["secret"]):
        Webhook(secret).verify(last.body, last.headers)
    headers = reading.people._bearer(reading.people.config, ben)
    assert (await reading.people.client.delete(path, headers=headers)).status_code == 404
    headers = reading.people._bearer(reading.people.config, ada)
    assert (await reading.people.client.delete(path, headers=headers)).status_code == 204
    assert (await reading.people.get(ada, f"{path}/deliveries")).status_code == 404


async def test_an_address_is_confirmed_by_the_link_that_went_there(
    wired: Any, platform: Any, bearer: Any, box: MailBox
) -> None:
    from tests.api.conftest import People, _checked  # noqa: PLC0415

    ada, ben = Keypair.random(), Keypair.random()
    async with _checked(create_app(wired)) as client, working(wired):
        reading = Reading(People(client, wired, platform, bearer))
        ask = "/v1/notifications/email/confirmation"
        assert (await reading.post(ada, ask)).status_code == 409
        with psycopg.connect(wired.database_url) as owner:
            owner.execute(
                "INSERT INTO app.profile (owner, email)"
                " VALUES (%s, 'ada@a.example'), (%s, 'b@b.example')",
                (ada.public_key, ben.public_key),
            )
        for _ in range(2):
            assert (await reading.post(ada, ask)).status_code == 204

        async def arrived() -> bool:
            return bool(box.messages)

        await until(arrived, "no mail came")
        body = box.messages[0].get_body(("plain",))
        assert body is not None
        token = body.get_content().partition("token=")[2].split()[0]
        forged = token[:-1] + ("A" if token[-1] != "A" else "B")
        for wrong in (forged, "0" * 40, f"{'zz' * 20}.{token.partition('.')[2]}"):
            said = await client.post("/v1/notifications/email/confirm", json={"token": wrong})
            assert said.status_code == 409, wrong
        said = await client.post("/v1/notifications/email/confirm", json={"token": token})
        assert said.status_code == 204
        with psycopg.connect(wired.database_url) as owner:
            rows = owner.execute(
                "SELECT owner FROM app.profile WHERE email_confirmed_at IS NOT NULL"
            )
            assert rows.fetchall() == [(ada.public_key,)]
        assert len(box.messages) == 1, "asked twice within an hour, one mail"


async def test_a_webhook_must_be_a_public_address(client: Any, config: Any, bearer: Any) -> None:
    headers = bearer(config, Keypair.random())
    for url in (
        "http://a.example/",
        "https://127.0.0.1/",
        "https://localhost:8080/x",
        "ftp://a.example/",
        "https://u:p@a.example/",
        "https://[::1]/",
        "https://127.0.0.1:x/",
        "https://127.0.0.1/\x01",
        "https://1.1.1.1/\x01",
    ):
        said = await client.post("/v1/webhooks", json={"url": url}, headers=headers)
        assert said.status_code == 422, url
        assert said.json()["pointer"] == "/url"
        assert "int()" not in said.text
    nothing = await client.delete(f"/v1/webhooks/{uuid.uuid4()}", headers=headers)
    assert nothing.status_code == 404


async def test_there_are_twenty_webhooks_however_many_are_asked_for_at_once(
    configuration: Any, database: str
) -> None:
    config = configuration(database_url=database, pool_wait_seconds=20.0)
    pool = Database(database, size=8, wait_seconds=20)
    await pool.open()
    hooks, owner = Webhooks(config, pool), Keypair.random().public_key
    wanted = WebhookRequest(url="https://1.1.1.1/", topics=())
    try:
        made = await asyncio.gather(
            *(hooks.add(owner, wanted) for _ in range(40)), return_exceptions=True
        )
        assert len(await hooks.all(owner)) == 20
    finally:
        await pool.close()
    refused = [one for one in made if isinstance(one, Problem)]
    assert [one.kind.slug for one in refused] == ["too-many-webhooks"] * 20


def test_the_longest_address_can_be_confirmed(configuration: Any) -> None:
    config = configuration()
    notifications = Notifications(
        config, Database(config.database_url, size=1, wait_seconds=1), Seals(config)
    )
    owner = f"{Keypair.random().public_key}:{2**64 - 1}"
    email = f"{'a' * 64}@{'b' * 185}.com"
    assert len(email) == 254
    token = notifications.token(Asked(owner, email, 2**33))
    assert msgspec.convert({"token": token}, EmailToken).token == token

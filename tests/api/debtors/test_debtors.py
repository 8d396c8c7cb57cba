"""A debtor without a wallet: link, code, the invoice, one's word; and everybody who tries to."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import msgspec
import psycopg
import pytest
from stellar_sdk import Keypair

from api.app import create_app
from api.database import Database
from api.debtors import links
from api.debtors.bank import BankAccount
from api.worker.service import work
from tests.api.conftest import People, _checked
from tests.api.following import indexing, shown
from tests.api.notifications.receiving import MailBox, mail_server
from tests.api.test_access import NOBODYS, UNUSED, written

pytestmark = pytest.mark.anyio

PATH = "/v1/debtors"
_SECONDS = 60
_EMAIL = "accounts@dupont.example"


class Business:
    """A seller with an invoice whose debtor has no wallet, and what people do about it."""

    def __init__(self, people: People, box: MailBox) -> None:
        self.people, self.client, self.box = people, people.client, box
        self.seller = people.platform.person()
        self.number = f"NW-{uuid.uuid4().hex[:8]}"
        self.invoice = ""

    async def sell(self) -> None:
        """Put the invoice on chain."""
        await self.people.admit(self.seller)
        terms = self.people.terms("", self.number) | {"needs_ack": False}
        del terms["debtor"]
        made = await self.people.act(self.seller, "create-escrow", **terms)
        self.invoice = str(made["invoice_id"])
        await shown(self.people)

    def wanted(self, **changes: Any) -> dict[str, Any]:
        """An invitation as it should be, but for `changes`."""
        printed = {
            "seller_tax_id": "DE 811 907 980",
            "debtor_tax_id": "FR40303265045",
            "number": self.number,
            "amount": "10000.00",
            "currency": "EUR",
            "issue_date": "2026-11-01",
        }
        return {
            "invoice_id": self.invoice,
            "email": _EMAIL,
            "seller": "Sana Textiles",
            "debtor": "Dupont SA",
            "printed": printed,
        } | changes

    async def ask(self, who: Keypair, method: str, path: str, body: Any = None) -> Any:
        """Something asked by somebody who signed in."""
        headers = self.people._bearer(self.people.config, who)
        return await self.client.request(method, PATH + path, json=body, headers=headers)

    async def invite(self, **changes: Any) -> dict[str, Any]:
        made = await self.ask(self.seller, "POST", "/invitations", self.wanted(**changes))
        assert made.status_code == 201, made.text
        invitation: dict[str, Any] = made.json()
        return invitation

    def token(self, invitation: dict[str, Any]) -> str:
        """What the mail's link holds, made from the service's key."""
        return links.token(self.people.config.platform_key, uuid.UUID(invitation["id"]))

    def code(self, invitation: dict[str, Any], number: int = 1) -> str:
        """The code that the mail holds."""
        key = self.people.config.platform_key
        return links.code(key, uuid.UUID(invitation["id"]), number)

    async def guest(self, path: str, body: Any) -> Any:
        return await self.client.post(PATH + path, json=body)

    async def enter(self, invitation: dict[str, Any]) -> dict[str, str]:
        """Come in, and have the header of a pass."""
        token = self.token(invitation)
        sent = await self.guest("/code", {"token": token})
        assert sent.status_code == 200, sent.text
        number = self.codes(invitation)
        came = await self.guest("/pass", {"token": token, "code": self.code(invitation, number)})
        assert came.status_code == 200, came.text
        return {"Authorization": f"Bearer {came.json()['token']}"}

    def codes(self, invitation: dict[str, Any]) -> int:
        (count,) = self.sql(
            "SELECT count(*) FROM app.debtor_code WHERE invitation = %s", invitation["id"]
        )
        return int(count)

    def sql(self, statement: str, *values: Any) -> Any:
        with psycopg.connect(self.people.config.database_url) as owner:
            done = owner.execute(statement.encode(), values)
            return done.fetchone() if done.description else None

    async def say(self, head: dict[str, str], path: str, seen: str | None, **said: Any) -> Any:
        headers = head | ({"If-Match": seen} if seen is not None else {})
        return await self.client.post(PATH + path, json=said, headers=headers)


@pytest.fixture
def box() -> Iterator[MailBox]:
    """A mail server."""
    with mail_server() as running:
        yield running


@pytest.fixture
async def business(
    settled: Any, platform: Any, bearer: Any, box: MailBox
) -> AsyncIterator[Business]:
    """A seller whose invoice is on the ledger, on a platform with mail and a bank account."""
    config = msgspec.structs.replace(
        settled,
        mail_url=box.url,
        bank_account=BankAccount("Servicing", "DE89370400440532013000", "COBADEFFXXX"),
    )
    async with _checked(create_app(config)) as client:
        found = Business(People(client, config, platform, bearer), box)
        with indexing(config, platform.deployment.start_ledger):
            await found.sell()
            yield found


async def _until(found: Callable[[], Awaitable[Any]], what: str) -> Any:
    end = time.monotonic() + _SECONDS
    while not (answer := await found()):
        assert time.monotonic() < end, what
        await asyncio.sleep(0.05)
    return answer


def _text(message: Any) -> str:
    return str(message.get_body(("plain",)).get_content())


async def test_a_debtor_confirms_by_link_and_the_seller_is_told(business: Business) -> None:
    config, client = business.people.config, business.client
    stop = asyncio.Event()
    worker = asyncio.create_task(work(config, stop))
    invitation = await business.invite(language="en")
    assert invitation["answers"] == []

    async def mails(count: int) -> bool:
        return len(business.box.messages) >= count

    await _until(lambda: mails(1), "no link came")
    mail = business.box.messages[0]
    assert mail["To"] == _EMAIL
    assert "Sana Textiles" in mail["Subject"]
    found = re.search(rf"{re.escape(config.public_url)}/i/(\S+)", _text(mail))
    assert found is not None, _text(mail)
    token = found[1]
    link = (await business.guest("/link", {"token": token})).json()
    assert (link["seller"], link["email"]) == ("Sana Textiles", "a***@dupont.example")
    assert (await business.guest("/code", {"token": token})).status_code == 200
    await _until(lambda: mails(2), "no code came")
    code = re.search(r"\b(\d{6})\b", _text(business.box.messages[1]))
    assert code is not None
    assert business.box.messages[1]["To"] == _EMAIL
    came = await business.guest("/pass", {"token": token, "code": code[1]})
    head = {"Authorization": f"Bearer {came.json()['token']}"}
    owed = await client.get(f"{PATH}/invoice", headers=head)
    shown_ = owed.json()
    assert shown_["statement"]["printed"]["seller_tax_id"] == "DE 811 907 980", "as it is printed"
    assert shown_["statement"]["pay_to"]["iban"] == "DE89370400440532013000"
    assert shown_["amount_due"] == str(10_000 * 10**7)
    said = await business.say(head, "/confirmation", owed.headers["ETag"], name="Jean Dupont")
    assert said.status_code == 201, said.text
    again = await business.say(head, "/confirmation", owed.headers["ETag"], name="Jean Dupont")
    assert again.json() == said.json(), "said twice is said once"

    async def told() -> list[str]:
        page = await business.people.get(business.seller, "/v1/notifications?limit=100")
        return [one["kind"] for one in page.json()["data"] if one["kind"] == "debtor_confirmed"]

    assert await _until(told, "the seller was not told") == ["debtor_confirmed"]
    stop.set()
    await worker
    kept = (await business.ask(business.seller, "GET", f"/invitations/{invitation['id']}")).json()
    (answer,) = kept["answers"]
    assert (answer["kind"], answer["email"], answer["name"]) == (
        "confirmed",
        _EMAIL,
        "Jean Dupont",
    )
    assert answer["digest"] == shown_["digest"]
    verifier = business.people._bearer(config, business.people.platform.verifier)
    seen = await client.get(f"/v1/admin/debtors?invoice_id={business.invoice}", headers=verifier)
    assert [one["statement"]["debtor"] for one in seen.json()["data"]] == ["Dupont SA"]
    (action,) = business.sql(
        "SELECT action FROM audit.entry WHERE about = %s AND actor LIKE 'debtor:%%'",
        business.invoice,
    )
    assert action == "debtor.confirmed"


async def test_an_objection_needs_a_reason_and_what_was_seen(business: Business) -> None:
    head = await business.enter(await business.invite())
    owed = await business.client.get(f"{PATH}/invoice", headers=head)
    seen = owed.headers["ETag"]
    told = {"name": "Jean Dupont", "reason": "Half of the goods never came."}
    assert (await business.say(head, "/objection", None, **told)).status_code == 428
    assert (await business.say(head, "/objection", '"00"', **told)).status_code == 412
    for wrong in ({"name": "Jean"}, {**told, "reason": "  "}, {**told, "name": ""}):
        assert (await business.say(head, "/objection", seen, **wrong)).status_code == 422
    assert (await business.say(head, "/objection", seen, **told)).status_code == 201
    assert (await business.say(head, "/confirmation", seen, name="Jean Dupont")).status_code == 201
    answers = (await business.client.get(f"{PATH}/invoice", headers=head)).json()["answers"]
    assert [one["kind"] for one in answers] == ["disputed", "confirmed"]


async def test_only_an_own_invoice_without_a_debtors_account(business: Business) -> None:
    people, stranger = business.people, Keypair.random()
    other = await business.ask(stranger, "POST", "/invitations", business.wanted())
    assert other.status_code == 404
    unknown = business.wanted(invoice_id="00" * 32)
    assert (await business.ask(business.seller, "POST", "/invitations", unknown)).status_code == 404
    printed = business.wanted()["printed"]
    for name, value, pointer in (
        ("number", "ANOTHER-1", "/printed"),
        ("amount", "10000.01", "/printed"),
        ("amount", "ten", "/printed/amount"),
        ("issue_date", "yesterday", "/printed/issue_date"),
    ):
        wrong = business.wanted(printed=printed | {name: value})
        said = await business.ask(business.seller, "POST", "/invitations", wrong)
        assert (said.status_code, said.json()["pointer"]) == (422, pointer)
    with_wallet = await people.listed(
        business.seller, people.platform.person(), business.number + "W"
    )
    await shown(people)
    wanted = business.wanted(invoice_id=with_wallet)
    said = await business.ask(business.seller, "POST", "/invitations", wanted)
    assert (said.status_code, said.json()["type"]) == (409, "/problems/debtor-has-wallet")


async def test_a_code_is_tried_five_times_and_good_once(business: Business) -> None:
    invitation = await business.invite()
    token = business.token(invitation)
    right = business.code(invitation)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    assert (await business.guest("/pass", {"token": token, "code": right})).status_code == 422
    assert (await business.guest("/code", {"token": token})).status_code == 200
    too_soon = await business.guest("/code", {"token": token})
    assert too_soon.json()["type"] == "/problems/code-too-soon"
    for _ in range(5):
        said = await business.guest("/pass", {"token": token, "code": wrong})
        assert said.json()["type"] == "/problems/code-wrong"
    late = await business.guest("/pass", {"token": token, "code": right})
    assert late.status_code == 422, "after five wrong ones the right one is none"
    business.sql("UPDATE app.debtor_code SET sent_at = now() - interval '1 minute'")
    assert (await business.guest("/code", {"token": token})).status_code == 200
    assert (await business.guest("/pass", {"token": token, "code": right})).status_code == 422
    fresh = {"token": token, "code": business.code(invitation, 2)}
    assert (await business.guest("/pass", fresh)).status_code == 200
    assert (await business.guest("/pass", fresh)).status_code == 422
    business.sql("UPDATE app.debtor_code SET sent_at = now() - interval '16 minutes'")
    assert (await business.guest("/code", {"token": token})).status_code == 200
    business.sql(
        "UPDATE app.debtor_code SET sent_at = now() - interval '16 minutes' WHERE number = 3"
    )
    old = {"token": token, "code": business.code(invitation, 3)}
    assert (await business.guest("/pass", old)).status_code == 422


async def test_eight_codes_a_day_and_no_flood_of_mail(business: Business) -> None:
    invitation = await business.invite()
    token = business.token(invitation)
    sent = []
    for _ in range(10):
        sent.append((await business.guest("/code", {"token": token})).status_code)
        business.sql("UPDATE app.debtor_code SET sent_at = sent_at - interval '1 minute'")
    assert sent == [200] * 8 + [429] * 2
    await business.invite()
    full = await business.ask(business.seller, "POST", "/invitations", business.wanted())
    assert full.json()["type"] == "/problems/too-many-mails", "ten mails a day to one address"
    elsewhere = business.wanted(email="other@dupont.example")
    assert (
        await business.ask(business.seller, "POST", "/invitations", elsewhere)
    ).status_code == 201
    fourth = await business.ask(business.seller, "POST", "/invitations", elsewhere)
    assert fourth.json()["type"] == "/problems/too-many"


async def test_a_withdrawn_link_is_over_at_once_and_what_was_said_stays(business: Business) -> None:
    invitation = await business.invite()
    head = await business.enter(invitation)
    seen = (await business.client.get(f"{PATH}/invoice", headers=head)).headers["ETag"]
    assert (await business.say(head, "/confirmation", seen, name="Jean")).status_code == 201
    path = f"/invitations/{invitation['id']}"
    assert (await business.ask(Keypair.random(), "DELETE", path)).status_code == 404
    assert (await business.ask(business.seller, "DELETE", path)).status_code == 204
    assert (await business.ask(business.seller, "DELETE", path)).status_code == 404
    assert (await business.client.get(f"{PATH}/invoice", headers=head)).status_code == 410
    assert (
        await business.say(head, "/objection", seen, name="J D", reason="no!")
    ).status_code == 410
    for route in ("/link", "/code"):
        assert (
            await business.guest(route, {"token": business.token(invitation)})
        ).status_code == 410
    kept = (await business.ask(business.seller, "GET", path)).json()
    assert [one["kind"] for one in kept["answers"]] == ["confirmed"]
    assert kept["withdrawn_at"] is not None


async def test_a_pass_opens_its_own_invoice_and_nothing_else(business: Business) -> None:
    """The whole table of who may, asked with a pass; and the pass's routes without one."""
    invitation = await business.invite()
    head = await business.enter(invitation)
    for (method, path), cells in written().items():
        if cells["nobody"] == "401":
            filled = re.sub(r"\{(\w+)\}", lambda at: UNUSED.get(at[1], NOBODYS), path)
            asked = await business.client.request(method, filled, headers=head)
            assert asked.status_code == 401, (method, path, asked.status_code)
    seller = business.people._bearer(business.people.config, business.seller)
    for other in ({}, seller, {"Authorization": f"Bearer {business.token(invitation)}"}):
        assert (await business.client.get(f"{PATH}/invoice", headers=other)).status_code == 401


async def test_what_was_said_can_be_changed_by_nobody(business: Business) -> None:
    invitation = await business.invite()
    head = await business.enter(invitation)
    seen = (await business.client.get(f"{PATH}/invoice", headers=head)).headers["ETag"]
    assert (await business.say(head, "/confirmation", seen, name="Jean")).status_code == 201
    pool = Database(business.people.config.database_url, size=1, wait_seconds=5)
    await pool.open()
    owner = business.seller.public_key
    everything = "verifier,servicer,arbiter,staff:operations,staff:risk,compliance,admin"
    async with pool.staff(owner, everything.split(",")) as connection:
        await connection.execute(
            "SELECT set_config('stellarsettle.debtor', %s, true)", (invitation["id"],)
        )
        await connection.execute("SELECT set_config('stellarsettle.worker', 'on', true)")
        for change in (
            "UPDATE app.debtor_answer SET kind = 'disputed', reason = 'x'",
            "DELETE FROM app.debtor_answer",
        ):
            assert (await connection.execute(change.encode())).rowcount == 0
    await pool.close()


async def test_without_mail_or_account_nobody_is_invited(people: Any) -> None:
    who = Keypair.random()
    headers = people._bearer(people.config, who)
    body = {
        "invoice_id": "5f" * 32, "email": _EMAIL, "seller": "S", "debtor": "D",
        "printed": {
            "seller_tax_id": "1", "debtor_tax_id": "2", "number": "3", "amount": "4.00",
            "currency": "EUR", "issue_date": "2026-01-01",
        },
    }  # fmt: skip
    said = await people.client.post(f"{PATH}/invitations", json=body, headers=headers)
    assert said.json()["type"] == "/problems/no-mail"
    mailing = msgspec.structs.replace(people.config, mail_url="file:///nowhere")
    async with _checked(create_app(mailing)) as client:
        said = await client.post(f"{PATH}/invitations", json=body, headers=headers)
        assert said.json()["type"] == "/problems/no-bank-account"

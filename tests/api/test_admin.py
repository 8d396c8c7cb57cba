"""The platform's own people: what waits, who is a member, how the system is."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from stellar_sdk import Keypair

from tests.api.following import indexing, shown
from tests.api.signing import bearing, session

pytestmark = pytest.mark.anyio


class Office:
    """An invoice that waits for its review, one in dispute, and two of the staff."""

    def __init__(self, people: Any) -> None:
        self.people, self.client = people, people.client
        platform = people.platform
        self.seller, self.debtor = platform.person(), platform.person()
        self.waiting = self.disputed = ""
        self.heads: dict[str, dict[str, str]] = {}

    async def open(self) -> None:
        people, number = self.people, time.time_ns()
        await people.admit(self.seller)
        terms = people.terms(self.debtor.public_key, f"wait-{number}")
        self.waiting = str((await people.act(self.seller, "create-escrow", **terms))["invoice_id"])
        self.disputed = await people.listed(self.seller, self.debtor, f"dispute-{number}")
        await people.act(self.debtor, "dispute", invoice_id=self.disputed, reason="2c" * 32)
        await shown(people)
        staff = {scope: Keypair.random() for scope in ("operations", "risk")}
        signing = {
            "owner": people.platform.owner,
            "verifier": people.platform.verifier,
            "seller": self.seller,
            **staff,
        }
        for name, who in signing.items():
            made = await session(self.client, people.config.network_passphrase, who)
            self.heads[name] = bearing(made["token"])
        for scope, who in staff.items():
            await self.client.put(
                f"/v1/staff/{who.public_key}",
                json={"scopes": [scope]},
                headers=self.heads["owner"],
            )

    async def ask(self, who: str, path: str, method: str = "GET") -> Any:
        return await self.client.request(method, f"/v1/admin/{path}", headers=self.heads[who])

    async def item(self, who: str, queue: str, invoice: str) -> dict[str, Any] | None:
        """The invoice as a queue shows it."""
        answer = await self.ask(who, queue)
        assert answer.status_code == 200, answer.text
        found = [row for row in answer.json()["data"] if row["invoice"]["id"] == invoice]
        return found[0] if found else None


@pytest.fixture
async def office(people: Any) -> AsyncIterator[Office]:
    """The office, open."""
    with indexing(people.config, people.platform.deployment.start_ledger):
        made = Office(people)
        await made.open()
        yield made


async def test_reviews_wait_until_somebody_of_the_chain_approves(office: Office) -> None:
    item = await office.item("verifier", "reviews", office.waiting)
    assert item is not None
    assert item["due_by"] == item["since"] + 2 * 86_400
    assert (item["overdue"], item["assignee"], item["age"] >= 0) == (False, None, True)
    assert await office.item("verifier", "reviews", office.disputed) is None
    path = f"reviews/{office.waiting}/assignment"
    taken = await office.ask("risk", path, "POST")
    item = await office.item("operations", "reviews", office.waiting)
    assert item is not None
    assert item["assignee"] == taken.json()["assignee"]
    assert (await office.ask("seller", path, "POST")).status_code == 403
    unknown = f"reviews/{'5f' * 32}/assignment"
    assert (await office.ask("risk", unknown, "POST")).status_code == 404
    await office.people.act(office.people.platform.verifier, "approve", invoice_id=office.waiting)
    await shown(office.people)
    assert await office.item("risk", "reviews", office.waiting) is None


async def test_disputes_wait_for_a_ruling(office: Office) -> None:
    item = await office.item("operations", "disputes", office.disputed)
    assert item is not None
    assert item["opened_by"] == office.debtor.public_key
    assert item["reason_hash"] == "2c" * 32
    assert item["due_by"] > item["since"]
    taken = await office.ask("operations", f"disputes/{office.disputed}/assignment", "POST")
    item = await office.item("risk", "disputes", office.disputed)
    assert item is not None
    assert item["assignee"] == taken.json()["assignee"]
    assert (await office.item("risk", "reviews", office.disputed)) is None


async def test_members_are_those_of_the_chain(office: Office) -> None:
    found: dict[str, Any] = {}
    after = ""
    while after is not None:
        page = (await office.ask("owner", f"members?limit=2&after={after}")).json()
        assert len(page["data"]) <= 2
        found |= {row["address"]: row for row in page["data"]}
        after = page["next"]
    assert found[office.seller.public_key]["member"] is True
    assert found[office.seller.public_key]["roles"] == []
    verifier = office.people.platform.verifier.public_key
    assert found[verifier]["roles"] == ["verifier"]
    assert found[verifier]["member"] is False
    assert list(found) == sorted(found)
    assert (await office.ask("risk", "members")).status_code == 403


async def test_the_system_is_told_as_it_is(office: Office) -> None:
    with psycopg.connect(office.people.config.database_url, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO app.job (kind, key, payload, state) VALUES ('k', '1', '{}', 'dead')"
        )
    system = (await office.ask("operations", "system")).json()
    assert (system["node"], system["network"]) == ("answers", "right")
    assert system["lag_ledgers"] == 0
    assert system["lag_seconds"] == 0
    assert system["whole_through"] == system["as_of_ledger"] == system["newest_ledger"]
    assert (system["gaps"], system["quarantined"], system["missed"]) == ([], 0, 0)
    assert system["jobs"] == {"dead": 1}
    assert (await office.ask("verifier", "system")).status_code == 403

"""Reads show what the ledger says, say as of when, and are not sent twice.

Every answer is also held against the OpenAPI document, by the client of the fixtures.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from stellar_sdk import Keypair, scval

from api.config import ApiConfig
from api.database import Database
from tests.api.following import indexing, shown

pytestmark = pytest.mark.anyio

UNIT = 10**7


class Story:
    """One invoice that was funded by two, paid in part and claimed once; another still open."""

    def __init__(self, people: Any) -> None:
        self.people = people
        platform = people.platform
        self.seller, self.debtor = platform.person(), platform.person(20_000)
        self.investors = platform.person(10_000), platform.person(10_000)
        self.active = self.open = ""
        self.claimed: dict[str, Any] = {}

    async def tell(self) -> None:
        """Let it happen, and wait until it is shown."""
        one, other = self.investors
        await self.people.admit(self.seller, one, other)
        self.active = await self.people.listed(self.seller, self.debtor, f"read-{time.time_ns()}")
        await self.people.act(one, "fund", invoice_id=self.active, amount=str(9_000 * UNIT))
        await self.people.act(other, "fund", invoice_id=self.active, amount=str(500 * UNIT))
        await self.people.act(self.seller, "release", invoice_id=self.active)
        await self.people.act(self.debtor, "pay", invoice_id=self.active, amount=str(5_000 * UNIT))
        self.claimed = await self.people.act(one, "claim", invoice_id=self.active)
        self.open = await self.people.listed(self.seller, self.debtor, f"open-{time.time_ns()}")
        await self.shown()

    async def shown(self) -> None:
        """Wait until the read models hold the newest ledger."""
        await shown(self.people)

    async def data(self, path: str, who: Keypair | None = None) -> Any:
        """The `data` of a read, as somebody or as nobody."""
        answer = (
            await self.people.client.get(path) if who is None else await self.people.get(who, path)
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]


@pytest.fixture
async def story(people: Any) -> AsyncIterator[Story]:
    """The story, told and shown."""
    with indexing(people.config, people.platform.deployment.start_ledger):
        story = Story(people)
        await story.tell()
        yield story


async def test_an_invoice_is_shown_with_its_money(story: Story) -> None:
    shown = await story.data(f"/v1/invoices/{story.active}")
    assert shown["status"] == "active"
    assert shown["face"] == str(10_000 * UNIT)
    assert shown["raised"] == shown["money"]["raised"] == str(9_500 * UNIT)
    assert shown["remaining"] == "0"
    assert shown["seller"] == story.seller.public_key
    assert shown["money"]["paid"] == str(5_000 * UNIT)
    assert shown["amount_due"] == str(5_000 * UNIT)
    assert shown["pool"]["fee"] == str(50 * UNIT)
    assert shown["events"]["missed"] == 0
    holders = {row["holder"]: row for row in shown["positions"]}
    first, second = (holders[who.public_key] for who in story.investors)
    assert (first["shares"], second["shares"]) == (str(9_000 * UNIT), str(500 * UNIT))
    assert first["received"] == story.claimed["returns"]
    assert first["claimable"] == "0"
    assert int(second["claimable"]) == 4_950 * UNIT * 500 // 9_500
    (payment,) = shown["payments"]
    split = [int(payment[part]) for part in ("late", "fee", "investors", "seller")]
    assert sum(split) == int(payment["amount"]) == 5_000 * UNIT
    events = [row["event"] for row in shown["timeline"]]
    assert events[0] == "invoice_created"
    assert events[-1] == "payout"
    assert shown["timeline"][-1]["tx_hash"] == story.claimed["hash"]
    for part in ("positions", "payments", "timeline"):
        alone = await story.data(f"/v1/invoices/{story.active}/{part}")
        assert alone["items"] == shown[part]


async def test_lists_show_what_concerns_them(story: Story) -> None:
    offers = await story.data("/v1/marketplace?limit=1")
    assert offers["items"][0]["id"] == story.open
    assert offers["items"][0]["remaining"] == str(9_500 * UNIT)
    following = await story.data(f"/v1/marketplace?limit=100&after={offers['next']}")
    assert story.active not in {row["id"] for row in following["items"]}

    portfolio = await story.data("/v1/portfolio", story.investors[1])
    assert portfolio["address"] == story.investors[1].public_key
    assert [row["invoice"]["id"] for row in portfolio["positions"]] == [story.active]
    assert portfolio["totals"][0]["paid_in"] == str(500 * UNIT)

    own = await story.data("/v1/invoices", story.seller)
    assert [row["id"] for row in own["items"]] == [story.open, story.active]
    assert {row["role"] for row in own["items"]} == {"seller"}
    owed = await story.data("/v1/invoices", story.debtor)
    assert {row["role"] for row in owed["items"]} == {"debtor"}

    stranger = Keypair.random()
    assert (await story.data("/v1/portfolio", stranger))["positions"] == []
    assert await story.data("/v1/me", stranger) == {
        "address": stranger.public_key,
        "membership": None,
    }
    assert (await story.data("/v1/me", story.seller))["membership"]["member"] is True
    compliance = await story.data("/v1/me", story.people.platform.compliance)
    assert compliance["membership"]["roles"] == ["compliance"]


async def test_the_platforms_money_is_that_of_its_contracts(story: Story) -> None:
    platform = story.people.platform
    overview = await story.data("/v1/platform")
    (usdc,) = (row for row in overview["assets"] if row["asset"] == platform.asset_address)
    held = 0
    for contract in (platform.deployment.escrow, platform.deployment.distributor):
        argument = scval.to_address(contract)
        held += platform.chain.view(platform.asset_address, "balance", argument)
    assert int(usdc["held"]) == int(usdc["paid_in"]) - int(usdc["paid_out"]) == held
    assert usdc["allowed"] is True
    assert overview["invoices"]["active"] >= 1
    assert not any(row["paused"] for row in overview["contracts"])
    assert overview["parameters"]["ticket"] == "10000000"


async def test_an_answer_is_not_sent_twice(story: Story) -> None:
    client, path = story.people.client, f"/v1/invoices/{story.active}"
    first = await client.get(path)
    tag = first.headers["etag"]
    assert first.headers["x-as-of-ledger"] == str(first.json()["meta"]["as_of_ledger"])
    again = await client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    other = await client.get(f"/v1/invoices/{story.open}", headers={"If-None-Match": tag})
    assert other.status_code == 200
    await story.people.act(story.debtor, "pay", invoice_id=story.active, amount=str(UNIT))
    await story.shown()
    changed = await client.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.json()["data"]["money"]["paid"] == str(5_001 * UNIT)


async def test_a_private_answer_is_its_readers_only(story: Story) -> None:
    one, other = story.investors
    mine = await story.people.get(one, "/v1/portfolio")
    theirs = await story.people.get(other, "/v1/portfolio")
    assert mine.headers["etag"] != theirs.headers["etag"]
    assert mine.headers["cache-control"] == "private, no-cache"
    assert "Authorization" in mine.headers["vary"]


async def test_an_intent_is_projected_when_its_effect_can_be_read(story: Story) -> None:
    investor = story.investors[0]
    seen = await story.people.get(investor, f"/v1/transactions/{story.claimed['id']}")
    assert seen.json()["status"] == "projected"


async def test_an_unknown_invoice_is_not_found(story: Story) -> None:
    for part in ("", "/positions", "/payments", "/timeline"):
        answer = await story.people.client.get(f"/v1/invoices/{'5f' * 32}{part}")
        assert answer.status_code == 404
        assert answer.json()["type"] == "/problems/not-found"


async def test_before_the_first_ledger_is_read_it_says_so(people: Any) -> None:
    answer = await people.client.get("/v1/platform")
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/not-read-yet"
    assert (await people.client.get("/health/ready")).status_code == 503


def test_the_service_cannot_write_what_it_reads(settled: ApiConfig) -> None:
    with psycopg.connect(settled.database_url, autocommit=True) as connection:
        connection.execute("SET ROLE stellarsettle_api")
        tables = connection.execute(
            "SELECT ARRAY[schemaname, tablename] FROM pg_tables"
            " WHERE schemaname IN ('read', 'ledger')"
        ).fetchall()
        assert len(tables) > 10
        for (table,) in tables:
            for statement in ("DELETE FROM {}", "INSERT INTO {} DEFAULT VALUES"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(sql.SQL(statement).format(sql.Identifier(*table)))


async def test_sessions_hold_the_apis_role_and_compile_no_plans(settled: ApiConfig) -> None:
    database = Database(settled.database_url, size=2, wait_seconds=5.0)
    await database.open()
    try:
        async with database.public() as connection:
            asked = await connection.execute(
                "SELECT current_user::text AS role, current_setting('jit') AS jit"
            )
            assert await asked.fetchone() == {"role": "stellarsettle_api", "jit": "off"}
    finally:
        await database.close()


async def test_the_outlook_of_a_holder_is_that_of_the_positions_that_wait(story: Story) -> None:
    first, _ = story.investors
    outlook = await story.data("/v1/portfolio/outlook", first)
    (position,) = outlook["positions"]
    assert position["invoice_id"] == story.active
    assert position["stake"] == str(9_000 * UNIT)
    by_name = {rung["scenario"]: rung for rung in position["rungs"]}
    assert list(by_name) == ["on_time", "late_30", "late_60", "late_90", "half", "nothing"]
    # What was claimed already counts: half of the debt is paid, so nothing more still brings that.
    assert by_name["nothing"]["receives"] == story.claimed["returns"]
    assert int(by_name["on_time"]["gain"]) > 0 > int(by_name["nothing"]["gain"])
    late = [int(by_name[name]["receives"]) for name in ("on_time", "late_30", "late_60", "late_90")]
    assert late == sorted(late)
    stranger = await story.data("/v1/portfolio/outlook", Keypair.random())
    assert stranger["positions"] == []


async def test_the_ladder_of_a_stake_is_told_before_it_is_signed(story: Story) -> None:
    path = f"/v1/invoices/{story.open}/ladder"
    ladder = await story.data(f"{path}?amount={100 * UNIT}")
    assert ladder["stake"] == str(100 * UNIT)
    assert [rung["gain"] for rung in ladder["rungs"]][-1] == str(-100 * UNIT)
    client = story.people.client
    over = await client.get(path, params={"amount": str(10_000 * UNIT)})
    assert (over.status_code, over.json()["type"]) == (409, "/problems/not-possible")
    unknown = await client.get(f"/v1/invoices/{'00' * 32}/ladder", params={"amount": "1"})
    assert unknown.status_code == 404
    for wrong in ("0", "-1", "1.5", "much", ""):
        assert (await client.get(path, params={"amount": wrong})).status_code == 422, wrong

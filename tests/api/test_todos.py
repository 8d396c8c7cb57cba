"""What waits is told to whom it waits for, once, until it is done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from stellar_sdk import Keypair

from tests.api.conftest import UNIT
from tests.api.following import indexing, shown

pytestmark = pytest.mark.anyio


class Desk:
    """People and what waits for them."""

    def __init__(self, people: Any) -> None:
        self.people = people

    async def waits(self, who: Keypair) -> list[tuple[str, str | None, str | None]]:
        """Kind, invoice and amount of each; transactions that were only built are left out."""
        await shown(self.people)
        answer = await self.people.get(who, "/v1/me/todos")
        assert answer.status_code == 200, answer.text
        found = [(one["kind"], one["invoice"], one["amount"]) for one in answer.json()["data"]]
        return [one for one in found if one[0] != "sign"]

    async def badges(self, who: Keypair) -> dict[str, Any]:
        found: dict[str, Any] = (await self.people.get(who, "/v1/me/badges")).json()
        return found


@pytest.fixture
async def desk(people: Any) -> AsyncIterator[Desk]:
    """Everybody, with the indexer running."""
    with indexing(people.config, people.platform.deployment.start_ledger):
        yield Desk(people)


async def test_a_life_of_an_invoice_as_everybody_has_to_do_with_it(desk: Desk) -> None:
    people, platform = desk.people, desk.people.platform
    seller, debtor = platform.person(), platform.person(20_000)
    ada = platform.person(10_000)
    await people.admit(seller, ada)
    created = await people.act(
        seller, "create-escrow", **people.terms(debtor.public_key, "todos-1")
    )
    invoice = str(created["invoice_id"])
    about, face = {"invoice_id": invoice}, str(10_000 * UNIT)
    assert await desk.waits(debtor) == [("acknowledge", invoice, face)]
    assert await desk.waits(seller) == []
    verifying = await people.get(platform.verifier, "/v1/me/todos")
    reviews = [one for one in verifying.json()["data"] if one["kind"] == "review-invoice"]
    assert reviews[0]["count"] >= 1
    await people.act(platform.verifier, "approve", **about)
    assert await desk.waits(seller) == [], "the debtor has not confirmed yet"
    await people.act(debtor, "acknowledge", **about)
    assert await desk.waits(debtor) == []
    assert await desk.waits(seller) == [("publish", invoice, str(9_500 * UNIT))]
    await people.act(seller, "publish", **about)
    await people.act(ada, "fund", amount=str(9_500 * UNIT), **about)
    assert await desk.waits(seller) == [("release", invoice, str(9_500 * UNIT))]
    await people.act(seller, "release", **about)
    assert await desk.waits(seller) == []
    assert await desk.waits(debtor) == [("pay", invoice, face)]
    await people.act(debtor, "pay", amount=face, **about)
    assert await desk.waits(debtor) == []
    assert await desk.waits(ada) == [("claim", invoice, str(9_800 * UNIT))]
    badges = await desk.badges(ada)
    assert badges["claimable"] == {platform.asset_address: str(9_800 * UNIT)}
    assert badges["todos"] - badges["open_transactions"] == 1
    await people.act(ada, "claim", **about)
    assert await desk.waits(ada) == []
    (rest,) = await desk.waits(seller)
    assert rest[:2] == ("claim-residual", invoice)
    await people.act(seller, "claim-residual", **about)
    assert await desk.waits(seller) == []


async def test_a_transaction_that_was_built_waits_for_its_signature(desk: Desk) -> None:
    await shown(desk.people)
    who = desk.people.platform.person()
    assert (await desk.badges(who))["open_transactions"] == 0
    built = await desk.people.prepare(who, "bump", contract="distributor", invoice_id="5f" * 32)
    answer = (await desk.people.get(who, "/v1/me/todos")).json()["data"]
    assert [(one["kind"], one["id"]) for one in answer] == [("sign", built["id"])]
    assert (await desk.badges(who))["open_transactions"] == 1
    stranger = await desk.people.get(Keypair.random(), "/v1/me/todos")
    assert stranger.json()["data"] == []

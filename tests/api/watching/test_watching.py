"""New offers are told to whose search they fit, once; watched invoices to who watches them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from stellar_sdk import Keypair

from api.database import Database
from api.happened import since
from api.jobs.runner import Handlers, Runner
from api.notifications.telling import Telling
from api.watching.service import MATCH, Matching, promise_matching
from api.worker.follower import Follower
from tests.api.conftest import UNIT
from tests.api.following import indexing, shown

pytestmark = pytest.mark.anyio


class Desk:
    """People, and the worker's steps."""

    def __init__(self, people: Any, pool: Database) -> None:
        self.people, self.pool = people, pool
        self.telling = Telling(mail=False)
        self.follower = Follower(pool, self.telling.of_happened, promise_matching)
        handlers = Handlers()
        handlers.on(MATCH, Matching(self.telling).match)
        self.runner = Runner(pool, handlers)

    async def worked(self) -> None:
        """Everything that has happened is told."""
        await shown(self.people)
        while await self.follower.step():
            pass
        while await self.runner.run_one():
            pass

    async def ask(self, who: Keypair, method: str, path: str, body: Any = None) -> Any:
        headers = self.people._bearer(self.people.config, who)
        return await self.people.client.request(method, path, json=body, headers=headers)

    async def look_for(self, who: Keypair, **wishes: Any) -> dict[str, Any]:
        made = await self.ask(who, "POST", "/v1/searches", {"name": "S", **wishes})
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    async def told(self, who: Keypair) -> list[tuple[str, str]]:
        page = await self.people.get(who, "/v1/notifications?limit=100")
        return [(one["kind"], one["invoice"]) for one in reversed(page.json()["data"])]


@pytest.fixture
async def desk(people: Any) -> AsyncIterator[Desk]:
    """With the indexer running and the worker's database open."""
    pool = Database(people.config.database_url, size=4, wait_seconds=5)
    await pool.open()
    with indexing(people.config, people.platform.deployment.start_ledger):
        await shown(people)
        yield Desk(people, pool)
    await pool.close()


async def test_a_new_offer_is_told_to_whose_search_it_fits_once(desk: Desk) -> None:
    people, platform = desk.people, desk.people.platform
    seller, debtor = platform.person(), platform.person()
    ada, ben, cleo, dan = (Keypair.random() for _ in range(4))
    await people.admit(seller)
    await desk.worked()  # other tests' offers are open as well
    await desk.look_for(ada, max_days=90, min_yield="0.1", acknowledged=True)
    await desk.look_for(ada, seller=seller.public_key)
    await desk.look_for(ben, max_days=10)
    await desk.look_for(ben, min_remaining=str(9_501 * UNIT))
    await desk.look_for(ben, min_yield="0.5")
    await desk.look_for(ben, debtor=seller.public_key)
    await desk.look_for(cleo, notify=False)
    search = await desk.look_for(dan, asset=platform.asset_address)
    assert search["query"] == f"asset={platform.asset_address}"
    invoice = await people.listed(seller, debtor, "watch-1")
    await desk.worked()
    assert await desk.told(ada) == [("offer_fits", invoice)], "two searches, one word"
    assert await desk.told(ben) == []
    assert await desk.told(cleo) == []
    assert await desk.told(dan) == [("offer_fits", invoice)]
    # A worker that was killed before its commit comes to the same ledgers again.
    async with desk.pool.worker() as connection:
        await promise_matching(connection, await since(connection, 0, 10_000))
    await desk.worked()
    assert len(await desk.told(ada)) == 1
    path = f"/v1/searches/{search['id']}"
    assert (await desk.ask(ada, "DELETE", path)).status_code == 404
    changed = await desk.ask(dan, "PUT", path, {"name": "T", "min_yield": "0.9"})
    assert (changed.json()["asset"], changed.json()["min_yield"]) == (None, "0.9")
    await people.listed(seller, debtor, "watch-2")
    await desk.worked()
    assert len(await desk.told(dan)) == 1
    assert len(await desk.told(ada)) == 2
    assert (await desk.ask(dan, "DELETE", path)).status_code == 204
    assert (await desk.ask(dan, "GET", "/v1/searches")).json() == {"data": []}


async def test_who_watches_an_invoice_hears_of_it(desk: Desk) -> None:
    people, platform = desk.people, desk.people.platform
    seller, debtor, ada = platform.person(), platform.person(), platform.person(10_000)
    watcher, stranger = Keypair.random(), Keypair.random()
    await people.admit(seller, ada)
    invoice = await people.listed(seller, debtor, "watch-3")
    await desk.worked()
    path = f"/v1/watchlist/{invoice}"
    for _ in range(2):
        assert (await desk.ask(watcher, "PUT", path)).status_code == 204
    assert (await desk.ask(watcher, "PUT", f"/v1/watchlist/{'00' * 32}")).status_code == 404
    (item,) = (await desk.ask(watcher, "GET", "/v1/watchlist")).json()["data"]
    assert (item["invoice"]["id"], item["invoice"]["status"]) == (invoice, "open")
    assert (await desk.ask(stranger, "GET", "/v1/watchlist")).json()["data"] == []
    await people.act(ada, "fund", invoice_id=invoice, amount=str(9_500 * UNIT))
    await desk.worked()
    assert await desk.told(watcher) == [("funding_closed", invoice)]
    assert (await desk.ask(watcher, "DELETE", path)).status_code == 204
    await people.act(seller, "release", invoice_id=invoice)
    await desk.worked()
    assert len(await desk.told(watcher)) == 1
    with psycopg.connect(people.config.database_url) as owner:
        assert owner.execute("SELECT count(*) FROM app.watched").fetchone() == (0,)

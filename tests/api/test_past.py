"""Reads as of a ledger: what was shown then is shown for ever; what has no answer says why.

Every answer is also held against the OpenAPI document, by the client of the fixtures.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from stellar_sdk import Keypair

import migrations
from indexer import renewal
from tests.api.following import indexing, shown

pytestmark = pytest.mark.anyio

UNIT = 10**7
Seen = dict[tuple[str, str], Any]


class Watched:
    """A platform on which things go on, and everything that it shows to those concerned."""

    def __init__(self, people: Any) -> None:
        self.people = people
        platform = people.platform
        self.seller, self.debtor = platform.person(), platform.person(20_000)
        self.investor = platform.person(20_000)
        self.invoice = ""

    async def seen(self, at: int | None = None) -> tuple[int, Seen]:
        """All that there is to see as of a ledger, and that ledger."""
        one = f"/v1/invoices/{self.invoice}"
        public = [
            "/v1/platform", "/v1/marketplace", "/v1/marketplace?sort=yield", "/v1/figures/platform",
            "/v1/marketplace/facets", one, f"{one}/positions", f"{one}/payments", f"{one}/timeline",
            f"/v1/figures/invoices/{self.invoice}",
        ]  # fmt: skip
        private = {
            "investor": ("/v1/portfolio", "/v1/portfolio/outlook", "/v1/figures/mine/investor"),
            "seller": ("/v1/invoices", "/v1/me", "/v1/figures/mine/seller"),
            "debtor": ("/v1/invoices", "/v1/figures/mine/debtor"),
        }
        found: Seen = {}
        for path in public:
            found["", path] = await self.get(path, None, at)
        for who, paths in private.items():
            for path in paths:
                found[who, path] = await self.get(path, getattr(self, who), at)
        (ledger,) = {answer["meta"]["as_of_ledger"] for answer in found.values()}
        return ledger, found

    async def get(self, path: str, who: Keypair | None, at: int | None) -> Any:
        """What a read answers, as somebody or as nobody."""
        if at is not None:
            path += ("&" if "?" in path else "?") + f"as_of={at}"
        client = self.people.client
        answer = await client.get(path) if who is None else await self.people.get(who, path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    async def fresh(self) -> tuple[int, Seen]:
        """All as of the newest ledger; figures may be some moments behind, and are asked again."""
        await shown(self.people)
        while True:
            try:
                return await self.seen()
            except ValueError:
                continue


@pytest.fixture
async def watched(people: Any) -> AsyncIterator[Watched]:
    """The platform with an open invoice."""
    with indexing(people.config, people.platform.deployment.start_ledger):
        one = Watched(people)
        await people.admit(one.seller, one.investor)
        one.invoice = await people.listed(one.seller, one.debtor, f"past-{time.time_ns()}")
        yield one


async def test_what_was_shown_at_a_ledger_is_shown_as_of_it(watched: Watched) -> None:
    """An invoice is funded, paid and claimed, while everybody looks at everything they may."""
    people, invoice = watched.people, {"invoice_id": watched.invoice}
    then = [await watched.fresh()]
    await people.act(watched.investor, "fund", amount=str(9_500 * UNIT), **invoice)
    then.append(await watched.fresh())
    await people.act(watched.seller, "release", **invoice)
    people.platform.network.advance_time(70 * 86_400)
    await people.act(watched.debtor, "pay", amount=str(4_000 * UNIT), **invoice)
    then.append(await watched.fresh())
    await people.act(watched.investor, "claim", **invoice)
    await people.act(watched.debtor, "pay", amount=str(5_000 * UNIT), **invoice)
    then.append(await watched.fresh())
    assert len({ledger for ledger, _ in then}) == len(then)
    for ledger, seen in then:
        assert await watched.seen(ledger) == (ledger, seen)
    changed = {name for name in then[0][1] if then[0][1][name]["data"] != then[-1][1][name]["data"]}
    assert len(changed) > 15, "hardly anything changed: this compares nothing"


async def test_a_ledger_without_an_answer_says_why(watched: Watched) -> None:
    people = watched.people
    await shown(people)
    newest = (await people.client.get("/v1/platform")).json()["meta"]["as_of_ledger"]
    wanted = {
        "ledger-not-read": (404, newest + 1_000),
        "ledger-too-early": (404, people.platform.deployment.start_ledger - 1),
        "invalid-field": (422, 0),
    }
    one = f"/v1/invoices/{watched.invoice}"
    for path in ("/v1/platform", one, f"{one}/ladder?amount=10000000", "/v1/figures/platform"):
        for slug, (status, ledger) in wanted.items():
            address = f"{path}{'&' if '?' in path else '?'}as_of={ledger}"
            answer = await people.client.get(address)
            assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}"), (
                address
            )
            if slug == "ledger-not-read":
                assert str(newest) in answer.json()["detail"]
    for wrong in ("x", "-1", "1.5", str(2**31)):
        answer = await people.client.get("/v1/platform", params={"as_of": wrong})
        assert (answer.status_code, answer.json()["pointer"]) == (422, "?as_of"), wrong
    early = await people.client.get(one, params={"as_of": people.platform.deployment.start_ledger})
    assert (early.status_code, early.json()["type"]) == (404, "/problems/not-found")


async def test_a_past_answer_may_be_kept_until_the_rows_are_rebuilt(watched: Watched) -> None:
    people = watched.people
    await shown(people)
    ledger = (await people.client.get("/v1/platform")).json()["meta"]["as_of_ledger"]
    path = f"/v1/invoices/{watched.invoice}?as_of={ledger}"
    first = await people.client.get(path)
    assert first.headers["cache-control"] == "public, max-age=60"
    assert first.headers["x-as-of-ledger"] == str(ledger)
    known = {"If-None-Match": first.headers["etag"]}
    assert (await people.client.get(path, headers=known)).status_code == 304
    own = await people.get(watched.investor, f"/v1/portfolio?as_of={ledger}")
    assert own.headers["cache-control"] == "private, no-cache"
    migrations.upgrade(people.config.database_url)
    await anyio.to_thread.run_sync(renewal.renew, people.config.database_url)
    again = await people.client.get(path, headers=known)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["etag"] != first.headers["etag"]

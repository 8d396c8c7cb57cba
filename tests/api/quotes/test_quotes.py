"""Quotes say what the contracts would refuse; what-ifs add up and keep nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.conftest import UNIT
from tests.api.following import indexing, shown

pytestmark = pytest.mark.anyio


@pytest.fixture
async def market(people: Any) -> AsyncIterator[Any]:
    """The people, with the indexer running."""
    with indexing(people.config, people.platform.deployment.start_ledger):
        await shown(people)
        yield people


async def _ask(people: Any, who: Any, path: str, body: Any) -> Any:
    headers = people._bearer(people.config, who)
    return await people.client.post(path, json=body, headers=headers)


async def test_a_quote_names_what_is_refused(market: Any) -> None:
    who = market.platform.person()
    terms = market.terms(who.public_key, "quote-1")
    for name in ("natural_key", "doc_hash"):
        del terms[name]
    answer = await _ask(market, who, "/v1/quotes", terms)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["whole"]["cash"], found["whole"]["cost"]) == (str(9_500 * UNIT), str(400 * UNIT))
    assert found["least"]["raised"] == str(5_000 * UNIT)
    assert [one["pointer"] for one in found["problems"]] == ["/debtor"], "himself"
    terms["debtor"] = market.platform.person().public_key
    assert (await _ask(market, who, "/v1/quotes", terms)).json()["problems"] == []
    wrong = await _ask(market, who, "/v1/quotes", terms | {"target": str(10_001 * UNIT)})
    assert (wrong.status_code, wrong.json()["pointer"]) == (422, "/target")


async def test_what_if_adds_stakes_to_what_is_held(market: Any) -> None:
    platform = market.platform
    seller, debtor, ada = platform.person(), platform.person(), platform.person(10_000)
    await market.admit(seller, ada)
    held = await market.listed(seller, debtor, "whatif-1")
    await market.act(ada, "fund", invoice_id=held, amount=str(9_500 * UNIT))
    await market.act(seller, "release", invoice_id=held)
    offer = await market.listed(seller, debtor, "whatif-2")
    await shown(market)
    stakes = {"stakes": [{"invoice_id": offer, "amount": str(950 * UNIT)}]}
    answer = await _ask(market, ada, "/v1/what-if", stakes)
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    before = {one["scenario"]: one for one in data["before"]}
    after = {one["scenario"]: one for one in data["after"]}
    assert before["on_time"]["receives"] == str(9_800 * UNIT)
    assert after["on_time"]["receives"] == str((9_800 + 980) * UNIT)
    assert after["nothing"]["receives"] == "0"
    rungs = {rung["scenario"]: rung for rung in data["stakes"][0]["rungs"]}
    assert rungs["on_time"]["receives"] == str(980 * UNIT)
    again = await _ask(market, ada, "/v1/what-if", stakes)
    assert again.json()["data"] == data, "nothing was kept"
    much = {"stakes": [*stakes["stakes"], {"invoice_id": offer, "amount": str(9_501 * UNIT)}]}
    twice = await _ask(market, ada, "/v1/what-if", much)
    assert (twice.status_code, twice.json()["pointer"]) == (422, "/stakes")
    refused = await _ask(market, ada, "/v1/what-if", {"stakes": much["stakes"][1:]})
    assert (refused.status_code, refused.json()["detail"][:8]) == (409, "Stake 1:")

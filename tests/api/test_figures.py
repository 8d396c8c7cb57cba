"""Figures over HTTP: the registry's own, each person's for that person, with reasons for nulls."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from stellar_sdk import Keypair

from contracts.wire import Address
from projections.analytics import dashboards, facts
from projections.analytics.registry import METRICS
from projections.analytics.workings import Workings
from projections.engine import Engine
from tests.projections import story

pytestmark = pytest.mark.anyio


@pytest.fixture
async def told(people: Any) -> Any:
    """A database in which a scripted story is folded."""
    chain = story.told(6)
    with psycopg.connect(
        people.config.database_url, options="-c role=stellarsettle_indexer"
    ) as writer:
        Engine().apply(writer, chain.records, chain.mark)
    return people


def _expected(people: Any, name: str, about: str | None = None) -> list[dashboards.Answer]:
    with psycopg.connect(people.config.database_url, autocommit=True) as reader:
        return dashboards.answers(name, Workings(facts.stored(reader)), about)


async def test_platform_figures_are_the_registry_s(told: Any) -> None:
    answer = (await told.client.get("/v1/figures/platform")).json()
    expected = _expected(told, "platform")
    assert answer["meta"]["as_of_ledger"] == expected[0].ledger
    shown = {
        (one["table"], tuple(one["key"].items()), one["figure"]): (
            one["value"], one["null_reason"], one["unit"], one["version"],
        )
        for one in answer["data"]["figures"]
    }  # fmt: skip
    assert shown == {
        (one.table, tuple(one.key.items()), one.figure): (
            one.value, one.null_reason, one.unit, one.version,
        )
        for one in expected
    }  # fmt: skip
    for one in answer["data"]["figures"]:
        assert (one["value"] is None) == (one["null_reason"] is not None)
        assert (one["null_reason"] is None) == (one["null_sentence"] is None)


async def test_an_invoice_s_figures_are_public_and_an_unknown_one_has_none(told: Any) -> None:
    path = f"/v1/figures/invoices/{story.INVOICE.hex()}"
    answer = (await told.client.get(path)).json()
    assert {one["key"]["invoice"] for one in answer["data"]["figures"]} == {story.INVOICE.hex()}
    unknown = (await told.client.get(f"/v1/figures/invoices/{'00' * 32}")).json()
    assert unknown["data"]["figures"] == []
    assert (await told.client.get("/v1/figures/invoices/x")).status_code == 422


async def test_everybody_sees_their_own_and_nobody_else_s(told: Any, bearer: Any) -> None:
    for role in ("investor", "seller", "debtor"):
        who = Keypair.random()
        answer = await told.client.get(f"/v1/figures/mine/{role}", headers=bearer(told.config, who))
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.json()["data"] == {
            "dashboard": role, "about": Address(who.public_key), "figures": [],
        }  # fmt: skip
        assert (await told.client.get(f"/v1/figures/mine/{role}")).status_code == 401
    headers = bearer(told.config, Keypair.random())
    assert (await told.client.get("/v1/figures/mine/king", headers=headers)).status_code == 404
    assert (await told.client.get("/v1/figures/admin", headers=headers)).status_code == 403


async def test_definitions_name_every_figure_and_why_it_may_be_null(told: Any) -> None:
    found = (await told.client.get("/v1/figures/definitions")).json()["data"]
    assert [one["id"] for one in found] == [metric.id for metric in METRICS]
    figures = [f for one in found for table in one["tables"] for f in table["figures"]]
    assert all(figure["formula"] and figure["unit"] for figure in figures)
    assert {len(figure["nulls"]) > 0 for figure in figures} == {True, False}


async def test_before_the_first_ledger_there_are_no_figures(people: Any) -> None:
    answer = await people.client.get("/v1/figures/platform")
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/not-read-yet"

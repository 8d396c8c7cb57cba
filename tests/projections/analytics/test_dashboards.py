"""What dashboards are answered with."""

from __future__ import annotations

import psycopg
import pytest

from projections.analytics import facts
from projections.analytics.dashboards import DASHBOARDS, TABLES, Answer, answers
from projections.analytics.metric import Reason, Unit
from projections.analytics.workings import Workings
from projections.engine import Engine
from projections.memory import Memory
from tests.projections import story


@pytest.fixture(scope="module")
def workings() -> Workings:
    told = story.told()
    return Workings(facts.remembered(Memory(told.records), told.mark))


def values(found: list[Answer], table: str, **key: str) -> dict[str, str | bool | Reason | None]:
    """Figures of one row by name; the reason where there is none."""
    return {
        answer.figure: answer.null_reason or answer.value
        for answer in found
        if answer.table == table and key.items() <= answer.key.items()
    }


def test_every_dashboard_is_made_of_tables_that_are_about_its_subject() -> None:
    for dashboard in DASHBOARDS.values():
        for name in dashboard.tables:
            _, table = TABLES[name]
            assert dashboard.about is None or dashboard.about in table.key


def test_an_investors_figures(workings: Workings) -> None:
    """Ann of the story: 4,000 of 9,000 became 4,294.1614088; 500 came back from the second."""
    found = answers("investor", workings, story.ANN)
    profit = values(found, "M06.investor")
    assert profit == {
        "realised": "2941614088",
        "accrued": "0",
        "provision": "0",
        "net": "2941614088",
        "left_out": "0",
    }
    assert values(found, "M05.position", invoice=story.INVOICE.hex()) == {"moic": "1.073540"}
    assert values(found, "M11.investor")["par30"] is Reason.NOTHING_OUTSTANDING
    assert {answer.key["holder"] for answer in found} == {story.ANN}


def test_a_figure_says_what_it_is(workings: Workings) -> None:
    (first, *_) = answers("invoice", workings, story.INVOICE.hex())
    assert (first.metric, first.version, first.table) == ("M01", 1, "M01.invoice")
    assert (first.figure, first.unit, first.value) == ("discount", Unit.RATIO, "0.100000")
    mark = workings.facts.mark
    assert (first.ledger, first.closed_at) == (mark.ledger, mark.closed_at)


def test_the_platform_and_the_seller(workings: Workings) -> None:
    platform = answers("platform", workings)
    assert values(platform, "M23.platform")["fee_revenue"] == "2000000000"
    assert values(platform, "M13.platform") == {
        "by_amount": "0.000000",
        "by_count": "0.000000",
        "matured": "1",
    }
    seller = answers("seller", workings, story.SELLER)
    assert values(seller, "M21.seller")["days_to_pay"] == "78.000000"


def test_strangers_have_no_figures(workings: Workings) -> None:
    assert answers("investor", workings, "G" + "A" * 55) == []


def test_whose_it_is_must_be_said(workings: Workings) -> None:
    with pytest.raises(ValueError, match="about one holder"):
        answers("investor", workings)
    with pytest.raises(ValueError, match="about all"):
        answers("platform", workings, story.ANN)


def test_from_the_database_it_is_the_same(database: str, workings: Workings) -> None:
    told = story.told()
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as writer:
        Engine().apply(writer, told.records, told.mark)
    with psycopg.connect(database, autocommit=True) as reader:
        stored = Workings(facts.stored(reader))
    for name, dashboard in DASHBOARDS.items():
        about = {None: None, "holder": story.ANN, "invoice": story.INVOICE.hex()}.get(
            dashboard.about, story.SELLER
        )
        assert answers(name, stored, about) == answers(name, workings, about)

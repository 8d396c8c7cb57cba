"""Searching the market: any wishes, every sort, counts that add up, figures of the registry."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, get_args

import psycopg
import pytest

import migrations
from projections.analytics import dashboards
from projections.analytics import facts as metric_facts
from projections.analytics.workings import Workings
from projections.engine import Engine
from projections.invoices import INVOICE
from projections.marketplace import TENORS, Search, Sort, facets, open_invoices
from projections.memory import Memory
from projections.query import CursorError
from stellarsettle import postgres
from tests.projections.asking import ask, write
from tests.projections.business import ASSET, Business
from tests.projections.support import DAY, USDC, Chain, address

OTHER = address("asset:EURC")
SEED = 20261128


@pytest.fixture(scope="module")
def market(server: postgres.Server) -> Iterator[psycopg.Connection]:
    """Forty offers of every kind, some alike in what they are sorted by; one is funded."""
    dice = random.Random(SEED)
    chain = Chain()
    business = Business(chain)
    for number in range(40):
        chain.close(chain.mark.closed_at + (number % 4) * DAY // 8)
        target = dice.choice([800, 900, 950]) * USDC
        business.list_invoice(
            target=target,
            par=target + dice.randrange(50) * USDC + dice.randrange(3),
            days=dice.choice([31, 45, 60, 61, 90, 120]),
            asset=dice.choice([ASSET, ASSET, OTHER]),
            acknowledged=dice.random() < 0.5,
        )
    business.fund(business.deals[7], business.people[0], 100 * USDC)
    chain.close(chain.mark.closed_at + DAY)
    url = server.create("market")
    migrations.upgrade(url)
    with psycopg.connect(url, options="-c role=stellarsettle_indexer") as writer:
        Engine().apply(writer, chain.records, chain.mark)
    with psycopg.connect(url, autocommit=True, options="-c role=stellarsettle_api") as reader:
        yield reader
    server.drop("market")


def pages(market: psycopg.Connection, search: Search, limit: int = 7) -> list[dict[str, Any]]:
    """Everything that a search finds, page by page."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = ask(market, open_invoices(limit, after, search))
        found += page["items"]
        assert len(page["items"]) <= limit
        if (after := page["next"]) is None:
            assert ask(market, facets(search))["total"] == len(found)
            return found


KEYS: dict[Sort, Callable[[dict[str, Any]], tuple[Any, ...]]] = {
    "newest": lambda one: (-one["published_at"],),
    "yield": lambda one: (-Decimal(one["simple_yield"]),),
    "due": lambda one: (one["due_at"],),
    "closing": lambda one: (one["deadline"],),
    "size": lambda one: (-int(one["remaining"]),),
}


@pytest.mark.parametrize("sort", get_args(Sort))
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_every_sort_gives_all_offers_once_in_order(
    market: psycopg.Connection, sort: Sort, limit: int
) -> None:
    found = pages(market, Search(sort=sort), limit)
    assert len({one["id"] for one in found}) == len(found) == 40
    assert [KEYS[sort](one) for one in found] == sorted(KEYS[sort](one) for one in found)


def test_yield_and_discount_are_those_of_the_registry(market: psycopg.Connection) -> None:
    workings = Workings(metric_facts.stored(market))
    told = {
        (table, one.key["invoice"], one.figure): one.value
        for table in ("M01.invoice", "M02.invoice")
        for one in dashboards.of_table(table, workings, {})
    }
    for one in pages(market, Search()):
        assert one["discount"] == told["M01.invoice", one["id"], "discount"]
        assert one["simple_yield"] == told["M02.invoice", one["id"], "promised"]


WISHES: list[tuple[Search, Callable[[dict[str, Any]], bool]]] = [
    (Search(asset=OTHER), lambda one: one["asset"] == OTHER),
    (Search(acknowledged=True), lambda one: one["acknowledged_at"] is not None),
    (Search(acknowledged=False), lambda one: one["acknowledged_at"] is None),
    (Search(max_days=60), lambda one: one["days"] <= 60),
    (Search(min_yield="0.2"), lambda one: Decimal(one["simple_yield"]) >= Decimal("0.2")),
    (Search(min_remaining=850 * USDC), lambda one: int(one["remaining"]) >= 850 * USDC),
    (Search(seller=address("@seller3")), lambda one: one["seller"] == address("@seller3")),
    (Search(debtor=address("@debtor3")), lambda one: one["debtor"] == address("@debtor3")),
    (
        Search(asset=ASSET, max_days=61, acknowledged=True, sort="yield"),
        lambda one: (
            one["asset"] == ASSET and one["days"] <= 61 and one["acknowledged_at"] is not None
        ),
    ),
]


@pytest.mark.parametrize(("search", "fits"), WISHES)
def test_a_wish_leaves_what_fits_and_nothing_else(
    market: psycopg.Connection, search: Search, fits: Callable[[dict[str, Any]], bool]
) -> None:
    everything = pages(market, Search())
    expected = {one["id"] for one in everything if fits(one)}
    assert 0 < len(expected) < len(everything)
    assert {one["id"] for one in pages(market, search)} == expected


def test_a_name_finds_its_invoice_however_it_is_written(market: psycopg.Connection) -> None:
    wanted = pages(market, Search())[3]["id"]
    for text in (wanted, wanted[:8], f"INV-{wanted[:8].upper()}", f" inv-{wanted[:6]} "):
        assert [one["id"] for one in pages(market, Search(text=text))] == [wanted]
    assert pages(market, Search(text="zz%")) == []
    assert pages(market, Search(text="_")) == []


def test_a_facet_counts_what_its_own_values_would_show(market: psycopg.Connection) -> None:
    search = Search(asset=OTHER, max_days=61, acknowledged=True)
    counts = ask(market, facets(search))
    for one in counts["asset"]:
        same = Search(asset=one["value"], max_days=61, acknowledged=True)
        assert one["count"] == len(pages(market, same))
    for name, wish in (("yes", True), ("no", False)):
        same = Search(asset=OTHER, max_days=61, acknowledged=wish)
        assert counts["acknowledged"][name] == len(pages(market, same))
    buckets = {one["up_to"]: one["count"] for one in counts["days"]}
    below = 0
    for upper in TENORS:
        reached = len(pages(market, Search(asset=OTHER, max_days=upper, acknowledged=True)))
        assert buckets.get(upper, 0) == reached - below
        below = reached
    assert (
        buckets.get(None, 0) == len(pages(market, Search(asset=OTHER, acknowledged=True))) - below
    )


def test_nothing_fits_an_address_that_was_never_seen(market: psycopg.Connection) -> None:
    assert pages(market, Search(seller=address("@nobody"))) == []


def test_the_marketplace_is_paged_without_gap_or_repetition(
    database: str, reader: psycopg.Connection
) -> None:
    """Several invoices of one second included; closed and funded ones are not there."""
    chain = Chain()
    business = Business(chain)
    for number in range(23):
        chain.close(chain.mark.closed_at + (number % 3 == 0))
        business.list_invoice()
    business.fund(business.deals[5], business.people[0], Business.TARGET)
    write(database, chain)
    seen: list[str] = []
    after = None
    for _ in range(5):
        page = ask(reader, open_invoices(5, after))
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
    assert after is None
    published = {row.invoice.hex(): row.published_at for row in Memory(chain.records).all(INVOICE)}
    expected = {deal.id.hex() for deal in business.deals} - {business.deals[5].id.hex()}
    assert sorted(seen) == sorted(expected)
    assert [published[one] for one in seen] == sorted(
        (published[one] for one in seen), key=lambda at: -(at or 0)
    )


@pytest.mark.parametrize("cursor", ["", "1", "x-" + "0" * 64, "1-" + "0" * 63, "1-" + "G" * 64])
def test_an_invented_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(CursorError):
        open_invoices(5, cursor)


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_page_has_bounds(limit: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        open_invoices(limit)

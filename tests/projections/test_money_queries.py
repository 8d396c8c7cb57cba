"""What is told about positions, payments and money out, with the figures of the story."""

from __future__ import annotations

from typing import Any

import psycopg

from contracts import events
from projections import (
    funding,
    payments,
    payouts,
    positions,
)
from projections.lifecycle import DAY
from projections.memory import Memory
from projections.pools import POOL
from projections.positions import POSITION, claimable
from tests.projections import story
from tests.projections.asking import ask, fill, write
from tests.projections.support import START, address


def test_positions_say_what_a_claim_would_pay(database: str, reader: psycopg.Connection) -> None:
    chain = story.told(6)
    write(database, chain)
    body = ask(reader, positions.of_invoice(story.INVOICE))
    claims = {item["holder"]: item["claimable"] for item in body["items"]}
    assert claims == {
        story.ANN: "29874947422",
        story.BOB: "32206210566",
        story.CID: "21470807044",
    }
    assert body["supply"] == "90000000000"
    assert body["items"][0] == {
        "holder": story.ANN,
        "shares": "40000000000",
        "paid_in": "40000000000",
        "received": "13066666666",
        "refunded": "0",
        "claimable": "29874947422",
        "frozen": False,
    }


def test_a_portfolio_has_every_position_and_totals(
    database: str, reader: psycopg.Connection
) -> None:
    chain = story.told(6)
    chain.tell(events.MemberSet(addr=story.ANN, until=START + 365 * DAY, frozen=True))
    write(database, chain)
    body = ask(reader, positions.portfolio(story.ANN))
    assert body["frozen"] is True
    by_invoice = {item["invoice"]["id"]: item for item in body["positions"]}
    assert by_invoice[story.REFUNDED.hex()]["refunded"] == "5000000000"
    assert by_invoice[story.INVOICE.hex()]["claimable"] == "29874947422"
    assert by_invoice[story.INVOICE.hex()]["invoice"]["status"] == "settled"
    assert body["totals"] == [
        {
            "asset": story.USDC,
            "positions": 2,
            "shares": "40000000000",
            "paid_in": "45000000000",
            "received": "13066666666",
            "refunded": "5000000000",
            "claimable": "29874947422",
        }
    ]


def test_payments_show_the_waterfall(database: str, reader: psycopg.Connection) -> None:
    write(database, story.told())
    items = ask(reader, payments.of_invoice(story.INVOICE))["items"]
    assert [item["amount"] for item in items] == ["30000000000", "10000000000", "60618631700"]
    for item in items:
        parts = (item[part] for part in ("late", "fee", "investors", "seller"))
        assert sum(map(int, parts)) == int(item["amount"])
    assert items[1]["time"] == story.DUE + 10 * DAY
    assert (items[2]["paid"], items[2]["outstanding"]) == ("100000000000", "0")


def test_money_out_names_reason_and_recipient(database: str, reader: psycopg.Connection) -> None:
    write(database, story.told())
    items = ask(reader, payouts.of_invoice(story.REFUNDED))["items"]
    assert [(item["reason"], item["entitled"], item["recipient"]) for item in items] == [
        ("refund", story.ANN, story.DAN),
        ("refund", story.BOB, story.BOB),
    ]
    reasons = [item["reason"] for item in ask(reader, payouts.of_invoice(story.INVOICE))["items"]]
    assert reasons == ["release", "payout", "payout", "payout", "payout", "residual"]


def test_stakes_and_money_come_in_pages_newest_first(
    database: str, reader: psycopg.Connection
) -> None:
    write(database, story.told())
    found: list[Any] = []
    after = None
    for _ in range(3):
        page = ask(reader, funding.of_invoice(story.INVOICE, 2, after))
        found += page["items"]
        after = page["next"]
        if after is None:
            break
    assert [(stake["investor"], stake["amount"]) for stake in found] == [
        (story.CID, "20000000000"),
        (story.BOB, "30000000000"),
        (story.ANN, "40000000000"),
    ]
    mine = ask(reader, funding.of_investor(story.ANN))["items"]
    assert [stake["invoice"] for stake in mine] == [story.REFUNDED.hex(), story.INVOICE.hex()]
    money = ask(reader, payouts.of_address(story.ANN))["items"]
    assert [(one["reason"], one["recipient"], one["amount"]) for one in money] == [
        ("payout", story.ANN, "29874947422"),
        ("payout", story.ANN, "13066666666"),
        ("refund", story.DAN, "5000000000"),
    ]
    fees = ask(reader, payouts.of_address(story.TREASURY))["items"]
    assert [(one["reason"], one["invoice"], one["asset"]) for one in fees] == [
        ("fees", None, story.USDC)
    ]
    assert ask(reader, funding.of_investor(address("@nobody"))) == {"items": [], "next": None}


def test_sums_in_sql_are_sums_of_folds(database: str, reader: psycopg.Connection) -> None:
    """Claimable of every holder of many invoices: SQL numeric equals the fold's integers."""
    filled = fill(database, 60)
    memory = Memory(filled.chain.records)
    for deal in filled.deals:
        body = ask(reader, positions.of_invoice(deal.id))
        pool = memory.find(POOL, deal.id)
        shown = {item["holder"]: int(item["claimable"]) for item in body["items"]}
        assert shown == {
            holder: claimable(memory.get(POSITION, deal.id, holder), pool.index if pool else 0)
            for holder in deal.shares
        }

"""What is told about an invoice and about a party's invoices, with the figures of the story."""

from __future__ import annotations

import psycopg

from contracts import events
from projections import (
    details,
    disputes,
    invoices,
    members,
    payments,
    payouts,
    positions,
    timeline,
    transfers,
)
from projections.invoices import INVOICE, TERMS, amount_due
from projections.lifecycle import DAY
from projections.marketplace import facets, open_invoices
from projections.memory import Memory
from tests.projections import story
from tests.projections.asking import ask, write
from tests.projections.support import START, address, identifier


def test_an_invoice_with_everything(database: str, reader: psycopg.Connection) -> None:
    write(database, story.told(5))
    body = ask(reader, invoices.by_id(story.INVOICE))
    assert body["id"] == story.INVOICE.hex()
    assert (body["status"], body["disputed"], body["holders"]) == ("active", False, 3)
    assert (body["seller"], body["debtor"], body["payee"]) == (
        story.SELLER,
        story.DEBTOR,
        story.SELLER,
    )
    assert body["money"] == {
        "raised": "90000000000",
        "remaining": "0",
        "refunded": "0",
        "supply": "90000000000",
        "par_sold": "96000000000",
        "paid": "39667000000",
        "outstanding": "60333000000",
        "investors": "38873660000",
        "late_paid": "333000000",
        "late_owed": "0",
        "amount_due": "60333000000",
        "shortfall": "57126340000",
    }
    assert body["pool"] | {"carry": None} == {
        "par_sold": "96000000000",
        "index": "435629555555555555",
        "carry": None,
        "late": "333000000",
        "fee": "793340000",
        "investors": "39206660000",
        "seller": "0",
        "claimed": "13066666666",
        "seller_claimed": "0",
        "seller_claimable": "0",
    }
    assert body["terms"]["face"] == "100000000000"
    assert body["terms"]["due_at"] == story.DUE
    assert body["terms"]["natural"] == identifier("natural 100000000000").hex()
    assert body["times"]["released_at"] == START + 2 * DAY
    assert body["events"] == {"seq": 11, "missed": 0}


def test_what_is_due_grows_with_the_ledgers_clock(
    database: str, reader: psycopg.Connection
) -> None:
    """The late charge of an as-of time is the fold's, day by day, cap included."""
    chain = story.told(5)
    write(database, chain)
    memory = Memory(chain.records)
    terms, invoice = memory.get(TERMS, story.INVOICE), memory.get(INVOICE, story.INVOICE)
    with psycopg.connect(database, autocommit=True) as owner:
        for days in (10, 11, 20, 21, 400, 5000):
            for at in (story.DUE + days * DAY - 1, story.DUE + days * DAY):
                owner.execute("UPDATE read.applied SET closed_at = %s", (at,))
                body = ask(reader, invoices.by_id(story.INVOICE))
                assert body["money"]["amount_due"] == str(amount_due(terms, invoice, at))


def test_nobody_knows_an_unknown_invoice(reader: psycopg.Connection) -> None:
    for query in (
        invoices.by_id(b"?" * 32),
        positions.of_invoice(b"?" * 32),
        payments.of_invoice(b"?" * 32),
        payouts.of_invoice(b"?" * 32),
        timeline.of_invoice(b"?" * 32),
        timeline.by_transaction(b"?" * 32),
        members.by_address(address("@nobody")),
    ):
        assert ask(reader, query) is None
    assert ask(reader, positions.portfolio(address("@nobody"))) == {
        "address": address("@nobody"),
        "frozen": False,
        "positions": [],
        "totals": [],
    }
    assert ask(reader, open_invoices()) == {"items": [], "next": None}
    assert ask(reader, facets()) == {
        "total": 0,
        "asset": [],
        "days": [],
        "acknowledged": {"yes": 0, "no": 0},
    }
    assert ask(reader, timeline.applied()) == {"ledger": 0, "time": 0}


def test_a_partys_invoices(database: str, reader: psycopg.Connection) -> None:
    write(database, story.told())
    sold = ask(reader, details.of_party(story.SELLER))["items"]
    assert [(item["id"], item["role"]) for item in sold] == [
        (story.INVOICE.hex(), "seller"),
        (story.REFUNDED.hex(), "seller"),
    ]
    assert {item["role"] for item in ask(reader, details.of_party(story.DEBTOR))["items"]} == {
        "debtor"
    }


def test_the_timeline_tells_both_contracts_story_in_order(
    database: str, reader: psycopg.Connection
) -> None:
    chain = story.told()
    write(database, chain)
    items = ask(reader, timeline.of_invoice(story.REFUNDED))["items"]
    assert [item["event"] for item in items] == [
        "invoice_created",
        "invoice_approved",
        "invoice_published",
        "escrow_funded",
        "escrow_funded",
        "funding_expired",
        "stake_refunded",
        "stake_refunded",
    ]
    assert items[3] == {
        "event": "escrow_funded",
        "contract": "escrow",
        "actor": story.ANN,
        "amount": "5000000000",
        "ledger": 5002,
        "time": START + DAY,
        "tx_hash": identifier("5002").hex(),
    }
    last = ask(reader, timeline.by_transaction(chain.records[-1].tx_hash))
    assert last["ledger"] == chain.mark.ledger
    assert last["items"][-1]["event"] == "fees_collected"
    assert last["items"][0]["invoice"] == story.INVOICE.hex()


def test_shares_that_moved_and_disputes(database: str, reader: psycopg.Connection) -> None:
    chain = story.told(3)
    chain.close(START + 20 * DAY).tell(
        events.ShareTransferred(
            id=story.INVOICE,
            from_=story.CID,
            to=story.DAN,
            amount=5,
            from_shares=19_999_999_995,
            to_shares=5,
        ),
        events.DisputeOpened(
            id=story.INVOICE,
            by=story.DEBTOR,
            reason_hash=identifier("reason"),
            until=START + 50 * DAY,
            seq=10,
        ),
        events.DisputeResolved(id=story.INVOICE, outcome=0, status=3, seq=11),
    )
    write(database, chain)
    (moved,) = ask(reader, transfers.of_invoice(story.INVOICE))["items"]
    assert moved == {
        "ledger": chain.mark.ledger,
        "time": START + 20 * DAY,
        "kind": "transfer",
        "invoice": story.INVOICE.hex(),
        "sender": story.CID,
        "recipient": story.DAN,
        "amount": "5",
        "sender_shares": "19999999995",
        "recipient_shares": "5",
    }
    steps = ask(reader, disputes.of_invoice(story.INVOICE))["items"]
    assert [(step["step"], step["by"], step["outcome"], step["status"]) for step in steps] == [
        ("opened", story.DEBTOR, None, None),
        ("resolved", None, "resume", "active"),
    ]
    assert ask(reader, disputes.of_invoice(identifier("unknown"))) is None

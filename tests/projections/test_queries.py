"""What the queries answer, with the figures of the story, and that indexes carry them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from contracts import events
from projections import (
    asof,
    details,
    disputes,
    funding,
    invoices,
    members,
    payments,
    payouts,
    platform,
    positions,
    timeline,
    transactions,
    transfers,
    upgrades,
)
from projections.engine import Engine
from projections.invoices import INVOICE, TERMS, amount_due
from projections.lifecycle import DAY
from projections.marketplace import facets, open_invoices
from projections.memory import Memory
from projections.pools import POOL
from projections.positions import POSITION, claimable
from projections.query import CursorError, Query
from tests.projections import story
from tests.projections.business import Business
from tests.projections.support import START, Chain, address, identifier


def ask(connection: psycopg.Connection, query: Query) -> Any:
    """The body of the one row that a query must give."""
    (row,) = connection.execute(query.sql, query.params).fetchall()
    ledger, time, body = row
    assert (ledger, time) == connection.execute(
        "SELECT ledger, closed_at FROM read.applied"
    ).fetchone()
    return None if body is None else json.loads(body)


@pytest.fixture
def reader(database: str) -> Iterator[psycopg.Connection]:
    """A connection as the API has it."""
    options = "-c role=stellarsettle_api"
    with psycopg.connect(database, autocommit=True, options=options) as opened:
        yield opened


def write(database: str, chain: Chain) -> None:
    """Folds a chain's events into the database, as the indexer would."""
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as writer:
        Engine().apply(writer, chain.records, chain.mark)


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


def test_the_overview_balances(database: str, reader: psycopg.Connection) -> None:
    write(database, story.told())
    body = ask(reader, platform.overview())
    (asset,) = body["assets"]
    assert (asset["asset"], asset["allowed"]) == (story.USDC, True)
    assert asset["paid_in"] == str(98_000_000_000 + 100_618_631_700)
    assert asset["held"] == "2"
    held = {part["contract"]: part["held"] for part in asset["contracts"]}
    assert held == {"distributor": "2", "escrow": "0"}
    assert (asset["fees"], asset["fees_collected"]) == ("2000000000", "2000000000")
    assert body["parameters"]["tenor"] == [31 * DAY, 365 * DAY]
    assert {name: count for name, count in body["invoices"].items() if count} == {
        "settled": 1,
        "refunded": 1,
    }
    governance = {item["contract"]: item for item in body["contracts"]}
    assert governance["distributor"]["treasury"] == story.TREASURY
    assert governance["escrow"]["token_wasm"] == identifier("token wasm").hex()
    assert governance["escrow"]["next_token_wasm"] is None


def test_a_member_and_a_role(database: str, reader: psycopg.Connection) -> None:
    write(database, story.told(1))
    ann = ask(reader, members.by_address(story.ANN))
    assert (ann["member"], ann["roles"]) == (True, [])
    verifier = ask(reader, members.by_address(story.VERIFIER))
    assert (verifier["member"], verifier["until"], verifier["roles"]) == (False, None, ["verifier"])


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


def test_upgrades_and_who_holds_which_role(database: str, reader: psycopg.Connection) -> None:
    chain = story.told(1)
    wasm = identifier("new code")
    chain.close(START + DAY).tell(
        events.UpgradeProposed(hash=wasm, at=START + 4 * DAY),
        events.RoleRevoked(role="verifier", addr=story.VERIFIER),
        events.RoleGranted(role="arbiter", addr=story.OWNER),
    )
    chain.close(START + 5 * DAY).tell(events.UpgradeApplied(hash=wasm))
    write(database, chain)
    steps = ask(reader, upgrades.all_steps())["items"]
    assert [(step["code"], step["step"], step["hash"], step["at"]) for step in steps] == [
        ("token", "announced", identifier("token wasm").hex(), START),
        ("contract", "announced", wasm.hex(), START + 4 * DAY),
        ("contract", "applied", wasm.hex(), None),
    ]
    assert ask(reader, members.holders())["items"] == [
        {"role": "arbiter", "holder": story.OWNER, "since": START + DAY}
    ]


def test_transactions_are_listed_with_those_that_failed(
    database: str, reader: psycopg.Connection
) -> None:
    chain = story.told(2)
    write(database, chain)
    last = chain.mark.ledger
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("INSERT INTO ledger.contract VALUES (1, 'escrow', 'C')")
        owner.execute(
            "INSERT INTO ledger.failure VALUES (%s, 1, %s, 'G', 'fund', 'TRAPPED', 305)",
            (last << 32 | 9 << 12, identifier("failed")),
        )
    listed = ask(reader, transactions.of_ledgers(last - 1, last))["items"]
    assert [(one["ledger"], one["succeeded"], one["events"]) for one in listed] == [
        (last - 1, True, 7),
        (last, True, 2),
        (last, False, 0),
    ]
    assert (listed[-1]["function"], listed[-1]["error"]) == ("fund", 305)
    with pytest.raises(ValueError, match="1 to 1000 ledgers"):
        transactions.of_ledgers(1, 1001)


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


def test_the_api_reads_and_never_writes(reader: psycopg.Connection) -> None:
    """That the API never writes a projection is a fact of the database."""
    tables = reader.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'read'").fetchall()
    assert len(tables) > 20
    for (table,) in tables:
        name = sql.Identifier("read", table)
        reader.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(name))
        for statement in ("DELETE FROM {}", "TRUNCATE {}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(sql.SQL(statement).format(name))
    for change in (
        "INSERT INTO read.applied VALUES (true, 1, 1)",
        "UPDATE read.applied SET ledger = 1",
        "CREATE TABLE read.mine (id int)",
        "DROP SCHEMA read CASCADE",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(change)


def fill(database: str, number_of_invoices: int) -> Business:
    """Many invoices, holders and events in the database, and statistics of them."""
    dice = random.Random(3)  # reproducible material
    chain = Chain()
    business = Business(chain, people=1500)
    for number in range(number_of_invoices):
        chain.close(chain.mark.closed_at + 5)
        deal = business.list_invoice()
        if number % 40 == 0:
            continue
        for _ in range(3):
            person = business.people[dice.randrange(1500)]
            business.fund(deal, person, Business.TARGET // 3 + 1)
        business.pay(deal, Business.FACE // 5)
        holders = list(deal.shares)
        for holder in holders:
            business.claim(deal, holder)
        business.transfer(deal, holders[0], holders[-1], 5)
    for person in business.people:
        chain.tell(events.MemberSet(addr=person, until=2**40, frozen=False))
    write(database, chain)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("ANALYZE")
    return business


LARGE = {
    "invoice_history",
    "pool_history",
    "position_history",
    "funding",
    "transfer",
    "terms",
    "invoice",
    "pool",
    "position",
    "payment",
    "money_out",
    "activity",
    "address",
    "member",
}


def sequential_scans(plan: dict[str, Any]) -> set[str]:
    """Large tables that a plan reads from end to end."""
    found = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return found.union(*map(sequential_scans, plan.get("Plans", []))) & LARGE


def test_every_query_is_carried_by_indexes(database: str, reader: psycopg.Connection) -> None:
    filled = fill(database, 2500)
    deal = filled.deals[7]
    holder = next(iter(deal.shares))
    queries = {
        "by_id": invoices.by_id(deal.id),
        "of_party": details.of_party(deal.seller),
        "positions": positions.of_invoice(deal.id),
        "portfolio": positions.portfolio(holder),
        "payments": payments.of_invoice(deal.id),
        "payouts": payouts.of_invoice(deal.id),
        "timeline": timeline.of_invoice(deal.id),
        "transaction": timeline.by_transaction(filled.chain.records[99].tx_hash),
        "marketplace": open_invoices(5),
        "member": members.by_address(holder),
        "stakes": funding.of_invoice(deal.id),
        "investor": funding.of_investor(holder),
        "transfers": transfers.of_invoice(deal.id),
        "money": payouts.of_address(holder),
        "disputes": disputes.of_invoice(deal.id),
        "transactions": transactions.of_ledgers(1007, 1020),
        "overview": platform.overview(),
    }
    past = filled.chain.mark.ledger - 100
    for name, query in queries.items():
        assert ask(reader, query) is not None, name
        for asked in (query, asof.as_of(query, past)):
            explained = reader.execute(
                f"EXPLAIN (FORMAT JSON) {asked.sql}", asked.params
            ).fetchone()
            assert explained is not None
            # The marketplace of the past is looked for among all invoices.
            everything = {"invoice", "terms", "invoice_history"}
            allowed = everything if name == "marketplace" and asked is not query else set()
            assert sequential_scans(explained[0][0]["Plan"]) <= allowed, name


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

"""What is told about the platform, its people and its transactions, with the story's figures."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from contracts import events
from projections import (
    members,
    platform,
    transactions,
    upgrades,
)
from projections.lifecycle import DAY
from tests.projections import story
from tests.projections.asking import ask, write
from tests.projections.support import START, identifier


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

"""Share tokens are found by their invoices, and tell the same as the escrow, or it is said.

Their movements in other journeys are compared by `Stage.agrees`: recoveries and late refunds too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from stellar_sdk import scval

from indexer import tokens
from indexer.findings import Check
from stellarsettle import local, postgres, story
from stellarsettle.local import LocalPlatform
from tests.journeys.exits import Stage, tokens_of, units


@pytest.fixture(scope="module")
def traded(
    server: postgres.Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LocalPlatform, Path]]:
    """Shares that were bought, sold, sold for another and ended; others that were given back."""
    folder = tmp_path_factory.mktemp("tokens")
    lake, name = folder / "lake", "tokens"
    ledger = ("--lake", str(lake))
    with local.running(folder, server.create(name), ledger_options=ledger) as platform:
        stage = Stage(platform, story.gather(platform))
        ada, ben, cleo = stage.cast.investors
        kept = stage.released("TRADED", {ada: 5_000, ben: 4_500})
        sale = {"invoice_id": kept, "amount": str(units("1000"))}
        ada.act("transfer-shares", to=ben.address, **sale)
        last = platform.chain.server.get_latest_ledger().sequence + 10_000
        ben.act("allow-shares", spender=cleo.address, live_until_ledger=last, **sale)
        cleo.act("transfer-shares-from", **{"from": ben.address}, to=ada.address, **sale)
        stage.pay(kept, "10000")
        ada.act("burn-shares", **sale)
        back = stage.funded("BACK", {ada: 3_000, cleo: 500})
        stage.cast.seller.act("cancel", invoice_id=back)
        ada.act("refund", invoice_id=back)
        platform.wait_until_shown()
        yield platform, lake
    server.drop(name)


def _newest(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT ledger FROM ledger.cursor").fetchone()
    assert row
    return int(row[0])


def test_tokens_are_followed_from_the_event_that_created_them(
    traded: tuple[LocalPlatform, Path],
) -> None:
    """All movements, in words of SEP-41; they add up to what the token itself says."""
    platform, _ = traded
    with psycopg.connect(platform.database_url) as connection:
        found, newest = tokens.discovered(connection), _newest(connection)
        assert len(found) == 2
        assert found[0].created < found[1].created <= newest
        kinds = Counter[tuple[bool, bool]]()
        for token in found:
            with tokens_of(platform)(token) as source:
                own = tokens.told(source, token, newest)
            assert (own.first, own.last, own.unreadable) == (token.created, newest, [])
            assert own.movements == sorted(
                tokens.mirrored(connection, token, own.first, newest),
                key=lambda movement: movement.position,
            )
            kinds.update((one.sender is None, one.recipient is None) for one in own.movements)
            _add_up(platform, token, own.movements)
            assert not list(tokens.compared(connection, token, tokens_of(platform), newest))
    assert kinds == {(True, False): 4, (False, False): 2, (False, True): 2}


def _add_up(platform: LocalPlatform, token: tokens.Token, movements: list[tokens.Movement]) -> None:
    held = Counter[str]()
    for one in movements:
        held[one.sender or ""] -= one.amount
        held[one.recipient or ""] += one.amount
    supply = -held.pop("")
    assert supply == platform.chain.view(token.address, "total_supply")
    for holder, shares in held.items():
        balance = platform.chain.view(token.address, "balance", scval.to_address(holder))
        assert shares == balance >= 0


_DAMAGES = {
    "UPDATE read.transfer SET amount = amount + 1 WHERE kind = 0": [
        "says 10000000000 shares from G",
        "does not say 10000000001 shares from G",
    ],
    "DELETE FROM read.funding": ["says 50000000000 shares from nobody to G"],
    "UPDATE read.money_out SET entitled = recipient + 1 WHERE reason = 1": [
        "does not say 30000000000 shares from",
    ],
    "UPDATE read.funding SET position = position + 4096": ["does not say 50000000000 shares"],
}


@pytest.mark.parametrize("damage", _DAMAGES)
def test_what_differs_is_named(traded: tuple[LocalPlatform, Path], damage: str) -> None:
    platform, _ = traded
    with psycopg.connect(platform.database_url) as connection:
        connection.execute(damage.encode())
        newest = _newest(connection)
        texts = [
            finding.text
            for token in tokens.discovered(connection)
            for finding in tokens.compared(connection, token, tokens_of(platform), newest)
            if finding.grave and finding.check is Check.TOKENS
        ]
        connection.rollback()
    for words in _DAMAGES[damage]:
        assert any(words in text for text in texts), texts


def test_what_the_node_forgot_is_said_or_comes_from_the_lake(
    traded: tuple[LocalPlatform, Path],
) -> None:
    platform, lake = traded
    platform.devnet.set_faults({"fault": "forget", "ledgers": 5, "replica": "tokens"})
    try:
        with psycopg.connect(platform.database_url) as connection:
            token, newest = tokens.discovered(connection)[0], _newest(connection)
            (late,) = tokens.compared(connection, token, tokens_of(platform), newest)
            whole = list(tokens.compared(connection, token, tokens_of(platform, str(lake)), newest))
    finally:
        platform.devnet.set_faults()
    assert not late.grave
    assert f"can be read only from ledger {newest - 4} on" in late.text
    assert not whole


def test_a_node_that_is_away_is_no_proof_against_anything(
    traded: tuple[LocalPlatform, Path],
) -> None:
    platform, _ = traded
    platform.devnet.set_faults({"fault": "status", "status": 503, "replica": "tokens"})
    try:
        with psycopg.connect(platform.database_url) as connection:
            token = tokens.discovered(connection)[0]
            found = list(
                tokens.compared(connection, token, tokens_of(platform), _newest(connection))
            )
    finally:
        platform.devnet.set_faults()
    assert [one.grave for one in found] == [False]
    assert "cannot be read" in found[0].text

"""A sound database verifies, and each kind of damage is found and named."""

from __future__ import annotations

import functools
import itertools
import struct
import threading
from collections.abc import Callable

import psycopg
import pytest
from stellar_sdk import Address, scval, xdr

from contracts.scval import MalformedScvalError
from contracts.strkey import InvalidAddressError
from indexer import rebuild, stored, verify
from indexer.balances import balance_key, read_balance
from indexer.decode import prepare
from indexer.findings import Check
from indexer.rpc import RpcClient
from indexer.sources.protocol import Batch, RawEvent
from indexer.writer import Writer
from projections.engine import Engine
from projections.model import Mark
from tests.indexer import synthetic
from tests.indexer.node import Node, serving

ESCROW, DISTRIBUTOR = synthetic.DEPLOYMENT.escrow, synthetic.DEPLOYMENT.distributor


@pytest.fixture(scope="module")
def events() -> list[RawEvent]:
    return synthetic.ledgers(21, synthetic.story(21, 8))


@pytest.fixture
def filled(database: str, events: list[RawEvent]) -> str:
    """A database that holds `events`, written in one batch."""
    through = Mark(events[-1].ledger, events[-1].closed_at)
    with Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer:
        writer.commit(prepare(Batch(events, through, through.ledger)))
    return database


def balance_entry(asset: str, holder: str, amount: int) -> bytes:
    fields = {"amount": scval.to_int128(amount), "authorized": scval.to_bool(True)}
    return xdr.LedgerEntryData(
        xdr.LedgerEntryType.CONTRACT_DATA,
        contract_data=xdr.ContractDataEntry(
            ext=xdr.ExtensionPoint(0),
            contract=Address(asset).to_xdr_sc_address(),
            key=scval.to_vec([scval.to_symbol("Balance"), scval.to_address(holder)]),
            durability=xdr.ContractDataDurability.PERSISTENT,
            val=scval.to_map({scval.to_symbol(k): v for k, v in fields.items()}),
        ),
    ).to_xdr_bytes()


def test_the_balance_key_is_the_sdks() -> None:
    key = xdr.LedgerKey(
        xdr.LedgerEntryType.CONTRACT_DATA,
        contract_data=xdr.LedgerKeyContractData(
            contract=Address(synthetic.ASSET).to_xdr_sc_address(),
            key=scval.to_vec([scval.to_symbol("Balance"), scval.to_address(ESCROW)]),
            durability=xdr.ContractDataDurability.PERSISTENT,
        ),
    )
    assert balance_key(synthetic.ASSET, ESCROW) == key.to_xdr_bytes()
    with pytest.raises(InvalidAddressError, match="is no contract"):
        balance_key(synthetic.ASSET, synthetic.address("somebody"))


def test_a_balance_is_read_and_anything_else_refused() -> None:
    entry = balance_entry(synthetic.ASSET, ESCROW, 2**90)
    assert read_balance(entry) == 2**90
    for other in (entry + bytes(4), struct.pack(">II", 0, 0) + entry[8:]):
        with pytest.raises(MalformedScvalError, match="not a"):
            read_balance(other)


@pytest.mark.parametrize("at_once", [1, 7, 64, 100_000])
def test_a_rebuild_gives_the_same_digest_however_it_is_cut(
    filled: str, events: list[RawEvent], at_once: int
) -> None:
    """Pain 10: nothing derived ever needs the network."""
    rebuilt = rebuild.rebuild(filled, events_at_once=at_once)
    assert rebuilt.equal
    assert (rebuilt.events, rebuilt.quarantined) == (len(events), [])
    assert rebuilt.through.ledger == events[-1].ledger


def test_a_rebuild_that_remembers_nothing_reads_what_it_just_wrote(
    filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Temporary tables have one session: folds wait with their reads for the write under way."""
    monkeypatch.setattr(rebuild, "Engine", functools.partial(Engine, cache_rows=0))
    assert rebuild.rebuild(filled, events_at_once=20).equal


def test_stored_events_come_back_in_whole_ledgers(filled: str, events: list[RawEvent]) -> None:
    with psycopg.connect(filled) as connection:
        through = stored.cursor(connection)
        assert through
        parts = list(stored.whole_ledgers(connection, through, 5))
    assert [event for part, _ in parts for event in part] == events
    assert parts[-1][1] == through
    for (_, mark), (later, _) in itertools.pairwise(parts):
        assert all(event.ledger > mark.ledger for event in later)


def test_an_empty_database_is_refused(database: str) -> None:
    with pytest.raises(rebuild.NothingToRebuildError, match="nothing is indexed yet"):
        rebuild.rebuild(database)


def test_two_rebuilds_do_not_mix(filled: str) -> None:
    with (
        rebuild.beside(filled),
        pytest.raises(rebuild.RebuildBusyError, match="wait for it"),
    ):
        rebuild.rebuild(filled)


def test_reading_that_began_too_late_is_found(database: str, events: list[RawEvent]) -> None:
    """A platform whose first ledgers were skipped looks whole from inside."""
    late = [event for event in events if event.ledger > events[1].ledger]
    filled_late = Mark(late[-1].ledger, late[-1].closed_at)
    with Writer.open(database, synthetic.DEPLOYMENT, threading.Event()) as writer:
        writer.commit(prepare(Batch(late, filled_late, filled_late.ledger)))
    found = verify.verify(database).findings
    texts = [finding.text for finding in found if finding.grave]
    assert any("the escrow contract's first events are missing" in text for text in texts)


def test_a_sound_database_has_no_findings(filled: str, events: list[RawEvent]) -> None:
    result = verify.verify(filled)
    assert result.findings == []
    assert result.sound
    assert (result.events, result.balances_compared) == (len(events), 0)


_DAMAGES = [
    ("UPDATE read.invoice SET paid = paid + 1", Check.HISTORY, "rows of invoice are not"),
    ("DELETE FROM read.position_history", Check.HISTORY, "rows of position are not"),
    (
        "UPDATE read.digest SET digest = decode(repeat('00', 32), 'hex')",
        Check.DIGEST,
        "the stored events give",
    ),
    (
        "DELETE FROM ledger.event WHERE position = (SELECT max(position) FROM ledger.event)",
        Check.DIGEST,
        "the stored events give",
    ),
    ("UPDATE read.applied SET ledger = ledger - 1", Check.COVERAGE, "the read models stand"),
    ("UPDATE ledger.cursor SET ledger = ledger + 1", Check.COVERAGE, "coverage ends"),
    ("UPDATE read.pool SET missed = 2", Check.SEQUENCE, "2 events of pool"),
    (
        (
            "DROP INDEX ledger.stretch_beginning;"
            " UPDATE ledger.stretch SET through = through - 9;"
            " INSERT INTO ledger.stretch (first, through, events)"
            " SELECT through + 8, through + 9, 0 FROM ledger.stretch"
        ),
        Check.COVERAGE,
        "were never read",
    ),
    (
        "INSERT INTO ledger.quarantine SELECT position, index, 'old' FROM ledger.event LIMIT 3",
        Check.QUARANTINE,
        "3 events in quarantine can be read now",
    ),
    (
        (
            "UPDATE ledger.event SET body = '\\x00' WHERE position ="
            " (SELECT max(position) FROM ledger.event)"
        ),
        Check.QUARANTINE,
        "cannot be read",
    ),
]


@pytest.mark.parametrize(("damage", "check", "text"), _DAMAGES)
def test_damage_is_found(filled: str, damage: str, check: Check, text: str) -> None:
    with psycopg.connect(filled, autocommit=True) as connection:
        connection.execute(damage.encode())
    findings = verify.verify(filled).findings
    assert any(finding.check is check and text in finding.text for finding in findings), findings
    assert any(finding.grave for finding in findings)


def _held(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT contract, paid_in - paid_out FROM read.custody"
        ).fetchall()
    return {contract: int(amount) for contract, amount in rows}


@pytest.mark.parametrize(
    ("change", "text", "sound"),
    [
        (lambda amount: amount, None, True),
        (lambda amount: amount + 5, "5 more than its events say", True),
        (lambda amount: amount - 1, "1 less than its events say", False),
    ],
    ids=["equal", "donation", "missing"],
)
def test_the_money_lies_in_the_contracts(
    filled: str,
    events: list[RawEvent],
    change: Callable[[int], int],
    text: str | None,
    sound: bool,  # noqa: FBT001
) -> None:
    held = _held(filled)
    assert held["distributor"] > 0
    balances = {
        DISTRIBUTOR: change(held["distributor"]),
        **({ESCROW: held["escrow"]} if held["escrow"] else {}),
    }
    with serving(Node([], events[-1].ledger)) as node, RpcClient(node.url) as client:
        node.balances = {
            balance_key(synthetic.ASSET, holder): balance_entry(synthetic.ASSET, holder, amount)
            for holder, amount in balances.items()
        }
        result = verify.verify(filled, client)
        assert result.balances_compared == len(held)
        assert result.sound is sound
        unseen = [one for one in result.findings if "records of the contracts" in one.text]
        assert [one.grave for one in unseen] == [False], "this node has no entry but balances"
        others = [one.text for one in result.findings if one not in unseen]
        assert len(others) == bool(text)
        assert all(text in other for other in others if text)
        node.latest = result.through.ledger + 1
        (moved,) = [
            finding
            for finding in verify.verify(filled, client).findings
            if DISTRIBUTOR in finding.text
        ]
        assert "verify again" in moved.text
        assert not moved.grave

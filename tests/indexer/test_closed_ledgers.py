"""Whole ledgers give the events that getEvents gives, and nothing that the chain does not prove."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from base64 import b64decode
from pathlib import Path

import pytest
from stellar_sdk import StrKey, xdr

from contracts.scval import encode_body
from indexer.xdr.ledger import Wanted, read_batch, read_header, read_ledger
from indexer.xdr.outcome import read_invocation
from indexer.xdr.runtime import LedgerFormatError
from tests.indexer import closed
from tests.indexer.closed import EVERYTHING, event_id

SEED = 20261122


@pytest.fixture(scope="module")
def metas(corpus: Path) -> list[bytes]:
    """The recorded network's 256 ledgers."""
    return closed.recorded_metas(corpus)


@pytest.fixture(scope="module")
def busy(metas: list[bytes]) -> bytes:
    """One of them with several contract calls."""
    return max(metas, key=lambda meta: len(read_ledger(meta, EVERYTHING).events))


def test_the_recorded_networks_events_are_those_it_answered(
    corpus: Path, metas: list[bytes]
) -> None:
    """Every id, hash, topic and value that getEvents ever told, of any contract, stage or type."""
    found = {
        event_id(event): event for meta in metas for event in read_ledger(meta, EVERYTHING).events
    }
    told = {
        event["id"]: event for _, result in closed.answers(corpus) for event in result["events"]
    }
    assert len(told) > 320
    for id_, event in told.items():
        topics, value = event["topic"], event["value"]
        mine = found[id_]
        assert mine.tx_hash.hex() == event["txHash"]
        assert StrKey.encode_contract(mine.contract) == event["contractId"]
        assert mine.body == encode_body([b64decode(one) for one in topics], b64decode(value))
    assert sum(event.position >> 32 <= 175 for event in found.values()) == 348


def test_one_contracts_events_are_all_that_were_answered_for_it(
    corpus: Path, metas: list[bytes]
) -> None:
    """Searching first finds no less: compared with answers that hold everything of a contract."""
    compared = 0
    for params, result in closed.answers(corpus):
        filters = params.get("filters") or []
        asked = filters[0].get("contractIds") if len(filters) == 1 else None
        if not asked or filters[0].keys() != {"contractIds"} or params.get("pagination"):
            continue
        last = int(result["cursor"][:19]) >> 32
        wanted = Wanted(EVERYTHING.network, {StrKey.decode_contract(one) for one in asked})
        found = [
            event_id(event)
            for meta in metas
            for event in read_ledger(meta, wanted).events
            if params["startLedger"] <= event.position >> 32 <= last
        ]
        assert found == [event["id"] for event in result["events"]]
        compared += bool(found)
    assert compared


def test_headers_are_a_chain(corpus: Path, metas: list[bytes]) -> None:
    headers = [read_header(meta) for meta in metas]
    told = closed.recorded(corpus)
    assert [head.hash.hex() for head in headers] == [ledger["hash"] for ledger in told]
    assert [head.closed_at for head in headers] == [int(one["ledgerCloseTime"]) for one in told]
    for before, after in itertools.pairwise(headers):
        assert after.previous_hash == before.hash
        assert after.sequence == before.sequence + 1


def test_mainnets_events_are_those_the_sdk_decodes(corpus: Path) -> None:
    count = 0
    for meta in closed.mainnet(corpus):
        events = read_ledger(meta, EVERYTHING).events
        assert list(events) == closed.events_by_sdk(meta)
        count += len(events)
    assert count > 2_000


@pytest.mark.parametrize("version", [0, 1])
def test_older_metas_tell_the_same(metas: list[bytes], version: int) -> None:
    """Operations' events stood elsewhere before TransactionMeta 4; others there were none."""
    for meta in metas:
        expected = [
            event
            for event in read_ledger(meta, EVERYTHING).events
            if 0 < event.position >> 12 & 0xFFFFF < 0xFFFFF
        ]
        older = closed.as_older(meta, version)
        soroban = [event for event in closed.events_by_sdk(older) if event in expected]
        assert list(read_ledger(older, EVERYTHING).events) == soroban


def test_failed_calls_are_those_of_the_networks_list(corpus: Path, metas: list[bytes]) -> None:
    """Fee bumps too: the hash is computed here, and must be that of a transaction's result."""
    told = json.loads((corpus / "network" / "transactions.json").read_text())
    results = {one["hash"]: one.get("opResults") for one in told if one.get("status") == "FAILED"}
    state = json.loads((corpus / "network" / "state.json").read_text())
    contracts = {StrKey.decode_contract(state[name]) for name in ("sac", "xlm", "c", "c2", "c3")}
    wanted = Wanted(EVERYTHING.network, contracts)
    failures = [one for meta in metas for one in read_ledger(meta, wanted).failures]
    assert len(failures) == 23
    for failure in failures:
        assert results[failure.tx_hash.hex()] in ([failure.result], None)
        assert failure.invocation.contract in contracts
        assert failure.diagnostics
    functions = {failure.invocation.function for failure in failures}
    assert functions >= {"fund", "mint", "events", "set_p"}


def test_a_fee_bump_is_known_by_its_outer_hash_and_its_inner_source(metas: list[bytes]) -> None:
    """Every envelope's hash, computed from its bytes, is that of a result in the same ledger."""
    kinds = set()
    for meta in metas:
        ledger = xdr.LedgerCloseMeta.from_xdr_bytes(meta).v2
        assert ledger
        hashes = {one.result.transaction_hash.hash for one in ledger.tx_processing}
        for envelope in _envelopes(ledger.tx_set):
            invocation = read_invocation(envelope.to_xdr_bytes(), 0, EVERYTHING.network)
            if invocation:
                assert invocation.tx_hash in hashes
                kinds.add(envelope.type.name)
    assert kinds == {"ENVELOPE_TYPE_TX", "ENVELOPE_TYPE_TX_FEE_BUMP"}


def _envelopes(tx_set: xdr.GeneralizedTransactionSet) -> list[xdr.TransactionEnvelope]:
    assert tx_set.v1_tx_set
    found: list[xdr.TransactionEnvelope] = []
    for phase in tx_set.v1_tx_set.phases:
        for component in phase.v0_components or []:
            assert component.txs_maybe_discounted_fee
            found += component.txs_maybe_discounted_fee.txs
        if phase.parallel_txs_component:
            for stage in phase.parallel_txs_component.execution_stages:
                for cluster in stage.parallel_tx_execution_stage:
                    found += cluster.dependent_tx_cluster
    return found


def test_a_changed_header_result_or_event_is_noticed(corpus: Path, metas: list[bytes]) -> None:
    """What the header's hash covers cannot be changed: results, and the events of calls."""
    state = json.loads((corpus / "network" / "state.json").read_text())
    wanted = Wanted(EVERYTHING.network, {StrKey.decode_contract(state["c"])})
    chance = random.Random(SEED)
    read = {meta: ledger for meta in metas if (ledger := read_ledger(meta, wanted)).events}
    assert len(read) > 5
    for meta, ledger in read.items():
        event = chance.choice(ledger.events)
        for begin, part, says in (
            (meta.find(ledger.header.hash) + 32, ledger.header.previous_hash, "does not hash to"),
            (meta.rfind(event.tx_hash), event.tx_hash, "the results of ledger"),
            (meta.find(event.body), event.body, "are not those of its result|arm|flag|end"),
        ):
            at = meta.find(part, begin) + chance.randrange(len(part))
            changed = meta[:at] + bytes([meta[at] ^ 1]) + meta[at + 1 :]
            with pytest.raises(LedgerFormatError, match=says):
                read_ledger(changed, wanted)


def test_what_is_cut_short_or_too_long_is_refused(busy: bytes) -> None:
    chance = random.Random(SEED)
    for _ in range(50):
        cut = chance.randrange(len(busy))
        with pytest.raises(LedgerFormatError):
            read_ledger(busy[:cut], EVERYTHING)
    with pytest.raises(LedgerFormatError, match="4 bytes are left over"):
        read_ledger(busy + bytes(4), EVERYTHING)


def test_a_batch_is_its_ledgers(metas: list[bytes]) -> None:
    """Whether they are walked or, with nothing in them, only their headers are looked for."""
    first = read_header(metas[0]).sequence
    batch = closed.batch_of(metas, first)
    everything = [read_ledger(meta, EVERYTHING) for meta in metas]
    assert read_batch(batch, EVERYTHING) == everything
    nothing = Wanted(EVERYTHING.network, {hashlib.sha256(b"nobody").digest()})
    found = read_batch(batch, nothing)
    assert [one.header for one in found] == [one.header for one in everything]
    assert not any(one.events or one.failures for one in found)


@pytest.mark.parametrize("wanted", [EVERYTHING, Wanted(bytes(32), {b"n" * 32})])
def test_a_batch_that_is_not_what_it_says_is_refused(metas: list[bytes], wanted: Wanted) -> None:
    first = read_header(metas[0]).sequence
    few = metas[:3]
    with pytest.raises(LedgerFormatError, match=f"ledger {first} stands where {first + 1} does"):
        read_batch(closed.batch_of(few, first + 1), wanted)
    with pytest.raises(LedgerFormatError, match=r"ends too early|names it"):
        read_batch(closed.batch_of([*few[:2], few[2][:60]], first), wanted)
    with pytest.raises(LedgerFormatError, match=r"stands where|names it"):
        read_batch(closed.batch_of([few[0], few[2], few[1]], first), wanted)
    with pytest.raises(LedgerFormatError, match="holds 0"):
        read_batch(closed.batch_of([], first), wanted)
    with pytest.raises(LedgerFormatError, match="before its first ledger"):
        read_batch(bytes(11), wanted)

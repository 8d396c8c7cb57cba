"""Closed ledgers to read: the recorded network's, mainnet's, and what the SDK finds in them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stellar_sdk import xdr

from contracts.scval import encode_body
from indexer.sources.compressed import decompressed
from indexer.xdr.ledger import LedgerEvent, Wanted

NETWORK = hashlib.sha256(b"Standalone Network ; February 2017").digest()
EVERYTHING = Wanted(NETWORK)


def recorded(corpus: Path) -> list[dict[str, Any]]:
    """The recorded network's ledgers as getLedgers gave them."""
    with gzip.open(corpus / "network" / "ledgers.jsonl.gz") as lines:
        return [json.loads(line) for line in lines]


def recorded_metas(corpus: Path) -> list[bytes]:
    """Their LedgerCloseMetas."""
    return [base64.b64decode(ledger["metadataXdr"]) for ledger in recorded(corpus)]


def answers(corpus: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Request and result of each getEvents that the recorded network answered with XDR."""
    with gzip.open(corpus / "network" / "recordings.jsonl.gz") as lines:
        for line in lines:
            call = json.loads(line)
            if call["method"] != "getEvents" or call.get("withheld"):
                continue
            result = call["response"].get("result")
            if result and "xdrFormat" not in call["params"]:
                yield call["params"], result


def mainnet(corpus: Path) -> Iterator[bytes]:
    """Mainnet's ledgers: protocols 20, 21, 22 and 26."""
    folder = corpus / "stellar" / "ledgers"
    for path in sorted(folder.glob("*.xdr.gz")):
        yield gzip.decompress(path.read_bytes())
    for path in folder.glob("*.xdr.zstd"):
        yield decompressed(path.read_bytes())[12:]


def event_id(event: LedgerEvent) -> str:
    """The id that getEvents gives it."""
    return f"{event.position:019d}-{event.index:010d}"


def events_by_sdk(meta: bytes) -> list[LedgerEvent]:
    """All contract and system events, decoded by the SDK and numbered here a second time."""
    told = xdr.LedgerCloseMeta.from_xdr_bytes(meta)
    ledger: Any = told.v0 or told.v1 or told.v2
    sequence = ledger.ledger_header.header.ledger_seq.uint32
    found: list[LedgerEvent] = []
    in_stage: Counter[tuple[int, int]] = Counter()
    for number, one in enumerate(ledger.tx_processing, 1):
        for transaction, operation, event in _numbered(number, one.tx_apply_processing):
            index = in_stage[transaction, operation]
            in_stage[transaction, operation] += 1
            if event.contract_id is not None:
                position = sequence << 32 | transaction << 12 | operation
                contract = event.contract_id.contract_id.hash
                tx_hash = one.result.transaction_hash.hash
                found.append(LedgerEvent(position, index, contract, tx_hash, _body(event)))
    return sorted(found, key=event_id)


def _numbered(
    number: int, processing: xdr.TransactionMeta
) -> Iterator[tuple[int, int, xdr.ContractEvent]]:
    """Events of the transaction with this number: the transaction and operation of their ids."""
    if processing.v3 and processing.v3.soroban_meta:
        for event in processing.v3.soroban_meta.events:
            yield number, 0, event
    if processing.v4:
        for operation, operation_meta in enumerate(processing.v4.operations):
            for event in operation_meta.events:
                yield number, operation, event
        for staged in processing.v4.events:
            place = {0: (0, 0), 1: (number, 4095), 2: (1_048_575, 0)}[staged.stage.value]
            yield *place, staged.event


def _body(event: xdr.ContractEvent) -> bytes:
    body = event.body.v0
    assert body
    return encode_body([topic.to_xdr_bytes() for topic in body.topics], body.data.to_xdr_bytes())


def as_older(meta: bytes, version: int) -> bytes:
    """The same ledger as it was told before: LedgerCloseMeta 0 or 1, TransactionMeta 3."""
    new = xdr.LedgerCloseMeta.from_xdr_bytes(meta).v2
    assert new
    transactions = [
        xdr.TransactionResultMeta(
            one.result, one.fee_processing, _older_processing(one.tx_apply_processing)
        )
        for one in new.tx_processing
    ]
    if version == 1:
        old = xdr.LedgerCloseMetaV1(
            new.ext,
            new.ledger_header,
            new.tx_set,
            transactions,
            new.upgrades_processing,
            new.scp_info,
            new.total_byte_size_of_live_soroban_state,
            new.evicted_keys,
            [],
        )
        return xdr.LedgerCloseMeta(1, v1=old).to_xdr_bytes()
    oldest = xdr.LedgerCloseMetaV0(
        new.ledger_header,
        xdr.TransactionSet(new.ledger_header.header.previous_ledger_hash, []),
        transactions,
        new.upgrades_processing,
        new.scp_info,
    )
    return xdr.LedgerCloseMeta(0, v0=oldest).to_xdr_bytes()


def _older_processing(processing: xdr.TransactionMeta) -> xdr.TransactionMeta:
    new = processing.v4
    assert new
    soroban = None
    if new.soroban_meta:
        soroban = xdr.SorobanTransactionMeta(
            new.soroban_meta.ext,
            new.operations[0].events if new.operations else [],
            new.soroban_meta.return_value or xdr.SCVal(xdr.SCValType.SCV_VOID),
            new.diagnostic_events,
        )
    old = xdr.TransactionMetaV3(
        new.ext,
        new.tx_changes_before,
        [xdr.OperationMeta(operation.changes) for operation in new.operations],
        new.tx_changes_after,
        soroban,
    )
    return xdr.TransactionMeta(3, v3=old)


def batch_of(metas: list[bytes], first: int) -> bytes:
    """A LedgerCloseMetaBatch."""
    numbers = (first, first + len(metas) - 1, len(metas))
    return b"".join(number.to_bytes(4, "big") for number in numbers) + b"".join(metas)

"""The made-up histories are what the decoder expects: each event comes back as it was told."""

from __future__ import annotations

from indexer.decode import decode_all
from tests.indexer import synthetic


def test_every_event_is_read_as_told() -> None:
    transactions = synthetic.story(7, 6)
    raw = synthetic.ledgers(7, transactions)
    decoded = decode_all(raw)
    assert decoded.quarantined == []
    told = [event for transaction in transactions for _, event in transaction]
    assert [record.event for record in decoded.records] == told
    places = [(record.position, record.index) for record in decoded.records]
    assert places == sorted(set(places))
    assert all(record.mark.ledger == record.position >> 32 for record in decoded.records)

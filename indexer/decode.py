"""From raw events to records that can be folded, and to reasons for those that cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from contracts import decoding
from indexer.scval import ScvalError, decode_body
from indexer.sources.protocol import RawEvent
from projections.engine import FoldError
from projections.model import Mark, Record


class Quarantined(msgspec.Struct, frozen=True):
    """An event that this version cannot read, and why. Its raw form is kept with all others.

    `invoice` is what it is about (32 bytes), None where that cannot be told.
    """

    position: int
    index: int
    reason: str
    invoice: bytes | None = None


class Decoded(msgspec.Struct, frozen=True):
    """What became of a run of raw events, in their order."""

    records: list[Record]
    quarantined: list[Quarantined]


def decode_all(events: Sequence[RawEvent]) -> Decoded:
    """Decode `events`; an unreadable one is set aside and the rest flows on."""
    records: list[Record] = []
    quarantined: list[Quarantined] = []
    mark = Mark(0, 0)
    for raw in events:
        ledger = raw.position >> 32
        if ledger != mark.ledger:
            mark = Mark(ledger, raw.closed_at)
        topics: Sequence[Any] = ()
        try:
            topics, data = decode_body(raw.body)
            event = decoding.decode(raw.contract, topics, data)
        except (ScvalError, decoding.UndecodableEventError) as error:
            reason = f"{type(error).__name__}: {error}"
            quarantined.append(
                Quarantined(raw.position, raw.index, reason, decoding.invoice_of(topics))
            )
        else:
            records.append(Record(raw.contract, event, mark, raw.position, raw.index, raw.tx_hash))
    return Decoded(records, quarantined)


def set_aside(decoded: Decoded, error: FoldError) -> Decoded:
    """The same without the event that a fold refused, which goes to quarantine."""
    refused = error.record
    reason = f"FoldError: {error} ({error.__cause__!r})"
    invoice = getattr(refused.event, "id", None)
    return Decoded(
        [record for record in decoded.records if record is not refused],
        [*decoded.quarantined, Quarantined(refused.position, refused.index, reason, invoice)],
    )

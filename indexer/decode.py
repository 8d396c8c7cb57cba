"""From raw events to records that can be folded, and to reasons for those that cannot."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from contracts import decoding
from contracts.layouts import EventReader
from contracts.scval import ScvalError, decode_body
from contracts.wire import Contract
from indexer.copying import encoded
from indexer.sources.protocol import Batch, Failure, Header, RawEvent
from projections.model import Mark, Record

if TYPE_CHECKING:  # who only decodes folds nothing
    from projections.engine import FoldError

_READERS: Final = {contract: EventReader(contract) for contract in Contract}


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


class Prepared(msgspec.Struct, frozen=True):
    """A batch that only waits to be folded and committed; see `Batch` for what it holds.

    `rows` are its `events` raw events in the format of a binary COPY.
    """

    events: int
    rows: bytes
    decoded: Decoded
    through: Mark
    latest: int
    headers: Sequence[Header]
    failures: Sequence[Failure]


def prepare(batch: Batch) -> Prepared:
    """Decode and encode what is in `batch`."""
    return Prepared(
        events=len(batch.events),
        rows=encoded(batch.events),
        decoded=decode_all(batch.events),
        through=batch.through,
        latest=batch.latest,
        headers=batch.headers,
        failures=batch.failures,
    )


def decode_all(events: Sequence[RawEvent]) -> Decoded:
    """Decode `events`; an unreadable one is set aside and the rest flows on."""
    records: list[Record] = []
    quarantined: list[Quarantined] = []
    mark = Mark(0, 0)
    for raw in events:
        ledger = raw.position >> 32
        if ledger != mark.ledger:
            mark = Mark(ledger, raw.closed_at)
        try:
            event = _READERS[raw.contract].read(raw.body)
        except (ScvalError, decoding.UndecodableEventError) as error:
            quarantined.append(_unreadable(raw, error))
        else:
            records.append(Record(raw.contract, event, mark, raw.position, raw.index, raw.tx_hash))
    return Decoded(records, quarantined)


def _unreadable(raw: RawEvent, error: Exception) -> Quarantined:
    topics: Sequence[Any] = ()
    with contextlib.suppress(ScvalError):
        topics, _ = decode_body(raw.body)
    reason = f"{type(error).__name__}: {error}"
    return Quarantined(raw.position, raw.index, reason, decoding.invoice_of(topics))


def set_aside(decoded: Decoded, error: FoldError) -> Decoded:
    """The same without the event that a fold refused, which goes to quarantine."""
    refused = error.record
    reason = f"FoldError: {error} ({error.__cause__!r})"
    invoice = getattr(refused.event, "id", None)
    return Decoded(
        [record for record in decoded.records if record is not refused],
        [*decoded.quarantined, Quarantined(refused.position, refused.index, reason, invoice)],
    )

"""An upgraded contract's events keep flowing, or wait loudly: never are they misread."""

from __future__ import annotations

import struct
from typing import Any, ClassVar

import msgspec
import pytest

from contracts import decoding
from contracts.events import EscrowFunded
from contracts.layouts import EventReader
from contracts.scval import encode_body
from contracts.wire import Contract, Event
from indexer.decode import decode_all
from indexer.sources.protocol import RawEvent
from tests.indexer import synthetic

ID = bytes(range(32))
INVESTOR = synthetic.address("investor")
FUNDED = EscrowFunded(ID, INVESTOR, 5, 7, 9, 3)
CREATED = next(
    record.event
    for record in decode_all(synthetic.ledgers(1, synthetic.story(1, 1))).records
    if type(record.event).NAME == "invoice_created"
)


def _body(event: Event, without: str = "", **more: Any) -> bytes:
    """The event's body with its data changed; a schema's number travels as u32."""
    kind = type(event)
    data = {field.encode_name: getattr(event, field.name) for field in msgspec.structs.fields(kind)}
    topics = [synthetic.scval(kind.NAME), *(synthetic.scval(data.pop(n)) for n in kind.TOPICS)]
    data = {name: value for name, value in data.items() if value is not None} | more
    data.pop(without, None)
    entries = b"".join(
        synthetic.scval(name)
        + (struct.pack(">II", 3, value) if name == "schema" else synthetic.scval(value))
        for name, value in sorted(data.items())
    )
    return encode_body(topics, struct.pack(">III", 17, 1, len(data)) + entries)


def _decoded(*bodies: bytes) -> tuple[list[Event], list[str]]:
    """Events and reasons, each body read three times: with care, then by its layout."""
    raw = [
        RawEvent(place << 12, 0, Contract.ESCROW, 0, bytes(32), body)
        for place, body in enumerate(bodies * 3)
    ]
    done = decode_all(raw)
    return [r.event for r in done.records], [q.reason for q in done.quarantined]


@pytest.fixture(autouse=True)
def _nothing_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = {contract: EventReader(contract) for contract in Contract}
    monkeypatch.setattr("indexer.decode._READERS", readers)


@pytest.mark.parametrize("added", [True, 2**70, b"new", "word", INVESTOR])
def test_a_field_more_changes_nothing(added: Any) -> None:
    assert _decoded(_body(FUNDED, added=added)) == ([FUNDED] * 3, [])


def test_an_optional_field_less_is_none() -> None:
    assert getattr(CREATED, "debtor") is not None  # noqa: B009  # its type is only known here
    expected = msgspec.structs.replace(CREATED, debtor=None)
    assert _decoded(_body(CREATED, without="debtor")) == ([expected] * 3, [])


def test_fields_in_another_order_are_the_same_fields() -> None:
    """Read by name, not by position: XDR maps are sorted, but nothing here relies on it."""
    data = {"seq": 3, "raised": 9, "shares": 7, "amount": 5}
    entries = b"".join(synthetic.scval(n) + synthetic.scval(v) for n, v in data.items())
    topics = [synthetic.scval(value) for value in ("escrow_funded", ID, INVESTOR)]
    body = encode_body(topics, struct.pack(">III", 17, 1, 4) + entries)
    assert _decoded(body, _body(FUNDED)) == ([FUNDED] * 6, [])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (_body(FUNDED, without="amount"), "MalformedEventError: escrow_funded: .*amount"),
        (_body(FUNDED, amount="much"), "MalformedEventError: escrow_funded: Expected `int`"),
        (_body(FUNDED, schema=2), "UnknownSchemaError: escrow_funded has schema 2, known is 1"),
    ],
)
def test_what_cannot_be_understood_waits_and_the_rest_flows(body: bytes, reason: str) -> None:
    events, reasons = _decoded(body, _body(FUNDED))
    assert events == [FUNDED] * 3
    assert len(reasons) == 3
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(reasons[0])


class Funded2(Event, frozen=True):
    """A later shape of the same event: amounts are in another place."""

    NAME: ClassVar[str] = "escrow_funded"
    TOPICS: ClassVar[tuple[str, ...]] = ("id", "investor")
    SCHEMA: ClassVar[int] = 2
    id: bytes
    investor: str
    paid: int
    seq: int


def test_each_schema_is_read_by_its_own_decoder_and_layouts_do_not_mix_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both shapes are the same bytes but for their number: only the number decides."""
    shapes = decoding.SHAPES[Contract.ESCROW]
    monkeypatch.setitem(shapes, "escrow_funded", {**shapes["escrow_funded"], 2: Funded2})
    first = _body(FUNDED, schema=1, paid=6)
    second = _body(FUNDED, schema=2, paid=6)
    third = _body(FUNDED, schema=3, paid=6)
    assert len(first) == len(second) == len(third)
    events, reasons = _decoded(first, second, third)
    assert events == [FUNDED, Funded2(ID, INVESTOR, 6, 3)] * 3
    assert [reason.split(":")[0] for reason in reasons] == ["UnknownSchemaError"] * 3
    assert "has schema 3, known is 1, 2" in reasons[0]

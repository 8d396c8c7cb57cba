"""Reading by layout gives what reading with care gives, for every event and for broken bodies."""

from __future__ import annotations

import types
import typing
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts import decoding, scval, strkey
from contracts.events import EVENTS, ParamsSet
from contracts.layouts import EventReader
from contracts.wire import Address, Contract, Event
from tests.indexer import synthetic

KINDS = [
    (contract, kind)
    for contract, kinds in EVENTS.items()
    for kind in kinds.values()
    if kind is not ParamsSet  # holds pairs, which have no layout and no place in `synthetic`
]

_addresses = st.builds(
    synthetic.address, st.sampled_from("abc"), st.sampled_from((strkey.ACCOUNT, strkey.CONTRACT))
)
_VALUES: dict[Any, st.SearchStrategy[Any]] = {
    Address: _addresses,
    bytes: st.binary(min_size=32, max_size=32) | st.binary(max_size=5),
    bool: st.booleans(),
    int: st.integers(0, 2**40) | st.integers(-(2**127), 2**127 - 1),
    str: st.sampled_from(("pauser", "verifier")),
}


def _values(hint: Any) -> st.SearchStrategy[Any]:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        parts = [part for part in typing.get_args(hint) if part is not types.NoneType]
        return st.none() | _values(*parts)
    return _VALUES[hint]


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Contract, list[bytes]]:
    """Bodies of several events of a few kinds, some of them broken."""
    contract = draw(st.sampled_from(Contract))
    kinds = draw(st.lists(st.sampled_from([k for c, k in KINDS if c is contract]), min_size=1))
    made = []
    for kind in kinds[:3] * 4:
        hints = typing.get_type_hints(kind)
        fields = {name: _values(hints[name]) for name in kind.__struct_fields__}
        made.append(draw(_broken(synthetic.body_of(kind(**draw(st.fixed_dictionaries(fields)))))))
    return contract, made


def _broken(body: bytes) -> st.SearchStrategy[bytes]:
    places = st.integers(0, len(body) - 1)
    changed = st.builds(
        lambda place, byte: body[:place] + bytes([byte]) + body[place + 1 :],
        places,
        st.integers(0, 255),
    )
    return st.one_of(st.just(body), st.just(body), changed, places.map(lambda end: body[:end]))


def _outcome(read: Any, *arguments: Any) -> Event | tuple[type[Exception], str]:
    try:
        event: Event = read(*arguments)
    except (scval.ScvalError, decoding.UndecodableEventError) as error:
        return type(error), str(error)
    return event


def _with_care(contract: Contract, body: bytes) -> Event:
    return decoding.decode(contract, *scval.decode_body(body))


@given(bodies())
def test_a_layout_changes_nothing(made: tuple[Contract, list[bytes]]) -> None:
    contract, several = made
    reader = EventReader(contract)
    for body in several:
        assert _outcome(reader.read, body) == _outcome(_with_care, contract, body)


def test_layouts_are_used() -> None:
    """Else the test above would prove nothing."""
    transactions = synthetic.story(3, 4)
    told = [event for transaction in transactions for _, event in transaction]
    several = [event for event in told if event.NAME == "share_transferred"]
    reader = EventReader(Contract.ESCROW)
    reader.read(synthetic.body_of(several[0]))
    reader._read_with_care = None  # type: ignore[assignment,method-assign]  # not to be used again
    assert [reader.read(synthetic.body_of(event)) for event in several] == several

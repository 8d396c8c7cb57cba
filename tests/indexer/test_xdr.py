"""The functions that walk ledgers: made from the definitions, and these are the network's.

Every type of the definitions, and every arm of every union, is compared with the SDK's, which
knows Protocol 28; what is newer is made by hand.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stellar_sdk import xdr

from indexer.xdr import generate
from indexer.xdr.generated import values, walk_envelope, walk_ledger, walk_opening, walk_result
from indexer.xdr.generated.entries import skip_ClaimPredicate
from indexer.xdr.generated.invocations import skip_SorobanAuthorizationEntry
from indexer.xdr.generated.ledgers import skip_StellarValueExt
from indexer.xdr.language import DefinitionError, Union, parse
from indexer.xdr.runtime import LedgerFormatError, UnknownArmError
from tests.indexer.made import NEW, TYPES, Maker

SDK_LACKS: Final = {
    "TimePointMs",
    "MuxedContract",
    "StellarValueSignedMsValue",
    "StellarValueProposedMsValue",
}


def test_what_is_committed_is_what_the_definitions_give() -> None:
    folder = generate.HERE / "generated"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
    assert written == generate.generated(), "run `make xdr`"


def _comparable() -> Iterator[tuple[str, int | None]]:
    for name, definition in TYPES.items():
        if not hasattr(getattr(xdr, name, None), "from_xdr_bytes"):
            continue
        if isinstance(definition, Union):
            cases = {case for arm in definition.arms for case in arm.cases}
            yield from ((name, case) for case in sorted(cases - NEW.get(name, set())))
        else:
            yield name, None


def test_the_sdk_knows_every_type_but_the_newest() -> None:
    assert {name for name in TYPES if not hasattr(xdr, name)} == SDK_LACKS


def test_every_type_and_every_arm_is_the_sdks() -> None:
    for name, case in _comparable():
        for seed in range(3):
            made = Maker(random.Random(f"{name} {case} {seed}"), NEW).value(name, case)
            read = getattr(xdr, name).from_xdr_bytes(made)
            assert read.to_xdr_bytes() == made, (name, case, seed)


def test_unions_have_no_fewer_arms_than_the_sdks() -> None:
    """An arm that the definitions lacked would be an error in a ledger that has it."""
    for name, definition in TYPES.items():
        if isinstance(definition, Union) and hasattr(xdr, name):
            ours = {case for arm in definition.arms for case in arm.cases}
            for case in range(-20, 40):
                if case not in ours:
                    with pytest.raises(Exception, match=r".+"):
                        getattr(xdr, name).from_xdr_bytes(struct.pack(">i", case) + bytes(4096))


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_walks_end_where_values_end(seed: int) -> None:
    """New arms included; behind the value anything may follow."""
    maker = Maker(random.Random(seed))
    for walk, root in (
        (walk_ledger.walk, "LedgerCloseMeta"),
        (walk_envelope.walk, "TransactionEnvelope"),
        (walk_result.walk, "TransactionResultPair"),
    ):
        made = maker.value(root)
        assert walk(b"head" + made + b"tail", 4, []) == 4 + len(made)


@settings(max_examples=100)
@given(st.integers(0, 2**32), st.data())
def test_what_is_cut_short_ends_beyond_or_fails(seed: int, data: st.DataObject) -> None:
    made = Maker(random.Random(seed)).value("LedgerCloseMeta")
    cut = data.draw(st.integers(0, len(made) - 1))
    try:
        end = walk_ledger.walk(made[:cut], 0, [])
    except (struct.error, LedgerFormatError):
        return
    assert end > cut


def test_headers_of_protocol_30_carry_milliseconds() -> None:
    signature = struct.pack(">I", 0) + bytes(32) + struct.pack(">I", 3) + b"sig\0"
    signed = struct.pack(">IQ", 3, 1_764_000_000_123) + signature
    empty = struct.pack(">IQ32s32sI", 4, 1_764_000_000_123, b"set", b"previous", 30) + signature
    for made in (signed, empty):
        assert skip_StellarValueExt(made + b"behind", 0) == len(made)


def test_a_muxed_contract_is_an_address() -> None:
    muxed = struct.pack(">IIQ", 18, 5, 7) + bytes(range(32))
    assert values.skip_SCVal(muxed, 0) == len(muxed)


@pytest.mark.parametrize(
    ("skip", "level", "end"),
    [
        (values.skip_SCVal, struct.pack(">III", 16, 1, 1), struct.pack(">I", 1)),
        (skip_ClaimPredicate, struct.pack(">II", 3, 1), struct.pack(">I", 0)),
    ],
)
def test_no_nesting_is_too_deep(
    skip: Callable[[bytes, int], int], level: bytes, end: bytes
) -> None:
    """Anybody can send deep values; the host's bound is 500, recursion in Python ends earlier."""
    deep = level * 100_000 + end
    assert skip(deep, 0) == len(deep)


def test_authorisations_nest_deeply_too() -> None:
    call = struct.pack(">II", 0, 1) + bytes(32) + struct.pack(">I", 0) + struct.pack(">I", 0)
    deep = struct.pack(">I", 0) + (call + struct.pack(">I", 1)) * 50_000 + call + bytes(4)
    assert skip_SorobanAuthorizationEntry(deep, 0) == len(deep)


def test_an_unknown_arm_is_named() -> None:
    with pytest.raises(UnknownArmError, match=r"SCVal has an unknown arm 99 .*newer protocol"):
        values.skip_SCVal(struct.pack(">I", 99), 0)
    with pytest.raises(UnknownArmError, match="LedgerCloseMeta has an unknown arm 3"):
        walk_opening.walk(struct.pack(">I", 3) + bytes(400), 0, [])
    with pytest.raises(LedgerFormatError, match="a flag is 2"):
        values.skip_SCVal(struct.pack(">II", 16, 2), 0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("struct A { int a; };struct A { int a; };", "A is defined twice"),
        ("struct A { int a;", "ends inside a definition"),
        ("thing A { int a; };", "'thing' before 'A'"),
        ("union A switch (int v) { case X: void; };", "'X' is neither a number"),
        ("struct A { int a };", "';' expected, '}' found"),
    ],
)
def test_definitions_that_are_none_are_refused(text: str, says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        parse(text)

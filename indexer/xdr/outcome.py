"""Small things inside a ledger, read when it is known that they are wanted.

An event; what a transaction calls; what became of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from indexer.xdr.generated import walk_envelope, walk_event, walk_result
from indexer.xdr.generated.names import (
    EnvelopeType,
    InvokeHostFunctionResultCode,
    OperationResultCode,
    TransactionResultCode,
)
from indexer.xdr.runtime import I32, U32, Places, Walker

_KINDS: Final = {name: value.to_bytes(4, "big") for value, name in EnvelopeType.items()}
_ED25519: Final = bytes(4)
"""The key type that a transaction of the first version leaves out; it is hashed with it."""

_SUCCESSES: Final = frozenset({"txSUCCESS", "txFEE_BUMP_INNER_SUCCESS"})
_ADDRESS_OF_CONTRACT: Final = 36


class Event(msgspec.Struct, frozen=True):
    """A ContractEvent: who emitted it, its ContractEventType, its ContractEventV0."""

    contract: bytes | None
    kind: int
    body: bytes


class Invocation(msgspec.Struct, frozen=True):
    """A transaction that calls a contract: `source` is the account (32 bytes) that signed for it.

    `tx_hash` is of the outer transaction where a fee bump wraps it.
    """

    tx_hash: bytes
    source: bytes
    contract: bytes
    function: str


class Outcome(msgspec.Struct, frozen=True):
    """A TransactionResultPair: `result` is the name of the code that tells most.

    `call_hash` is the hash of a contract call's return value and events, empty for anything else.
    """

    tx_hash: bytes
    succeeded: bool
    result: str
    call_hash: bytes


def read_event(data: bytes, start: int) -> Event:
    """The ContractEvent at `start`."""
    at = _walked(walk_event.walk, data, start)
    contract = at.get(walk_event.CONTRACT)
    return Event(
        contract=None if contract is None else data[slice(*contract)],
        kind=U32(data, at[walk_event.KIND][0])[0],
        body=data[slice(*at[walk_event.BODY])],
    )


def read_invocation(data: bytes, start: int, network: bytes) -> Invocation | None:
    """What the TransactionEnvelope at `start` calls on `network`; None if it calls no contract."""
    at = _walked(walk_envelope.walk, data, start)
    invoked, function = at.get(walk_envelope.INVOKED), at.get(walk_envelope.FUNCTION)
    if invoked is None or function is None or invoked[1] - invoked[0] != _ADDRESS_OF_CONTRACT:
        return None
    name = data[function[0] + 4 : function[0] + 4 + U32(data, function[0])[0]]
    return Invocation(
        tx_hash=hashlib.sha256(network + _signed(data, at)).digest(),
        source=data[at[walk_envelope.SOURCE][1] - 32 : at[walk_envelope.SOURCE][1]],
        contract=data[invoked[1] - 32 : invoked[1]],
        function=name.decode("ascii", "replace"),
    )


def read_outcome(data: bytes, start: int) -> Outcome:
    """The TransactionResultPair at `start`."""
    at = _walked(walk_result.walk, data, start)
    names = [
        _name(data, at, walk_result.CODE, TransactionResultCode),
        _name(data, at, walk_result.INNER_CODE, TransactionResultCode),
        _name(data, at, walk_result.OPERATION_CODE, OperationResultCode),
        _name(data, at, walk_result.INVOKE_CODE, InvokeHostFunctionResultCode),
    ]
    call_hash = at.get(walk_result.CALL_HASH)
    return Outcome(
        tx_hash=data[slice(*at[walk_result.TX_HASH])],
        succeeded=names[0] in _SUCCESSES,
        result=[name for name in names if name][-1],
        call_hash=b"" if call_hash is None else data[slice(*call_hash)],
    )


def _signed(data: bytes, at: Mapping[int, tuple[int, int]]) -> bytes:
    """What is hashed, after the network's id, for the signatures of the outer transaction."""
    if span := at.get(walk_envelope.SIGNED_FEE_BUMP):
        return _KINDS["ENVELOPE_TYPE_TX_FEE_BUMP"] + data[slice(*span)]
    if span := at.get(walk_envelope.SIGNED_V0):
        return _KINDS["ENVELOPE_TYPE_TX"] + _ED25519 + data[slice(*span)]
    return _KINDS["ENVELOPE_TYPE_TX"] + data[slice(*at[walk_envelope.SIGNED])]


def _name(
    data: bytes, at: Mapping[int, tuple[int, int]], place: int, names: Mapping[int, str]
) -> str:
    if place not in at:
        return ""
    (code,) = I32(data, at[place][0])
    return names.get(code, str(code))


def _walked(walk: Walker, data: bytes, start: int) -> dict[int, tuple[int, int]]:
    """Where each place is; the last one where there are several."""
    places: Places = []
    walk(data, start, places)
    return {place: (begin, end) for place, begin, end in places}

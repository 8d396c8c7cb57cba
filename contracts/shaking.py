"""Take out of a contract's wasm the spec of what it does not use.

The compiler leaves the spec of every event and type of every crate a contract is built with; the
build system is to remove those without a marker in the data section (soroban-sdk, "spec shaking",
version 2). The spec then says exactly what this contract can emit, and uploading costs less.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from stellar_sdk import xdr
from stellar_sdk.sep.contract_spec import ContractSpec

_MAGIC = b"SpEcV1"
_HEADER = 8
_CUSTOM = 0
_DATA = 11
_SPEC = b"\x0econtractspecv0"


def shake(wasm: bytes) -> bytes:
    """The same contract with only the spec entries it uses; functions always stay."""
    sections = list(_sections(wasm))
    data = b"".join(body for kind, body in sections if kind == _DATA)
    parts = [wasm[:_HEADER]]
    for kind, body in sections:
        shaken = body
        if kind == _CUSTOM and body.startswith(_SPEC):
            entries = ContractSpec.from_xdr_bytes(body[len(_SPEC) :])
            used = (entry for entry in entries if _is_used(entry, data))
            shaken = _SPEC + ContractSpec(tuple(used)).to_xdr_bytes()
        parts += [bytes([kind]), _leb128(len(shaken)), shaken]
    return b"".join(parts)


def _is_used(entry: xdr.SCSpecEntry, data: bytes) -> bool:
    if entry.kind == xdr.SCSpecEntryKind.SC_SPEC_ENTRY_FUNCTION_V0:
        return True
    return _MAGIC + hashlib.sha256(entry.to_xdr_bytes()).digest()[:8] in data


def _sections(wasm: bytes) -> Iterator[tuple[int, bytes]]:
    """Each section's id and content, in order."""
    at = _HEADER
    while at < len(wasm):
        kind = wasm[at]
        size, at = _read_leb128(wasm, at + 1)
        yield kind, wasm[at : at + size]
        at += size


def _read_leb128(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _leb128(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)

"""Take out of a contract's wasm the spec of what it does not use.

The compiler leaves the spec of every event and type of every crate a contract is built with; the
build system is to remove those without a marker in the data section (soroban-sdk, "spec shaking",
version 2). The spec then says exactly what this contract can emit, and uploading costs less.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from stellar_sdk import xdr
from stellar_sdk.sep.contract_spec import ContractSpec

_MAGIC = b"SpEcV1"
_HEADER = 8
_CUSTOM = 0
_DATA = 11


def shake(wasm: bytes) -> bytes:
    """The same contract with only the spec entries it uses; functions always stay."""
    data = b"".join(body for kind, body in sections_of(wasm) if kind == _DATA)

    def shaken(spec: bytes) -> bytes:
        entries = ContractSpec.from_xdr_bytes(spec)
        return ContractSpec(tuple(e for e in entries if _is_used(e, data))).to_xdr_bytes()

    return with_section(wasm, "contractspecv0", shaken)


def with_section(wasm: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same module with the content of a custom section changed; the section must be there."""
    head = bytes([len(name)]) + name.encode()
    parts = [wasm[:_HEADER]]
    found = False
    for kind, body in sections_of(wasm):
        named = kind == _CUSTOM and body.startswith(head)
        changed = head + change(body[len(head) :]) if named else body
        parts += [bytes([kind]), _leb128(len(changed)), changed]
        found = found or named
    if not found:
        raise ValueError(f"the wasm has no section {name}")
    return b"".join(parts)


def _is_used(entry: xdr.SCSpecEntry, data: bytes) -> bool:
    if entry.kind == xdr.SCSpecEntryKind.SC_SPEC_ENTRY_FUNCTION_V0:
        return True
    return _MAGIC + hashlib.sha256(entry.to_xdr_bytes()).digest()[:8] in data


def sections_of(wasm: bytes) -> Iterator[tuple[int, bytes]]:
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

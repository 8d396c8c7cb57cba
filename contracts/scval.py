"""SCVal XDR to Python values, fast and strict; knows every arm of Protocol 30.

Native values are those of `stellar_sdk.scval.to_native`: None, bool, int, bytes, str, list, dict;
an address is its strkey. What only the system writes, and the SDK leaves undecoded, becomes a
small struct: `ErrorValue`, `ContractInstance`, `NonceKey`, `INSTANCE_KEY`. One thing is stricter:
a map whose keys fall together as Python values (u32 1 and i32 1) is refused, not shortened.

Nothing is read past the end, nothing is left over, padding is zero, recursion is bounded. An arm
that this decoder does not know raises `UnknownArmError`: the network speaks a newer protocol, and
the caller keeps the bytes.

A reader takes `(buffer, offset, depth left)` and returns `(value, offset after it)`. Vectors and
maps call their elements' readers directly, which saves a call for each value.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar, cast

import msgspec

from contracts import strkey
from contracts.wire import Address

MAX_DEPTH: Final = 200
"""Levels of vectors and maps; the host itself stops at 100."""

_CACHE_LIMIT: Final = 65_536

_U32: Final = struct.Struct(">I").unpack_from
_I32: Final = struct.Struct(">i").unpack_from
_U64: Final = struct.Struct(">Q").unpack_from
_I64: Final = struct.Struct(">q").unpack_from
_U128: Final = struct.Struct(">QQ").unpack_from
_I128: Final = struct.Struct(">qQ").unpack_from
_U256: Final = struct.Struct(">QQQQ").unpack_from
_I256: Final = struct.Struct(">qQQQ").unpack_from
_ZEROS: Final = b"\0\0\0"
_SYMBOL: Final = re.compile(rb"[A-Za-z0-9_]{0,32}")

Read: TypeAlias = tuple[object, int]
_T = TypeVar("_T")


class ScvalError(ValueError):
    """These bytes cannot be read as the XDR they claim to be."""


class UnknownArmError(ScvalError):
    """A union arm this decoder does not know: the network has moved on; update the indexer."""


class MalformedScvalError(ScvalError):
    """The bytes break the XDR rules: truncated, over-long, padded with other than zeros."""


class ErrorValue(msgspec.Struct, frozen=True):
    """SCV_ERROR: `kind` is SCErrorType (0 = a contract's own), `code` the contract's or host's."""

    kind: int
    code: int


class Executable(msgspec.Struct, frozen=True):
    """What a contract runs: kind 0 with a wasm hash, 1 an asset, 2 another contract's by tag."""

    kind: int
    wasm_hash: bytes | None = None
    owner: Address | None = None
    tag: str | bytes | None = None


class ContractInstance(msgspec.Struct, frozen=True):
    """SCV_CONTRACT_INSTANCE: the executable and the instance storage, None if there is none."""

    executable: Executable
    storage: dict[object, object] | None


class NonceKey(msgspec.Struct, frozen=True):
    """SCV_LEDGER_KEY_NONCE."""

    nonce: int


class InstanceKey(msgspec.Struct, frozen=True):
    """SCV_LEDGER_KEY_CONTRACT_INSTANCE."""


INSTANCE_KEY: Final = InstanceKey()


def decode(xdr: bytes) -> object:
    """The value of one SCVal; raises `UnknownArmError` or `MalformedScvalError`."""
    value, end = _guarded(_value, xdr, 0)
    _expect_end(xdr, end)
    return value


def decode_body(xdr: bytes) -> tuple[list[object], object]:
    """Topics and data of an event's body (ContractEventV0: `SCVal topics<>; SCVal data`)."""
    topics, middle = _guarded(_vector_body, xdr, 0)
    data, end = _guarded(_value, xdr, middle)
    _expect_end(xdr, end)
    return cast("list[object]", topics), data


def encode_body(topics: list[bytes], data: bytes) -> bytes:
    """The body of an event from the XDR of its topics and data: what `decode_body` reads."""
    return b"".join((len(topics).to_bytes(4, "big"), *topics, data))


def read_value(buffer: bytes, offset: int) -> Read:
    """An SCVal inside a larger structure: its value and the offset after it."""
    return _guarded(_value, buffer, offset)


def read_address(buffer: bytes, offset: int) -> tuple[Address, int]:
    """An SCAddress inside a larger structure, as strkey, and the offset after it."""
    address, end = _guarded(_address, buffer, offset)
    return cast("Address", address), end


def address(raw: bytes) -> Address:
    """The strkey of one SCAddress; raises as `decode` does."""
    known = _addresses.get(raw)
    return read_address(raw, 0)[0] if known is None else known


def _guarded(reader: Callable[[bytes, int, int], Read], buffer: bytes, offset: int) -> Read:
    try:
        return reader(buffer, offset, MAX_DEPTH)
    except struct.error as error:
        raise MalformedScvalError("the value ends before it is complete") from error
    except KeyError as error:
        raise UnknownArmError(
            f"SCVal arm {error.args[0]} is unknown to this decoder; the network may speak a newer"
            " protocol: update the indexer"
        ) from error


def _expect_end(xdr: bytes, end: int) -> None:
    if end != len(xdr):
        raise MalformedScvalError(f"{len(xdr) - end} bytes are left over after the value")


def _value(b: bytes, p: int, depth: int) -> Read:
    return _READERS[_U32(b, p)[0]](b, p + 4, depth)


def _bool(b: bytes, p: int, _depth: int) -> Read:
    return _flag(b, p), p + 4


def _flag(b: bytes, p: int) -> bool:
    flag = _U32(b, p)[0]
    if flag > 1:
        raise MalformedScvalError(f"a boolean is 0 or 1, not {flag}")
    return bool(flag)


def _void(_b: bytes, p: int, _depth: int) -> Read:
    return None, p


def _u32(b: bytes, p: int, _depth: int) -> Read:
    return _U32(b, p)[0], p + 4


def _i32(b: bytes, p: int, _depth: int) -> Read:
    return _I32(b, p)[0], p + 4


def _u64(b: bytes, p: int, _depth: int) -> Read:
    return _U64(b, p)[0], p + 8


def _i64(b: bytes, p: int, _depth: int) -> Read:
    return _I64(b, p)[0], p + 8


def _u128(b: bytes, p: int, _depth: int) -> Read:
    high, low = _U128(b, p)
    return high << 64 | low, p + 16


def _i128(b: bytes, p: int, _depth: int) -> Read:
    high, low = _I128(b, p)
    return high << 64 | low, p + 16


def _u256(b: bytes, p: int, _depth: int) -> Read:
    first, second, third, fourth = _U256(b, p)
    return first << 192 | second << 128 | third << 64 | fourth, p + 32


def _i256(b: bytes, p: int, _depth: int) -> Read:
    first, second, third, fourth = _I256(b, p)
    return first << 192 | second << 128 | third << 64 | fourth, p + 32


def _bytes(b: bytes, p: int, _depth: int = 0) -> tuple[bytes, int]:
    start = p + 4
    stop = start + _U32(b, p)[0]
    end = (stop + 3) & ~3
    if end > len(b):
        raise MalformedScvalError(f"{stop - start} bytes are announced, {len(b) - start} are left")
    if end != stop and b[stop:end] != _ZEROS[: end - stop]:
        raise MalformedScvalError("padding is not zero")
    return b[start:stop], end


def _string(b: bytes, p: int, _depth: int) -> tuple[str | bytes, int]:
    raw, end = _bytes(b, p)
    try:
        return raw.decode("utf-8"), end
    except UnicodeDecodeError:
        return raw, end


_symbols: dict[bytes, str] = {}


def _symbol(b: bytes, p: int, _depth: int) -> Read:
    raw, end = _bytes(b, p)
    symbol = _symbols.get(raw)
    if symbol is None:
        if not _SYMBOL.fullmatch(raw):
            raise MalformedScvalError("a symbol is at most 32 of a-z, A-Z, 0-9 and _")
        symbol = _remember(_symbols, raw, raw.decode("ascii"))
    return symbol, end


_addresses: dict[bytes, Address] = {}


def _address(b: bytes, p: int, _depth: int) -> Read:
    kind = _U32(b, p)[0]
    end = p + _ADDRESS_BYTES.get(kind, 4)
    raw = b[p:end]
    address = _addresses.get(raw)
    if address is None:
        if end > len(b):
            raise MalformedScvalError("the address ends before it is complete")
        address = _remember(_addresses, raw, _strkey(kind, raw))
    return address, end


_ADDRESS_BYTES: Final = {0: 40, 1: 36, 2: 44, 3: 40, 4: 36, 5: 44}


def _strkey(kind: int, raw: bytes) -> Address:
    if kind in (0, 3) and raw[4:8] != b"\0\0\0\0":  # PublicKeyType, ClaimableBalanceIDType
        raise UnknownArmError(f"key type {_U32(raw, 4)[0]} of address arm {kind} is unknown")
    match kind:
        case 0:
            return strkey.encode(strkey.ACCOUNT, raw[8:])
        case 1:
            return strkey.encode(strkey.CONTRACT, raw[4:])
        case 2:
            return strkey.encode(strkey.MUXED_ACCOUNT, raw[12:] + raw[4:12])
        case 3:
            return strkey.encode(strkey.CLAIMABLE_BALANCE, b"\0" + raw[8:])
        case 4:
            return strkey.encode(strkey.LIQUIDITY_POOL, raw[4:])
        case 5:
            return strkey.encode(strkey.MUXED_CONTRACT, raw[12:] + raw[4:12])
        case _:
            raise UnknownArmError(f"address arm {kind} is unknown to this decoder")


def _remember(cache: dict[bytes, _T], key: bytes, value: _T) -> _T:
    """Cache and return; a full cache starts anew, which bounds it without bookkeeping on hits."""
    if len(cache) >= _CACHE_LIMIT:
        cache.clear()
    cache[key] = value
    return value


def _vector(b: bytes, p: int, depth: int) -> Read:
    if not _flag(b, p):
        raise MalformedScvalError("a vector without a body")
    return _vector_body(b, p + 4, depth)


def _vector_body(b: bytes, p: int, depth: int) -> Read:
    count = _count(b, p, 4, depth)
    p += 4
    depth -= 1
    values: list[object] = []
    for _ in range(count):
        value, p = _READERS[_U32(b, p)[0]](b, p + 4, depth)
        values.append(value)
    return values, p


def _map(b: bytes, p: int, depth: int) -> Read:
    if not _flag(b, p):
        raise MalformedScvalError("a map without a body")
    return _map_body(b, p + 4, depth)


def _map_body(b: bytes, p: int, depth: int) -> tuple[dict[object, object], int]:
    count = _count(b, p, 8, depth)
    p += 4
    depth -= 1
    entries: dict[object, object] = {}
    for _ in range(count):
        key, p = _READERS[_U32(b, p)[0]](b, p + 4, depth)
        value, p = _READERS[_U32(b, p)[0]](b, p + 4, depth)
        try:
            entries[key] = value
        except TypeError:
            entries[_hashable(key)] = value
    if len(entries) != count:
        raise MalformedScvalError("keys of a map fall together")
    return entries, p


def _count(b: bytes, p: int, smallest: int, depth: int) -> int:
    """The announced number of elements, if so many could follow and depth is left."""
    count: int = _U32(b, p)[0]
    if count * smallest > len(b) - p - 4:
        raise MalformedScvalError(f"{count} elements are announced, more than can follow")
    if depth <= 0:
        raise MalformedScvalError(f"nested more than {MAX_DEPTH} levels deep")
    return count


def _hashable(key: object) -> object:
    """Lists, maps and instances as keys of a map: the same contents as tuples."""
    if isinstance(key, list):
        return tuple(_hashable(item) for item in key)
    if isinstance(key, dict):
        return tuple((_hashable(k), _hashable(v)) for k, v in key.items())
    if isinstance(key, ContractInstance):
        return key.executable, _hashable(key.storage)
    return key


def _error(b: bytes, p: int, _depth: int) -> Read:
    kind, code = _U32(b, p)[0], _U32(b, p + 4)[0]
    if kind > 9 or (kind > 0 and code > 9):
        raise UnknownArmError(f"error type {kind} with code {code} is unknown to this decoder")
    return ErrorValue(kind, code), p + 8


def _instance(b: bytes, p: int, depth: int) -> Read:
    kind = _U32(b, p)[0]
    p += 4
    executable = Executable(kind)
    if kind == 0:
        if p + 32 > len(b):
            raise MalformedScvalError("the wasm hash ends before it is complete")
        executable, p = Executable(kind, wasm_hash=b[p : p + 32]), p + 32
    elif kind == 2:
        owner, p = read_address(b, p)
        tag, p = _string(b, p, depth)
        executable = Executable(kind, owner=owner, tag=tag)
    elif kind > 2:
        raise UnknownArmError(f"executable arm {kind} is unknown to this decoder")
    if not _flag(b, p):
        return ContractInstance(executable, None), p + 4
    storage, p = _map_body(b, p + 4, depth)
    return ContractInstance(executable, storage), p


def _instance_key(_b: bytes, p: int, _depth: int) -> Read:
    return INSTANCE_KEY, p


def _nonce_key(b: bytes, p: int, _depth: int) -> Read:
    return NonceKey(_I64(b, p)[0]), p + 8


_READERS: Final[dict[int, Callable[[bytes, int, int], Read]]] = dict(
    enumerate(
        (
            _bool,
            _void,
            _error,
            _u32,
            _i32,
            _u64,
            _i64,
            _u64,  # SCV_TIMEPOINT
            _u64,  # SCV_DURATION
            _u128,
            _i128,
            _u256,
            _i256,
            _bytes,
            _string,
            _symbol,
            _vector,
            _map,
            _address,
            _instance,
            _instance_key,
            _nonce_key,
            _string,  # SCV_EXECUTABLE_TAG, from Protocol 28
        )
    )
)

"""Stellar's text form of addresses (strkey), both ways, for all kinds of Protocol 30.

A strkey is base32 of a version byte, the payload and a CRC16 of both (SEP-23). Payloads: G and C
32 bytes, L 32, B one type byte and 32, M and W 32 bytes and a big-endian 8-byte id. W, the muxed
contract, is new with Protocol 30 (CAP-84).
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from contracts.wire import Address

ACCOUNT: Final = 6 << 3
CONTRACT: Final = 2 << 3
MUXED_ACCOUNT: Final = 12 << 3
CLAIMABLE_BALANCE: Final = 1 << 3
LIQUIDITY_POOL: Final = 11 << 3
MUXED_CONTRACT: Final = 22 << 3

_PAYLOAD_BYTES: Final = {
    ACCOUNT: 32,
    CONTRACT: 32,
    MUXED_ACCOUNT: 40,
    CLAIMABLE_BALANCE: 33,
    LIQUIDITY_POOL: 32,
    MUXED_CONTRACT: 40,
}


class InvalidAddressError(ValueError):
    """The text is no Stellar address, or of another kind than the place asks for."""


def encode(version: int, payload: bytes) -> Address:
    """The strkey of `payload`; `version` is one of this module's constants."""
    body = bytes((version,)) + payload
    checksum = binascii.crc_hqx(body, 0).to_bytes(2, "little")
    return Address(base64.b32encode(body + checksum).decode("ascii").rstrip("="))


def decode(address: str) -> tuple[int, bytes]:
    """Version byte and payload of a strkey; raises `InvalidAddressError`."""
    try:
        raw = base64.b32decode(address + "=" * (-len(address) % 8))
    except (binascii.Error, ValueError) as error:
        raise InvalidAddressError(f"{address!r} is no Stellar address: not base32") from error
    version, payload = raw[0] if raw else -1, raw[1:-2]
    if len(payload) != _PAYLOAD_BYTES.get(version):
        raise InvalidAddressError(f"{address!r} is no Stellar address: unknown kind or length")
    if encode(version, payload) != address:
        raise InvalidAddressError(f"{address!r} is no Stellar address: its checksum is wrong")
    return version, payload

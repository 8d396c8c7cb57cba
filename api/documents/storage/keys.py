"""Envelope encryption: each document has secrets of its own, wrapped by a versioned master key.

A new master key wraps from then on; the older ones only unwrap what they wrapped. Rotation wraps
the secrets anew, the files stay as they are. Who destroys the wrapped secrets destroys the file.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Final, Self
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_PURPOSE: Final = b"stellarsettle document secrets"


class KeyLostError(Exception):
    """A document's secrets cannot be unwrapped: its master key is not among those given."""


class Secrets(msgspec.Struct, frozen=True):
    """What one document's owner could lose: the key of its file, and the salt of its commitment."""

    data_key: bytes
    salt: bytes

    @classmethod
    def fresh(cls) -> Self:
        """32 random bytes each."""
        return cls(secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_KEY_BYTES))

    def __repr__(self) -> str:
        """Nothing: secrets end up in no log."""
        return "Secrets(...)"


class Wrapped(msgspec.Struct, frozen=True):
    """Secrets as they are stored: which master key wrapped them, and nonce and ciphertext."""

    version: int
    data: bytes


class MasterKeys:
    """All master keys that are known, by version; the highest wraps.

    Raises ValueError for none, or one that has not 32 bytes.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        if not keys or any(len(key) != _KEY_BYTES for key in keys.values()):
            raise ValueError("document keys are one or more of 32 bytes each")
        self._keys = {version: AESGCM(key) for version, key in keys.items()}
        self.current = max(keys)

    @classmethod
    def parse(cls, text: str) -> Self:
        """`1:base64,2:base64`. Raises ValueError."""
        keys: dict[int, bytes] = {}
        for part in text.split(","):
            version, _, encoded = part.strip().partition(":")
            if not version.isdecimal() or int(version) in keys:
                raise ValueError("document keys are written 1:base64,2:base64")
            keys[int(version)] = base64.b64decode(encoded, validate=True)
        return cls(keys)

    def wrap(self, document: UUID, inside: Secrets) -> Wrapped:
        """Bound to the document and the key's version: put elsewhere it opens no more."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[self.current].encrypt(
            nonce, inside.data_key + inside.salt, _bound_to(document, self.current)
        )
        return Wrapped(self.current, nonce + sealed)

    def unwrap(self, document: UUID, wrapped: Wrapped) -> Secrets:
        """Raises KeyLostError."""
        key = self._keys.get(wrapped.version)
        if key is None:
            raise KeyLostError(f"document key {wrapped.version} is not set")
        nonce, sealed = wrapped.data[:_NONCE_BYTES], wrapped.data[_NONCE_BYTES:]
        try:
            plain = key.decrypt(nonce, sealed, _bound_to(document, wrapped.version))
        except InvalidTag as error:
            raise KeyLostError(f"document key {wrapped.version} is another one now") from error
        return Secrets(plain[:_KEY_BYTES], plain[_KEY_BYTES:])

    def __repr__(self) -> str:
        """The versions only."""
        return f"MasterKeys(versions={sorted(self._keys)})"


def commitment(salt: bytes, file_hash: bytes) -> bytes:
    """`SHA-256(salt || SHA-256(file))`: the contract's `doc_hash`.

    Without the salt nobody can tell which file it speaks of, even holding the file.
    """
    return hashlib.sha256(salt + file_hash).digest()


def _bound_to(document: UUID, version: int) -> bytes:
    return b"%s %d %s" % (_PURPOSE, version, document.bytes)

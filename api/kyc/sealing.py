"""Values for the staff only: AES-GCM under a key of the case, which a master key wraps."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def sealed(key: bytes, case: uuid.UUID, fields: Mapping[str, str]) -> dict[str, str]:
    """Each value sealed on its own, bound to its case and its name: moved, it opens no more."""
    cipher = AESGCM(key)
    return {name: _sealed(cipher, case, name, value) for name, value in fields.items()}


def _sealed(cipher: AESGCM, case: uuid.UUID, name: str, value: str) -> str:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    made = cipher.encrypt(nonce, value.encode(), _bound(case, name))
    return base64.b64encode(nonce + made).decode()


def opened(key: bytes, case: uuid.UUID, fields: Mapping[str, str]) -> dict[str, str]:
    """The values; raises `cryptography.exceptions.InvalidTag` for one that was put elsewhere."""
    cipher = AESGCM(key)
    found = {}
    for name, text in fields.items():
        raw = base64.b64decode(text)
        nonce, made = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        found[name] = cipher.decrypt(nonce, made, _bound(case, name)).decode()
    return found


def _bound(case: uuid.UUID, name: str) -> bytes:
    return b"stellarsettle kyc field %s %s" % (case.bytes, name.encode())

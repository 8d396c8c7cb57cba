"""Signatures of webhooks, as Standard Webhooks has them (v1: HMAC-SHA256).

A secret is derived from the platform's key, the webhook's id and a number that counts up: nothing
secret is stored, and a new number is a new secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid

_PURPOSE = b"stellarsettle webhook "


def secret(platform_key: bytes, webhook: uuid.UUID, number: int) -> bytes:
    """The secret of that number: 32 bytes."""
    return hmac.digest(platform_key, _PURPOSE + webhook.bytes + b"%d" % number, hashlib.sha256)


def shown(key: bytes) -> str:
    """A secret as its owner is given it."""
    return f"whsec_{base64.b64encode(key).decode()}"


def headers(message: str, seconds: int, body: bytes, keys: tuple[bytes, ...]) -> dict[str, str]:
    """What goes with a body: id, time (Unix seconds), a signature with each of the keys."""
    signed = b"%s.%d.%s" % (message.encode(), seconds, body)
    signatures = (hmac.digest(key, signed, hashlib.sha256) for key in keys)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(signature).decode()}" for signature in signatures
        ),
    }

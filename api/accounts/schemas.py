"""What goes in and out of signing in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec


class Challenge(msgspec.Struct, frozen=True):
    """A SEP-10 challenge: sign `transaction` (XDR, base64) with the wallet; never submit it."""

    transaction: str
    network_passphrase: str


class SignedChallenge(msgspec.Struct, frozen=True):
    """The challenge with the wallet's signatures added."""

    transaction: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=32_768, description="XDR, base64"),
    ]


class BearerToken(msgspec.Struct, frozen=True):
    """A JWT (EdDSA) for the header `Authorization: Bearer ...`, valid for 15 minutes."""

    token: str


class KeySet(msgspec.Struct, frozen=True):
    """The public keys of our tokens (RFC 7517)."""

    keys: list[dict[str, Any]]

"""What goes in and out of signing in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from api.reads import Moment
from api.values import AccountAddress


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


class MessageChallenge(msgspec.Struct, frozen=True):
    """A text to sign with the wallet's `signMessage` (SEP-53), before `expires_at`."""

    message: str
    expires_at: Moment


class SignedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The text as it was given out, and the wallet's signature: base64 or hexadecimal."""

    account: AccountAddress
    message: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000, examples=["..."])]
    signature: Annotated[
        str, msgspec.Meta(min_length=86, max_length=128, examples=["A" * 86 + "=="])
    ]


class KeySet(msgspec.Struct, frozen=True):
    """The public keys of our tokens (RFC 7517)."""

    keys: list[dict[str, Any]]

"""What only the owner of an address is sent: a link's token, and codes. Derived, never stored.

The token follows from the service's lasting key, so a link lives as long as its invitation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid

CODE_DIGITS = 6

_LINK = b"stellarsettle debtor link "
_CODE = b"stellarsettle debtor code "
_ID_DIGITS = 32


def token(key: bytes, invitation: uuid.UUID) -> str:
    """What the link of an invitation ends with: 75 characters, safe in URLs."""
    made = hmac.digest(key, _LINK + invitation.bytes, hashlib.sha256)
    return invitation.hex + base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def opened(key: bytes, given: str) -> uuid.UUID | None:
    """The invitation of a link; None if the token was not made here."""
    try:
        invitation = uuid.UUID(hex=given[:_ID_DIGITS])
    except ValueError:
        return None
    made = token(key, invitation)
    return (
        invitation if hmac.compare_digest(made.encode(), given.encode("utf-8", "replace")) else None
    )


def code(key: bytes, invitation: uuid.UUID, number: int) -> str:
    """The `number`-th code of an invitation: six digits."""
    made = hmac.digest(key, _CODE + invitation.bytes + b"%d" % number, hashlib.sha256)
    return f"{int.from_bytes(made) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"

"""Passes: for half an hour, whoever had the link and the code is known as that invitation's guest.

A pass opens the routes of one invitation and nothing else; no session and no key opens those.
"""

from __future__ import annotations

import time
import uuid

import msgspec

from api.seals import Seals

_PURPOSE = "debtor-pass"
_SECONDS = 1_800


class Guest(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who read the mail of an invitation: which one, by which of its codes."""

    invitation: uuid.UUID
    code: int
    expires_at: int


class Passes:
    """Writes passes and reads them."""

    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    def write(self, invitation: uuid.UUID, code: int) -> tuple[str, Guest]:
        """A pass from now on, and what it says."""
        expires_at = int(time.time()) + _SECONDS
        guest = Guest(invitation=invitation, code=code, expires_at=expires_at)
        text = f"{invitation.hex}.{code}.{expires_at}"
        return f"{text}.{self._seals.seal(_PURPOSE, text)}", guest

    def read(self, given: str) -> Guest | None:
        """Who brings a pass; None if it is none of ours or over."""
        text, _, seal = given.rpartition(".")
        if not self._seals.fits(_PURPOSE, text, seal):
            return None
        invitation, code, expires_at = text.split(".")
        guest = Guest(
            invitation=uuid.UUID(hex=invitation), code=int(code), expires_at=int(expires_at)
        )
        return guest if guest.expires_at > time.time() else None

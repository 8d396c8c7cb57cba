"""What is told of the audit log."""

from __future__ import annotations

from typing import Any

import msgspec

from api.reads import Moment


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One privileged action; `hash` chains it to the one before."""

    number: int
    at: Moment
    actor: str
    action: str
    about: str
    detail: dict[str, Any]
    hash: str


class AuditAnswer(msgspec.Struct, frozen=True):
    """A page, the newest first; `next` is the `before` of the following one, null at the end."""

    data: tuple[AuditEntry, ...]
    next: int | None

"""Under which ids a request is logged: its own, and that of the trace it belongs to (W3C).

Whoever sends `traceparent` finds his trace's id in every line that his request wrote; who does not
is given one. Nothing else of the request is logged with it: no address, no person, no value.
"""

from __future__ import annotations

import logging
import re
import secrets
import uuid
from collections.abc import Iterable
from contextvars import ContextVar

import msgspec

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-.*")


class Ids(msgspec.Struct, frozen=True):
    """What a request is known by."""

    request: str
    trace: str


NOW: ContextVar[Ids | None] = ContextVar("ids", default=None)
"""Those of the request that is being answered."""


def given(headers: Iterable[tuple[bytes, bytes]]) -> Ids:
    """The ids that a caller chose, where they are harmless; new ones where not."""
    request = trace = ""
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request = value.decode("ascii")
        elif name == b"traceparent" and (match := _TRACEPARENT.fullmatch(value)):
            trace = match[1].decode("ascii")
    return Ids(request or str(uuid.uuid4()), trace or secrets.token_hex(16))


class WithIds(logging.Filter):
    """Adds the ids to every line that is written while a request is answered."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass."""
        if (ids := NOW.get()) is not None:
            record.fields = {**getattr(record, "fields", {}), **msgspec.structs.asdict(ids)}
        return True

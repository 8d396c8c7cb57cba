"""Answers as gzip (RFC 1952) for browsers that take it.

Never a page that carries somebody's token: what such an answer weighs would tell of its secret.
"""

from __future__ import annotations

import gzip
from typing import Any

from litestar import Request

PACKED = {"Content-Encoding": "gzip"}
_WORTH_IT = 1_000
"""Bytes below which nothing is gained."""


def taken(request: Request[Any, Any, Any]) -> bool:
    """Whether the reader takes gzip (RFC 9110, 12.5.3)."""
    for one in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def pack(content: bytes, level: int = 6) -> bytes | None:
    """The content packed, the same bytes every time; None where it would not get smaller."""
    if len(content) < _WORTH_IT:
        return None
    packed = gzip.compress(content, level, mtime=0)
    return packed if len(packed) < len(content) else None

"""Reads: the body that PostgreSQL built, passed through as bytes, with the ledger it holds for.

Answers are the same as long as the ledger is, so the ETag is made of the ledger, the address
asked and, on private routes, who asks. A private answer is never shared.
"""

from __future__ import annotations

import functools
import hashlib
import re
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from psycopg.rows import tuple_row

from api.database import Connection, NumberedCursor
from api.errors import Problem
from api.tokens import Subject
from api.values import END
from api.version import VERSION
from projections.query import Query

_PLACE = re.compile(r"%\((\w+)\)s|%%")

Digits = Annotated[
    str,
    msgspec.Meta(
        pattern="^-?[0-9]+" + END, description="Base units, digits", examples=["950000000"]
    ),
]
Hex = Annotated[
    str, msgspec.Meta(pattern="^[0-9a-f]{64}" + END, description="32 bytes", examples=["5f" * 32])
]
Strkey = Annotated[str, msgspec.Meta(pattern="^[GC][A-Z2-7]{55}" + END, description="G... or C...")]
Moment = Annotated[int, msgspec.Meta(description="Unix seconds, the ledger's", ge=0)]


class Meta(msgspec.Struct, frozen=True):
    """The ledger through which everything shown is folded, and its close time."""

    as_of_ledger: int
    as_of_time: Moment


class Read(msgspec.Struct, frozen=True):
    """What a query gave: JSON, or None where the thing is unknown."""

    ledger: int
    time: int
    body: bytes | None


async def read(connection: Connection, query: Query) -> Read:
    """Run a query of the projections; raises "not-read-yet" before the first ledger."""
    statement, names = _numbered(query.sql)
    cursor = NumberedCursor(connection, row_factory=tuple_row)
    await cursor.execute(statement, [query.params[name] for name in names])
    row = await cursor.fetchone()
    if row is None or row[0] == 0:
        raise Problem("not-read-yet")
    ledger, time, body = row
    return Read(ledger, time, None if body is None else body.encode("utf-8"))


@functools.lru_cache(maxsize=512)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement with `$1` in place of `%(name)s`, and the names in this order.

    psycopg does the same, but not once for statements as long as ours.
    """
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%"
        return f"${numbers.setdefault(match[1], len(numbers) + 1)}"

    return _PLACE.sub(number, sql).encode(), tuple(numbers)


def answer(
    request: Request[Any, Any, Any], found: Read, *, subject: Subject | None = None, what: str
) -> Response[bytes]:
    """`{"data": ..., "meta": ...}`, or 304 if the caller has it; 404 naming `what` if unknown."""
    if found.body is None:
        raise Problem("not-found", f"There is no {what} as of ledger {found.ledger}.")
    tag = _etag(request, found.ledger, subject)
    headers = {
        "ETag": tag,
        "X-As-Of-Ledger": str(found.ledger),
        "Cache-Control": "no-cache" if subject is None else "private, no-cache",
    }
    if subject is not None:
        headers["Vary"] = "Authorization, Cookie"
    if has_tag(request.headers.get("if-none-match", ""), tag):
        return Response(b"", status_code=304, headers=headers, media_type="application/json")
    meta = msgspec.json.encode(Meta(found.ledger, found.time))
    content = b"".join((b'{"data":', found.body, b',"meta":', meta, b"}"))
    return Response(content, headers=headers, media_type="application/json")


def joined(whole: Read, **parts: Read) -> Read:
    """The object of `whole` with the `items` of other reads as further members.

    All were read in one snapshot, so they hold for one ledger.
    """
    if whole.body is None:
        return whole
    members = [whole.body.rstrip()[:-1]]
    for name, part in parts.items():
        items = b"[]" if part.body is None else bytes(_ITEMS.decode(part.body).items)
        members.append(b'"%s":%s' % (name.encode(), items))
    return Read(whole.ledger, whole.time, b",".join(members) + b"}")


class _Items(msgspec.Struct):
    items: msgspec.Raw


_ITEMS = msgspec.json.Decoder(_Items)


def _etag(request: Request[Any, Any, Any], ledger: int, subject: Subject | None) -> str:
    query = "&".join(sorted(request.url.query.split("&")))
    who = "" if subject is None else subject.owner
    name = f"{VERSION}\n{request.url.path}\n{query}\n{who}"
    return f'W/"{ledger}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"'


def has_tag(if_none_match: str, tag: str) -> bool:
    """Whether If-None-Match names the tag: weak comparison (RFC 9110, 13.1.2)."""
    given = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tag.removeprefix("W/") in given or given == ["*"]

"""Reads: the body that PostgreSQL built, passed through as bytes, with the ledger it holds for.

Answers are the same as long as the ledger is, so the ETag is made of the ledger, the address
asked and, on private routes, who asks. A private answer is never shared. With `?as_of=` the same
answers are about the end of a ledger of long ago; what is known only outside of the chain has no
past.
"""

from __future__ import annotations

import functools
import hashlib
import re
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.params import QueryParameter
from psycopg.rows import tuple_row

from api.database import Connection, NumberedCursor
from api.errors import Problem
from api.tokens import Subject
from api.values import END
from api.version import VERSION
from projections.asof import as_of
from projections.history import FIRST, BeforeFirstError, NotFoldedError
from projections.query import Query

_PLACE = re.compile(r"%\((\w+)\)s|%%")
_GENERATION = "'read'::regnamespace::oid::bigint"
"""Rebuilt read models come in a schema of their own, which then takes the name."""

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
    """What a query gave: JSON, or None where the thing is unknown.

    `past`: a ledger was asked for, so that the answer stays, as long as the read models are those
    of this `generation`: rebuilt ones have another.
    """

    ledger: int
    time: int
    body: bytes | None
    past: bool = False
    generation: int = 0


def provide_at(
    as_of: Annotated[
        int | None,
        QueryParameter(
            ge=1, le=2**31 - 1, description="As of the end of this ledger [default: the newest]"
        ),
    ] = None,
) -> int | None:
    """Dependency of reads that have a past: the ledger asked for, None for the newest."""
    return as_of


async def read(connection: Connection, query: Query, at: int | None = None) -> Read:
    """Run a query of the projections, about the end of ledger `at` or as things are.

    Raises "not-read-yet" before the first ledger, `history.NotFoldedError` and
    `history.BeforeFirstError`.
    """
    asked = as_of(query, at)
    statement, names = _numbered(asked.sql)
    cursor = NumberedCursor(connection, row_factory=tuple_row)
    await cursor.execute(statement, [asked.params[name] for name in names])
    row = await cursor.fetchone()
    if row is None:
        raise await _not_there(connection, at)
    ledger, time, body, generation = row
    if ledger == 0:
        raise Problem("not-read-yet")
    if at is not None and time == 0:
        first = await (await connection.execute(FIRST)).fetchone()
        raise BeforeFirstError(at, first["first"] if first else None)
    found = None if body is None else body.encode("utf-8")
    return Read(ledger, time, found, at is not None, generation)


@functools.lru_cache(maxsize=512)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """A query's statement with `$1` in place of `%(name)s`, and the names in this order.

    It gives the generation of the read models too.

    psycopg does the same, but not once for statements as long as ours.
    """
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%"
        return f"${numbers.setdefault(match[1], len(numbers) + 1)}"

    statement = f"SELECT found.*, {_GENERATION} FROM ({_PLACE.sub(number, sql)}) AS found"  # noqa: S608
    return statement.encode(), tuple(numbers)


async def _not_there(connection: Connection, at: int | None) -> Exception:
    found = await (await connection.execute("SELECT ledger FROM read.applied")).fetchone()
    if at is None or found is None or found["ledger"] == 0:
        return Problem("not-read-yet")
    return NotFoldedError(at, found["ledger"])


def answer(
    request: Request[Any, Any, Any], found: Read, *, subject: Subject | None = None, what: str
) -> Response[bytes]:
    """`{"data": ..., "meta": ...}`, or 304 if the caller has it; 404 naming `what` if unknown."""
    if found.body is None:
        raise Problem("not-found", f"There is no {what} as of ledger {found.ledger}.")
    tag = _etag(request, found, subject)
    headers = {
        "ETag": tag,
        "X-As-Of-Ledger": str(found.ledger),
        "Cache-Control": cache_control(past=found.past, private=subject is not None),
    }
    if subject is not None:
        headers["Vary"] = "Authorization, Cookie"
    if has_tag(request.headers.get("if-none-match", ""), tag):
        return Response(b"", status_code=304, headers=headers, media_type="application/json")
    meta = msgspec.json.encode(Meta(found.ledger, found.time))
    content = b"".join((b'{"data":', found.body, b',"meta":', meta, b"}"))
    return Response(content, headers=headers, media_type="application/json")


def cache_control(*, past: bool, private: bool) -> str:
    """What may be kept of an answer; of the past a little longer, for only a rebuild changes it."""
    if private:
        return "private, no-cache"
    return "public, max-age=60" if past else "no-cache"


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
    return msgspec.structs.replace(whole, body=b",".join(members) + b"}")


class _Items(msgspec.Struct):
    items: msgspec.Raw


_ITEMS = msgspec.json.Decoder(_Items)


def _etag(request: Request[Any, Any, Any], found: Read, subject: Subject | None) -> str:
    query = "&".join(sorted(request.url.query.split("&")))
    who = "" if subject is None else subject.owner
    name = f"{VERSION}\n{found.generation}\n{request.url.path}\n{query}\n{who}"
    return f'W/"{found.ledger}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"'


def has_tag(if_none_match: str, tag: str) -> bool:
    """Whether If-None-Match names the tag: weak comparison (RFC 9110, 13.1.2)."""
    given = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tag.removeprefix("W/") in given or given == ["*"]

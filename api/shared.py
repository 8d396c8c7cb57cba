"""Public answers, kept as bytes until the read models change.

A route that declares `SHARED` answers everybody alike, out of the read models alone. Before an
answer is given again, the database is asked for the stamp of the read models, so that it is never
older than what was committed when the request came in, whichever process made it. Requests that
wait for a stamp at the same time wait for one and the same question.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any

import msgspec
import psycopg
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.access import SHARED
from api.database import prepare_session
from api.reads import has_tag

_STAMP = "SELECT (a.tableoid, a.xmin, a.ledger)::text FROM read.applied AS a"
"""Another one after every change: of the rows by the indexer, of the tables by a rebuild."""

_KEPT_BESIDES = 1_000
"""Bytes that an answer takes besides its body, about: headers, key, the objects themselves."""

Key = tuple[str, bytes]


class Answer(msgspec.Struct, frozen=True):
    """A whole answer of status 200: its headers as they go out, and its body."""

    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def tag(self) -> str:
        """Its ETag."""
        return next((value.decode() for name, value in self.headers if name == b"etag"), "")


class Kept:
    """Answers under one stamp, at most so many bytes: the one longest not asked for goes first."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._stamp = ""
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self.bytes = 0

    def find(self, key: Key, stamp: str) -> Answer | None:
        """The answer, if it holds under this stamp."""
        if stamp != self._stamp or key not in self._answers:
            return None
        self._answers.move_to_end(key)
        return self._answers[key]

    def keep(self, key: Key, stamp: str, answer: Answer) -> None:
        """Keep an answer that was made after `stamp` was asked for; those of another stamp go."""
        if stamp != self._stamp:
            self._stamp, self.bytes = stamp, 0
            self._answers.clear()
        if key in self._answers:
            self.bytes -= _size(key, self._answers.pop(key))
        self._answers[key] = answer
        self.bytes += _size(key, answer)
        while self.bytes > self._most:
            self.bytes -= _size(*self._answers.popitem(last=False))


def _size(key: Key, answer: Answer) -> int:
    return len(answer.body) + len(key[0]) + len(key[1]) + _KEPT_BESIDES


class Stamps:
    """Asks for the stamp of the read models, in a session of its own."""

    def __init__(self, url: str, *, seconds: float) -> None:
        self._url = url
        self._seconds = seconds
        self._session: psycopg.AsyncConnection[Any] | None = None
        self._asking: asyncio.Task[str | None] | None = None
        self._next: asyncio.Task[str | None] | None = None

    async def now(self) -> str | None:
        """A stamp that was asked for after this call; None where the database does not answer."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._asking))
        # Whoever gives up waiting must not end the question of the others.
        return await asyncio.shield(self._next)

    async def close(self) -> None:
        """Give the session back."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _after(self, before: asyncio.Task[str | None] | None) -> str | None:
        if before is not None:
            await asyncio.wait([before])
        self._asking, self._next = self._next, None
        try:
            async with asyncio.timeout(self._seconds):
                return await self._ask()
        except (psycopg.Error, TimeoutError):
            await self.close()
            return None

    async def _ask(self) -> str:
        if self._session is None:
            self._session = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
            await prepare_session(self._session)
        found = await (await self._session.execute(_STAMP, prepare=True)).fetchone()
        return "" if found is None else str(found[0])


class SharedAnswers(ASGIMiddleware):
    """Answers from what is kept where a route declares `SHARED`; makes and keeps what is not."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, kept: Kept, stamps: Stamps) -> None:
        self._kept = kept
        self._stamps = stamps

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answer one request."""
        shared = SHARED.items() <= scope["route_handler"].opt.items()
        stamp = await self._stamps.now() if shared else None
        if not stamp:
            await next_app(scope, receive, send)
            return
        key = (scope["path"], scope["query_string"])
        known, headers = _without_tag(scope)
        answer = self._kept.find(key, stamp)
        if answer is None:
            whole: Any = {**scope, "headers": headers}
            answer = await _recorded(whole, receive, send, next_app)
            if answer is None:
                return
            self._kept.keep(key, stamp, answer)
        await _send(answer, known, send)


def _without_tag(scope: Scope) -> tuple[str, list[tuple[bytes, bytes]]]:
    """If-None-Match and all other headers: what is kept must be a whole answer."""
    headers = list(scope["headers"])
    known = [value.decode("latin-1") for name, value in headers if name == b"if-none-match"]
    if not known:
        return "", headers
    return ", ".join(known), [one for one in headers if one[0] != b"if-none-match"]


async def _recorded(scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> Answer | None:
    """The answer, held back; None where it is no success: that has been sent."""
    start: dict[str, Any] = {}
    parts: list[bytes] = []

    async def record(message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] != 200:
                await send(message)
                return
            start.update(message)
        elif start:
            parts.append(message.get("body", b""))  # type: ignore[arg-type]
        else:
            await send(message)

    await next_app(scope, receive, record)
    return Answer(tuple(start["headers"]), b"".join(parts)) if start else None


async def _send(answer: Answer, known: str, send: Send) -> None:
    status, body, headers = 200, answer.body, list(answer.headers)
    if known and has_tag(known, answer.tag):
        status, body = 304, b""
        headers = [(name, value) for name, value in headers if name != b"content-length"]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})

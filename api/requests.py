"""What is done for every request: an id to find it by, headers that keep browsers careful, JSON."""

from __future__ import annotations

import re
import uuid
from typing import Any

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Problem

_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_HEADER = b"x-request-id"


class RequestIdMiddleware(ASGIMiddleware):
    """Takes the caller's X-Request-Id if it is harmless, else makes one, and answers with it."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Wrap one request."""
        request_id = _given(scope) or str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                headers["X-Request-Id"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await next_app(scope, receive, send_with_id)


def _given(scope: Scope) -> str | None:
    for name, value in scope.get("headers", []):
        if name == _HEADER and _ACCEPTED.fullmatch(value):
            return value.decode("ascii")
    return None


class HeadAsGet:
    """Answers HEAD as GET would be answered, without the content (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything else on as it is."""
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_content(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, send_without_content)


class JsonRequest(Request[Any, Any, Any]):
    """A request whose JSON may be wrong in every way, and is the caller's mistake in each."""

    async def json(self) -> Any:
        """The decoded body; raises "bad-request" where it is nested beyond what we follow."""
        try:
            return await super().json()
        except RecursionError:
            # Without the cause: a thousand frames of a decoder tell nobody anything.
            raise Problem("bad-request", "The JSON is nested too deeply.") from None

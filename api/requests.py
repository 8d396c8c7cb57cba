"""What is done for every request: an id to find it by, and headers that keep browsers careful."""

from __future__ import annotations

import re
import uuid

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

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

"""What is done for every request: an id, a limit of its address, careful browsers.

`Edge` stands around the whole application, so that it holds for requests that fit no route too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import anyio
from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api import tracing
from api.access import UNTIMED
from api.config import ApiConfig
from api.errors import Problem, problem_response
from api.limits.service import EXEMPT, Limiter, headers

_CAREFUL = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SECURE = {"Strict-Transport-Security": "max-age=31536000"}

Header = tuple[bytes, bytes]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Edge:
    """Takes the caller's X-Request-Id if it is harmless, counts the request, completes the answer.

    HEAD is answered as GET would be, without the content (RFC 9110, 9.3.2).
    """

    def __init__(self, app: App, config: ApiConfig, limiter: Limiter) -> None:
        self._app = app
        self._limiter = limiter
        secure = _SECURE if config.public_url.startswith("https://") else {}
        careful = {**_CAREFUL, **secure}
        self._careful = [(name.lower().encode(), one.encode()) for name, one in careful.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything but HTTP on as it is."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        ids = tracing.given(scope["headers"])
        state["request_id"] = ids.request
        here = tracing.NOW.set(ids)
        try:
            await self._answer(scope, receive, self._completed(scope, send))
        finally:
            tracing.NOW.reset(here)

    async def _answer(self, scope: Any, receive: Receive, send: Send) -> None:
        try:
            if not scope["path"].startswith(EXEMPT):
                await self._limiter.of_address(scope)
        except Problem as problem:
            await problem_response(problem, scope, send)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)

    def _completed(self, scope: Scope, send: Send) -> Send:
        """`send` that adds what every answer carries, and leaves out what HEAD must not."""
        state, head = scope["state"], scope.get("method") == "HEAD"

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = {"X-Request-Id": state["request_id"], **headers(state.get("limits", ()))}
                if "set_cookie" in state:
                    told["Set-Cookie"] = state["set_cookie"]
                message = {**message, "headers": self._complete(message["headers"], told)}
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        return complete

    def _complete(self, given: Iterable[Header], told: dict[str, str]) -> list[Header]:
        """Headers of an answer with those of this request, and with care where none is said."""
        headers = list(given)
        present = {name for name, _ in headers}
        headers += [pair for pair in self._careful if pair[0] not in present]
        headers += [(name.lower().encode(), value.encode()) for name, value in told.items()]
        return headers


class TimeLimit(ASGIMiddleware):
    """Gives up an answer that takes too long, unless its route declares `UNTIMED`."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Wrap one request; raises "too-slow"."""
        seconds = None if UNTIMED.items() <= scope["route_handler"].opt.items() else self._seconds
        try:
            with anyio.fail_after(seconds):
                await next_app(scope, receive, send)
        except TimeoutError as error:
            raise Problem("too-slow") from error


class JsonRequest(Request[Any, Any, Any]):
    """A request whose JSON may be wrong in every way, and is the caller's mistake in each."""

    async def json(self) -> Any:
        """The decoded body; raises "bad-request" where it is nested beyond what we follow."""
        try:
            return await super().json()
        except RecursionError:
            # Without the cause: a thousand frames of a decoder tell nobody anything.
            raise Problem("bad-request", "The JSON is nested too deeply.") from None

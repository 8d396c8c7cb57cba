"""Who is asking, and whether he may: one gate for all routes, which denies by default.

Somebody is known by a bearer token, by an API key in its place, or by the cookie of a browser's
session. A cookie is sent by browsers on their own, so with it everything but GET must come from a
page of ours: `Sec-Fetch-Site: same-origin` and the session's token.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

import jwt
import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler

from api.access import ACCESS, SIGN_IN, Access
from api.debtors.passes import Guest, Passes
from api.errors import Problem
from api.keys.service import PREFIX, Keys
from api.limits.service import Limiter
from api.roles import Roles
from api.sessions.service import Sessions
from api.tokens import Subject, Tokens

__all__ = ["SIGNED_IN", "Gate", "Subject"]

SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
"""OpenAPI: the security requirement of routes that want somebody, one way or the other."""

COOKIE = "__Host-session"
WWW_AUTHENTICATE = {"WWW-Authenticate": 'Bearer realm="stellarsettle"'}
SAFE = frozenset({"GET", "HEAD"})
_DENIED = Access(roles=("nobody",))
_FORM = "application/x-www-form-urlencoded"
_LONGEST_FORM_FIELDS = 200

Connection = ASGIConnection[Any, Any, Any, Any]


class Parts(msgspec.Struct, frozen=True):
    """What the gate asks."""

    tokens: Tokens
    sessions: Sessions
    keys: Keys
    roles: Roles
    limiter: Limiter
    passes: Passes


class Gate:
    """The guard of the whole application."""

    def __init__(self, parts: Parts) -> None:
        self._tokens = parts.tokens
        self._sessions = parts.sessions
        self._keys = parts.keys
        self._roles = parts.roles
        self._limiter = parts.limiter
        self._passes = parts.passes

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Let pass, or raise the problem: nobody, not allowed, too often, another site's page."""
        access: Access = handler.opt.get(ACCESS, _DENIED)
        if SIGN_IN.items() <= handler.opt.items():
            await self._limiter.of_address(connection.scope, "sign_in")
        if access.anyone:
            connection.scope["user"] = await self.identify(connection) if access.knows else None
            return
        if access.guest:
            connection.scope["user"] = self._guest(connection)
            return
        subject = await self.identify(connection)
        if subject is None:
            raise Problem("sign-in-required", headers=WWW_AUTHENTICATE)
        await self._limiter.of_subject(connection.scope, subject)
        self._check_key(subject, access, _method(connection))
        if subject.via == "cookie" and _method(connection) not in SAFE:
            await self._check_page(connection, subject)
        if access.roles:
            held = await self._roles.of(subject)
            if not held & set(access.roles):
                raise Problem("forbidden", f"This is for {_either(access.roles)}.")
        connection.scope["user"] = subject

    async def identify(self, connection: Connection) -> Subject | None:
        """Who asks, or None: a token that is not valid counts as none."""
        if token := _bearer(connection):
            return await self._of_header(token)
        if (cookie := _cookie(connection)) is not None:
            return await self._of_cookie(connection, cookie)
        return None

    def _guest(self, connection: Connection) -> Guest:
        guest = self._passes.read(_bearer(connection))
        if guest is None:
            raise Problem("pass-required", headers=WWW_AUTHENTICATE)
        return guest

    async def _of_header(self, token: str) -> Subject | None:
        if token.startswith(PREFIX):
            return await self._keys.recognise(token)
        try:
            subject = self._tokens.check(token)
        except jwt.InvalidTokenError:
            return None
        if subject.session is not None and not await self._sessions.is_good(subject.session):
            return None
        return subject

    async def _of_cookie(self, connection: Connection, cookie: str) -> Subject | None:
        found = await self._sessions.of_cookie(cookie)
        if found is None:
            return None
        subject, renewed = found
        if renewed != cookie:
            set_cookie(connection, renewed, seconds=self._sessions.cookie_seconds)
        return subject

    def _check_key(self, subject: Subject, access: Access, method: str) -> None:
        if subject.via != "key":
            return
        if access.by_hand:
            raise Problem("key-scope", "An API key cannot do this: sign in yourself.")
        scope = access.scope_for(method)
        if scope not in subject.scopes:
            raise Problem("key-scope", f"This needs an API key with the scope {scope}.")

    async def _check_page(self, connection: Connection, subject: Subject) -> None:
        require_same_origin(connection)
        given = connection.headers.get("x-csrf-token") or await _form_token(connection)
        if subject.session is None or not self._sessions.is_csrf_token(subject.session, given):
            raise Problem("cross-site", "The session's X-CSRF-Token is missing or another's.")


def require_same_origin(connection: Connection) -> None:
    """Refuse what a browser sends for another site's page, or no browser at all."""
    if connection.headers.get("sec-fetch-site") != "same-origin":
        raise Problem("cross-site")


def set_cookie(connection: Connection, token: str, *, seconds: int) -> None:
    """Have the answer to this request set the session's cookie; no seconds: take it away."""
    cookie = f"{COOKIE}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"
    connection.scope.setdefault("state", {})["set_cookie"] = cookie


def _method(connection: Connection) -> str:
    return str(connection.scope.get("method"))


def _bearer(connection: Connection) -> str:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _cookie(connection: Connection) -> str | None:
    try:
        cookies = SimpleCookie(connection.headers.get("cookie", ""))
    except CookieError:
        return None
    return cookies[COOKIE].value if COOKIE in cookies else None


async def _form_token(connection: Connection) -> str:
    """The token of a form without scripts."""
    kind = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM or not isinstance(connection, Request):
        return ""
    try:
        fields = parse_qs((await connection.body()).decode(), max_num_fields=_LONGEST_FORM_FIELDS)
    except ValueError:
        return ""
    return fields.get("csrf_token", [""])[0]


def _either(roles: tuple[str, ...]) -> str:
    return " or ".join(roles)


def provide_subject(request: Connection) -> Subject:
    """Dependency of routes that are not public: who asks. The gate has made sure of somebody."""
    subject = request.scope.get("user")
    if not isinstance(subject, Subject):
        raise Problem("sign-in-required", headers=WWW_AUTHENTICATE)
    return subject


def provide_guest(request: Connection) -> Guest:
    """Dependency of routes for invited debtors: who asks. The gate has read the pass."""
    guest = request.scope.get("user")
    if not isinstance(guest, Guest):
        raise Problem("pass-required", headers=WWW_AUTHENTICATE)
    return guest


async def provide_visitor(request: Connection, gate: NamedDependency[Gate]) -> Subject | None:
    """Dependency of public routes that tell somebody more: who asks, or None."""
    return await gate.identify(request)

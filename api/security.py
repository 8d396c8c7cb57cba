"""Who is asking: bearer tokens (JWT, EdDSA), and the guard that denies by default.

A route is private unless it declares `opt=PUBLIC`. A token names one Stellar account in `sub`;
what that account may do is the contracts' to decide.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from api.config import ApiConfig
from api.errors import Problem
from contracts.wire import Address

ACCESS = "access"
PUBLIC = {ACCESS: "public"}
"""Route option: anyone may ask."""
PRIVATE = {ACCESS: "private"}
"""Route option: only with a token. The same as saying nothing, said aloud."""

BEARER: list[dict[str, list[str]]] = [{"bearer": []}]
"""OpenAPI: the security requirement of private routes."""

ALGORITHM = "EdDSA"
WWW_AUTHENTICATE = {"WWW-Authenticate": 'Bearer realm="stellarsettle"'}


class Subject(msgspec.Struct, frozen=True):
    """The account that signed in."""

    address: Address
    token_id: str
    expires_at: int


class Tokens:
    """Issues and checks bearer tokens with one Ed25519 key."""

    def __init__(self, config: ApiConfig) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(config.token_seed)
        self._issuer = config.public_url
        self._seconds = config.token_seconds
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._public_x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        self.key_id = _thumbprint(self._public_x)

    def issue(self, address: Address, *, home_domain: str) -> str:
        """A token for `address`, valid from now for the configured time (15 minutes)."""
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": address,
            "iat": now,
            "exp": now + self._seconds,
            "jti": secrets.token_urlsafe(16),
            "home_domain": home_domain,
        }
        return jwt.encode(claims, self._private, algorithm=ALGORITHM, headers={"kid": self.key_id})

    def check(self, token: str) -> Subject:
        """The account behind a token; raises `jwt.InvalidTokenError`."""
        claims = jwt.decode(
            token,
            self._private.public_key(),
            algorithms=[ALGORITHM],
            issuer=self._issuer,
            audience=self._issuer,
            options={"require": ["iss", "aud", "sub", "iat", "exp", "jti"]},
        )
        return Subject(Address(claims["sub"]), claims["jti"], claims["exp"])

    def jwks(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set (RFC 7517, RFC 8037)."""
        key = {
            "kty": "OKP", "crv": "Ed25519", "x": self._public_x,
            "kid": self.key_id, "alg": ALGORITHM, "use": "sig",
        }  # fmt: skip
        return {"keys": [key]}


def _thumbprint(public_x: str) -> str:
    """RFC 7638: the hash of the required members in lexical order."""
    canonical = f'{{"crv":"Ed25519","kty":"OKP","x":"{public_x}"}}'.encode()
    return base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()


class BearerMiddleware(ASGIMiddleware):
    """Reads the Authorization header into `scope["user"]`: a `Subject`, or nobody.

    A token that is not valid counts as none here: public routes stay open to a browser whose
    token ran out, and the guard refuses it elsewhere.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Look at one request."""
        scope["auth"] = None
        scope["user"] = self._subject(scope)
        await next_app(scope, receive, send)

    def _subject(self, scope: Scope) -> Subject | None:
        header: str = ASGIConnection(scope).headers.get("authorization", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        try:
            return self._tokens.check(token.strip())
        except jwt.InvalidTokenError:
            return None


def require_sign_in(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """The guard of the whole application: deny unless the route says it is public."""
    if handler.opt.get(ACCESS) == PUBLIC[ACCESS]:
        return
    if connection.scope.get("user") is None:
        raise Problem("sign-in-required", headers=WWW_AUTHENTICATE)


def provide_subject(request: ASGIConnection[Any, Any, Any, Any]) -> Subject:
    """Dependency of private routes: who asks. The guard has made sure there is somebody."""
    subject = request.scope["user"]
    if not isinstance(subject, Subject):
        raise Problem("sign-in-required", headers=WWW_AUTHENTICATE)
    return subject

"""Routes of signing in, and what wallets look up before they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromQuery, JSONBody

from api.access import PUBLIC, SIGN_IN
from api.accounts.message import MessageSignIn
from api.accounts.schemas import (
    Challenge,
    KeySet,
    MessageChallenge,
    SignedChallenge,
    SignedMessage,
)
from api.accounts.service import SignIn
from api.accounts.toml import stellar_toml
from api.config import ApiConfig
from api.errors import Problem, documented, invalid_field
from api.security import require_same_origin, set_cookie
from api.sessions.schemas import BearerToken, CookieSession, Kind, RefreshRequest
from api.sessions.service import Sessions
from api.tokens import Proof, Tokens

_NO_STORE = {"Cache-Control": "no-store"}
_FORM = "application/x-www-form-urlencoded"


@dataclass
class _SignInOperation(Operation):
    """Both body types that SEP-10 demands of POST /auth."""

    def __post_init__(self) -> None:
        body = Schema(
            type=OpenAPIType.OBJECT,
            required=["transaction"],
            properties={
                "transaction": Schema(
                    type=OpenAPIType.STRING, description="The signed challenge, XDR in base64"
                )
            },
        )
        self.request_body = RequestBody(
            required=True,
            content={
                "application/json": OpenAPIMediaType(schema=body),
                _FORM: OpenAPIMediaType(schema=body),
            },
        )


@get("/auth", opt=PUBLIC | SIGN_IN, summary="Ask for a sign-in challenge (SEP-10)",
     responses=documented(422))  # fmt: skip
async def ask_challenge(
    account: FromQuery[str],
    sign_in: NamedDependency[SignIn],
    memo: FromQuery[str | None] = None,
    home_domain: FromQuery[str | None] = None,
    client_domain: FromQuery[str | None] = None,
) -> Response[Challenge]:
    """A transaction that only signers of `account` can complete; it can never be submitted."""
    challenge = await sign_in.challenge(
        account, memo=memo, home_domain=home_domain, client_domain=client_domain
    )
    return Response(challenge, headers=_NO_STORE)


@post("/auth", opt=PUBLIC | SIGN_IN, status_code=200,
      summary="Turn a signed challenge into a session (SEP-10)",
      operation_class=_SignInOperation, responses=documented(400, 403, 413, 422))  # fmt: skip
async def redeem_challenge(
    request: Request[Any, Any, Any],
    sign_in: NamedDependency[SignIn],
    sessions: NamedDependency[Sessions],
    session: FromQuery[Kind] = "token",
) -> Response[BearerToken | CookieSession]:
    """One session for one challenge, if enough of the account's signers signed it.

    `session=cookie` is for pages of this very origin: the session is kept by the browser.
    """
    if session == "cookie":
        require_same_origin(request)
    signed = _signed_challenge(request.headers.get("content-type", ""), await request.body())
    return await _begin(request, sessions, await sign_in.redeem(signed.transaction), session)


@get("/auth/message", opt=PUBLIC | SIGN_IN, summary="Ask for a text to sign in with (SEP-53)",
     responses=documented(422))  # fmt: skip
async def ask_message(
    account: FromQuery[str], message_sign_in: NamedDependency[MessageSignIn]
) -> Response[MessageChallenge]:
    """For wallets that sign messages. Several signers of one account use GET /auth."""
    return Response(message_sign_in.challenge(account), headers=_NO_STORE)


@post("/auth/message", opt=PUBLIC | SIGN_IN, status_code=200,
      summary="Turn a signed text into a session (SEP-53)",
      responses=documented(400, 403, 413, 422))  # fmt: skip
async def redeem_message(
    data: JSONBody[SignedMessage],
    request: Request[Any, Any, Any],
    message_sign_in: NamedDependency[MessageSignIn],
    sessions: NamedDependency[Sessions],
    session: FromQuery[Kind] = "token",
) -> Response[BearerToken | CookieSession]:
    """One session for one text, if a key signed it that can act for the account alone."""
    if session == "cookie":
        require_same_origin(request)
    return await _begin(request, sessions, await message_sign_in.redeem(data), session)


@post("/auth/refresh", opt=PUBLIC | SIGN_IN, status_code=200, summary="Go on with a session",
      responses=documented(400, 413, 422, 401))  # fmt: skip
async def refresh(
    data: JSONBody[RefreshRequest], sessions: NamedDependency[Sessions]
) -> Response[BearerToken]:
    """A new token and a new refresh token for one that was not used before."""
    renewed = await sessions.renew(data.refresh_token)
    if renewed.kind != "token":
        raise Problem("session-over", "A browser's session is renewed by its cookie.")
    return Response(sessions.bearer(renewed), headers=_NO_STORE)


async def _begin(
    request: Request[Any, Any, Any], sessions: Sessions, proof: Proof, kind: Kind
) -> Response[BearerToken | CookieSession]:
    begun = await sessions.begin(proof, kind=kind, agent=request.headers.get("user-agent", ""))
    if kind == "token":
        return Response(sessions.bearer(begun), headers=_NO_STORE)
    set_cookie(request, begun.token, seconds=sessions.cookie_seconds)
    answer = CookieSession(
        csrf_token=sessions.csrf_token(begun.session), session_id=str(begun.session)
    )
    return Response(answer, headers=_NO_STORE)


def _signed_challenge(content_type: str, body: bytes) -> SignedChallenge:
    try:
        if content_type.partition(";")[0].strip().lower() == _FORM:
            fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=4)
            return msgspec.convert({k: v[0] for k, v in fields.items()}, SignedChallenge)
        return msgspec.json.decode(body, type=SignedChallenge)
    except msgspec.ValidationError as error:
        raise invalid_field("/transaction", f"The challenge is missing: {error}") from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Problem("bad-request") from error


@get("/.well-known/stellar.toml", opt=PUBLIC, media_type=MediaType.TEXT,
     summary="What wallets need to know of this service (SEP-1)",
     responses=documented())  # fmt: skip
async def describe_service(
    config: NamedDependency[ApiConfig], sign_in: NamedDependency[SignIn]
) -> Response[str]:
    """The service's stellar.toml, readable from every origin."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
    return Response(stellar_toml(config, sign_in.signing_key), headers=headers)


@get("/.well-known/jwks.json", opt=PUBLIC, summary="The keys that our tokens verify with",
     responses=documented())  # fmt: skip
async def list_keys(tokens: NamedDependency[Tokens]) -> Response[KeySet]:
    """A JSON Web Key Set: other services can check our tokens without asking us."""
    return Response(KeySet(tokens.jwks()["keys"]), headers={"Cache-Control": "public, max-age=300"})


router = Router(
    "/",
    route_handlers=[
        ask_challenge,
        redeem_challenge,
        ask_message,
        redeem_message,
        refresh,
        describe_service,
        list_keys,
    ],
    tags=["accounts"],
)

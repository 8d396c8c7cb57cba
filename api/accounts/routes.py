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
from litestar.params import FromQuery

from api.accounts.schemas import BearerToken, Challenge, KeySet, SignedChallenge
from api.accounts.service import SignIn
from api.accounts.toml import stellar_toml
from api.config import ApiConfig
from api.errors import Problem, documented, invalid_field
from api.security import PUBLIC, Tokens

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


@get("/auth", opt=PUBLIC, summary="Ask for a sign-in challenge (SEP-10)",
     responses=documented(422))  # fmt: skip
async def ask_challenge(
    account: FromQuery[str],
    sign_in: NamedDependency[SignIn],
    memo: FromQuery[str | None] = None,
    home_domain: FromQuery[str | None] = None,
    client_domain: FromQuery[str | None] = None,
) -> Response[Challenge]:
    """A transaction that only signers of `account` can complete; it can never be submitted."""
    challenge = sign_in.challenge(
        account, memo=memo, home_domain=home_domain, client_domain=client_domain
    )
    return Response(challenge, headers=_NO_STORE)


@post("/auth", opt=PUBLIC, status_code=200, summary="Turn a signed challenge into a token (SEP-10)",
      operation_class=_SignInOperation, responses=documented(400, 413, 422))  # fmt: skip
async def redeem_challenge(
    request: Request[Any, Any, Any],
    sign_in: NamedDependency[SignIn],
    tokens: NamedDependency[Tokens],
    config: NamedDependency[ApiConfig],
) -> Response[BearerToken]:
    """One token for one challenge, if enough of the account's signers signed it."""
    signed = _signed_challenge(request.headers.get("content-type", ""), await request.body())
    account = await sign_in.redeem(signed.transaction)
    token = tokens.issue(account, home_domain=config.home_domain)
    return Response(BearerToken(token), headers=_NO_STORE)


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
    route_handlers=[ask_challenge, redeem_challenge, describe_service, list_keys],
    tags=["accounts"],
)

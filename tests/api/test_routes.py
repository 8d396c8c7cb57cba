"""Every route says who may ask, and the answer without a token agrees with it."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar
from litestar.testing import AsyncTestClient
from stellar_sdk import Keypair

from api.app import create_app
from api.config import ApiConfig
from api.table import NOBODY, PASS, YES, rows
from api.transactions.actions import ACTIONS
from api.transactions.examples import example

pytestmark = pytest.mark.anyio

Client = AsyncTestClient[Litestar]
Configure = Callable[..., ApiConfig]

PUBLIC = {(row.method, row.path) for row in rows() if row.may(NOBODY) == YES}
PRIVATE = {(row.method, row.path) for row in rows()} - PUBLIC
GUESTS = {(row.method, row.path) for row in rows() if row.may(NOBODY) == PASS}
ROOTS = ("/v1/", "/auth", "/health", "/problems", "/.well-known")
"""Where routes for programs are; everything else is a page."""


def _address(path: str) -> str:
    known = {"invoice_id": "5f" * 32, "slug": "not-found", "number": "0"}
    thing = "00000000-0000-4000-8000-000000000000"
    return re.sub(r"\{(\w+)\}", lambda name: known.get(name[1], thing), path)


async def test_private_routes_want_a_token(lonely: Client) -> None:
    for method, path in sorted(PRIVATE):
        answer = await lonely.request(method, _address(path))
        assert answer.status_code == 401, (method, path)
        wanted = "pass-required" if (method, path) in GUESTS else "sign-in-required"
        assert answer.json()["type"] == f"/problems/{wanted}", (method, path)
        assert answer.headers["www-authenticate"].startswith("Bearer"), (method, path)


async def test_public_routes_do_not(client: Client) -> None:
    for method, path in sorted(PUBLIC):
        answer = await client.request(method, _address(path))
        assert answer.status_code not in {401, 403, 500}, (method, path, answer.text)


async def test_head_is_get_without_the_content(configuration: Configure) -> None:
    async with AsyncTestClient(create_app(configuration())) as client:
        for path in ("/problems", "/health/live", "/nowhere", "/v1/me", "/v1/transactions/fund"):
            full, head = await client.get(path), await client.head(path)
            assert head.status_code == full.status_code, path
            assert head.content == b"", path
            assert full.content, path
            for name in ("content-type", "content-length", "cache-control", "allow"):
                assert head.headers.get(name) == full.headers.get(name), (path, name)


def _token(config: ApiConfig, **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": config.public_url,
        "aud": config.public_url,
        "sub": Keypair.random().public_key,
        "iat": now,
        "exp": now + 60,
        "jti": "j",
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    key = Ed25519PrivateKey.from_private_bytes(config.token_seed)
    return jwt.encode(claims, key, algorithm="EdDSA")


def _unsigned(config: ApiConfig) -> str:
    """The classic forgery: `alg: none`, or a token signed by somebody else's key."""
    body = _token(config).split(".")[1]
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    return f"{header}.{body}."


async def test_tokens_that_are_not_ours_are_refused(
    lonely: Client, configuration: Configure
) -> None:
    config = configuration()
    stranger = configuration(token_seed=b"another seed, of the same length")
    bad = [
        "",
        "x",
        _token(config, exp=1),
        _token(config, iss="https://elsewhere.example"),
        _token(config, aud="https://elsewhere.example"),
        _token(config, sub=None),
        _token(config, exp=None),
        _token(stranger),
        _unsigned(config),
    ]
    for token in bad:
        answer = await lonely.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, token
    good = await lonely.get("/v1/me", headers={"Authorization": f"Bearer {_token(config)}"})
    assert good.status_code == 503, "the token passes; the database is away"


async def test_the_document_tells_which_routes_want_a_token(lonely: Client) -> None:
    document = (await lonely.get("/schema/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    described = {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    data = {(method, path) for method, path in PUBLIC | PRIVATE if path.startswith(ROOTS)}
    assert set(described) == data, "pages are for people, everything else is described"
    for route, operation in described.items():
        assert bool(operation.get("security")) == (route in PRIVATE), route
        assert operation["summary"]
        assert operation["description"]
        assert {"500", "503"} <= set(operation["responses"]), route
        assert route not in PRIVATE or {"401", "403"} <= set(operation["responses"]), route


async def test_every_example_of_the_document_is_a_request_we_read(
    lonely: Client, configuration: Configure
) -> None:
    """With the ledger away, a body that is read ends at 503; one that is not, at 422."""
    header = {"Authorization": f"Bearer {_token(configuration())}"}
    document = (await lonely.get("/schema/openapi.json")).json()
    for action in ACTIONS:
        path = f"/v1/transactions/{action}"
        content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        (example,) = content["schema"]["examples"]
        answer = await lonely.post(path, json=example, headers=header)
        assert answer.status_code == 503, (action, answer.text)


def _with_newlines(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Copies of the body, one of its strings in each with a newline at its end."""
    found: list[dict[str, Any]] = []
    for name, value in body.items():
        if isinstance(value, str):
            found.append(body | {name: value + "\n"})
        elif isinstance(value, dict):
            found.extend(body | {name: inner} for inner in _with_newlines(value))
    return found


async def test_no_value_of_a_request_may_end_in_a_newline(
    lonely: Client, configuration: Configure
) -> None:
    header = {"Authorization": f"Bearer {_token(configuration())}"}
    for action in ACTIONS.values():
        for body in _with_newlines(example(action.request)):
            path = f"/v1/transactions/{action.name}"
            answer = await lonely.post(path, json=body, headers=header)
            assert answer.status_code == 422, (path, body)
    account = Keypair.random().public_key
    for path in (f"/v1/invoices/{'5f' * 32}%0A", f"/auth?account={account}%0A"):
        assert (await lonely.get(path)).status_code == 422, path


async def test_documented_patterns_refuse_a_final_newline(lonely: Client) -> None:
    patterns = dict(_patterns((await lonely.get("/schema/openapi.json")).json()))
    assert len(patterns) > 5
    for pattern, sample in patterns.items():
        assert re.search(pattern, sample), pattern
        if pattern.startswith("^"):
            assert not re.search(pattern, sample + "\n"), pattern


def _patterns(node: Any) -> Iterator[tuple[str, str]]:
    """Each pattern of the document with an example that stands beside it."""
    if isinstance(node, dict):
        if "pattern" in node and node.get("examples"):
            yield node["pattern"], node["examples"][0]
        for value in node.values():
            yield from _patterns(value)
    elif isinstance(node, list):
        for value in node:
            yield from _patterns(value)

"""Whatever goes wrong, the answer is a problem that says what to do, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.testing import AsyncTestClient
from stellar_sdk import Keypair

from api.access import PUBLIC
from api.app import create_app
from api.config import ApiConfig
from api.problems.catalogue import KINDS

pytestmark = pytest.mark.anyio

Client = AsyncTestClient[Litestar]
Configure = Callable[..., ApiConfig]
Bearer = Callable[[ApiConfig, Keypair], dict[str, str]]


@pytest.fixture
def signed_in(configuration: Configure, bearer: Bearer) -> dict[str, str]:
    """The header of somebody."""
    return bearer(configuration(), Keypair.random())


NESTED = b'{"x":' + b"[" * 30_000
FUND: dict[str, Any] = {"invoice_id": "5f" * 32, "amount": "1"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": "0"}, "/amount"),
        ({"amount": "-5"}, "/amount"),
        ({"amount": "1.5"}, "/amount"),
        ({"amount": 5}, "/amount"),
        ({"amount": str(2**127)}, "/amount"),
        ({"amount": None}, "/amount"),
        ({"invoice_id": "xyz"}, "/invoice_id"),
        ({"surprise": 1}, "/surprise"),
    ],
)
async def test_a_wrong_field_is_pointed_at(
    lonely: Client, signed_in: dict[str, str], change: dict[str, Any], pointer: str
) -> None:
    answer = await lonely.post("/v1/transactions/fund", json=FUND | change, headers=signed_in)
    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == "/problems/invalid-field"
    assert problem["pointer"] == problem["errors"][0]["pointer"] == pointer


async def test_a_missing_field_and_a_nested_one_are_pointed_at(
    lonely: Client, signed_in: dict[str, str]
) -> None:
    missing = await lonely.post("/v1/transactions/fund", json={"amount": "1"}, headers=signed_in)
    assert missing.json()["pointer"] == "/invoice_id"
    nested = await lonely.post(
        "/v1/transactions/create-escrow",
        json={"natural_key": {"seller_tax_id": ""}},
        headers=signed_in,
    )
    assert nested.json()["pointer"] == "/natural_key/seller_tax_id"


@pytest.mark.parametrize(
    ("request_line", "content", "status", "slug"),
    [
        ("GET /nowhere", b"", 404, "not-found"),
        ("GET /problems/nothing", b"", 404, "not-found"),
        ("DELETE /v1/me", b"", 405, "method-not-allowed"),
        ("POST /v1/transactions/fund", b"{", 400, "bad-request"),
        ("POST /v1/transactions/fund", b"", 400, "bad-request"),
        ("POST /v1/transactions/fund", NESTED, 400, "bad-request"),
        ("POST /auth", NESTED, 400, "bad-request"),
        ("POST /v1/transactions/fund", b"null", 422, "invalid-field"),
        ("POST /v1/transactions/fund", b'"' + b"x" * 70_000 + b'"', 413, "too-large"),
        ("GET /v1/transactions?limit=51", b"", 422, "invalid-field"),
        ("GET /v1/marketplace?after=zzz", b"", 422, "invalid-field"),
        ("GET /v1/invoices/zzz", b"", 422, "invalid-field"),
        ("POST /v1/transactions/expire", b'{"invoice_id":"%s"}' % (b"5f" * 32), 503,
         "ledger-unreachable"),
        ("GET /v1/platform", b"", 503, "database-unavailable"),
        ("GET /auth", b"", 422, "invalid-field"),
    ],
)  # fmt: skip
async def test_refusals_have_one_form(
    lonely: Client,
    signed_in: dict[str, str],
    request_line: str,
    content: bytes,
    status: int,
    slug: str,
) -> None:
    method, _, path = request_line.partition(" ")
    answer = await lonely.request(method, path, content=content, headers=signed_in)
    problem = answer.json()
    assert answer.status_code == problem["status"] == status, problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"/problems/{slug}"
    assert problem["detail"]
    assert problem["remedy"]
    assert problem["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    if status == 405:
        assert answer.headers["allow"]


async def test_an_empty_body_is_told_in_words(lonely: Client, signed_in: dict[str, str]) -> None:
    problem = (await lonely.post("/v1/transactions/fund", headers=signed_in)).json()
    assert problem["detail"] == "A JSON body is required."
    assert "pointer" not in problem


async def test_json_nested_too_deeply_is_no_defect_of_ours(
    lonely: Client, signed_in: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await lonely.post("/v1/transactions/fund", content=NESTED, headers=signed_in)
    assert answer.json()["detail"] == "The JSON is nested too deeply."
    assert caplog.text == ""


async def test_a_defect_is_logged_here_and_not_told_there(
    configuration: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    @get("/broken", opt=PUBLIC)
    async def broken() -> None:
        raise RuntimeError("secret words")

    app = create_app(configuration())
    app.register(broken)
    async with AsyncTestClient(app, raise_server_exceptions=False) as client:
        with caplog.at_level(logging.ERROR, logger="stellarsettle.api"):
            answer = await client.get("/broken", headers={"X-Request-Id": "find-me-1"})
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "find-me-1" in caplog.text
    assert "secret words" in caplog.text


async def test_every_problem_has_its_page(lonely: Client) -> None:
    pages = (await lonely.get("/problems")).json()["data"]
    assert len(pages) == len(KINDS)
    for page in pages:
        assert (await lonely.get(page["type"])).json() == page


async def test_request_ids_are_taken_or_made(lonely: Client) -> None:
    given = await lonely.get("/health/live", headers={"X-Request-Id": "abcdefgh-1"})
    assert given.headers["x-request-id"] == "abcdefgh-1"
    made = await lonely.get("/health/live", headers={"X-Request-Id": "a b"})
    assert made.headers["x-request-id"] != "a b"
    assert len(made.headers["x-request-id"]) == 36


async def test_browsers_of_listed_origins_may_ask(configuration: Configure) -> None:
    app = create_app(configuration(cors_origins=("https://app.example",)))
    asked = {"Access-Control-Request-Method": "POST", "Origin": "https://app.example"}
    async with AsyncTestClient(app) as client:
        allowed = await client.options("/v1/transactions/fund", headers=asked)
        assert allowed.headers["access-control-allow-origin"] == "https://app.example"
        other = await client.options(
            "/v1/transactions/fund", headers=asked | {"Origin": "https://evil.example"}
        )
        assert "access-control-allow-origin" not in other.headers


def test_settings_do_not_show_their_secrets(configuration: Configure) -> None:
    config = configuration()
    shown = f"{config} {config!r}"
    for secret in (config.sign_in_seed, str(config.token_seed), str(config.platform_key)):
        assert secret not in shown
    for wrong in ({"token_seed": b"short"}, {"platform_key": b"short"}):
        with pytest.raises(ValueError, match="bytes"):
            configuration(**wrong)


async def test_a_service_without_its_database_is_alive_but_not_ready(lonely: Client) -> None:
    assert (await lonely.get("/health/live")).status_code == 200
    ready = await lonely.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["database"] == "unreachable"
    assert ready.json()["node"] == "unreachable"

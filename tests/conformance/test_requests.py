"""What surrounds a call: bodies, ids, batches, headers, as a real node answers them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contracts.ledger import Devnet, running

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    with running() as ledger:
        yield ledger


def post(devnet: Devnet, body: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.post(devnet.rpc_url, content=body, headers=JSON if headers is None else headers)


def call(identifier: str, method: str = "getNetwork") -> str:
    return f'{{"jsonrpc":"2.0","id":{identifier},"method":"{method}"}}'


@pytest.mark.parametrize(
    "identifier",
    ['"abc"', "1.5", "0", "-7", "123456789012345678901234567890", '"\\u00e9\\n"', '""'],
)
def test_an_id_comes_back_as_it_was_sent(devnet: Devnet, identifier: str) -> None:
    """To the last digit, also where no machine number holds it."""
    assert f'"id":{identifier},' in post(devnet, call(identifier)).text


def test_answers_of_a_batch_carry_their_ids(devnet: Devnet) -> None:
    calls = ",".join([call("1"), call('"two"', "nope"), call("33333333333333333333")])
    answer = post(devnet, f"[{calls}]")
    assert [one["id"] for one in answer.json()] == [1, "two", 33333333333333333333]
    assert [("result" in one) for one in answer.json()] == [True, False, True]


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        '{"jsonrpc":"2.0","method":"getHealth"}',
        call("null"),
        '[{"jsonrpc":"2.0","method":"x"}]',
    ],
)
def test_nobody_waits_for_an_answer_without_an_id(devnet: Devnet, body: str) -> None:
    answer = post(devnet, body)
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("body", ["", "hello", '{"jsonrpc":"2.0"', call("1") + call("2"), "[1,"])
def test_what_is_no_json_is_an_internal_error_in_plain_text(devnet: Devnet, body: str) -> None:
    answer = post(devnet, body)
    assert (answer.status_code, answer.text) == (500, "[-32700] invalid request value\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("5", -32700, "request is not a JSON object"),
        ('"x"', -32700, "request is not a JSON object"),
        ("null", -32600, "invalid version marker"),
        ('{"id":1,"method":"getHealth"}', -32600, "invalid version marker"),
        ('{"jsonrpc":"2.0","id":1}', -32600, "empty method name"),
        ('{"jsonrpc":"2.0","id":1,"method":7}', -32600, "invalid method name"),
        ('{"jsonrpc":"2.0","id":{},"method":"getHealth"}', -32600, "invalid request ID"),
        (call("1")[:-1] + ',"foo":1}', -32600, "extra fields in request"),
        (call("1")[:-1] + ',"params":"x"}', -32600, "parameters must be array or object"),
        (call("1")[:-1] + ',"params":[1]}', -32602, "invalid parameters"),
        (call("1", "getnetwork"), -32601, "method not found"),
    ],
)
def test_envelopes_that_make_no_sense_are_named(
    devnet: Devnet, body: str, code: int, message: str
) -> None:
    answer = post(devnet, body)
    assert answer.status_code == 200
    error: dict[str, Any] = answer.json()["error"]
    assert (error["code"], error["message"]) == (code, message)


def test_the_last_of_two_equal_names_counts(devnet: Devnet) -> None:
    body = '{"jsonrpc":"2.0","id":1,"id":2,"method":"getHealth","method":"getNetwork"}'
    answer = post(devnet, body).json()
    assert answer["id"] == 2
    assert "passphrase" in answer["result"]


@pytest.mark.parametrize(("length", "status"), [(500_000, 200), (600_000, 500)])
def test_bodies_have_a_limit(devnet: Devnet, length: int, status: int) -> None:
    body = json.dumps({**json.loads(call("1")), "params": {"x": "a" * length}})
    answer = post(devnet, body)
    assert answer.status_code == status
    if status == 500:
        assert answer.text == "http: request body too large\n"


def test_content_types_methods_and_paths_are_those_of_a_node(devnet: Devnet) -> None:
    body = call("1")
    assert post(devnet, body, {"Content-Type": "text/plain"}).status_code == 415
    assert post(devnet, body, {}).status_code == 415
    charset = {"Content-Type": "application/json; charset=utf-8"}
    assert post(devnet, body, charset).status_code == 200
    assert httpx.get(devnet.rpc_url).status_code == 405
    assert httpx.put(devnet.rpc_url, content=body, headers=JSON).status_code == 405
    elsewhere = httpx.post(devnet.rpc_url + "/foo", content=body, headers=JSON)
    assert (elsewhere.status_code, elsewhere.text) == (404, "404 page not found\n")


def test_pages_of_other_origins_may_ask(devnet: Devnet) -> None:
    origin = {"Origin": "http://x", "Access-Control-Request-Method": "POST"}
    preflight = httpx.options(devnet.rpc_url, headers=origin)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    answer = post(devnet, call("1"), {**JSON, "Origin": "http://x"})
    assert answer.headers["access-control-allow-origin"] == "*"

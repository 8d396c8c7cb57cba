"""Requests made up from the OpenAPI document: whatever is sent, the answer is a documented one.

`SCHEMA_EXAMPLES=50 make test-schema` sends more; a failure names its request, which comes again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from stellar_sdk import Keypair

import migrations
from stellarsettle import postgres
from tests.api.live.serving import Book, Served, serving

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "2"))
"""Requests for each operation and person."""

_STREAMS = "/v1/events"
_CHECKS: list[Callable[..., Any]] = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.fixture(scope="module")
def served(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A real process of the API on a database with one ledger; the node is away."""
    name = "schema"
    url = server.create(name)
    migrations.upgrade(url)
    book = Book(url)
    book.close(("params_set", None))
    unlimited = dict.fromkeys(("LIMIT_ADDRESS", "LIMIT_USER", "LIMIT_SIGN_IN"), "0")
    with serving(url, tmp_path_factory.mktemp(name), further=unlimited) as running:
        yield running
    book.end()
    server.drop(name)


@pytest.mark.parametrize("who", ["stranger", "signed in"])
def test_every_answer_is_a_documented_one(served: Served, who: str) -> None:
    document = httpx.get(f"{served.url}/schema/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    headers = served.bearer(Keypair.random()) if who == "signed in" else {}
    faults = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if operation.path == _STREAMS:
            continue
        try:
            _ask(operation, served.url, headers)
        except BaseExceptionGroup as group:
            faults += [f"{operation.label}: {one}" for one in group.exceptions]
        except Exception as error:  # noqa: BLE001 -- all operations are tried, then all faults told
            faults.append(f"{operation.label}: {error}")
    assert not faults, "\n\n".join(faults)


def _ask(operation: Any, url: str, headers: dict[str, str]) -> None:
    @_SETTINGS
    @hypothesis.given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        response = case.call(base_url=url, headers=headers)
        assert response.status_code != 500, response.text
        case.validate_response(response, checks=_CHECKS)

    ask()

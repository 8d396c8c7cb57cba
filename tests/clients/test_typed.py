"""The Python client that is generated from the OpenAPI document asks a real service."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from stellar_sdk import Keypair

import migrations
from stellarsettle import postgres
from tests.api.live.serving import Book, Served, serving

NAME = "stellarsettle_client"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The generated package, as `make clients` makes it."""
    folder = tmp_path_factory.mktemp("client")
    document = folder / "openapi.json"
    subprocess.run([sys.executable, "-m", "api.compatibility", str(document)], check=True)
    told = subprocess.run(
        [
            str(BIN / "openapi-python-client"), "generate", "--path", str(document),
            "--output-path", str(folder / NAME), "--meta", "none",
        ],
        env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout  # fmt: skip
    assert "Unable to" not in told, told
    assert "will not be generated" not in told, told
    sys.path.insert(0, str(folder))
    yield import_module(NAME)
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def served(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    url = server.create("typed_client")
    migrations.upgrade(url)
    book = Book(url)
    book.close(("params_set", None))
    with serving(url, tmp_path_factory.mktemp("typed")) as running:
        yield running
    book.end()
    server.drop("typed_client")


def test_answers_come_as_typed_values(client: Any, served: Served) -> None:
    market = import_module(f"{NAME}.api.marketplace.v1_marketplace_list_offers")
    with client.Client(base_url=served.url, timeout=60) as nobody:
        page = market.sync(client=nobody, limit=5)
    assert type(page).__name__ == "OffersAnswer"
    assert (page.data.items, page.data.next_, page.meta.as_of_ledger) == ([], None, 1)


def test_somebody_signed_in_asks_for_himself(client: Any, served: Served) -> None:
    me = Keypair.random()
    token = served.bearer(me)["Authorization"].removeprefix("Bearer ")
    own = import_module(f"{NAME}.api.dashboard.v1_me_get_me")
    with client.AuthenticatedClient(base_url=served.url, token=token, timeout=60) as signed_in:
        assert own.sync(client=signed_in).data.address == me.public_key


def test_a_refusal_is_a_typed_problem(client: Any, served: Served) -> None:
    one = import_module(f"{NAME}.api.invoices.v1_invoices_invoice_id_get_invoice")
    with client.Client(base_url=served.url, timeout=60) as nobody:
        refused = one.sync(client=nobody, invoice_id="ab" * 32)
    assert (type(refused).__name__, refused.status) == ("ProblemDetails", 404)
    assert refused.remedy

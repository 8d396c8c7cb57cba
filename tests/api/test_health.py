"""Readiness says in words what is missing; on the wrong network or without tables, it is 503."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from stellar_sdk import Keypair

from api.app import create_app
from api.config import ApiConfig
from api.errors import Problem
from api.stellar import Ledger
from stellarsettle import devnet, postgres

pytestmark = pytest.mark.anyio

Client = AsyncTestClient[Litestar]
Configure = Callable[..., ApiConfig]
Bearer = Callable[[ApiConfig, Keypair], dict[str, str]]

OTHER_NETWORK = "Another Network ; March 2019"


@pytest.fixture
def empty_database(server: postgres.Server) -> Iterator[str]:
    """A database in which no migration ran."""
    name = f"stellarsettle_test_{os.getpid()}_empty"
    yield server.create(name)
    server.drop(name)


@pytest.fixture
async def early(configuration: Configure, empty_database: str) -> AsyncIterator[Client]:
    """The application started before the migrations."""
    config = configuration(database_url=empty_database, pool_wait_seconds=5.0)
    async with AsyncTestClient(create_app(config), raise_server_exceptions=False) as client:
        yield client


async def test_a_database_without_tables_is_told_as_such(early: Client) -> None:
    ready = await early.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["database"] == "not-migrated"
    assert ready.json()["reasons"] == ["The database has no tables: run the migrations."]
    for path in ("/v1/platform", "/v1/marketplace", f"/v1/invoices/{'5f' * 32}"):
        read = await early.get(path)
        assert read.status_code == 503, path
        assert read.json()["type"] == "/problems/database-unavailable"
        assert "not been set up" in read.json()["detail"]


async def test_private_routes_without_tables_too(
    early: Client, configuration: Configure, bearer: Bearer
) -> None:
    header = bearer(configuration(), Keypair.random())
    for path in ("/v1/me", "/v1/transactions"):
        assert (await early.get(path, headers=header)).status_code == 503, path


async def test_on_the_right_network_only_the_ledger_is_missing(client: Client) -> None:
    ready = (await client.get("/health/ready")).json()
    assert (ready["network"], ready["node"], ready["database"]) == ("right", "answers", "answers")
    assert ready["reasons"] == ["No ledger has been read yet: start the indexer."]
    assert (ready["whole_through"], ready["quarantined"]) == (None, 0)
    assert (ready["conserved_through"], ready["drifts"]) == (None, 0)


async def test_money_that_does_not_add_up_is_told(client: Client, database: str) -> None:
    with psycopg.connect(database) as owner:
        owner.execute("INSERT INTO ledger.conservation (ledger, balances) VALUES (70, 2)")
        owner.execute(
            "INSERT INTO ledger.drift (subject, law, expected, found, first_ledger, gone_ledger)"
            " VALUES ('x', 'y', 1, 2, 60, NULL), ('x', 'z', 1, 2, 50, 60)"
        )
    try:
        ready = (await client.get("/health/ready")).json()
        assert (ready["conserved_through"], ready["drifts"]) == (70, 1)
    finally:
        with psycopg.connect(database) as owner:
            owner.execute("TRUNCATE ledger.conservation, ledger.drift")


async def test_on_another_network_nothing_is_built_and_nobody_signs_in(
    configuration: Configure, database: str, ledger: devnet.Devnet, bearer: Bearer, funded: Keypair
) -> None:
    config = configuration(
        database_url=database,
        rpc_url=ledger.rpc,
        pool_wait_seconds=5.0,
        network_passphrase=OTHER_NETWORK,
    )
    async with AsyncTestClient(create_app(config), raise_server_exceptions=False) as client:
        ready = await client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["network"] == "wrong"
        assert any("another network" in reason for reason in ready.json()["reasons"])
        header = bearer(config, funded)
        built = await client.post(
            "/v1/transactions/expire", json={"invoice_id": "5f" * 32}, headers=header
        )
        assert built.status_code == 503
        assert built.json()["type"] == "/problems/wrong-network"
        kept = await client.get("/v1/transactions", headers=header)
        assert kept.json() == {"data": [], "next": None}


async def test_what_another_network_says_of_a_transaction_is_not_believed(
    ledger: devnet.Devnet,
) -> None:
    stranger = Ledger(ledger.rpc, OTHER_NETWORK)
    try:
        with pytest.raises(Problem, match="another network"):
            await stranger.transaction("5f" * 32)
        with pytest.raises(Problem, match="another network"):
            await stranger.account(Keypair.random().public_key)
    finally:
        await stranger.close()


async def test_a_right_network_is_asked_for_once_a_minute(
    ledger: devnet.Devnet,
) -> None:
    clock = [1_000.0]
    known = Ledger(ledger.rpc, ledger.passphrase, clock=lambda: clock[0])
    try:
        assert await known.is_right_network()
    finally:
        await known.close()
    # The connection is closed: only what is remembered can still answer.
    clock[0] += 59.0
    assert await known.is_right_network()
    clock[0] += 2.0
    with pytest.raises(RuntimeError, match="closed"):
        await known.is_right_network()

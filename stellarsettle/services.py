"""The long-running parts, wired from settings: the database's address, the API, the indexer."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from stellarsettle import postgres, settings

if TYPE_CHECKING:
    from litestar import Litestar

    from indexer.source import Deployment
    from stellarsettle.settings import Settings

EMBEDDED_DATABASE = "stellarsettle"


def embedded_folder(chosen: Settings) -> Path:
    """Where the embedded PostgreSQL of these settings keeps its files."""
    return Path(chosen.data_dir).resolve() / "postgres"


def database_url(chosen: Settings) -> str:
    """The database to use: DATABASE_URL, else the embedded one if it is running."""
    if chosen.database_url:
        return chosen.database_url
    if url := postgres.address(embedded_folder(chosen), EMBEDDED_DATABASE):
        return url
    raise settings.SettingsError(
        "There is no database: set DATABASE_URL, or keep `stellarsettle db` running beside this."
    )


def api() -> Litestar:
    """The API as an ASGI application, from the environment: what each server process runs."""
    from api.app import create_app
    from api.config import ApiConfig
    from contracts.wire import Address

    chosen = settings.load(os.environ)
    chosen.require("escrow", "distributor", "signing_seed", "token_key", "natural_key")
    return create_app(
        ApiConfig(
            database_url=database_url(chosen),
            rpc_url=chosen.rpc_url,
            network_passphrase=chosen.network_passphrase,
            escrow=Address(chosen.escrow),
            distributor=Address(chosen.distributor),
            home_domain=chosen.home_domain,
            public_url=chosen.public_url,
            sign_in_seed=chosen.signing_seed,
            token_seed=chosen.token_seed(),
            platform_key=chosen.natural_secret(),
            cors_origins=tuple(filter(None, chosen.cors_origins.split(","))),
        )
    )


def deployment(chosen: Settings) -> Deployment:
    """The contracts that these settings follow."""
    from contracts.wire import Address
    from indexer.source import Deployment

    chosen.require("escrow", "distributor", "start_ledger")
    return Deployment(
        escrow=Address(chosen.escrow),
        distributor=Address(chosen.distributor),
        start_ledger=chosen.start_ledger,
    )


def index(chosen: Settings, stop: threading.Event) -> None:
    """Run the indexer until `stop` is set; what needs a person ends it with an exception."""
    from indexer import pipeline
    from indexer.rpc import RpcClient
    from indexer.rpc_source import RpcSource

    followed = deployment(chosen)
    with RpcClient(chosen.rpc_url) as client:
        pipeline.run(
            database_url(chosen),
            RpcSource(client, followed),
            followed,
            stop,
            pipeline.Options(poll_seconds=chosen.poll_seconds),
        )


def serve(chosen: Settings) -> None:
    """Run the API until it is told to stop."""
    from granian.constants import Interfaces, Loops
    from granian.server import Server

    chosen.require("escrow", "distributor", "signing_seed", "token_key", "natural_key")
    database_url(chosen)
    Server(
        "stellarsettle.services:api",
        address=chosen.api_host,
        port=chosen.api_port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=chosen.api_workers,
        factory=True,
        log_access=False,
    ).serve()

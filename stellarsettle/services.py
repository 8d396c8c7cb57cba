"""The long-running parts, wired from settings: the database's address, API, worker."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from stellarsettle import logs, postgres, settings

if TYPE_CHECKING:
    from litestar import Litestar

    from api.config import ApiConfig
    from api.documents.config import DocumentsConfig
    from indexer.sources.protocol import Deployment
    from stellarsettle.settings import Settings

_LEASH_SECONDS = 1.0
_BACKLOG = 4096
_DRAIN_SECONDS = 12
_END_STREAMS = signal.SIGUSR1
"""Tells a process of the API that it will be asked to end."""
_API_NEEDS = ("escrow", "distributor", "signing_seed", "token_key", "natural_key")
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
    from api.tracing import WithIds

    chosen = settings.load(os.environ)
    logs.begin(chosen.log_format, WithIds())
    app = create_app(configuration(chosen))
    app.on_startup.append(_end_streams_when_told)
    return app


async def _end_streams_when_told(app: Litestar) -> None:
    asyncio.get_running_loop().add_signal_handler(_END_STREAMS, app.state["hub"].end)


def configuration(chosen: Settings) -> ApiConfig:
    """What API and worker have to be told. Raises SettingsError."""
    from api.config import LOCAL_PASSPHRASE, ApiConfig, Limits
    from contracts.wire import Address

    chosen.require(*_API_NEEDS)
    if chosen.demo_people and chosen.network_passphrase != LOCAL_PASSPHRASE:
        raise settings.SettingsError("DEMO_PEOPLE is for a local ledger: everybody has their keys")
    return ApiConfig(
        database_url=database_url(chosen),
        rpc_url=chosen.rpc_url,
        network_passphrase=chosen.network_passphrase,
        escrow=Address(chosen.escrow),
        distributor=Address(chosen.distributor),
        home_domain=chosen.home_domain,
        public_url=chosen.public_url,
        sign_in_seed=chosen.signing_seed,
        token_seed=chosen.token_seed(),
        former_token_seeds=chosen.former_token_seeds(),
        platform_key=chosen.natural_secret(),
        documents=documents_config(chosen),
        master_keys=chosen.master_keys() if chosen.document_keys else None,
        local_networks=chosen.local_networks,
        limits=Limits(
            address=chosen.limit_address,
            sign_in=chosen.limit_sign_in,
            user=chosen.limit_user,
            key=chosen.limit_key,
            streams=chosen.limit_streams,
            shared=chosen.limits_shared,
            trusted_proxies=chosen.trusted_proxies,
        ),
        mail_url=chosen.mail_url,
        mail_from=chosen.mail_from,
        bank_account=chosen.pay_to(),
        cors_origins=tuple(filter(None, chosen.cors_origins.split(","))),
        public_rpc_url=chosen.public_rpc_url,
        cache_mb=chosen.cache_mb,
        demo_people=chosen.demo_people,
    )


def documents_folder(chosen: Settings) -> Path:
    """Where sealed documents are kept."""
    return Path(chosen.documents_dir or Path(chosen.data_dir) / "documents").resolve()


def documents_config(chosen: Settings) -> DocumentsConfig | None:
    """How documents are kept; None without keys or a scanner."""
    from api.documents.config import DocumentsConfig

    if not (chosen.document_keys and chosen.clamd):
        return None
    return DocumentsConfig(
        folder=documents_folder(chosen),
        master_keys=chosen.master_keys(),
        scanner=chosen.clamd,
        signature_age=dt.timedelta(days=chosen.clamd_days),
        test_signatures=chosen.clamd_test,
        documents_per_owner=chosen.documents_per_account,
        bytes_per_owner=chosen.document_mb_per_account << 20,
        kubo_url=chosen.kubo_url,
        pinata_token=chosen.pinata_token,
        pinata_url=chosen.pinata_url,
        pinata_gateway=chosen.pinata_gateway,
    )


def deployment(chosen: Settings) -> Deployment:
    """The contracts that these settings follow."""
    from contracts.wire import Address
    from indexer.sources.protocol import Deployment

    chosen.require("escrow", "distributor", "start_ledger")
    return Deployment(
        escrow=Address(chosen.escrow),
        distributor=Address(chosen.distributor),
        start_ledger=chosen.start_ledger,
    )


def serve(chosen: Settings) -> None:
    """Run the API until it is told to stop."""
    from granian.constants import Interfaces, Loops
    from granian.server.mp import MPServer

    # Imported before the processes part: it takes seconds, and its memory is then shared.
    import api.app  # noqa: F401

    require_migrated(configuration(chosen).database_url)
    _require_port(chosen.api_host, chosen.api_port)

    class DrainedServer(MPServer):
        """Waits for what is being answered; streams would never be, so they are ended first."""

        def shutdown(self, exit_code: int = 0) -> None:
            for process in multiprocessing.active_children():
                if process.pid is not None:
                    os.kill(process.pid, _END_STREAMS)
            super().shutdown(exit_code)  # type: ignore[no-untyped-call]  # granian's

    gc.freeze()
    with leash(chosen, lambda: os.kill(os.getpid(), signal.SIGTERM)):
        DrainedServer(
            "stellarsettle.services:api",
            address=chosen.api_host,
            port=chosen.api_port,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            workers=chosen.api_workers,
            factory=True,
            log_access=False,
            backlog=_BACKLOG,
            # How many are answered at once: streams wait for the most part.
            backpressure=_BACKLOG,
            workers_kill_timeout=_DRAIN_SECONDS,
        ).serve()


def work(chosen: Settings) -> None:
    """Run the worker until it is told to stop."""
    from api.worker.service import work as do_work

    wired = configuration(chosen)
    require_migrated(wired.database_url)

    async def until_told() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        with leash(chosen, lambda: loop.call_soon_threadsafe(stop.set)):
            await do_work(wired, stop)

    asyncio.run(until_told())


def require_migrated(url: str) -> None:
    """Refuse a database that does not answer or has no tables of ours."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            connection.execute("SELECT FROM read.applied, ledger.cursor, app.job LIMIT 0")
    except psycopg.errors.UndefinedTable as error:
        raise settings.SettingsError(
            "The database is not at this version's schema: run `stellarsettle migrate`."
        ) from error
    except psycopg.Error as error:
        raise settings.SettingsError(f"The database does not answer: {error}") from error


def _require_port(host: str, port: int) -> None:
    """Refuse an address that is taken: servers that share a port would share its requests."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise settings.SettingsError(
            f"API_HOST {host} and API_PORT {port} cannot be listened on: {error}"
        ) from error


@contextlib.contextmanager
def leash(chosen: Settings, end: Callable[[], object]) -> Iterator[None]:
    """Call `end` when the process that these services were started for is gone."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LEASH_SECONDS):
            if not Path(f"/proc/{chosen.parent_pid}").exists():
                end()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    if chosen.parent_pid:
        watcher.start()
    try:
        yield
    finally:
        over.set()

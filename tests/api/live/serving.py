"""Real processes of the API on a database whose ledgers a test writes itself."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import msgspec
import psycopg
from stellar_sdk import Keypair

from api.config import ApiConfig
from api.tokens import Proof, Tokens
from contracts.wire import Address
from stellarsettle import settings
from stellarsettle.local import Service, free_port

CONTRACT = Address("CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC")
_SECONDS = 60


class Served:
    """Where the processes answer, and tokens that they accept."""

    def __init__(
        self, database: str, folder: Path, workers: int, further: Mapping[str, str]
    ) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.database = database
        self.environment = {
            "DATABASE_URL": database,
            "RPC_URL": "http://127.0.0.1:1",
            "ESCROW": CONTRACT,
            "DISTRIBUTOR": CONTRACT,
            "API_PORT": str(port),
            "API_WORKERS": str(workers),
            "PUBLIC_URL": self.url,
            "PARENT_PID": str(os.getpid()),
            "LIMIT_STREAMS": "0",
            **settings.fresh_keys(),
            **further,
        }
        self.service = Service("serve", folder, self.environment)

    def bearer(self, who: Keypair, seconds: int = 900) -> dict[str, str]:
        """The header of somebody who signed in."""
        chosen = settings.load(self.environment)
        config = ApiConfig(
            database_url=self.database,
            rpc_url=chosen.rpc_url,
            network_passphrase=chosen.network_passphrase,
            escrow=CONTRACT,
            distributor=CONTRACT,
            home_domain=chosen.home_domain,
            public_url=self.url,
            sign_in_seed=chosen.signing_seed,
            token_seed=chosen.token_seed(),
            platform_key=chosen.natural_secret(),
            token_seconds=seconds,
        )
        token = Tokens(config).issue(Proof(owner=who.public_key, method="sep10"))
        return {"Authorization": f"Bearer {token}"}


@contextmanager
def serving(
    database: str,
    folder: Path,
    workers: int = 1,
    further: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Served]:
    """Start the API, wait until it answers, stop it; `further` are settings."""
    served = Served(database, folder, workers, further)
    served.service.start()
    try:
        end = time.monotonic() + _SECONDS
        while True:
            assert served.service.running(), served.service.log.read_text()
            try:
                httpx.get(f"{served.url}/health/live")
                break
            except httpx.TransportError:
                assert time.monotonic() < end, served.service.log.read_text()
                time.sleep(0.05)
        yield served
    finally:
        served.service.stop()


class Book:
    """Writes ledgers into the read models as the indexer does: rows, mark and notice together."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self.ledger = 0

    def close(self, *events: tuple[str, bytes | None], ledgers: int = 1) -> float:
        """Close ledgers, the last one with these events; the Unix time of the commit."""
        self.ledger += ledgers
        with self._connection.transaction():
            with self._connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO read.activity (position, event_index, contract, name, invoice,"
                    " closed_at, tx_hash) VALUES (%s, %s, 'escrow', %s, %s, %s, %s)",
                    [
                        (self.ledger << 32, number, name, invoice, self.ledger * 5, os.urandom(32))
                        for number, (name, invoice) in enumerate(events)
                    ],
                )
            self._connection.execute(
                "UPDATE read.applied SET ledger = %s, closed_at = %s",
                (self.ledger, self.ledger * 5),
            )
            self._connection.execute(
                "SELECT pg_notify('stellarsettle_applied', %s)", (str(self.ledger),)
            )
        return time.time()

    def holds(self, who: str, invoice: bytes) -> None:
        """Let somebody have a position in an invoice."""
        number = int.from_bytes(invoice[:3])
        self._connection.execute(
            "INSERT INTO read.address (id, address) VALUES (%s, %s)", (number, who)
        )
        self._connection.execute(
            "INSERT INTO read.position SELECT %s, %s, 5, 0, 0, 5, 0, 0, 0, 0", (invoice, number)
        )

    def end(self) -> None:
        """Let the connection go."""
        self._connection.close()


class Told(msgspec.Struct, frozen=True):
    """One hint that a client took."""

    ledger: int
    topics: tuple[str, ...]
    id: str = ""


class Listener:
    """A client of the stream."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> Told:
        """The next hint."""
        identity = ""
        async for line in self._lines:
            if line.startswith("id: "):
                identity = line[4:]
            if line.startswith("data: "):
                found = msgspec.json.decode(line[6:], type=Told)
                return msgspec.structs.replace(found, id=identity)
        raise EOFError

    async def until(self, topic: str) -> Told:
        """The next hint that names a topic."""
        while topic not in (told := await self.next()).topics:
            pass
        return told

    async def ended(self) -> bool:
        """Whether the service ends the stream, hints before that or not."""
        async for _ in self._lines:
            pass
        return True


@asynccontextmanager
async def listening(served: Served, topics: str, **headers: Any) -> AsyncIterator[Listener]:
    """A stream of hints on these topics."""
    timeout = httpx.Timeout(_SECONDS)
    async with (
        httpx.AsyncClient(timeout=timeout) as client,
        client.stream(
            "GET", f"{served.url}/v1/events", params={"topics": topics}, headers=headers
        ) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Listener(answer.aiter_lines())

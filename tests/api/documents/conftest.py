"""Documents under test: a real scanner with test signatures, the application, and its worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from stellar_sdk import Keypair

from api.app import create_app
from api.config import ApiConfig
from api.database import Database
from api.documents import processing
from api.documents.config import DocumentsConfig
from api.documents.service import Documents, documents_of
from api.documents.storage.keys import MasterKeys
from api.jobs.runner import Handlers, Runner
from stellarsettle import clamav

Bearer = Callable[[ApiConfig, Keypair], dict[str, str]]


@pytest.fixture(scope="session")
def scanner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a real clamd that knows the EICAR test file."""
    folder = tmp_path_factory.mktemp("clamav")
    clamav.write_test_signatures(folder / "signatures", dt.datetime.now(dt.UTC))
    try:
        with clamav.running(folder / "run", folder / "signatures") as address:
            yield address
    except clamav.ClamavError as error:
        pytest.skip(str(error))


@pytest.fixture
def documents_config(tmp_path: Path, scanner: Path) -> DocumentsConfig:
    """Everything in a folder of its own."""
    return DocumentsConfig(
        folder=tmp_path / "documents",
        master_keys=MasterKeys({1: b"a document key of the tests, 32b"}),
        scanner=str(scanner),
        test_signatures=True,
    )


class Desk:
    """Somebody's requests about documents, and the worker that does what they cause."""

    def __init__(
        self, client: Any, config: ApiConfig, documents: Documents, runner: Runner, bearer: Bearer
    ) -> None:
        self.client = client
        self.config = config
        self.documents = documents
        self._runner = runner
        self._bearer = bearer

    def bearer(self, who: Keypair) -> dict[str, str]:
        """The header that signs somebody in."""
        return self._bearer(self.config, who)

    async def ask(self, who: Keypair, method: str, path: str, **options: Any) -> httpx.Response:
        """One request under /v1/documents."""
        headers = {**self._bearer(self.config, who), **options.pop("headers", {})}
        answer: httpx.Response = await self.client.request(
            method, f"/v1/documents{path}", headers=headers, **options
        )
        return answer

    async def upload(self, who: Keypair, data: bytes, **headers: str) -> dict[str, Any]:
        """Upload a file that must be taken in."""
        answer = await self.ask(who, "POST", "?name=invoice.pdf", content=data, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        document: dict[str, Any] = answer.json()
        return document

    async def worked(self) -> None:
        """Let the worker do what is due."""
        while await self._runner.run_one():
            pass

    async def read(self, who: Keypair, data: bytes) -> dict[str, Any]:
        """Upload, have it worked on, and look."""
        document = await self.upload(who, data)
        await self.worked()
        return await self.see(who, document)

    async def see(self, who: Keypair, document: dict[str, Any]) -> dict[str, Any]:
        """The document as it is now."""
        answer = await self.ask(who, "GET", f"/{document['id']}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
        shown: dict[str, Any] = answer.json()
        return shown

    async def change(
        self, who: Keypair, method: str, document: dict[str, Any], path: str = "", **options: Any
    ) -> httpx.Response:
        """A change of the version of the document that is given."""
        headers = {"If-Match": f'"{document["version"]}"'}
        return await self.ask(who, method, f"/{document['id']}{path}", headers=headers, **options)

    async def confirmed(
        self, who: Keypair, document: dict[str, Any], **facts: str
    ) -> dict[str, Any]:
        """Confirm what was read, with some facts that were not, and then the document."""
        said = {
            name: field["value"]
            for name, field in document["fields"].items()
            if field["must_confirm"] and field["value"] is not None
        }
        answer = await self.change(who, "PATCH", document, json={"fields": said | facts})
        assert answer.status_code == 200, answer.text
        answer = await self.change(who, "POST", answer.json(), "/confirmation")
        assert answer.status_code == 200, answer.text
        done: dict[str, Any] = answer.json()
        return done


@asynccontextmanager
async def working(config: ApiConfig) -> AsyncIterator[tuple[Documents, Runner]]:
    """Documents as the worker's process has them, and what does a job whenever it is told to."""
    database = Database(config.database_url, size=4, wait_seconds=5)
    await database.open()
    documents = documents_of(config, database)
    assert documents is not None
    handlers = Handlers()
    handlers.on(processing.KIND, documents.processing.work)
    try:
        yield documents, Runner(database, handlers)
    finally:
        await documents.close()
        await database.close()


@pytest.fixture
def documents_api(
    configuration: Callable[..., ApiConfig], database: str, documents_config: DocumentsConfig
) -> ApiConfig:
    """A configuration with documents and a database, without a ledger."""
    return configuration(database_url=database, pool_wait_seconds=5.0, documents=documents_config)


@pytest.fixture
async def desk(
    documents_api: ApiConfig, checked: Callable[[Litestar], Any], bearer: Bearer
) -> AsyncIterator[Desk]:
    """The application with documents, and a worker that works when told to."""
    async with (
        working(documents_api) as (documents, runner),
        checked(create_app(documents_api)) as client,
    ):
        yield Desk(client, documents_api, documents, runner, bearer)

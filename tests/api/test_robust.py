"""Three processes that anybody may meet in any order, and a database that goes and comes back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from stellar_sdk import Keypair

import migrations
from stellarsettle import postgres
from tests.api.live.serving import Book, serving

PROCESSES = 3
_SECONDS = 60
_UNLIMITED = dict.fromkeys(("LIMIT_ADDRESS", "LIMIT_USER"), "0")


class Place:
    """A cluster that can be stopped and started, and the processes that need it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cluster = contextlib.ExitStack()
        self.start()
        self.database = self._server.create("robust")
        migrations.upgrade(self.database)

    def start(self) -> None:
        """Start PostgreSQL, as it was."""
        running = postgres.running(self._folder, durable=False)
        self._server = self._cluster.enter_context(running)

    def stop(self) -> None:
        """Stop PostgreSQL: every session ends."""
        self._cluster.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("robust"))
    yield place
    place.stop()


class Asker:
    """Asks on a connection of its own each time, which any of the processes may take."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url = url
        self._headers = headers

    def __call__(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        return httpx.request(
            method, self._url + path, headers=self._headers, timeout=_SECONDS, **more
        )


@pytest.fixture(scope="module")
def ask(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    book = Book(place.database)
    book.close(("params_set", None))
    book.end()
    folder = tmp_path_factory.mktemp("serve")
    with serving(place.database, folder, workers=PROCESSES, further=_UNLIMITED) as served:
        yield Asker(served.url, served.bearer(Keypair.random()))


def test_what_one_process_was_told_every_other_knows(ask: Asker) -> None:
    for number in range(24):
        language = ("en", "de")[number % 2]
        put = ask("/v1/me/preferences", "PUT", json={"language": language})
        assert put.status_code == 200, put.text
        assert ask("/v1/me/preferences").json()["language"] == language


def test_no_process_shows_an_older_ledger_than_was_committed(ask: Asker, place: Place) -> None:
    book = Book(place.database)
    book.ledger = ask("/v1/platform").json()["meta"]["as_of_ledger"]
    for _ in range(24):
        book.close()
        assert ask("/v1/platform").json()["meta"]["as_of_ledger"] == book.ledger
    book.end()


def test_a_database_that_was_away_is_used_again_when_it_is_back(ask: Asker, place: Place) -> None:
    assert ask("/v1/platform").status_code == 200
    place.stop()
    for path in ("/v1/platform", "/v1/me/preferences", "/v1/marketplace") * PROCESSES:
        away = ask(path)
        assert away.status_code == 503, path
        assert away.json()["type"] == "/problems/database-unavailable"
        assert int(away.headers["retry-after"]) > 0
    assert ask("/health/live").status_code == 200
    assert ask("/health/ready").status_code == 503
    place.start()
    # Every process finds back on its own: so many answers in a row that each has been met.
    good, end = 0, time.monotonic() + _SECONDS
    while good < 8 * PROCESSES:
        good = good + 1 if ask("/v1/platform").status_code == 200 else 0
        assert time.monotonic() < end, "the processes do not find back"
    assert ask("/v1/me/preferences").status_code == 200

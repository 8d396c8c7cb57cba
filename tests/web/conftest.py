"""The pages in a real browser, on a whole platform whose story has been told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from stellarsettle import postgres
from tests.web import scenes
from tests.web.scenes import Scene


@pytest.fixture(scope="session")
def scene(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scenes.playing(server, tmp_path_factory.mktemp("web_pages")) as played:
        yield played


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; `make browser` installs it.

    It holds an event loop as long as it runs, so each module has its own: tests of others that
    run in the same process have loops themselves.
    """
    try:
        with scenes.chromium() as running:
            yield running
    except FileNotFoundError as error:
        pytest.skip(str(error))


class Watched:
    """A page, and everything that a careful browser would complain about."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self._known: tuple[str, ...] = (url, "data:")
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._asked)

    def _heard(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in {"error", "warning"} and "responded with a status of 4" not in text:
            self.complaints.append(f"{kind}: {text}")

    def _asked(self, request: object) -> None:
        address = str(getattr(request, "url", ""))
        if not address.startswith(self._known):
            self.complaints.append(f"foreign request: {address}")

    def allow(self, url: str) -> None:
        """Another address that this page may ask: the node that wallets submit to."""
        self._known = (*self._known, url)


@pytest.fixture
def watched(browser: Browser, scene: Scene) -> Iterator[Watched]:
    """A page of nobody in particular, 1280 wide."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = Watched(context, scene.url)
    yield page
    context.close()
    assert page.complaints == []

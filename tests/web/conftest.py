"""The pages in a real browser, on a whole platform whose story has been told."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from stellarsettle import clamav, local, postgres, story
from stellarsettle.local import LocalPlatform
from stellarsettle.story import Cast, Left, Told

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Scene(msgspec.Struct, frozen=True):
    """A running platform: what was told, and what is left for others."""

    platform: LocalPlatform
    cast: Cast
    told: Told
    left: Left

    @property
    def url(self) -> str:
        return self.platform.api_url


@pytest.fixture(scope="session")
def scene(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    name = "web_pages"
    url = server.create(name)
    folder = tmp_path_factory.mktemp(name)
    with contextlib.ExitStack() as stack:
        further: dict[str, str] = {}
        if clamav.installed():
            further = stack.enter_context(clamav.for_trying_out(folder / "scanner"))
        platform = stack.enter_context(local.running(folder, url, further=further))
        cast = story.gather(platform)
        tale = story.Story(platform, cast, lambda _: None)
        told, left = tale.tell(), tale.leave()
        platform.introduce()
        yield Scene(platform, cast, told, left)
    server.drop(name)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; `make browser` installs it.

    It holds an event loop as long as it runs, so each module has its own: tests of others that
    run in the same process have loops themselves.
    """
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium here: make browser")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield running
        running.close()


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

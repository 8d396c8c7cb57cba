"""A platform whose story has been told, and Chromium to look at it: for tests, shots, figures."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec
from playwright.sync_api import Browser, Page, sync_playwright

from stellarsettle import clamav, local, postgres, story
from stellarsettle.local import LocalPlatform
from stellarsettle.story import Cast, Left, Told
from stellarsettle.wallet import Wallet

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


@contextlib.contextmanager
def playing(server: postgres.Server, folder: Path) -> Iterator[Scene]:
    """Start everything, tell the story and leave invoices for whoever comes; ends with the block.

    Documents are taken where ClamAV is.
    """
    name = "web_pages"
    url = server.create(name)
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


@contextlib.contextmanager
def alone() -> Iterator[Scene]:
    """The same on a database server of its own."""
    with tempfile.TemporaryDirectory(prefix="stellarsettle-web-") as name:
        folder = Path(name)
        with (
            postgres.server("", folder / "postgres", durable=False) as server,
            playing(server, folder) as scene,
        ):
            yield scene


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; raises FileNotFoundError where it is not (`make browser`)."""
    path = shutil.which("chromium")
    if path is None:
        raise FileNotFoundError("no Chromium here: make browser")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield running
        running.close()


def be(page: Page, scene: Scene, who: Wallet, to: str = "/account") -> None:
    """Sign in with the play wallet of the local ledger, and go on to `to`."""
    page.goto(f"{scene.url}/login?to={quote(to)}")
    page.get_by_role("button", name=f"Be {who.name}").click()
    page.wait_for_url(scene.url + to)

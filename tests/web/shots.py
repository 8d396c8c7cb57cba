"""`make shots`: a picture of every screen, in both themes and two widths, to look at."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from stellarsettle.wallet import Wallet
from tests.web.scenes import Scene, alone, be, chromium
from tests.web.screens import SCREENS, Screen

THEMES: tuple[Any, ...] = ("light", "dark")
WIDTHS = (360, 1280)
_HEIGHT = 900


def take(browser: Browser, scene: Scene, folder: Path, screens: dict[str, Screen]) -> int:
    """Whole pages as folder/name-theme-width.png; whoever sees a screen signs in once a theme."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = 0
    for theme in THEMES:
        desks: dict[str, BrowserContext] = {}
        for name, screen in screens.items():
            wallet = None if screen.who is None else screen.who(scene)
            context = _desk(browser, scene, desks, theme, wallet)
            for width in WIDTHS:
                page = context.new_page()
                page.set_viewport_size({"width": width, "height": _HEIGHT})
                page.goto(scene.url + screen.where(scene))
                page.screenshot(path=folder / f"{name}-{theme}-{width}.png", full_page=True)
                page.close()
                taken += 1
        for context in desks.values():
            context.close()
    return taken


def _desk(
    browser: Browser,
    scene: Scene,
    desks: dict[str, BrowserContext],
    theme: Any,
    wallet: Wallet | None,
) -> BrowserContext:
    """The browser of one person, signed in; made when first asked for."""
    name = "" if wallet is None else wallet.address
    if name not in desks:
        desks[name] = browser.new_context(color_scheme=theme)
        if wallet is not None:
            page = desks[name].new_page()
            be(page, scene, wallet)
            page.close()
    return desks[name]


def main(chosen: str) -> None:
    folder = Path(chosen or tempfile.mkdtemp(prefix="stellarsettle-shots-"))
    with alone() as scene, chromium() as browser:
        taken = take(browser, scene, folder, SCREENS)
    sys.stdout.write(f"{taken} pictures in {folder}\n")


if __name__ == "__main__":
    main("".join(sys.argv[1:2]))

"""No page has anything that axe (WCAG 2.2 AA) objects to, in either theme, wide or narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import api.web
from tests.web.scenes import Scene, be
from tests.web.screens import OWN, PUBLIC

AXE = Path(api.web.__file__).parent / "islands" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def _objections(page: Page) -> list[str]:
    page.add_script_tag(path=AXE)
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
    )
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Any:
    """A page whose policy lets the checker in: nothing else differs."""
    if not AXE.is_file():
        pytest.skip("axe-core is not here: make web (needs Node)")
    context = browser.new_context(color_scheme=request.param, bypass_csp=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_pages(page: Page, scene: Scene, name: str) -> None:
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(scene.url + PUBLIC[name].where(scene))
        assert _objections(page) == [], width


@pytest.mark.parametrize("name", sorted(OWN))
def test_pages_of_one_s_own(page: Page, scene: Scene, name: str) -> None:
    screen = OWN[name]
    assert screen.who is not None
    path = screen.where(scene)
    be(page, scene, screen.who(scene), path)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(scene.url + path)
        assert _objections(page) == [], width


def test_a_transaction(page: Page, scene: Scene) -> None:
    be(page, scene, scene.cast.investors[0], f"/market/{scene.left.fresh}?amount=5")
    page.get_by_role("button", name="Fund 5.00 USDC").click()
    expect(page.locator(".stepper")).to_be_visible()
    assert _objections(page) == []

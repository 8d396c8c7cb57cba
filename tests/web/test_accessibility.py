"""No page has anything that axe (WCAG 2.2 AA) objects to, in either theme, wide or narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

import api.web
from tests.web.conftest import Scene
from tests.web.test_pages import PAGES

AXE = Path(api.web.__file__).parent / "islands" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OWN = {
    "investor": ("/investor", 0),
    "seller": ("/seller", None),
    "new": ("/seller/new", None),
    "documents": ("/seller/documents", None),
    "debtor": ("/debtor", "debtor"),
    "account": ("/account", 0),
}


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


@pytest.mark.parametrize("name", sorted(PAGES))
def test_public_pages(page: Page, scene: Scene, name: str) -> None:
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(scene.url + PAGES[name](scene))
        assert _objections(page) == [], width


@pytest.mark.parametrize("name", sorted(OWN))
def test_pages_of_one_s_own(page: Page, scene: Scene, name: str) -> None:
    path, who = OWN[name]
    cast = scene.cast
    wallet = cast.debtor if who == "debtor" else cast.seller if who is None else cast.investors[0]
    page.goto(f"{scene.url}/login?to={quote(path)}")
    assert _objections(page) == []
    page.get_by_role("button", name=f"Be {wallet.name}").click()
    expect(page).to_have_url(scene.url + path)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(scene.url + path)
        assert _objections(page) == [], width


def test_a_transaction(page: Page, scene: Scene) -> None:
    ada = scene.cast.investors[0]
    page.goto(f"{scene.url}/login?to={quote(f'/market/{scene.left.fresh}?amount=5')}")
    page.get_by_role("button", name=f"Be {ada.name}").click()
    page.get_by_role("button", name="Fund 5.00 USDC").click()
    expect(page.locator(".stepper")).to_be_visible()
    assert _objections(page) == []

"""People at the pages: they sign in, fund, pay and claim, each with a wallet in the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.web.numbers import Writer, label
from tests.web.conftest import Watched
from tests.web.scenes import Scene, be

ENGLISH = Writer("en")
UNIT = 10**7
DONE = "Done. It is in the ledger and shown here."


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, scene: Scene) -> Iterator[Page]:
    watched = Watched(context, scene.url)
    watched.allow(scene.platform.environment["RPC_URL"])
    yield watched.page
    assert watched.complaints == []


def _sign(page: Page) -> None:
    page.get_by_role("button", name="Sign with the play wallet").click()
    expect(page.get_by_text(DONE)).to_be_visible(timeout=30_000)


def test_an_investor_funds_what_was_looked_at(page: Page, scene: Scene) -> None:
    ben, invoice = scene.cast.investors[1], scene.left.fresh
    be(page, scene, ben, f"/market/{invoice}?amount=321.5")
    before = scene.platform.balance(ben.address)
    page.get_by_role("button", name="Fund 321.50 USDC").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Invest 321.50 in {label(invoice)}")
    assert page.locator("[data-intent] tbody tr").first.inner_text().split() == [
        "you", *page.locator("[data-intent] tbody tr code").first.inner_text().split(),
        "321.50", "USDC",
    ]  # fmt: skip
    _sign(page)
    assert scene.platform.balance(ben.address) == before - 3_215_000_000
    page.goto(f"{scene.url}/investor")
    row = page.get_by_role("row").filter(has_text=label(invoice))
    expect(row).to_contain_text("321.50")


def test_a_transaction_survives_a_reload_and_is_nobody_else_s(
    page: Page, browser: Browser, scene: Scene
) -> None:
    ben, invoice = scene.cast.investors[1], scene.left.fresh
    be(page, scene, ben, f"/market/{invoice}?amount=10")
    page.get_by_role("button", name="Fund 10.00 USDC").click()
    expect(page).to_have_url(re.compile("/tx/"))
    page.reload()
    expect(page.locator(".stepper .now")).to_contain_text("Ready to sign")
    other = browser.new_context()
    theirs = other.new_page()
    be(theirs, scene, scene.cast.investors[2])
    theirs.goto(page.url)
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Not found")
    other.close()
    _sign(page)


def test_a_refusal_says_what_is_in_the_way(page: Page, scene: Scene) -> None:
    cleo, invoice = scene.cast.investors[2], scene.left.fresh
    be(page, scene, cleo, f"/market/{invoice}?amount=9000")
    page.get_by_role("button", name=re.compile("^Fund 9,000")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("That is not possible now")
    expect(page.locator("main")).to_contain_text(re.compile("hold|balance", re.IGNORECASE))
    page.get_by_role("link", name="Back").click()
    expect(page).to_have_url(f"{scene.url}/market/{invoice}")


def test_a_debtor_pays_a_part_and_an_investor_claims_it(
    page: Page, browser: Browser, scene: Scene
) -> None:
    invoice = scene.left.active
    be(page, scene, scene.cast.debtor, "/debtor")
    panel = page.locator("section").filter(has_text=label(invoice))
    panel.get_by_label("Pay in USDC").fill("1,000")
    panel.get_by_role("button", name="Pay").click()
    _sign(page)
    detail = httpx.get(f"{scene.url}/v1/invoices/{invoice}").json()["data"]
    assert detail["payments"][-1]["amount"] == str(1_000 * UNIT)
    ada = scene.cast.investors[0]
    claimable = next(
        one["claimable"] for one in detail["positions"] if one["holder"] == ada.address
    )
    other = browser.new_context()
    theirs = other.new_page()
    be(theirs, scene, ada, "/investor")
    row = theirs.get_by_role("row").filter(has_text=label(invoice))
    expect(row).to_contain_text(ENGLISH.amount(claimable))
    before = scene.platform.balance(ada.address)
    row.get_by_role("button", name="Claim").click()
    _sign(theirs)
    assert scene.platform.balance(ada.address) == before + int(claimable)
    other.close()


def test_an_open_page_shows_what_others_do_without_being_asked(page: Page, scene: Scene) -> None:
    """Cleo funds elsewhere; the invoice's page, open in a browser, tells of it by itself."""
    invoice, cleo = scene.left.begun, scene.cast.investors[2]
    page.goto(f"{scene.url}/market/{invoice}")
    before = page.locator(".timeline li").count()
    with page.expect_response(lambda answer: answer.url.endswith(invoice), timeout=30_000):
        cleo.act("fund", invoice_id=invoice, amount=str(7 * UNIT))
    expect(page.locator(".timeline li")).to_have_count(before + 1, timeout=30_000)
    expect(page.locator(".timeline li").first).to_contain_text("Stake received")


def test_a_seller_lists_an_invoice_by_form(page: Page, scene: Scene) -> None:
    be(page, scene, scene.cast.seller, "/seller/new")
    now = httpx.get(f"{scene.url}/v1/platform").json()["meta"]["as_of_time"]
    for name, value in {
        "Number": "INV-2026-100",
        "Date of issue": "2026-11-20",
        "Total as printed": "2500.00",
        "Currency": "EUR",
        "Your tax number": "DE811907980",
        "Debtor's tax number": "FR40303265045",
        "Debtor's account": scene.cast.debtor.address,
        "Document's hash": "5f" * 32,
        "Face: what the debtor owes": "2,500",
        "Sold for: what you get at release": "2,300",
        "Investors get when it is paid": "2,400",
        "Least to raise": "1,000",
        "Due": ENGLISH.date(now + 60 * 86_400),
        "Funding closes": ENGLISH.date(now + 10 * 86_400),
    }.items():
        page.get_by_label(name, exact=True).fill(value)
    page.get_by_role("button", name="Go on to signing").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Create an invoice of 2,500.00")
    _sign(page)
    page.goto(f"{scene.url}/seller")
    expect(page.get_by_role("row").filter(has_text="2,500.00 USDC")).to_have_count(1)


def test_wrong_values_of_a_form_are_named(page: Page, scene: Scene) -> None:
    be(page, scene, scene.cast.debtor, "/debtor")
    panel = page.locator("section").filter(has_text=label(scene.left.active))
    panel.get_by_label("Pay in USDC").fill("much")
    panel.get_by_role("button", name="Pay").click()
    expect(page.locator("main")).to_contain_text("Write an amount such as 1000 or 1000.50.")


def test_a_page_of_one_s_own_asks_to_sign_in_and_comes_back(page: Page, scene: Scene) -> None:
    page.goto(f"{scene.url}/investor")
    expect(page).to_have_url(re.compile(r"/login\?to=/investor"))
    page.get_by_role("button", name=f"Be {scene.cast.investors[0].name}").click()
    expect(page).to_have_url(f"{scene.url}/investor")


@pytest.mark.parametrize(
    "path", ["/investor", "/seller", "/seller/documents", "/seller/new", "/debtor", "/account"]
)
def test_who_has_nothing_is_told_what_to_do(page: Page, scene: Scene, path: str) -> None:
    be(page, scene, scene.cast.treasury, path)
    expect(page.locator("main h1")).to_be_visible()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(wide) <= 0, "it scrolls sideways"


def test_signing_out_ends_the_session(page: Page, scene: Scene) -> None:
    be(page, scene, scene.cast.seller)
    cookies = page.context.cookies()
    assert [c["name"] for c in cookies if c["httpOnly"] and c["secure"]] == ["__Host-session"]
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto(f"{scene.url}/account")
    expect(page).to_have_url(re.compile("/login"))


def test_a_page_with_a_token_in_it_is_never_packed(page: Page, scene: Scene) -> None:
    """Its length would tell of the token to whoever has it reflect guesses."""
    be(page, scene, scene.cast.seller)
    answer = page.goto(f"{scene.url}/account")
    assert answer is not None
    assert answer.request.all_headers()["accept-encoding"].startswith("gzip")
    assert "content-encoding" not in answer.all_headers()


def test_a_form_of_another_site_does_nothing(page: Page, scene: Scene) -> None:
    """Neither without the session's token, nor with another's, nor from elsewhere."""
    be(page, scene, scene.cast.seller)
    cookie = page.context.cookies()[0]
    asked = {"invoice_id": scene.left.begun, "csrf_token": "x"}
    with httpx.Client(base_url=scene.url, cookies={cookie["name"]: cookie["value"]}) as client:
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-origin"}):
            answer = client.post("/act/cancel", data=asked, headers=headers)
            assert answer.status_code == 403, headers
            assert answer.json()["type"] == "/problems/cross-site"


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(page: Page, scene: Scene, to: str) -> None:
    page.goto(f"{scene.url}/login?to={to}")
    page.get_by_role("button", name=f"Be {scene.cast.seller.name}").click()
    expect(page).to_have_url(f"{scene.url}/")

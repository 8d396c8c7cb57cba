"""A debtor without a wallet, from the seller's link to an answer that stays, without scripts."""

from __future__ import annotations

import email
import re
import time
import uuid
from collections.abc import Iterator
from email import policy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.web.numbers import label
from tests.web.conftest import Watched
from tests.web.scenes import Scene, be

SECONDS = 30


def _mail(scene: Scene, address: str, pattern: str) -> str:
    """What a mail to this address says; waits until the worker has written it."""
    folder = Path(url2pathname(urlsplit(scene.platform.environment["MAIL_URL"]).path))
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        for path in sorted(folder.glob("**/*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
            body = message.get_body(("plain",))
            found = re.search(pattern, "" if body is None else body.get_content())
            if message["To"] == address and found is not None:
                return found[1]
        time.sleep(0.05)
    raise AssertionError(f"no mail to {address} says {pattern}")


@pytest.fixture(scope="module")
def sold(scene: Scene) -> str:
    """An invoice that names no debtor's account, on chain."""
    done = scene.cast.seller.act("create-escrow", **_terms(scene))
    return str(done.intent["invoice_id"])


def _terms(scene: Scene) -> dict[str, Any]:
    now = scene.platform.chain.close_time()
    units, day = 10**7, 86_400
    return {
        "asset": scene.platform.asset,
        "face": str(10_000 * units),
        "target": str(9_500 * units),
        "par": str(9_800 * units),
        "min_raise": str(5_000 * units),
        "fee_bps": 100,
        "late_bps": 10,
        "late_cap_bps": 1_000,
        "due_at": now + 60 * day,
        "deadline": now + 7 * day,
        "grace": 10 * day,
        "release_delay": day,
        "needs_ack": False,
        "doc_hash": "6f" * 32,
        "natural_key": PRINTED,
    }


PRINTED = {
    "number": f"GUEST-{uuid.uuid4().hex[:8]}",
    "seller_tax_id": "DE811907980",
    "debtor_tax_id": "FR40303265045",
    "amount": "10000.00",
    "currency": "EUR",
    "issue_date": "2026-11-01",
}


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=False)
    yield made
    made.close()


def _invite(page: Page, scene: Scene, invoice: str, address: str) -> None:
    be(page, scene, scene.cast.seller, "/seller")
    row = page.get_by_role("row").filter(has_text=label(invoice))
    row.get_by_role("link", name="Ask the debtor").click()
    for name, value in {
        "Debtor's e-mail address": address,
        "Debtor's name": "Dupont SA",
        "How the debtor knows you": "Sana Textiles",
        "Number": PRINTED["number"],
        "Date of issue": "2026-11-01",
        "Total as printed": "9999.00",
        "Currency": "EUR",
        "Your tax number": "DE811907980",
        "Debtor's tax number": "FR40303265045",
    }.items():
        page.get_by_label(name, exact=True).fill(value)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("alert")).to_contain_text("not the facts")
    page.get_by_label("Total as printed").fill("10000.00")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("Not opened yet.")).to_be_visible()


def test_a_debtor_without_a_wallet_confirms_and_then_disputes(
    watched: Watched, context: BrowserContext, scene: Scene, sold: str
) -> None:
    _invite(watched.page, scene, sold, "accounts@dupont.example")
    link = _mail(scene, "accounts@dupont.example", r"(http\S+/i/\S+)")
    page = context.new_page()
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sana Textiles asks you")
    assert "10,000" not in page.content()
    page.get_by_label("Code of six digits").fill("000000")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("not the newest code")
    page.get_by_role("button", name="Send a code to a***@dupont.example").click()
    expect(page.get_by_role("status")).to_contain_text("on its way")
    code = _mail(scene, "accounts@dupont.example", r"Enter (\d{6})")
    page.get_by_label("Code of six digits").fill(f"{code[:3]} {code[3:]}")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("DE89370400440532013000")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Demo Servicing")
    right = page.get_by_role("region", name="It is right: I owe this")
    right.get_by_label("Your name and position").fill("Jean Dupont, accounts payable")
    right.get_by_role("button", name="Confirm the debt").click()
    expect(page.locator(".banner.ok")).to_contain_text("Jean Dupont, accounts payable confirmed")
    wrong = page.get_by_role("region", name="Something is wrong")
    wrong.get_by_label("Your name and position").fill("Jean Dupont")
    wrong.get_by_label("What is wrong").fill("Half of the goods <b>never</b> came.")
    wrong.get_by_role("button", name="Dispute it").click()
    expect(page.locator("main .banner")).to_contain_text("Half of the goods <b>never</b> came.")
    watched.page.reload()
    expect(watched.page.locator(".banner.bad")).to_contain_text("never</b> came.")
    expect(watched.page.locator("main .banner.ok")).to_contain_text("confirmed it")
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert watched.page.evaluate(wide) <= 0
    _nobody_else_answers(context, link)
    watched.page.get_by_role("button", name="Withdraw the link").click()
    expect(watched.page.get_by_text("Withdrawn.")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("The link leads nowhere")


def _nobody_else_answers(context: BrowserContext, link: str) -> None:
    """The cookie alone is no answer: another site's form has no pass in it."""
    cookie = next(one for one in context.cookies(link) if one["name"] == "__Secure-debtor")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert cookie["path"] == "/i/"
    held = {cookie["name"]: cookie["value"]}
    answer = httpx.post(f"{link}/answer", data={"name": "Eve"}, cookies=held)
    assert answer.status_code == 401
    page = httpx.get(link, cookies=held, headers={"Accept-Encoding": "gzip"})
    assert page.status_code == 200
    assert "content-encoding" not in page.headers
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("token", ["x", "0" * 32, "00" * 16 + "A" * 43])
def test_a_link_that_is_none_of_ours_leads_nowhere(scene: Scene, token: str) -> None:
    answer = httpx.get(f"{scene.url}/i/{token}", headers={"Accept": "text/html"})
    assert answer.status_code == 410
    assert "Ask whoever invited you" in answer.text

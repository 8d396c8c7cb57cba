"""The newcomer's way: an invoice's whole life in one browser, from a PDF to a proof.

It moves the ledger's clock by months, after which little else can be tried: its name is the last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from api.web.numbers import Writer, label
from tests.web.conftest import Watched
from tests.web.scenes import Scene

ENGLISH = Writer("en")
INVOICE = "invoices/invoice2data/001_AzureInterior.pdf"
DONE = "Done. It is in the ledger and shown here."
PATIENCE = 30_000


class Newcomer:
    """Somebody who has read nothing: clicks on what the pages offer, and types what they ask."""

    def __init__(self, page: Page, scene: Scene) -> None:
        self.page, self.scene = page, scene

    def go_on(self, step: str) -> None:
        """One step of the tour, as whom it names."""
        self.page.goto(f"{self.scene.url}/tour")
        title = self.page.get_by_role("heading", name=step, exact=True)
        place = self.page.get_by_role("listitem").filter(has=title)
        place.get_by_role("button", name=re.compile("^Go on as")).first.click()
        expect(self.page).not_to_have_url(re.compile("/tour$"))

    def sign(self) -> None:
        self.page.get_by_role("button", name="Sign with the play wallet").click()
        expect(self.page.get_by_text(DONE)).to_be_visible(timeout=PATIENCE)

    def press(self, place: Locator, button: str) -> None:
        place.get_by_role("button", name=button).click()
        self.sign()

    def let_pass(self, text: str) -> None:
        bar = self.page.get_by_role("complementary", name="Play money")
        bar.locator("summary").click()
        before = httpx.get(f"{self.scene.url}/v1/platform").json()["meta"]["as_of_time"]
        with self.page.expect_navigation(timeout=PATIENCE):
            bar.get_by_role("button", name=text).click()
        now = httpx.get(f"{self.scene.url}/v1/platform").json()["meta"]["as_of_time"]
        assert now >= before + 86_400

    def row(self, invoice: str) -> Locator:
        return self.page.get_by_role("row").filter(has_text=label(invoice))

    def detail(self, invoice: str) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.scene.url}/v1/invoices/{invoice}").json()["data"]
        return found


@pytest.fixture
def newcomer(browser: Browser, scene: Scene) -> Iterator[Newcomer]:
    if "CLAMD" not in scene.platform.environment:
        pytest.skip("no ClamAV here: make clamav")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watched = Watched(context, scene.url)
    watched.allow(scene.platform.environment["RPC_URL"])
    yield Newcomer(watched.page, scene)
    context.close()
    assert watched.complaints == []


def test_a_newcomer_sells_invests_pays_late_sees_the_late_charge_arrive_and_proves_a_number(
    newcomer: Newcomer, scene: Scene, corpus: Path, tmp_path: Path
) -> None:
    invoice = _sell(newcomer, scene, corpus)
    newcomer.go_on("Have it approved")
    newcomer.press(newcomer.row(invoice), "Approve")
    newcomer.go_on("Owe it")
    panel = newcomer.page.locator("section").filter(has_text=label(invoice))
    newcomer.press(panel, "I owe this")
    newcomer.go_on("Publish it")
    newcomer.press(newcomer.row(invoice), "Publish")
    _invest(newcomer, invoice)
    newcomer.let_pass("Let a day pass")
    newcomer.go_on("Get paid")
    newcomer.press(newcomer.row(invoice), "Get paid")
    for _ in range(3):
        newcomer.let_pass("Let 30 days pass")
    newcomer.go_on("Pay late")
    panel = newcomer.page.locator("section").filter(has_text=label(invoice))
    expect(panel).to_contain_text("Late")
    newcomer.press(panel, "Pay")
    _see_it_arrive(newcomer, scene, invoice)
    _prove(newcomer, tmp_path)


def _sell(newcomer: Newcomer, scene: Scene, corpus: Path) -> str:
    """From a real PDF to the ledger, without typing what the document says."""
    page = newcomer.page
    labels = json.loads((corpus / f"{INVOICE}.json").read_text())
    page.goto(scene.url)
    page.get_by_role("link", name="A tour").click()
    newcomer.go_on("Sell an invoice")
    chooser = page.get_by_label("Choose an invoice")
    expect(chooser).to_be_enabled()  # nobody listens before the script is there
    chooser.set_input_files(corpus / INVOICE)
    expect(page.get_by_text("Waits for your review").first).to_be_visible(timeout=90_000)
    paper = page.locator(".paper img").first
    expect(paper).to_have_js_property("complete", value=True, timeout=60_000)
    assert paper.evaluate("image => image.naturalWidth") > 500
    expect(page.get_by_label(re.compile("^Number"))).to_have_value(labels["invoice_number"])
    expect(page.get_by_label(re.compile("^Total"))).to_have_value(re.compile(r"^\d+\.\d\d$"))
    total = page.get_by_label(re.compile("^Total")).input_value()
    page.get_by_label(re.compile("^Number")).focus()
    expect(page.locator(".box.lit")).to_have_count(1)
    page.get_by_label("Seller's tax number").fill("US 12345677")
    page.get_by_role("button", name="Keep for later").click()
    expect(page.locator("[data-field=seller_tax_id] .band")).to_contain_text("confirmed")
    for name, value in {
        "Seller sure|Seller check|Seller missing|Seller ✓": "Azure Interior",
        "Debtor sure|Debtor check|Debtor missing|Debtor ✓": "Delta Ltd",
        "Debtor's tax number": "DE811907980",
    }.items():
        page.get_by_label(re.compile(name)).first.fill(value)
    page.get_by_role("button", name="Confirm all and go on to terms").click()
    expect(page.get_by_text("As you confirmed it.")).to_be_visible()
    now = httpx.get(f"{scene.url}/v1/platform").json()["meta"]["as_of_time"]
    for name, typed in {
        "Face: what the debtor owes": total,
        "Sold for: what you get at release": "200",
        "Investors get when it is paid": "210",
        "Least to raise": "100",
        "Due": ENGLISH.date(now + 60 * 86_400),
        "Funding closes": ENGLISH.date(now + 10 * 86_400),
        "Debtor's account": scene.cast.debtor.address,
    }.items():
        page.get_by_label(name, exact=True).fill(typed)
    page.get_by_role("button", name="Go on to signing").click()
    newcomer.sign()
    page.get_by_role("link", name=re.compile("^INV-")).first.click()
    expect(page.get_by_text("Document's hash")).to_be_visible()
    return page.url.rpartition("/")[2]


def _invest(newcomer: Newcomer, invoice: str) -> None:
    """Two invoices side by side, what can be lost, and then a stake in one of them."""
    page = newcomer.page
    newcomer.go_on("Invest")
    assert page.locator("#offers tbody tr[role=row]").count() > 1
    newcomer.row(invoice).get_by_role("link").click()
    page.get_by_label("Your stake").fill("200")
    page.get_by_role("button", name="Work out").click()
    expect(page.locator("table.ladder tr").last).to_contain_text("Nothing is ever paid")
    expect(page.locator("table.ladder tr").last).to_contain_text("-200.00")
    page.get_by_role("button", name="Fund 200.00 USDC").click()
    newcomer.sign()


def _see_it_arrive(newcomer: Newcomer, scene: Scene, invoice: str) -> None:
    """The position can be claimed, late charge included, and the claim is what the ledger pays."""
    ada, shown = scene.cast.investors[0], newcomer.detail(invoice)
    late = int(shown["payments"][-1]["late"])
    assert late > 0
    (mine,) = (one for one in shown["positions"] if one["holder"] == ada.address)
    assert int(mine["claimable"]) == int(shown["par"]) + late
    newcomer.go_on("See the late charge arrive")
    expect(newcomer.row(invoice)).to_contain_text(ENGLISH.amount(mine["claimable"]))
    before = scene.platform.balance(ada.address)
    newcomer.press(newcomer.row(invoice), "Claim")
    assert scene.platform.balance(ada.address) == before + int(mine["claimable"])
    newcomer.page.goto(f"{scene.url}/market/{invoice}")
    expect(newcomer.page.get_by_role("region", name="Payments")).to_contain_text(
        ENGLISH.exact(late)
    )


def _prove(newcomer: Newcomer, folder: Path) -> None:
    """A number of that invoice, taken along as a file that is checked again."""
    page = newcomer.page
    page.get_by_role("link", name="How it is worked out: M02").first.click()
    with page.expect_download() as asked:
        page.get_by_role("link", name="Take the proof with you").click()
    proof = folder / asked.value.suggested_filename
    asked.value.save_as(proof)
    page.get_by_role("link", name="Check a proof").click()
    page.get_by_label("The proof's file").set_input_files(proof)
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("status")).to_contain_text("It holds.")

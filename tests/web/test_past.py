"""Pages as of a ledger of the past, two ledgers compared, numbers derived, proofs checked."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from api.web.numbers import Writer, label
from tests.web.conftest import Watched
from tests.web.scenes import Scene, be

ENGLISH = Writer("en")
HTML = {"Accept": "text/html"}


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


def _ledger_of(scene: Scene, invoice: str, event: str) -> int:
    """The ledger in which something happened to an invoice for the first time."""
    detail = httpx.get(f"{scene.url}/v1/invoices/{invoice}").json()["data"]
    return next(int(one["ledger"]) for one in detail["timeline"] if one["event"] == event)


def _text(scene: Scene, path: str) -> str:
    answer = httpx.get(scene.url + path, headers=HTML)
    assert answer.status_code == 200, answer.text
    return re.sub(r"nonce|<header.*?</header>", "", answer.text, flags=re.DOTALL)


def test_the_past_is_chosen_shown_kept_and_left(page: Page, scene: Scene) -> None:
    invoice = scene.told.settled
    then = _ledger_of(scene, invoice, "escrow_funded")
    page.goto(f"{scene.url}/market/{invoice}")
    expect(page.locator("h1")).to_contain_text("Settled")
    page.get_by_text("Another time").click()
    page.get_by_label("Ledger", exact=True).fill(str(then))
    page.get_by_role("button", name="Show it as it was").click()
    expect(page).to_have_url(f"{scene.url}/market/{invoice}?as_of={then}")
    expect(page.locator("h1")).to_contain_text("Open")
    expect(page.get_by_role("note")).to_contain_text(f"as of ledger {then}")
    assert page.locator("main form[method=post]").count() == 0
    assert page.locator("body").get_attribute("data-live") == ""
    page.get_by_role("link", name="Market", exact=True).first.click()
    expect(page).to_have_url(f"{scene.url}/market?as_of={then}")
    expect(page.get_by_role("link", name=label(invoice))).to_have_count(1)
    page.get_by_role("link", name="Back to now").click()
    expect(page).to_have_url(f"{scene.url}/market")
    expect(page.get_by_role("link", name=label(invoice))).to_have_count(0)


def test_a_moment_leads_to_the_ledger_that_had_closed_by_then(scene: Scene) -> None:
    detail = httpx.get(f"{scene.url}/v1/invoices/{scene.told.settled}").json()["data"]
    paid = next(one for one in detail["timeline"] if one["event"] == "payment_recorded")
    day = ENGLISH.date(paid["time"])
    asked = {"time": day, "to": "/stats?x=1&as_of=3"}
    answer = httpx.get(f"{scene.url}/as-of", params=asked, headers=HTML)
    assert answer.status_code == 303
    found = re.fullmatch(r"/stats\?x=1&as_of=(\d+)", answer.headers["location"])
    assert found is not None
    assert int(found[1]) >= paid["ledger"]
    for wrong in (
        {},
        {"ledger": "x"},
        {"ledger": "0"},
        {"ledger": "9" * 30},
        {"time": "soon"},
        {"ledger": "12.5"},
        {"ledger": f"{'0' * 10}1{'9' * 23}"},
    ):
        refused = httpx.get(f"{scene.url}/as-of", params=wrong, headers=HTML)
        assert refused.status_code == 422, wrong
    away = httpx.get(f"{scene.url}/as-of", params={"ledger": "30", "to": "//evil.example"})
    assert away.headers["location"] == "/?as_of=30"


def test_a_page_of_the_past_stays_what_it_was(scene: Scene) -> None:
    """More ledgers, more stakes: what was true at a ledger is told in the same words."""
    newest = httpx.get(f"{scene.url}/v1/platform").json()["meta"]["as_of_ledger"]
    paths = ["/", "/market", "/stats", "/analytics", f"/market/{scene.left.begun}"]
    before = [_text(scene, f"{path}?as_of={newest}") for path in paths]
    ada = scene.cast.investors[0]
    ada.act("fund", invoice_id=scene.left.begun, amount=str(3 * 10**7))
    assert [_text(scene, f"{path}?as_of={newest}") for path in paths] == before
    assert _text(scene, f"/market/{scene.left.begun}") != before[-1]


@pytest.mark.parametrize("path", ["/", "/market", "/stats", "/analytics"])
@pytest.mark.parametrize(("ledger", "status"), [("999999999", 404), ("1", 404), ("x", 422)])
def test_a_ledger_that_is_none_is_told_so(
    scene: Scene, path: str, ledger: str, status: int
) -> None:
    answer = httpx.get(f"{scene.url}{path}?as_of={ledger}", headers=HTML)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_two_ledgers_are_compared(page: Page, scene: Scene) -> None:
    invoice = scene.told.settled
    first = _ledger_of(scene, invoice, "funds_released")
    last = _ledger_of(scene, invoice, "payment_settled")
    page.goto(f"{scene.url}/compare?from={last}&to={first}&invoice={invoice}")
    told = httpx.get(
        f"{scene.url}/v1/diff", params={"from": first, "to": last, "invoice": invoice}
    ).json()["data"]
    expect(page.locator("main")).to_contain_text(f"{sum(told['events'].values())} events")
    row = page.get_by_role("row").filter(has_text="Simple yield that it brought")
    expect(row).to_contain_text("19.55")
    page.get_by_text("rows are different").click()
    expect(page.get_by_role("group", name="Rows that are different")).to_contain_text("settled")
    page.goto(f"{scene.url}/compare")
    expect(page.get_by_label("to ledger")).not_to_be_empty()


def test_a_number_leads_to_its_derivation_and_a_file_that_holds(
    page: Page, scene: Scene, tmp_path: Path
) -> None:
    invoice = scene.told.settled
    page.goto(f"{scene.url}/market/{invoice}")
    figures = page.locator("#figures")
    shown = figures.locator(".stat").filter(has_text="Promised yield").inner_text()
    figures.get_by_role("link", name="How it is worked out: M02").click()
    expect(page).to_have_url(f"{scene.url}/prove/invoice/{invoice}#M02")
    derived = page.get_by_role("row").filter(has_text="Simple yield if paid on the due date")
    rate = re.search(r"[\d.]+\s%", derived.inner_text())
    assert rate is not None
    assert rate[0] in shown
    detail = httpx.get(f"{scene.url}/v1/invoices/{invoice}").json()["data"]
    events = page.locator(".timeline li")
    expect(events.first).to_contain_text("Listed on the ledger")
    assert detail["timeline"][0]["tx_hash"][:8] in events.first.inner_text()
    page.get_by_role("link", name=re.compile("^Show .* events")).click()
    assert events.count() >= len(detail["timeline"])
    with page.expect_download() as asked:
        page.get_by_role("link", name="Take the proof with you").click()
    proof = tmp_path / asked.value.suggested_filename
    asked.value.save_as(proof)
    page.get_by_role("link", name="Check a proof").click()
    page.get_by_label("The proof's file").set_input_files(proof)
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("status")).to_contain_text("It holds.")
    expect(page.locator("main")).to_contain_text(label(invoice))

    forged = json.loads(proof.read_bytes())
    forged["figures"][0]["value"] = "1"
    proof.write_text(json.dumps(forged))
    page.get_by_label("The proof's file").set_input_files(proof)
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("alert")).to_contain_text("It does not hold.")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 100, b"[" * 10_000])
def test_a_file_that_is_no_proof_is_refused_in_words(scene: Scene, content: bytes) -> None:
    given = {"file": ("proof.json", content, "application/json")}
    answer = httpx.post(f"{scene.url}/verify", files=given, headers=HTML)
    assert answer.status_code == 200
    assert "It does not hold." in answer.text
    assert httpx.post(f"{scene.url}/verify", data={"x": "y"}, headers=HTML).status_code == 400


def test_figures_of_the_platform_and_of_a_position_are_derived_too(
    page: Page, scene: Scene
) -> None:
    page.goto(f"{scene.url}/stats")
    page.get_by_role("link", name="How it is worked out: M23").first.click()
    expect(page).to_have_url(f"{scene.url}/prove/platform#M23")
    expect(page.get_by_role("row").filter(has_text="Originations").first).to_be_visible()
    ada = scene.cast.investors[0]
    be(page, scene, ada, f"/portfolio/{scene.told.settled}")
    position = next(
        one
        for one in httpx.get(f"{scene.url}/v1/invoices/{scene.told.settled}/positions").json()[
            "data"
        ]["items"]
        if one["holder"] == ada.address
    )
    expect(page.locator("#position")).to_contain_text(ENGLISH.amount(position["received"]))
    page.get_by_role("link", name="Prove these numbers").click()
    row = page.get_by_role("row").filter(has_text="Received").first
    expect(row).to_contain_text(ENGLISH.exact(position["received"]))


@pytest.mark.parametrize("month", ["9999-12", "0000-01", "2027-13", "x"])
def test_a_month_that_is_none_is_told_so(page: Page, scene: Scene, month: str) -> None:
    be(page, scene, scene.cast.investors[0])
    answer = page.goto(f"{scene.url}/investor/statements?month={month}")
    assert answer is not None
    assert answer.status == 422
    expect(page.locator("main")).to_contain_text("Write a month such as 2027-01.")


def test_a_statement_has_every_movement_of_its_month(page: Page, scene: Scene) -> None:
    ada = scene.cast.investors[0]
    be(page, scene, ada, "/investor/statements")
    months = page.get_by_label("Month").locator("option").all()
    total, shown = 0, 0
    for month in [one.get_attribute("value") for one in months]:
        page.goto(f"{scene.url}/investor/statements?month={month}")
        table = page.locator("table").first
        amounts = table.locator("tbody td:last-child").all_inner_texts()
        shown += len(amounts)
        total += sum(
            round(float(text.split("\n")[-1].replace(",", "")) * 10**7) for text in amounts
        )
    totals = ada.get("/v1/portfolio")["totals"][0]
    got = int(totals["received"]) + int(totals["refunded"]) - int(totals["paid_in"])
    assert total == pytest.approx(got, abs=shown)
    files = page.get_by_role("link", name="CSV").first
    with page.expect_download() as asked:
        files.click()
    lines = Path(asked.value.path()).read_text().splitlines()
    assert len(lines) == shown + 1


def test_somebody_else_s_position_is_none_of_one_s_own(page: Page, scene: Scene) -> None:
    be(page, scene, scene.cast.seller)
    answer = page.request.get(
        f"{scene.url}/portfolio/{scene.told.settled}", headers={"Accept": "text/html"}
    )
    assert answer.status == 404


def test_every_way_to_a_derivation_leads_to_its_figure(scene: Scene) -> None:
    settled = scene.told.settled
    for path in ("/", "/stats", "/analytics", f"/market/{settled}"):
        ways = set(re.findall(r'href="(/prove/[^"#]+)#([^"]+)"', _text(scene, path)))
        assert ways, path
        for page, place in ways:
            assert f'<tr role="row" id="{place}">' in _text(scene, page), place

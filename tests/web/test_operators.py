"""The platform's own people at their pages: queues, cases, members, parameters, system, log."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from api.web.numbers import label
from stellarsettle.story import Story
from tests.web.conftest import Watched
from tests.web.scenes import Scene, be

DONE = "Done. It is in the ledger and shown here."
PLACES = ("", "/members", "/params", "/money", "/system", "/audit")
FIELDS = {
    "first_name": "Grete", "last_name": "Maler", "birth_date": "1990-12-31",
    "address": "Ring 1, 10115 Berlin", "address_country_code": "DEU",
    "email_address": "grete@example.org", "id_type": "passport", "id_country_code": "DEU",
    "id_number": "C01X00T47", "id_expiration_date": "2030-12-31",
}  # fmt: skip


@pytest.fixture
def page(browser: Browser, scene: Scene) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watched = Watched(context, scene.url)
    watched.allow(scene.platform.environment["RPC_URL"])
    yield watched.page
    context.close()
    assert watched.complaints == []


def test_every_page_is_shown_to_its_people_and_fits(page: Page, scene: Scene) -> None:
    be(page, scene, scene.cast.owner, "/admin")
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for place in PLACES:
        page.goto(f"{scene.url}/admin{place}")
        assert page.locator("main h1").count() == 1
        assert page.locator(".places [aria-current]").count() == 1
        for act in page.locator("details.act summary").all():
            act.click()
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(wide) <= 0, f"{place} scrolls sideways"


def test_who_has_no_role_is_told_so(scene: Scene, page: Page) -> None:
    ada = scene.cast.investors[0]
    be(page, scene, ada, "/account")
    for place in ("", "/reviews", "/kyc", "/system", "/audit"):
        asked = page.request.get(f"{scene.url}/admin{place}", headers={"Accept": "text/html"})
        assert asked.status == 403
        assert "This is for" in asked.text()


def test_a_verifier_takes_a_review_and_rejects_it_with_a_reason(page: Page, scene: Scene) -> None:
    terms = Story(scene.platform, scene.cast, lambda _: None).terms("INV-2026-REVIEW")
    invoice = str(scene.cast.seller.act("create-escrow", **terms).intent["invoice_id"])
    be(page, scene, scene.cast.verifier, "/admin/reviews")
    row = page.get_by_role("row").filter(has_text=label(invoice))
    expect(row).to_contain_text("nobody yet")
    row.get_by_role("button", name="Take it").click()
    row = page.get_by_role("row").filter(has_text=label(invoice))
    expect(row).to_contain_text("you")
    row.get_by_text("Reject").first.click()
    row.get_by_label("Why").fill("The goods were never ordered.")
    row.get_by_role("button", name="Go on to signing").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Reject {label(invoice)}")
    page.get_by_role("button", name="Sign with the play wallet").click()
    expect(page.get_by_text(DONE)).to_be_visible(timeout=30_000)
    page.goto(f"{scene.url}/admin/reviews")
    assert page.get_by_role("row").filter(has_text=label(invoice)).count() == 0


def test_two_people_accept_a_case_and_the_second_signs_the_admission(
    browser: Browser, scene: Scene
) -> None:
    """One of the staff approves first, compliance second; nobody twice, nobody for himself."""
    person, helper = scene.platform.person("Grete, new"), scene.platform.person("Hans, staff")
    scene.platform.introduce()
    told = httpx.put(
        f"{scene.url}/v1/kyc",
        json={"kind": "person", "fields": FIELDS},
        headers={"Authorization": f"Bearer {person.sign_in()}"},
    )
    assert told.status_code == 200, told.text
    context = browser.new_context()
    page = context.new_page()
    be(page, scene, scene.cast.owner, "/admin/members")
    staff = page.locator("form[action='/admin/staff']")
    staff.get_by_label("Account").fill(helper.address)
    staff.get_by_label("compliance").check()
    staff.get_by_role("button", name="Save").click()
    expect(page.get_by_role("table", name="Staff")).to_contain_text("compliance")

    be(page, scene, helper, "/admin/kyc")
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_text("C01X00T47")).to_be_visible()
    page.get_by_role("button", name="Approve, first of two").click()
    expect(page.get_by_text("another has to as well")).to_be_visible()
    case = page.url

    be(page, scene, scene.cast.compliance, "/admin/kyc")
    page.goto(case)
    page.get_by_role("button", name="Approve, second and last").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Set the membership of")
    page.get_by_role("button", name="Sign with the play wallet").click()
    expect(page.get_by_text(DONE)).to_be_visible(timeout=30_000)

    be(page, scene, scene.cast.owner, "/admin/audit?about=" + case.rpartition("/")[2])
    did = [row.split()[0] for row in page.locator("td[data-label=Action] span").all_inner_texts()]
    assert did.count("kyc.approve") == did.count("kyc.approve-first") == 1
    assert "kyc.open" in did
    context.close()


def test_bounds_are_changed_by_a_form_that_begins_with_what_holds(page: Page, scene: Scene) -> None:
    bounds = httpx.get(f"{scene.url}/v1/platform").json()["data"]["parameters"]
    be(page, scene, scene.cast.owner, "/admin/params")
    page.get_by_text("Set other bounds").click()
    form = page.locator("form[action='/act/set-params']")
    grace = form.get_by_role("group", name="Grace")
    wanted = bounds["grace"][1] // 86_400 - 1
    grace.get_by_label("At most").fill(str(wanted))
    form.get_by_role("button", name="Go on to signing").click()
    page.get_by_role("button", name="Sign with the play wallet").click()
    expect(page.get_by_text(DONE)).to_be_visible(timeout=30_000)
    now = httpx.get(f"{scene.url}/v1/platform").json()["data"]["parameters"]
    assert now == bounds | {"grace": [bounds["grace"][0], wanted * 86_400]}


def test_a_dead_job_is_named_and_tried_again(page: Page, scene: Scene) -> None:
    with psycopg.connect(scene.platform.database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO app.job (kind, key, payload, state, tries, due_at, error, ended_at)"
            " VALUES ('of-old', '1', '{}', 'dead', 12, now(), 'no such host', now())"
        )
    be(page, scene, scene.cast.owner, "/admin/system")
    expect(page.get_by_text("Something wants your attention")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="no such host")
    row.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Everything was read")).to_be_visible()

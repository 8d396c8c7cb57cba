"""What belongs to one's account, on its pages: who one is, how one is told, who else may act."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Watched
from tests.web.scenes import Scene, be

PERSON = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "birth_date": "1815-12-10",
    "address": "St James's Square 12, London",
    "address_country_code": "GBR",
    "email_address": "ada@example.com",
    "id_type": "passport",
    "id_country_code": "GBR",
    "id_number": "C01X00T47",
    "id_expiration_date": "2031-12-31",
}


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


def test_who_one_is_is_told_bit_by_bit_and_never_shown_again(page: Page, scene: Scene) -> None:
    be(page, scene, scene.cast.treasury, "/kyc")
    page.get_by_label("Given names").fill(PERSON["first_name"])
    page.get_by_label(re.compile("^Date of birth")).fill("10.12.1815")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label(re.compile("^Date of birth"))).to_have_attribute(
        "aria-invalid", "true"
    )
    expect(page.get_by_label("Given names")).to_have_value(PERSON["first_name"])
    page.get_by_label(re.compile("^Date of birth")).fill(PERSON["birth_date"])
    page.get_by_role("button", name="Send").click()
    expect(page.locator("main")).to_contain_text("Something has to be told still")
    expect(page.get_by_label("Given names")).to_have_value("")
    for name, value in PERSON.items():
        page.locator(f"[name='field.{name}']").fill(value)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("main")).to_contain_text("It is being looked at by two people")
    assert PERSON["id_number"] not in page.content()
    page.get_by_role("button", name="Erase what I told").click()
    expect(page.locator("main")).to_contain_text("Something has to be told still")


def test_notifications_are_read_and_ways_of_being_told_are_chosen(page: Page, scene: Scene) -> None:
    be(page, scene, scene.cast.seller, "/notifications")
    expect(page.locator(".timeline li.new").first).to_be_visible()
    page.get_by_role("button", name="I have read these").click()
    expect(page.locator("#notices")).to_contain_text("0 not read yet")
    page.get_by_role("link", name="Preferences").click()
    box = page.get_by_role("checkbox", name="Payments: By mail")
    expect(box).to_be_checked()
    box.uncheck()
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Keep").last.click()
    expect(page.get_by_role("status")).to_have_text("Kept.")
    expect(box).not_to_be_checked()
    expect(page.get_by_role("checkbox", name="Payments: Here")).to_be_checked()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    page.get_by_label("E-mail address").fill("sana@example.com")
    page.get_by_role("button", name="Keep").first.click()
    expect(page.get_by_role("status")).to_contain_text("follow its link")
    expect(page.locator("main")).to_contain_text("not confirmed yet")


def test_a_key_is_shown_once_works_and_is_revoked(page: Page, scene: Scene) -> None:
    be(page, scene, scene.cast.treasury, "/account/keys")
    page.get_by_label("Name").fill("book-keeping")
    page.get_by_role("button", name="Make a key").click()
    key = page.get_by_role("status").locator("code").inner_text()
    asked = {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{scene.url}/v1/me/preferences", headers=asked).status_code == 200
    page.goto(f"{scene.url}/account/keys")
    assert key not in page.content()
    page.get_by_role("button", name="Revoke").first.click()
    expect(page.locator("main")).to_contain_text("revoked")
    assert httpx.get(f"{scene.url}/v1/me/preferences", headers=asked).status_code == 401
    page.get_by_label("Name").fill("nothing")
    page.get_by_label("reading", exact=True).uncheck()
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_webhooks_come_and_go(page: Page, scene: Scene) -> None:
    be(page, scene, scene.cast.treasury, "/account/webhooks")
    page.get_by_label("Address").fill("https://1.1.1.1/told")
    page.get_by_label("Payments").check()
    page.get_by_role("button", name="Add a webhook").click()
    expect(page.get_by_role("status").locator("code")).to_have_text(re.compile("^whsec_"))
    expect(page.get_by_role("row").last).to_contain_text("Payments")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("main")).to_contain_text("You have no webhook.")


def test_an_organisation_is_founded_and_a_wrong_invitation_joins_none(
    page: Page, scene: Scene
) -> None:
    be(page, scene, scene.cast.treasury, "/account/organisations")
    page.get_by_label("What the invitation holds").fill("x" * 43)
    page.get_by_role("button", name="Join it").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Name").fill("Treasury Ltd")
    page.get_by_role("button", name="Found it").click()
    expect(page.get_by_role("row").last).to_contain_text("owner")


def test_another_browser_is_signed_out_from_here(page: Page, scene: Scene) -> None:
    be(page, scene, scene.cast.compliance)
    context = page.context.browser
    assert context is not None
    other = context.new_context()
    theirs = other.new_page()
    be(theirs, scene, scene.cast.compliance)
    page.reload()
    expect(page.get_by_text("Chrome, Linux").first).to_be_visible()
    before = page.get_by_role("button", name="End it").count()
    page.get_by_role("button", name="End it").first.click()
    expect(page.get_by_role("button", name="End it")).to_have_count(before - 1)
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    theirs.goto(f"{scene.url}/account")
    expect(theirs).to_have_url(re.compile("/login"))
    other.close()

"""Every public page: clean, careful, readable without scripts, and telling what the API tells."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from api.web.numbers import Writer, label
from api.web.static import FOLDER
from tests.web.conftest import Watched
from tests.web.scenes import Scene
from tests.web.screens import PUBLIC

ENGLISH = Writer("en")

HTML = {"Accept": "text/html"}


def _get(scene: Scene, path: str, **headers: str) -> httpx.Response:
    return httpx.get(scene.url + path, headers=HTML | headers)


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_page_gives_a_browser_nothing_to_complain_about(
    browser: Browser, scene: Scene, name: str, theme: Any, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)
    watched = Watched(context, scene.url)
    watched.page.goto(scene.url + PUBLIC[name].where(scene))
    assert watched.page.locator("main h1").count() == 1
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert watched.page.evaluate(wide) <= 0, "it scrolls sideways"
    context.close()
    assert watched.complaints == []


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_page_is_careful_whom_it_trusts(scene: Scene, name: str) -> None:
    answer = _get(scene, PUBLIC[name].where(scene))
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (
        "no-store" in answer.headers["cache-control"]
        or "private" in (answer.headers["cache-control"])
    )
    assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", answer.text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", answer.text)


def test_the_market_tells_what_the_api_tells(watched: Watched, scene: Scene) -> None:
    offers = httpx.get(f"{scene.url}/v1/marketplace").json()["data"]["items"]
    assert {offer["id"] for offer in offers} == {scene.left.begun, scene.left.fresh}
    watched.page.goto(f"{scene.url}/market")
    for offer in offers:
        row = watched.page.get_by_role("row").filter(has_text=label(offer["id"])).first
        text = row.inner_text()
        assert ENGLISH.amount(offer["face"]) in text
        assert ENGLISH.amount(offer["remaining"]) in text
        assert "USDC" in text


def test_a_search_is_an_address_that_shows_what_fits(watched: Watched, scene: Scene) -> None:
    page = watched.page
    page.goto(f"{scene.url}/market")
    page.get_by_label("Due within days").fill("50")
    page.get_by_label("Order").select_option("yield")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/market?*")
    assert "max_days=50" in page.url
    assert "sort=yield" in page.url
    assert page.get_by_role("link", name=label(scene.left.fresh)).count() == 1
    assert page.get_by_role("link", name=label(scene.left.begun)).count() == 0
    page.get_by_label("At least % a year").fill("90")
    page.get_by_role("button", name="Search").click()
    page.get_by_text("Nothing fits what you look for.").wait_for()


@pytest.mark.parametrize(
    "query", ["max_days=-1", "max_days=x", "min_yield=high", "asset=GABC", "sort=best", "after=1"]
)
def test_a_search_that_is_none_says_what_is_wrong(scene: Scene, query: str) -> None:
    answer = _get(scene, f"/market?{query}")
    assert answer.status_code == 422
    assert "A field of the request" not in answer.text


def test_an_offer_leads_to_what_a_stake_would_bring(watched: Watched, scene: Scene) -> None:
    page = watched.page
    page.goto(f"{scene.url}/market")
    page.get_by_role("link", name=label(scene.left.fresh)).click()
    page.get_by_label("Your stake in USDC").fill("1,234.5")
    page.get_by_role("button", name="Work out").click()
    asked = httpx.get(
        f"{scene.url}/v1/invoices/{scene.left.fresh}/ladder", params={"amount": "12345000000"}
    ).json()["data"]
    assert asked["stake"] == "12345000000"
    shown = page.locator("table.ladder")
    for rung in asked["rungs"]:
        named = page.get_by_role("rowheader", name=rung["title"], exact=True)
        row = shown.get_by_role("row").filter(has=named).inner_text()
        assert ENGLISH.exact(rung["receives"]) in row
        assert ENGLISH.exact(rung["gain"]) in row
    assert int(asked["rungs"][-1]["gain"]) == -12_345_000_000
    assert page.get_by_role("link", name="Fund 1,234.50 USDC").count() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0.5", "A stake is between 1.00 and "),
        ("9,700.0000001", "A stake is between 1.00 and "),
        ("a lot", "Write an amount such as 1000 or 1000.50."),
        ("1.00000001", "An amount has at most seven decimals."),
        ("<b>1</b>", "Write an amount such as 1000 or 1000.50."),
    ],
)
def test_a_stake_that_is_none_is_refused_in_words(scene: Scene, typed: str, said: str) -> None:
    answer = httpx.get(
        f"{scene.url}/market/{scene.left.fresh}", params={"amount": typed}, headers=HTML
    )
    assert answer.status_code == 200
    assert said in answer.text
    assert "<b>1" not in answer.text


def test_what_is_over_takes_no_stakes_and_tells_its_history(watched: Watched, scene: Scene) -> None:
    watched.page.goto(f"{scene.url}/market/{scene.told.settled}")
    assert watched.page.get_by_label("Your stake").count() == 0
    detail = httpx.get(f"{scene.url}/v1/invoices/{scene.told.settled}").json()["data"]
    assert watched.page.locator(".timeline li").count() == len(detail["timeline"])
    text = watched.page.locator("main").inner_text()
    for payment in detail["payments"]:
        assert ENGLISH.exact(payment["amount"]) in text


def test_the_values_of_a_figure_are_a_file_that_adds_up(watched: Watched, scene: Scene) -> None:
    watched.page.goto(f"{scene.url}/analytics")
    figure = watched.page.locator("figure").filter(has_text="by the month it is due")
    figure.get_by_text("As a table").click()
    with watched.page.expect_download() as asked:
        figure.get_by_role("link").click()
    assert re.fullmatch(r"maturity-C[A-Z2-7]{55}\.csv", asked.value.suggested_filename)
    rows = list(csv.reader(Path(asked.value.path()).read_text().splitlines()))
    assert rows[0] == ["Due in", "Principal"]
    figures = httpx.get(f"{scene.url}/v1/figures/platform").json()["data"]["figures"]
    (out,) = (f for f in figures if (f["table"], f["figure"]) == ("M10.platform", "principal"))
    assert sum(Decimal(row[1]) for row in rows[1:]) * 10**7 == int(out["value"])
    assert _get(scene, "/analytics?file=nothing").status_code == 404


def test_a_page_that_is_none_says_so_in_words_and_the_api_in_json(scene: Scene) -> None:
    page, data = _get(scene, "/nowhere"), httpx.get(f"{scene.url}/nowhere")
    assert page.status_code == data.status_code == 404
    assert "There is nothing here under that name." in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-store"
    assert data.headers["content-type"] == "application/problem+json"
    assert page.headers["x-request-id"] in page.text


def test_the_reader_chooses_the_language_and_stays_where_they_are(scene: Scene) -> None:
    with httpx.Client(base_url=scene.url, headers=HTML) as client:
        answer = client.get("/language/de", params={"to": "/market"})
        assert answer.headers["location"] == "/market"
        page = client.get("/market")
        assert 'lang="de"' in page.text
        assert "Offene Rechnungen" in page.text
        assert client.get("/language/xx").status_code == 404


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/help", "Es ist nichts auszuzahlen."),
        ("/metrics", "Die Rechnung ist weder beglichen noch abgeschrieben."),
        ("/market/none", "Prüfen Sie die Adresse"),
    ],
)
def test_what_is_written_elsewhere_is_in_the_reader_s_language_too(
    scene: Scene, path: str, said: str
) -> None:
    page = _get(scene, path, **{"Accept-Language": "de"}).text
    assert said in page
    english = re.findall(r'<(?!a )\w+ lang="en">', page)
    assert len(english) == (1 if path == "/market/none" else 0)


@pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/\\evil", "x", "/\n"])
def test_a_choice_of_language_leads_nowhere_else(scene: Scene, to: str) -> None:
    answer = httpx.get(f"{scene.url}/language/de", params={"to": to}, headers=HTML)
    assert answer.headers["location"] == "/"


def test_files_are_kept_for_ever_and_only_under_their_own_digest(scene: Scene) -> None:
    path = re.search(r'href="(/static/[^"]+app\.css)"', _get(scene, "/").text)
    assert path is not None
    answer = httpx.get(scene.url + path[1])
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
    assert httpx.get(scene.url + "/static/000000000000/app.css").status_code == 404
    assert httpx.get(scene.url + path[1].replace("app.css", "..%2fstatic.py")).status_code == 404


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("br, gzip;q=0.5", "gzip"), ("gzip; q=0", None), ("identity", None), ("*", None)],
)
def test_pages_and_files_come_packed_to_whoever_takes_it(
    scene: Scene, accepted: str, encoding: str | None
) -> None:
    page = _get(scene, "/", **{"Accept-Encoding": accepted})
    path = re.search(r'href="(/static/[^"]+app\.css)"', page.text)
    assert path is not None
    style = httpx.get(scene.url + path[1], headers={"Accept-Encoding": accepted})
    for answer in (page, style):
        assert answer.headers.get("content-encoding") == encoding
        assert "Accept-Encoding" in answer.headers["vary"]
    assert style.text == (FOLDER / "app.css").read_text()


def test_pages_are_readable_without_scripts(browser: Browser, scene: Scene) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{scene.url}/market/{scene.left.begun}?amount=500")
    assert page.get_by_role("heading", name="What a stake would bring").count() == 1
    assert page.locator("tbody tr").count() >= 6
    context.close()


def test_a_mail_s_link_only_asks_and_an_invented_one_confirms_nothing(scene: Scene) -> None:
    asked = _get(scene, "/account/email?token=x%22%3E%3Cb%3E")
    assert asked.status_code == 200
    assert "<b>" not in asked.text
    answer = httpx.post(f"{scene.url}/account/email", data={"token": "x"}, headers=HTML)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"].startswith("text/html")

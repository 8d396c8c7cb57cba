"""One transaction and everything that may become of it, told by its page until it has ended."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from stellarsettle.local import UNITS
from stellarsettle.wallet import Wallet
from tests.web.scenes import Scene, be

DONE = "Done. It is in the ledger and shown here."
PATIENCE = 30_000
"""Milliseconds in which a busy machine comes to an end."""


class Desk:
    """Cleo at her browser, before a stake that she asked for and has not signed yet."""

    def __init__(self, page: Page, scene: Scene) -> None:
        self.page, self.scene = page, scene
        self.cleo: Wallet = scene.cast.investors[2]
        self.node = re.compile(re.escape(scene.platform.environment["RPC_URL"]))

    def ask(self, amount: str) -> None:
        where = f"/market/{self.scene.left.fresh}?amount={amount}"
        be(self.page, self.scene, self.cleo, where)
        self.page.get_by_role("button", name=f"Fund {amount}").click()
        expect(self.now).to_contain_text("Ready to sign")

    def sign(self) -> None:
        self.page.get_by_role("button", name="Sign with the play wallet").click()

    @property
    def now(self) -> Locator:
        return self.page.locator(".stepper .now")

    def done(self, page: Page | None = None) -> None:
        expect((page or self.page).get_by_text(DONE)).to_be_visible(timeout=PATIENCE)

    def ends(self, sentence: str) -> None:
        """The page comes to a bad end by itself, and says so."""
        expect(self.page.locator(".stepper .bad")).to_contain_text(sentence, timeout=PATIENCE)
        expect(self.page.get_by_role("button", name="Sign with the play wallet")).to_have_count(0)


@pytest.fixture
def desk(browser: Browser, scene: Scene) -> Iterator[Desk]:
    context = browser.new_context()
    yield Desk(context.new_page(), scene)
    context.close()


def _answers(route: Route, status: str) -> None:
    """What a node would say of a transaction, in the place of the node."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"status": status, "hash": "00" * 32}})
    if route.request.method == "POST":
        route.fulfill(body=body, headers={"Access-Control-Allow-Origin": "*"})
    else:
        route.continue_()


def test_a_note_that_never_reaches_the_service_is_no_failure(desk: Desk) -> None:
    """The transaction is the ledger's by then: the service finds it without being told."""
    desk.page.route("**/hint", lambda route: route.abort())
    desk.ask("3.01")
    desk.sign()
    desk.done()


def test_what_is_under_way_is_named_among_one_s_own_until_it_has_ended(desk: Desk) -> None:
    desk.ask("3.09")
    asked = desk.page.url
    desk.page.goto(f"{desk.scene.url}/investor")
    desk.page.get_by_role("link", name="Invest 3.09").click()
    expect(desk.page).to_have_url(asked)
    desk.sign()
    desk.done()
    desk.page.goto(f"{desk.scene.url}/investor")
    expect(desk.page.get_by_role("link", name="Invest 3.09")).to_have_count(0)


def test_a_node_that_is_away_is_named_and_the_same_is_signed_again(desk: Desk) -> None:
    desk.ask("3.02")
    desk.page.route(desk.node, lambda route: route.abort())
    desk.sign()
    expect(desk.page.get_by_text("The network's node did not take it.")).to_be_visible()
    desk.page.unroute(desk.node)
    desk.sign()
    desk.done()


def test_a_transaction_that_the_ledger_refuses_is_called_refused(desk: Desk) -> None:
    desk.ask("3.03")
    desk.page.route(desk.node, lambda route: _answers(route, "ERROR"))
    desk.sign()
    expect(desk.page.get_by_text("The ledger refuses it:")).to_be_visible()
    expect(desk.now).to_contain_text("Ready to sign")


def test_a_full_ledger_is_waited_for(desk: Desk) -> None:
    answers = ["TRY_AGAIN_LATER"]

    def first(route: Route) -> None:
        if answers and route.request.method == "POST":
            _answers(route, answers.pop())
        else:
            route.continue_()

    desk.ask("3.04")
    desk.page.route(desk.node, first)
    desk.sign()
    desk.done()
    assert not answers


def test_what_the_contract_refuses_in_the_ledger_has_failed_and_says_why(desk: Desk) -> None:
    """Compliance freezes Cleo after her transaction was made and before she signs it."""
    member = desk.cleo.get("/v1/me")["membership"]
    rule = {"address": desk.cleo.address, "until": member["until"]}
    desk.ask("3.05")
    desk.scene.cast.compliance.act("set-member", frozen=True, **rule)
    try:
        desk.sign()
        desk.ends("It failed in the ledger")
        expect(desk.page.locator("main")).to_contain_text("frozen")
        expect(desk.page.locator("main")).to_contain_text("Fee charged")
    finally:
        desk.scene.cast.compliance.act("set-member", frozen=False, **rule)


def test_a_number_that_another_transaction_took_means_it_did_not_happen(desk: Desk) -> None:
    desk.ask("3.06")
    stake = {"invoice_id": desk.scene.left.fresh, "amount": str(UNITS)}
    desk.cleo.act("fund", **stake)
    desk.ends("the account's number was used by another")


def test_a_time_that_is_over_means_it_did_not_happen(desk: Desk) -> None:
    desk.ask("3.07")
    desk.scene.platform.devnet.advance_time(3_600)
    desk.ends("its time is over")


def test_in_the_ledger_is_not_done_before_it_is_shown_here(desk: Desk) -> None:
    """While nobody reads the ledger the page waits; a reload and another tab tell the same."""
    desk.ask("3.08")
    desk.scene.platform.indexer.stop()
    try:
        desk.sign()
        expect(desk.now).to_contain_text("In the ledger", timeout=PATIENCE)
        desk.page.reload()
        expect(desk.now).to_contain_text("In the ledger")
        other = desk.page.context.new_page()
        other.goto(desk.page.url)
        expect(other.locator(".stepper .now")).to_contain_text("In the ledger")
    finally:
        desk.scene.platform.indexer.start()
    desk.done()
    desk.done(other)

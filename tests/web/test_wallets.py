"""Wallets' own modules in the page, and everything that may go wrong between wallet and page."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from stellar_sdk import Keypair, Network

from tests.web.conftest import Watched
from tests.web.extensions import Albedo, Freighter, Holder, Ledger, Lobstr, XBull
from tests.web.scenes import Scene

DONE = "Done. It is in the ledger"
SIGN = re.compile("Sign with Freighter")
OTHERS: dict[str, type[Holder]] = {
    "LOBSTR": Lobstr, "xBull": XBull, "Albedo": Albedo, "Ledger": Ledger,
}  # fmt: skip


class Desk:
    """Ada at her browser, signed in by a wallet, before a transaction that waits for her."""

    def __init__(self, page: Page, wallet: Holder, scene: Scene, name: str) -> None:
        self.page, self.wallet, self.scene, self.name = page, wallet, scene, name
        self.ada = scene.cast.investors[0]

    def ask(self, amount: str) -> None:
        """Sign in, and ask for a stake's transaction."""
        page, scene = self.page, self.scene
        page.goto(f"{scene.url}/login?to=/market/{scene.left.fresh}")
        page.get_by_role("button", name=f"Sign in with {self.name}").click()
        expect(page).to_have_url(f"{scene.url}/market/{scene.left.fresh}")
        page.get_by_label("Your stake").fill(amount)
        page.get_by_role("button", name="Work out").click()
        page.get_by_role("button", name=re.compile("^Fund")).click()
        expect(page.locator(".stepper .now")).to_contain_text("Ready to sign")

    def sign(self) -> None:
        while len(self.page.context.pages) > 1:  # a person sees a wallet's window close
            self.page.wait_for_timeout(20)
        self.page.get_by_role("button", name=f"Sign with {self.name}").click()

    def raised(self) -> int:
        """What the invoice has raised, by the API."""
        shown = httpx.get(f"{self.scene.url}/v1/invoices/{self.scene.left.fresh}").json()
        return int(shown["data"]["raised"])


@contextlib.contextmanager
def _at_a_desk(browser: Browser, scene: Scene, name: str, kind: type[Holder]) -> Iterator[Desk]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    ada = scene.cast.investors[0]
    wallet = kind(context, ada.keypair, scene.platform.devnet.passphrase)
    watched = Watched(context, scene.url)
    watched.allow(scene.platform.environment["RPC_URL"])
    yield Desk(watched.page, wallet, scene, name)
    context.close()
    assert watched.complaints == []


@pytest.fixture
def desk(browser: Browser, scene: Scene) -> Iterator[Desk]:
    with _at_a_desk(browser, scene, "Freighter", Freighter) as made:
        yield made


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_every_wallet_signs_in_may_decline_signs_and_it_is_shown(
    browser: Browser, scene: Scene, name: str
) -> None:
    with _at_a_desk(browser, scene, name, OTHERS[name]) as desk:
        before = desk.raised()
        desk.ask("3")
        desk.wallet.declines = True
        desk.sign()
        expect(desk.page.get_by_text("You declined. Nothing was sent.")).to_be_visible()
        desk.wallet.declines = False
        desk.sign()
        expect(desk.page.get_by_text(DONE)).to_be_visible(timeout=30_000)
        assert desk.raised() == before + 3 * 10**7


@pytest.mark.parametrize("name", ["Ledger", "Albedo"])
def test_another_account_is_noticed_before_anything_is_sent(
    browser: Browser, scene: Scene, name: str
) -> None:
    with _at_a_desk(browser, scene, name, OTHERS[name]) as desk:
        before = desk.raised()
        desk.ask("4")
        desk.wallet.keypair = other = Keypair.random()
        desk.sign()
        expect(desk.page.get_by_text("Your wallet is on another account:")).to_be_visible()
        told = "" if name == "Albedo" else other.public_key  # its answer names no account
        expect(desk.page.locator("[data-when=account] code")).to_have_text(told)
        assert desk.raised() == before


def test_freighter_signs_in_signs_and_it_is_shown(desk: Desk) -> None:
    before = desk.raised()
    desk.ask("12")
    desk.page.get_by_role("button", name=SIGN).click()
    expect(desk.page.get_by_text(DONE)).to_be_visible(timeout=30_000)
    assert desk.raised() == before + 12 * 10**7


def test_who_declines_is_told_that_nothing_was_sent_and_may_sign_again(desk: Desk) -> None:
    desk.ask("13")
    desk.wallet.declines = True
    desk.page.get_by_role("button", name=SIGN).click()
    expect(desk.page.get_by_text("You declined. Nothing was sent.")).to_be_visible()
    desk.wallet.declines = False
    desk.page.get_by_role("button", name=SIGN).click()
    expect(desk.page.get_by_text(DONE)).to_be_visible(timeout=30_000)


def test_another_account_in_the_wallet_is_noticed_before_it_signs(desk: Desk) -> None:
    before = desk.raised()
    desk.ask("14")
    desk.wallet.keypair = other = Keypair.random()
    desk.page.get_by_role("button", name=SIGN).click()
    expect(desk.page.get_by_text("Your wallet is on another account:")).to_be_visible()
    expect(desk.page.locator("[data-when=account] code")).to_have_text(other.public_key)
    assert desk.raised() == before


def test_another_network_in_the_wallet_is_noticed_before_it_signs(desk: Desk) -> None:
    desk.ask("15")
    desk.wallet.passphrase = Network.PUBLIC_NETWORK_PASSPHRASE
    desk.page.get_by_role("button", name=SIGN).click()
    expect(desk.page.get_by_text("Your wallet is on another network:")).to_be_visible()


def test_a_wallet_that_changes_more_than_the_fee_is_not_followed(desk: Desk) -> None:
    before = desk.raised()
    desk.ask("16")
    desk.wallet.changes_time = True
    desk.page.get_by_role("button", name=SIGN).click()
    expect(desk.page.get_by_text("The wallet changed more than the fee.")).to_be_visible()
    assert desk.raised() == before


def test_a_fee_that_the_wallet_raised_is_followed_under_its_own_hash(desk: Desk) -> None:
    before = desk.raised()
    desk.ask("17")
    desk.wallet.raises_fee = 1_000
    desk.page.get_by_role("button", name=SIGN).click()
    expect(desk.page.get_by_text(DONE)).to_be_visible(timeout=60_000)
    expect(desk.page.get_by_text("Your wallet changed it")).to_be_visible()
    assert desk.raised() == before + 17 * 10**7


@pytest.mark.parametrize("name", ["Freighter", "LOBSTR"])
def test_no_extension_is_said_in_words(browser: Browser, scene: Scene, name: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{scene.url}/login")
    page.get_by_role("button", name=f"Sign in with {name}").click()
    expect(page.get_by_text("That wallet is not here.")).to_be_visible(timeout=10_000)
    context.close()

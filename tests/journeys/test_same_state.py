"""Transactions that were simulated on the same state of the ledger and land one after the other."""

from __future__ import annotations

import pytest

from stellarsettle import story
from stellarsettle.local import LocalPlatform
from stellarsettle.wallet import Wallet
from tests.journeys.exits import Stage, units


@pytest.fixture(scope="module")
def stage(platform: LocalPlatform) -> Stage:
    return Stage(platform, story.gather(platform))


def together(action: str, invoice: str, parts: dict[Wallet, str]) -> list[str]:
    """Prepare all on one state, submit one after the other; what became of each."""
    intents = [
        (wallet, wallet.prepare(action, invoice_id=invoice, amount=str(units(usdc))))
        for wallet, usdc in parts.items()
    ]
    outcomes = []
    for wallet, intent in intents:
        try:
            wallet.submit(intent)
        except Exception as error:  # noqa: BLE001 -- whatever the ledger says against it
            outcomes.append(type(error).__name__)
        else:
            outcomes.append(str(wallet.follow(intent)["status"]))
    return outcomes


def test_a_stake_that_was_first_becomes_the_one_that_fills_the_raise(stage: Stage) -> None:
    """The first leaves 4,500: the second, simulated before it, closes the raise."""
    ada, ben, _ = stage.cast.investors
    before = stage.balances(ada, ben)
    invoice = stage.funded("SAME-1", {})
    assert together("fund", invoice, {ada: "5000", ben: "4500"}) == ["projected", "projected"]
    assert stage.story.invoice(invoice)["status"] == "funded"
    assert stage.gained(before, ada, ben) == [units("-5000"), units("-4500")]
    stage.agrees(invoice)


def test_of_two_stakes_for_the_same_money_one_fails_and_moves_nothing(stage: Stage) -> None:
    ada, ben, _ = stage.cast.investors
    before = stage.balances(ada, ben)
    invoice = stage.funded("SAME-2", {})
    first, second = together("fund", invoice, {ada: "5000", ben: "5000"})
    assert first == "projected"
    assert second != "projected"
    assert stage.gained(before, ada, ben) == [units("-5000"), 0]
    stage.agrees(invoice)


def test_a_payment_simulated_before_another_one_settles(stage: Stage) -> None:
    """6,000 of the debtor and 4,000 of the seller, each simulated as the first: 10,000 in all."""
    ada, ben, _ = stage.cast.investors
    debtor, seller = stage.cast.debtor, stage.cast.seller
    invoice = stage.released("SAME-3", {ada: 5_000, ben: 4_500})
    assert together("pay", invoice, {debtor: "6000", seller: "4000"}) == ["projected"] * 2
    assert stage.story.invoice(invoice)["status"] == "settled"
    stage.claim_all(invoice, ada, ben)
    stage.agrees(invoice)

"""Every way an invoice can end other than on time: on the ledger, by unsigned transactions.

All have the terms of the story: face 10,000, target 9,500, par 9,800, fee 1 % of the face, late
charge 0.1 % a day of what investors are owed, at most 10 %. Figures worked by hand, in USDC.
"""

from __future__ import annotations

import pytest

from stellarsettle import story
from stellarsettle.local import LocalPlatform
from stellarsettle.story import DAY
from tests.journeys.exits import REASON, TAKEN_BY_EXITS, Stage, refused, units


@pytest.fixture(scope="module")
def stage(platform: LocalPlatform) -> Stage:
    return Stage(platform, story.gather(platform))


def test_a_dispute_before_and_one_after_release(stage: Stage) -> None:
    """Both block what they should and nothing else; the invoice ends as if they had not been.

    Ada 5,000 and Ben 4,500. The debtor pays 10,000 early: fee 100, investors 9,800, seller 100.
    Ada 9,800 x 50/95 = 5,157.89473684... -> 5,157.8947368, Ben 9,800 x 45/95 = 4,642.10526315...
    -> 4,642.1052631. The seller has 9,500 + 100, the treasury 100.
    """
    ada, ben, _ = stage.cast.investors
    seller, debtor, treasury = stage.cast.seller, stage.cast.debtor, stage.cast.treasury
    people = (ada, ben, seller, debtor, treasury)
    before = stage.balances(*people)
    invoice = stage.funded("DISPUTED", {ada: 5_000, ben: 4_500})
    debtor.act("dispute", invoice_id=invoice, reason=REASON)
    stage.wait(stage.story.invoice(invoice)["times"]["release_at"])
    refused(lambda: seller.prepare("release", invoice_id=invoice), "disputed")
    stage.agrees(invoice)
    stage.arbiter.act("resolve-dispute", invoice_id=invoice, outcome="resume")
    refused(
        lambda: debtor.prepare("dispute", invoice_id=invoice, reason=REASON), "already-disputed"
    )
    seller.act("release", invoice_id=invoice)

    seller.act("dispute", invoice_id=invoice, reason=REASON)
    transfer = {"invoice_id": invoice, "to": ben.address, "amount": str(units("1"))}
    refused(lambda: ada.prepare("transfer-shares", **transfer), "disputed")
    stage.pay(invoice, "10000")
    assert stage.story.invoice(invoice)["status"] == "settled"
    assert not stage.story.invoice(invoice)["disputed"]
    stage.claim_all(invoice, ada, ben)
    assert stage.gained(before, *people) == [
        units("157.8947368"),
        units("142.1052631"),
        units("9600"),
        units("-10000"),
        units("100"),
    ]
    stage.agrees(invoice)


def test_a_dispute_that_voids_a_raise(stage: Stage) -> None:
    """Ada's 5,000 are hers again, to the unit; the seller has nothing."""
    ada, seller = stage.cast.investors[0], stage.cast.seller
    before = stage.balances(ada, seller)
    invoice = stage.funded("VOID", {ada: 5_000})
    stage.cast.debtor.act("dispute", invoice_id=invoice, reason=REASON)
    refused(lambda: ada.prepare("fund", invoice_id=invoice, amount=str(units("100"))), "disputed")
    stage.arbiter.act("resolve-dispute", invoice_id=invoice, outcome="void")
    assert stage.story.invoice(invoice)["status"] == "refunding"
    stage.agrees(invoice)
    ada.act("refund", invoice_id=invoice)
    assert stage.story.invoice(invoice)["status"] == "refunded"
    assert stage.gained(before, ada, seller) == [0, 0]
    stage.agrees(invoice)


def test_a_default_with_late_recovery_after_write_off(stage: Stage) -> None:
    """Ten days of grace, ninety of recovery; then 4,000 come after all, and the rest never.

    Late: 0.1 % x 9,800 = 9.80 a day, 100 days to the write-off = 980, which is also the cap of
    10 %, so 10,980 are due. Of 4,000: late 980; face 3,020: fee 30.20, investors 2,989.80, seller
    0. Investors have 3,969.80: Ada 50/95 = 2,089.36842105... -> 2,089.3684210, Ben 45/95 =
    1,880.43157894... -> 1,880.4315789. Still short: 9,800 - 2,989.80 = 6,810.20; due 6,980.
    """
    ada, ben, _ = stage.cast.investors
    seller, debtor, treasury = stage.cast.seller, stage.cast.debtor, stage.cast.treasury
    people = (ada, ben, seller, debtor, treasury)
    before = stage.balances(*people)
    invoice = stage.released("DEFAULTED", {ada: 5_000, ben: 4_500})
    due = stage.story.invoice(invoice)["due_at"]
    stage.wait(due + 9 * DAY)
    refused(lambda: ada.prepare("mark-default", invoice_id=invoice), "time-locked")
    stage.wait(due + 10 * DAY)
    ada.act("mark-default", invoice_id=invoice)
    refused(lambda: stage.arbiter.prepare("write-off", invoice_id=invoice), "time-locked")
    stage.agrees(invoice)
    stage.wait(due + 100 * DAY)
    stage.arbiter.act("write-off", invoice_id=invoice)
    money = stage.story.invoice(invoice)["money"]
    assert int(money["amount_due"]) == units("10980")
    assert int(money["shortfall"]) == units("9800")

    stage.wait(due + 140 * DAY)
    stage.pay(invoice, "4000")
    shown = stage.story.invoice(invoice)
    assert shown["status"] == "written_off"
    assert int(shown["money"]["amount_due"]) == units("6980")
    assert int(shown["money"]["shortfall"]) == units("6810.20")
    stage.claim_all(invoice, ada, ben)
    assert stage.gained(before, *people) == [
        units("-2910.6315790"),
        units("-2619.5684211"),
        units("9500"),
        units("-4000"),
        units("30.20"),
    ]
    stage.agrees(invoice)


def test_a_cancellation_with_money_raised(stage: Stage) -> None:
    """Ada 3,000 and Ben 1,000 come back to the unit; Ben's by a stranger's hand."""
    ada, ben, _ = stage.cast.investors
    before = stage.balances(ada, ben, stage.cast.seller)
    invoice = stage.funded("CANCELLED", {ada: 3_000, ben: 1_000})
    stage.cast.seller.act("cancel", invoice_id=invoice)
    shown = stage.story.invoice(invoice)
    assert (shown["status"], int(shown["raised"])) == ("refunding", units("4000"))
    stage.agrees(invoice)
    ada.act("refund", invoice_id=invoice)
    stage.arbiter.act("refund", invoice_id=invoice, holder=ben.address)
    assert stage.story.invoice(invoice)["status"] == "refunded"
    assert stage.gained(before, ada, ben, stage.cast.seller) == [0, 0, 0]
    stage.agrees(invoice)


def test_a_position_sold_between_two_payments(stage: Stage) -> None:
    """Ada sells 2,000 of her 5,000 shares to Cleo between a payment of 4,000 and one of 6,000.

    Investors get 3,960, then 5,840 (fee 40 and 60, the seller 100). Of 9,500 shares:
    Ada 3,960 x 50/95 + 5,840 x 30/95 = 2,084.21052631... + 1,844.21052631... = 3,928.42105263...
    -> 3,928.4210526; Ben 9,800 x 45/95 -> 4,642.1052631; Cleo 5,840 x 20/95 = 1,229.47368421...
    -> 1,229.4736842. Together 9,799.9999999: one unit stays in the pool.
    """
    ada, ben, cleo = stage.cast.investors
    before = stage.balances(ada, ben, cleo)
    invoice = stage.released("SOLD", {ada: 5_000, ben: 4_500})
    stage.pay(invoice, "4000")
    sale = {"invoice_id": invoice, "to": cleo.address, "amount": str(units("2000"))}
    ada.act("transfer-shares", **sale)
    stage.agrees(invoice)
    stage.pay(invoice, "6000")
    stage.claim_all(invoice, ada, ben, cleo)
    assert stage.gained(before, ada, ben, cleo) == [
        units("-1071.5789474"),
        units("142.1052631"),
        units("1229.4736842"),
    ]
    stage.agrees(invoice)


def test_a_lost_wallet_recovered(stage: Stage) -> None:
    """Lena's key is lost after the first payment; seven days later all of it is Lena's new key's.

    Ada 5,000, Lena 4,500. Of 4,000 Lena's credit is 3,960 x 45/95 = 1,875.78947368...; with the
    rest, 9,800 x 45/95 -> 4,642.1052631 go to the new wallet, nothing to the lost one.
    Ada 9,800 x 50/95 -> 5,157.8947368.
    """
    ada = stage.cast.investors[0]
    lost, new = stage.member("Lena, lost"), stage.member("Lena, new")
    before = stage.balances(ada, lost, new)
    invoice = stage.released("LOST", {ada: 5_000, lost: 4_500})
    stage.pay(invoice, "4000")
    stage.set_member(lost, frozen=True)
    refused(lambda: ada.prepare("claim", invoice_id=invoice, holder=lost.address), "frozen")
    frozen_at = stage.platform.chain.close_time()
    (position,) = (
        one for one in stage.story.invoice(invoice)["positions"] if one["holder"] == lost.address
    )
    assert (int(position["claimable"]), position["frozen"]) == (units("1875.7894736"), True)
    request = stage.recovery(invoice, lost, new)
    refused(lambda: stage.arbiter.authorize("recover-position", **request), "time-locked")
    stage.wait(frozen_at + 7 * DAY)
    refused(lambda: ada.authorize("recover-position", **request), "not-authorised")
    other = stage.arbiter.authorize("recover-position", **(request | {"to": ada.address}))
    refused(
        lambda: stage.cast.compliance.prepare("recover-position", **request, authorization=other),
        "authorization-refused",
    )
    stage.recover(invoice, lost, new)
    stage.agrees(invoice)
    stage.pay(invoice, "6000")
    stage.claim_all(invoice, ada, new)
    assert stage.gained(before, ada, lost, new) == [
        units("157.8947368"),
        units("-4500"),
        units("4642.1052631"),
    ]
    stage.agrees(invoice)


def test_what_nobody_funds_enough_expires(stage: Stage) -> None:
    """Ada's 1,000 of at least 5,000 come back to her after the deadline."""
    ada = stage.cast.investors[0]
    before = stage.balances(ada)
    invoice = stage.funded("EXPIRED", {ada: 1_000})
    problem = refused(lambda: ada.prepare("expire", invoice_id=invoice), "time-locked")
    assert problem["detail"].startswith("It does not expire before ")
    stage.wait(stage.story.invoice(invoice)["deadline"])
    ada.act("expire", invoice_id=invoice)
    stage.agrees(invoice)
    ada.act("refund", invoice_id=invoice)
    assert stage.gained(before, ada) == [0]
    stage.agrees(invoice)


def test_platform_and_people_are_shown_as_they_are(stage: Stage) -> None:
    stage.platform_agrees()


def test_every_exit_was_taken(stage: Stage) -> None:
    assert stage.taken() >= TAKEN_BY_EXITS

"""Every action that the API offers is taken on the ledger, by the wallet that may take it.

The figures of the story's terms: face 10,000, target 9,500, par 9,800, fee 1 % of the face.
"""

from __future__ import annotations

import functools

import pytest

from api.transactions.actions import ACTIONS
from stellarsettle import code, deploy, story
from stellarsettle.local import LocalPlatform
from stellarsettle.story import DAY
from stellarsettle.wallet import Wallet
from tests.journeys.exits import REASON, TAKEN_BY_EXITS, Stage, refused, units


@pytest.fixture(scope="module")
def stage(platform: LocalPlatform) -> Stage:
    return Stage(platform, story.gather(platform))


@pytest.fixture(scope="module")
def owner(platform: LocalPlatform) -> Wallet:
    wallet = platform.operator("owner")
    wallet.sign_in()
    return wallet


def test_payouts_to_others_and_in_batches(stage: Stage) -> None:
    """All that is owed goes out, none of it to whom it was first meant for.

    Ada 5,000 and Ben 4,500; 10,000 paid early: Ada 5,157.8947368, Ben 4,642.1052631, the seller
    100 beside the 9,500.
    """
    ada, ben, cleo = stage.cast.investors
    seller = stage.cast.seller
    vault = stage.platform.person("Ada's vault")
    people = (ada, ben, seller, vault)
    before = stage.balances(*people)
    invoice = stage.released("TO-OTHERS", {ada: 5_000, ben: 4_500})
    refused(
        lambda: ada.prepare("claim-to", invoice_id=invoice, to=vault.address), "nothing-to-claim"
    )
    stage.pay(invoice, "10000")
    done = ada.act("claim-to", invoice_id=invoice, to=vault.address)
    assert done.summary.startswith("Claim 5,157.8947368 from INV-")
    (move,) = done.intent["moves"]
    assert move == {
        "token": stage.platform.asset,
        "amount": str(units("5157.8947368")),
        "from": stage.platform.deployment.distributor,
        "to": vault.address,
    }
    holders = [ada.address, ben.address, stage.arbiter.address]
    done = cleo.act("distribute", invoice_id=invoice, holders=holders)
    assert done.intent["returns"] == ["0", str(units("4642.1052631")), "0"]
    refused(
        lambda: cleo.prepare("distribute", invoice_id=invoice, holders=holders), "nothing-to-claim"
    )
    refused(
        lambda: ada.prepare("claim-residual-to", invoice_id=invoice, to=ada.address),
        "not-authorised",
    )
    seller.act("claim-residual-to", invoice_id=invoice, to=vault.address)
    assert stage.gained(before, *people) == [
        units("-5000"),
        units("142.1052631"),
        units("9500"),
        units("5257.8947368"),
    ]
    stage.agrees(invoice)


def test_a_closed_raise_that_is_cancelled_is_refunded_to_others_and_in_batches(
    stage: Stage,
) -> None:
    ada, ben, cleo = stage.cast.investors
    vault = stage.platform.person("another vault")
    before = stage.balances(ada, ben, cleo, vault)
    invoice = stage.funded("CLOSED", {ada: 3_000, ben: 1_500, cleo: 500})
    stage.cast.seller.act("close-funding", invoice_id=invoice)
    assert stage.story.invoice(invoice)["status"] == "funded"
    stage.cast.seller.act("cancel", invoice_id=invoice)
    ada.act("refund-to", invoice_id=invoice, to=vault.address)
    holders = [ada.address, ben.address, cleo.address]
    done = ben.act("refund-batch", invoice_id=invoice, holders=holders)
    assert done.intent["returns"] == ["0", str(units("1500")), str(units("500"))]
    assert stage.story.invoice(invoice)["status"] == "refunded"
    assert stage.gained(before, ada, ben, cleo, vault) == [units("-3000"), 0, 0, units("3000")]
    stage.agrees(invoice)


def test_shares_move_by_another_hand_and_end_after_settlement(stage: Stage) -> None:
    ada, ben, cleo = stage.cast.investors
    invoice = stage.released("BY-ANOTHER", {ada: 5_000, ben: 4_500})
    last = stage.platform.chain.server.get_latest_ledger().sequence + 10_000
    allowance = {"spender": cleo.address, "amount": str(units("2500")), "live_until_ledger": last}
    ada.act("allow-shares", invoice_id=invoice, **allowance)
    sale = {"from": ada.address, "to": ben.address, "amount": str(units("2000"))}
    cleo.act("transfer-shares-from", invoice_id=invoice, **sale)
    refused(
        lambda: cleo.prepare("transfer-shares-from", invoice_id=invoice, **sale),
        "insufficient-allowance",
    )
    refused(lambda: ada.prepare("burn-shares", invoice_id=invoice, amount="1"), "burn-not-allowed")
    stage.pay(invoice, "10000")
    stage.agrees(invoice)
    ada.act("burn-shares", invoice_id=invoice, amount=str(units("1000")))
    ended = {"from": ada.address, "amount": str(units("500"))}
    cleo.act("burn-shares-from", invoice_id=invoice, **ended)
    ada.act("allow-shares", invoice_id=invoice, **(allowance | {"amount": "0"}))
    positions = {
        one["holder"]: int(one["shares"]) for one in stage.story.invoice(invoice)["positions"]
    }
    assert positions == {ada.address: units("1500"), ben.address: units("6500")}
    stage.claim_all(invoice, ada, ben)
    stage.agrees(invoice)
    for contract, holders in (("escrow", [ada.address]), ("distributor", []), ("token", [])):
        ben.act("bump", invoice_id=invoice, contract=contract, holders=holders)


def test_a_listing_that_is_rejected(stage: Stage) -> None:
    stage.story.admit()
    done = stage.cast.seller.act("create-escrow", **stage.story.terms("REJECTED"))
    invoice = str(done.intent["invoice_id"])
    refused(
        lambda: stage.cast.debtor.prepare("reject", invoice_id=invoice, reason=REASON),
        "not-authorized-role",
    )
    stage.cast.verifier.act("reject", invoice_id=invoice, reason=REASON)
    assert stage.story.invoice(invoice)["status"] == "cancelled"
    stage.agrees(invoice)


def test_what_guardians_and_the_owner_do(stage: Stage, owner: Wallet) -> None:
    """Parameters, roles, pause, treasury and surplus; the read models show each."""
    guardian = stage.platform.person("Gus, guardian", usdc=units("3"))
    guardian.sign_in()
    refused(lambda: guardian.prepare("pause"), "not-authorized-role")
    owner.act("grant-role", role="guardian", address=guardian.address)
    guardian.act("pause")
    seller = stage.cast.seller
    problem = refused(lambda: seller.prepare("create-escrow", **_terms(stage)), "paused")
    assert problem["problems"][0]["detail"] == "The platform is paused."
    refused(lambda: guardian.prepare("unpause"), "not-authorised")
    owner.act("unpause")
    owner.act("revoke-role", role="guardian", address=guardian.address)
    refused(lambda: guardian.prepare("pause"), "not-authorized-role")

    bounds = {
        name: getattr(deploy.PARAMETERS, name) for name in deploy.PARAMETERS.__struct_fields__
    }
    changed = {**bounds, "ticket": str(units("2")), "tenor": [40 * DAY, 300 * DAY]}
    owner.act("set-params", **changed)
    shown = stage.overview()["parameters"]
    assert (shown["ticket"], shown["tenor"]) == (changed["ticket"], changed["tenor"])
    owner.act("set-params", **{**bounds, "ticket": str(bounds["ticket"])})

    owner.act("set-treasury", treasury=guardian.address)
    before = stage.balances(guardian)
    for contract, address in (
        ("escrow", stage.platform.deployment.escrow),
        ("distributor", stage.platform.deployment.distributor),
    ):
        surplus = {"contract": contract, "asset": stage.platform.asset}
        refused(functools.partial(owner.prepare, "skim", **surplus), "nothing-to-claim")
        stage.donate(stage.cast.debtor, address, units("1"))
        refused(functools.partial(guardian.prepare, "skim", **surplus), "not-authorised")
        owner.act("skim", **surplus)
    assert stage.gained(before, guardian) == [units("2")]
    owner.act("set-treasury", treasury=stage.cast.treasury.address)
    owner.act("set-asset", asset=stage.platform.asset, allowed=False)
    refused(
        lambda: stage.cast.seller.prepare("create-escrow", **_terms(stage)), "asset-not-allowed"
    )
    owner.act("set-asset", asset=stage.platform.asset, allowed=True)


def _terms(stage: Stage) -> dict[str, object]:
    return stage.story.terms("NEVER-LISTED")


def test_each_contract_changes_its_owner_in_two_steps_and_its_code_in_fourteen_days(
    stage: Stage, owner: Wallet
) -> None:
    """The code that is announced is the code that runs, so the platform goes on as it was."""
    heir = stage.platform.person("Hana, heir")
    heir.sign_in()
    for contract, built in (("escrow", "invoice_escrow"), ("distributor", "payment_distributor")):
        one, built_hash = {"contract": contract}, deploy.code_hash(built)
        owner.act("propose-owner", **one, to=heir.address)
        refused(functools.partial(owner.prepare, "accept-owner", **one), "not-authorised")
        heir.act("accept-owner", **one)
        refused(functools.partial(heir.prepare, "cancel-upgrade", **one), "no-pending-upgrade")
        heir.act("propose-upgrade", **one, hash=built_hash)
        heir.act("cancel-upgrade", **one)
        heir.act("propose-upgrade", **one, hash=built_hash)
        refused(functools.partial(heir.prepare, "apply-upgrade", **one), "time-locked")
    heir.act("set-token-code", hash=deploy.code_hash("invoice_token"))
    heir.act("cancel-token-code")
    refused(lambda: heir.prepare("cancel-token-code"), "no-pending-upgrade")
    heir.act("set-token-code", hash=deploy.code_hash("invoice_token"))
    deployment = stage.platform.deployment
    compared = code.verify(stage.platform.chain, deployment.escrow, deployment.distributor)
    assert [one.name.endswith(", announced") for one in compared] == [False, True] * 3
    assert all(one.equal for one in compared)
    stage.wait(stage.platform.chain.close_time() + 14 * DAY)
    for contract in ("escrow", "distributor"):
        heir.act("apply-upgrade", contract=contract)
        heir.act("propose-owner", contract=contract, to=owner.address)
        owner.act("accept-owner", contract=contract)
    ada, ben, _ = stage.cast.investors
    invoice = stage.released("AFTER-UPGRADE", {ada: 5_000, ben: 4_500})
    stage.agrees(invoice)


def test_platform_and_people_are_shown_as_they_are(stage: Stage) -> None:
    stage.platform_agrees()


def test_every_action_was_taken(stage: Stage) -> None:
    assert stage.taken() | TAKEN_BY_EXITS == set(ACTIONS)

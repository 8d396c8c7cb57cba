"""Bad input: a problem a person understands, nothing changed, and the same word from the contract.

Each case goes through the API first and straight to the contract after. Both must refuse for the
same reason, and nobody's money, no intent and no event may come of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from stellar_sdk import Asset, Keypair, TransactionEnvelope

from contracts.calls import escrow
from contracts.errors import ERRORS
from contracts.wire import Address, Invocation
from stellarsettle import story
from stellarsettle.chain import ChainError
from stellarsettle.local import UNITS, LocalPlatform
from stellarsettle.story import Cast, Story
from stellarsettle.wallet import RefusedError, Wallet

CODES = {error.name: error.code for error in ERRORS.values()}
UNKNOWN = "ab" * 32


class Scene(msgspec.Struct, frozen=True):
    """An open invoice of which 9,000 of 9,500 is funded, and a stranger."""

    platform: LocalPlatform
    cast: Cast
    tale: Story
    invoice: str
    stranger: Wallet

    @property
    def id(self) -> bytes:
        return bytes.fromhex(self.invoice)

    @property
    def deployment_escrow(self) -> Address:
        return self.platform.deployment.escrow

    def fund(self, wallet: Wallet, amount: int, invoice: str | None = None) -> Invocation:
        return escrow.fund_escrow(
            investor=Address(wallet.address),
            id=bytes.fromhex(invoice or self.invoice),
            amount=amount,
        )

    def state(self) -> dict[str, Any]:
        """Everything that must not change: balances, events, each wallet's transactions."""
        wallets = (*self.cast.investors, self.cast.seller, self.cast.debtor, self.stranger)
        holders = [wallet.address for wallet in wallets]
        holders += [self.deployment_escrow, self.platform.deployment.distributor]
        with psycopg.connect(self.platform.database_url) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM ledger.event), (SELECT count(*) FROM app.intent)"
            ).fetchone()
        return {"counts": row} | {holder: self.platform.balance(holder) for holder in holders}


@pytest.fixture(scope="module")
def scene(platform: LocalPlatform) -> Scene:
    cast = story.gather(platform)
    tale = Story(platform, cast, lambda _: None)
    tale.admit()
    invoice = tale.list_invoice("INV-REFUSED")
    tale.act(cast.investors[0], "fund", invoice_id=invoice, amount=str(6_000 * UNITS))
    tale.act(cast.investors[1], "fund", invoice_id=invoice, amount=str(3_000 * UNITS))
    stranger = platform.person("stranger", usdc=5_000 * UNITS)
    stranger.sign_in()
    return Scene(platform, cast, tale, invoice, stranger)


def refused(scene: Scene, attempt: Callable[[], object]) -> dict[str, Any]:
    """The problem that `attempt` ends in; fails if anything changed."""
    before = scene.state()
    with pytest.raises(RefusedError) as caught:
        attempt()
    assert scene.state() == before
    problem = caught.value.problem
    assert problem["status"] == caught.value.status
    assert problem["title"]
    assert problem["detail"].endswith(".")
    shown = httpx.get(f"{scene.platform.api_url}{problem['type']}")
    assert shown.is_success, "each problem's type leads to its documentation"
    return problem


def refused_by_contract(scene: Scene, wallet: Wallet, call: Invocation, name: str) -> None:
    """The same call without the API in between fails with the error's own code."""
    before = scene.state()
    with pytest.raises(ChainError, match=rf"Error\(Contract, #{CODES[name]}\)"):
        scene.platform.chain.invoke(wallet.keypair, scene.deployment_escrow, call)
    assert scene.state() == before


@pytest.mark.parametrize(
    ("who", "amount", "name"),
    [
        ("investor", 10**30, "ExceedsTarget"),
        ("investor", 501 * UNITS, "ExceedsTarget"),
        ("stranger", 100 * UNITS, "NotMember"),
    ],
)
def test_a_stake_that_breaks_a_rule(scene: Scene, who: str, amount: int, name: str) -> None:
    wallet = scene.stranger if who == "stranger" else scene.cast.investors[2]
    problem = refused(
        scene, lambda: wallet.prepare("fund", invoice_id=scene.invoice, amount=str(amount))
    )
    assert problem["code"] == CODES[name]
    refused_by_contract(scene, wallet, scene.fund(wallet, amount), name)


def test_an_unknown_invoice(scene: Scene) -> None:
    wallet = scene.cast.investors[2]
    problem = refused(scene, lambda: wallet.get(f"/v1/invoices/{UNKNOWN}"))
    assert (problem["status"], problem["type"]) == (404, "/problems/not-found")
    problem = refused(
        scene, lambda: wallet.prepare("fund", invoice_id=UNKNOWN, amount=str(100 * UNITS))
    )
    assert problem["type"] == "/problems/invoice-not-found"
    refused_by_contract(scene, wallet, scene.fund(wallet, 100 * UNITS, UNKNOWN), "InvoiceNotFound")


@pytest.mark.parametrize("amount", ["0", "-5", "1.5", "ten", str(2**127), ""])
def test_an_amount_that_is_none(scene: Scene, amount: str) -> None:
    wallet = scene.cast.investors[2]
    problem = refused(
        scene, lambda: wallet.prepare("fund", invoice_id=scene.invoice, amount=amount)
    )
    assert (problem["status"], problem["type"]) == (422, "/problems/invalid-field")
    assert problem["pointer"] == "/amount"


def test_an_amount_of_zero_straight_to_the_contract(scene: Scene) -> None:
    wallet = scene.cast.investors[2]
    refused_by_contract(scene, wallet, scene.fund(wallet, 0), "InvalidAmount")


def test_a_foreign_asset(scene: Scene) -> None:
    foreign = Asset("USDC", scene.stranger.address)
    chain = scene.platform.chain
    chain.execute(
        scene.stranger.keypair,
        lambda tx: tx.append_create_stellar_asset_contract_from_asset_op(foreign),
    )
    terms = scene.tale.terms("INV-FOREIGN") | {"asset": foreign.contract_id(chain.passphrase)}
    problem = refused(scene, lambda: scene.cast.seller.prepare("create-escrow", **terms))
    assert problem["type"] == "/problems/asset-not-allowed"


def test_a_challenge_signed_by_somebody_else(scene: Scene) -> None:
    api = scene.platform.api_url
    account = scene.cast.seller.address
    challenge = httpx.get(f"{api}/auth", params={"account": account}).json()
    envelope = TransactionEnvelope.from_xdr(
        challenge["transaction"], scene.platform.chain.passphrase
    )
    envelope.sign(Keypair.random())
    answer = httpx.post(f"{api}/auth", json={"transaction": envelope.to_xdr()})
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/challenge-refused"


def test_a_transaction_signed_by_somebody_else(scene: Scene) -> None:
    wallet = scene.cast.investors[2]
    intent = wallet.prepare("fund", invoice_id=scene.invoice, amount=str(100 * UNITS))
    envelope = TransactionEnvelope.from_xdr(intent["xdr"], scene.platform.chain.passphrase)
    envelope.sign(scene.stranger.keypair)
    before = scene.state()
    with pytest.raises(ChainError, match="txBAD_AUTH"):
        scene.platform.chain.submit(envelope)
    assert scene.state() == before
    assert wallet.get_intent(intent)["status"] == "built"


def test_of_two_who_want_the_rest_the_second_is_told_why(scene: Scene) -> None:
    """Both were right when they asked; the ledger decides, and the loser reads the reason."""
    ben, cleo = scene.cast.investors[1:]
    stake = str(400 * UNITS)
    first = ben.prepare("fund", invoice_id=scene.invoice, amount=stake)
    second = cleo.prepare("fund", invoice_id=scene.invoice, amount=stake)
    ben.submit(first)
    with pytest.raises(ChainError, match="txFAILED"):
        cleo.submit(second)
    assert ben.follow(first)["status"] == "projected"
    state = cleo.follow(second)
    assert state["status"] == "failed"
    assert state["error"]["code"] == CODES["ExceedsTarget"]
    assert int(state["error"]["fee_charged"]) > 0


def test_after_the_deadline(scene: Scene) -> None:
    deadline = scene.tale.invoice(scene.invoice)["deadline"]
    scene.tale.wait_until(deadline, "the deadline")
    wallet = scene.cast.investors[2]
    amount = 50 * UNITS
    problem = refused(
        scene, lambda: wallet.prepare("fund", invoice_id=scene.invoice, amount=str(amount))
    )
    assert problem["type"] == "/problems/deadline-passed"
    refused_by_contract(scene, wallet, scene.fund(wallet, amount), "DeadlinePassed")

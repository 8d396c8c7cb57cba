"""A deployment does what was planned or nothing, and only takes assets that are safe."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from stellar_sdk import Asset, AuthorizationFlag, Keypair, TransactionEnvelope, scval
from stellar_sdk.soroban_rpc import GetTransactionResponse

from contracts.calls import escrow
from contracts.wire import Address, Invocation
from stellarsettle import asset_safety, code, deploy, devnet
from stellarsettle.asset_safety import UnsafeAssetError
from stellarsettle.chain import Chain
from stellarsettle.deployment_steps import OccupiedError
from stellarsettle.ground import ChangedGroundError

REVOCABLE = AuthorizationFlag.AUTHORIZATION_REVOCABLE
CLAWBACK = REVOCABLE | AuthorizationFlag.AUTHORIZATION_CLAWBACK_ENABLED

CONSTRUCTED = ["owner_accepted", "params_set", "token_wasm_set"]
_ASSET_SET = scval.to_symbol("asset_set").to_xdr()


class Scene:
    """A local ledger, an owner with an account, and issuers of assets."""

    def __init__(self, network: devnet.Devnet) -> None:
        self.network = network
        self.chain = Chain(network.rpc, network.passphrase)
        self.owner = self.account()
        address = Address(self.owner.public_key)
        self.roles = deploy.Roles(address, address, address)

    def account(self) -> Keypair:
        key = Keypair.random()
        self.network.fund(key.public_key)
        return key

    def asset(self, flags: AuthorizationFlag | None, units: str) -> Address:
        """An asset of an issuer with these flags, of which the owner holds `units`."""
        issuer = self.account()
        asset = Asset("USDC", issuer.public_key)
        if flags is not None:
            self.chain.execute(issuer, lambda tx: tx.append_set_options_op(set_flags=flags))
        self.chain.execute(
            issuer, lambda tx: tx.append_create_stellar_asset_contract_from_asset_op(asset)
        )
        self.chain.execute(self.owner, lambda tx: tx.append_change_trust_op(asset))
        if units != "0":
            self.chain.execute(
                issuer, lambda tx: tx.append_payment_op(self.owner.public_key, asset, units)
            )
        return Address(asset.contract_id(self.network.passphrase))

    def allowed(self, escrow: Address) -> list[str]:
        """The assets that the escrow has put on its list, by its events."""
        events = self.chain.server.get_events(start_ledger=2, limit=10_000).events
        return [
            str(scval.from_address(event.topic[1]).address)
            for event in events
            if event.contract_id == escrow and event.topic[0] == _ASSET_SET
        ]

    def plan(self, *assets: Address, name: str = "main", ledger: int | None = None) -> deploy.Plan:
        """A plan for the ledger as it is, or as an earlier one left it."""
        owner = Address(self.owner.public_key)
        made_for = ledger or self.latest()
        return deploy.plan(
            self.chain.passphrase, owner, self.roles, assets, ledger=made_for, name=name
        )

    def latest(self) -> int:
        """The number of the newest ledger."""
        return self.chain.server.get_latest_ledger().sequence

    def decide(self, planned: deploy.Plan, call: Invocation) -> None:
        """The owner calls the escrow of a plan."""
        self.chain.invoke(self.owner, planned.escrow, call)

    def events(self, escrow: Address) -> list[str]:
        """The names of all events of the escrow, in order."""
        events = self.chain.server.get_events(start_ledger=2, limit=10_000).events
        return [
            scval.from_symbol(event.topic[0]) for event in events if event.contract_id == escrow
        ]


class Killed(BaseException):
    """The process ended here."""


class MortalChain(Chain):
    """Ends its process at one of its submissions: before it is sent, or before it is known."""

    def __init__(self, network: devnet.Devnet, fatal: int, *, sent: bool) -> None:
        super().__init__(network.rpc, network.passphrase)
        self._left = fatal
        self._reaches = sent

    def submit(self, envelope: TransactionEnvelope) -> GetTransactionResponse:
        if self._left == 0 and not self._reaches:
            raise Killed
        done = super().submit(envelope)
        if self._left == 0:
            raise Killed
        self._left -= 1
        return done


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with devnet.running() as network:
        yield Scene(network)


def test_a_plan_for_a_ledger_is_the_same_whenever_it_is_made(scene: Scene) -> None:
    first = scene.plan()
    assert scene.latest() == first.ledger, "a plan sends nothing"
    scene.chain.execute(scene.owner, lambda tx: tx.append_set_options_op(home_domain="a.org"))
    assert scene.plan(ledger=first.ledger).hash() == first.hash()
    assert deploy.planned_ledger(first.hash()) == first.ledger
    assert scene.plan().hash() != first.hash(), "it is made for a later ledger"
    other = scene.plan(name="second")
    assert other.hash() != first.hash()
    assert {other.escrow, other.distributor}.isdisjoint({first.escrow, first.distributor})


def test_another_plan_for_the_same_name_is_refused_before_anything_is_sent(scene: Scene) -> None:
    deploy.carry_out(scene.chain, scene.owner, scene.plan(name="taken"))
    before = scene.chain.server.get_latest_ledger().sequence
    other = msgspec.structs.replace(
        scene.plan(name="taken"),
        parameters=msgspec.structs.replace(deploy.PARAMETERS, ticket=2),
    )
    with pytest.raises(OccupiedError, match="another params than planned"):
        deploy.carry_out(scene.chain, scene.owner, other)
    assert scene.chain.server.get_latest_ledger().sequence == before


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("fatal", range(10))
def test_a_killed_deployment_goes_on_where_it_ended(fatal: int, *, sent: bool) -> None:
    """Ten transactions: three uploads, two contracts, two roles, two units, one asset."""
    with devnet.running() as network:
        scene = Scene(network)
        asset = scene.asset(None, "1")
        planned = scene.plan(asset)
        with pytest.raises(Killed):
            deploy.carry_out(MortalChain(network, fatal, sent=sent), scene.owner, planned)
        told: list[str] = []
        done = deploy.carry_out(scene.chain, scene.owner, planned, told.append)
        assert (done.escrow, done.distributor) == (planned.escrow, planned.distributor)
        names = scene.events(done.escrow)
        assert names == [*CONSTRUCTED, "role_granted", "role_granted", "asset_set"], "each once"
        for contract in (done.escrow, done.distributor):
            found = asset_safety.balance(scene.chain, asset, contract)
            assert found == asset_safety.Balance(amount=1, authorized=True, clawback=False)
        newest = scene.chain.server.get_latest_ledger().sequence
        again: list[str] = []
        assert deploy.carry_out(scene.chain, scene.owner, planned, again.append) == done
        assert all(step.startswith("was done: ") for step in again)
        assert scene.chain.server.get_latest_ledger().sequence == newest, "nothing is sent"
        first = scene.chain.server.get_events(start_ledger=2, limit=10_000).events
        created = min(event.ledger for event in first if event.contract_id == done.escrow)
        assert done.start_ledger == created


def test_what_is_planned_is_done_and_can_be_verified(scene: Scene) -> None:
    asset = scene.asset(None, "1")
    planned = scene.plan(asset, name="one")
    told: list[str] = []
    done = deploy.carry_out(scene.chain, scene.owner, planned, told.append)
    words = [step.words for step in deploy.steps(planned)]
    assert [one.split(": ", 1)[1] for one in told] == words
    assert (done.escrow, done.distributor) == (planned.escrow, planned.distributor)
    assert scene.allowed(done.escrow) == [asset]
    compared = code.verify(scene.chain, done.escrow, done.distributor)
    assert [one.name for one in compared] == [
        *("invoice_escrow", "payment_distributor", "invoice_token")
    ]
    assert all(one.equal for one in compared)
    for contract in (done.escrow, done.distributor):
        found = asset_safety.balance(scene.chain, asset, contract)
        assert found == asset_safety.Balance(amount=1, authorized=True, clawback=False)
    swapped = code.verify(scene.chain, done.distributor, done.escrow)
    assert not swapped[0].equal, "another contract's code is not taken for the escrow's"


def test_what_was_taken_away_since_the_plan_is_not_given_back(scene: Scene) -> None:
    """Neither by a plan that was carried out, nor by one that was interrupted before its end."""
    asset = scene.asset(None, "1")
    verifier = scene.roles.verifier
    revoke = escrow.revoke_role(role="verifier", addr=verifier)
    planned = scene.plan(asset, name="ground")
    deploy.carry_out(scene.chain, scene.owner, planned)
    for call, words in (
        (revoke, f"the role verifier was taken from {verifier} in ledger"),
        (escrow.set_asset(asset=asset, allowed=False), f"the asset {asset} was taken off the list"),
    ):
        scene.decide(planned, call)
        before = scene.latest()
        with pytest.raises(ChangedGroundError, match=words):
            deploy.carry_out(scene.chain, scene.owner, planned)
        assert scene.latest() == before, "nothing is sent"
    scene.decide(planned, escrow.grant_role(role="verifier", addr=verifier))
    with pytest.raises(ChangedGroundError) as refused:
        deploy.carry_out(scene.chain, scene.owner, planned)
    assert "verifier" not in str(refused.value), "what was given again is no change"
    told: list[str] = []
    deploy.carry_out(scene.chain, scene.owner, scene.plan(asset, name="ground"), told.append)
    assert [words for words in told if words.startswith("done: ")] == [
        f"done: allow the asset {asset}"
    ]


def test_an_interrupted_deployment_gives_nothing_back_either(scene: Scene) -> None:
    """Killed behind the first of two roles; the code is on the ledger already."""
    deploy.carry_out(scene.chain, scene.owner, scene.plan(name="complete"))
    planned = scene.plan(name="interrupted")
    with pytest.raises(Killed):
        deploy.carry_out(MortalChain(scene.network, 2, sent=True), scene.owner, planned)
    verifier, compliance = deploy.steps(planned)[-2:]
    assert (verifier.done(scene.chain), compliance.done(scene.chain)) == (True, False)
    scene.decide(planned, escrow.revoke_role(role="verifier", addr=scene.roles.verifier))
    with pytest.raises(ChangedGroundError, match="the role verifier was taken from"):
        deploy.carry_out(scene.chain, scene.owner, planned)


def test_a_plan_for_a_ledger_that_the_node_does_not_hold_gives_nothing(scene: Scene) -> None:
    """Nothing is to be told where nothing is to be given."""
    deploy.carry_out(scene.chain, scene.owner, scene.plan(name="old"))
    later = scene.plan(name="old", ledger=scene.latest() + 1_000)
    deploy.carry_out(scene.chain, scene.owner, later)
    scene.decide(later, escrow.revoke_role(role="verifier", addr=scene.roles.verifier))
    with pytest.raises(ChangedGroundError, match="cannot tell what was taken away"):
        deploy.carry_out(scene.chain, scene.owner, later)


@pytest.mark.parametrize("words", ["", "00" * 32, "12-ab", f"x-{'00' * 32}"])
def test_what_is_no_hash_of_a_plan_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="no hash of a plan"):
        deploy.planned_ledger(words)


def test_code_that_was_built_again_is_refused_before_anything_is_sent(scene: Scene) -> None:
    planned = scene.plan(name="changed")
    other = {**planned.wasm, "invoice_token": "00" * 32}
    changed = deploy.Plan(
        **{name: getattr(planned, name) for name in planned.__struct_fields__} | {"wasm": other}
    )
    assert changed.hash() != planned.hash()
    before = scene.chain.server.get_latest_ledger().sequence
    with pytest.raises(deploy.ChangedCodeError, match="plan anew"):
        deploy.carry_out(scene.chain, scene.owner, changed)
    assert scene.chain.server.get_latest_ledger().sequence == before


@pytest.mark.parametrize(
    ("flags", "units", "words"),
    [
        (CLAWBACK, "1", "is not safe"),
        (None, "0", "could not be sent"),
    ],
)
def test_an_asset_that_is_not_safe_is_not_allowed(
    scene: Scene, flags: AuthorizationFlag | None, units: str, words: str
) -> None:
    asset = scene.asset(flags, units)
    planned = scene.plan(asset, name=words)
    with pytest.raises(UnsafeAssetError, match=words):
        deploy.carry_out(scene.chain, scene.owner, planned)
    assert scene.allowed(planned.escrow) == []

"""A deployment does what was planned or nothing, and only takes assets that are safe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stellar_sdk import Asset, AuthorizationFlag, Keypair, scval

from contracts.wire import Address
from stellarsettle import asset_safety, code, deploy, devnet
from stellarsettle.asset_safety import UnsafeAssetError
from stellarsettle.chain import Chain

REVOCABLE = AuthorizationFlag.AUTHORIZATION_REVOCABLE
CLAWBACK = REVOCABLE | AuthorizationFlag.AUTHORIZATION_CLAWBACK_ENABLED

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

    def plan(self, *assets: Address) -> deploy.Plan:
        return deploy.plan(self.chain, Address(self.owner.public_key), self.roles, assets)


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with devnet.running() as network:
        yield Scene(network)


def test_the_same_plan_has_the_same_hash_until_the_owner_acts(scene: Scene) -> None:
    before = scene.chain.server.get_latest_ledger().sequence
    first = scene.plan()
    assert scene.plan().hash() == first.hash()
    assert scene.chain.server.get_latest_ledger().sequence == before, "a plan sends nothing"
    scene.chain.execute(scene.owner, lambda tx: tx.append_set_options_op(home_domain="a.org"))
    assert scene.plan().hash() != first.hash()


def test_what_is_planned_is_done_and_can_be_verified(scene: Scene) -> None:
    asset = scene.asset(None, "1")
    planned = scene.plan(asset)
    told: list[str] = []
    done = deploy.carry_out(scene.chain, scene.owner, planned, told.append)
    assert told == planned.steps()
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


def test_code_that_was_built_again_is_refused_before_anything_is_sent(scene: Scene) -> None:
    planned = scene.plan()
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
    planned = scene.plan(asset)
    with pytest.raises(UnsafeAssetError, match=words):
        deploy.carry_out(scene.chain, scene.owner, planned)
    assert scene.allowed(planned.escrow) == []

"""Put the three contracts on a ledger: a plan, and carrying out what of it is not done yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import msgspec
from stellar_sdk import Keypair

from contracts.addresses import contract_address
from contracts.build import BUILD, CONTRACTS
from contracts.calls import distributor, escrow
from contracts.wire import Address
from stellarsettle import ground, instance
from stellarsettle.chain import Chain
from stellarsettle.deployment_steps import Allow, Create, Grant, Prove, Step, Upload

DAY = 86_400
FIXED = ("invoice_escrow", "payment_distributor")
"""The contracts that every platform has one of."""
PARAMETERS = escrow.Params(
    fee_bps=(0, 500),
    late_bps=(0, 100),
    late_cap_bps=(0, 3_000),
    grace=(0, 60 * DAY),
    release_delay=(0, 7 * DAY),
    tenor=(31 * DAY, 365 * DAY),
    recovery=90 * DAY,
    dispute_limit=30 * DAY,
    ticket=10_000_000,
)
"""What a platform starts with: shares of 1.00 at least, tenors of 31 to 365 days."""

Tell = Callable[[str], None]


class Deployment(msgspec.Struct, frozen=True):
    """Where a platform lives on a ledger, and from which ledger on."""

    escrow: Address
    distributor: Address
    start_ledger: int

    def environment(self) -> dict[str, str]:
        """The settings that point the services at it."""
        return {
            "ESCROW": self.escrow,
            "DISTRIBUTOR": self.distributor,
            "START_LEDGER": str(self.start_ledger),
        }


class Roles(msgspec.Struct, frozen=True):
    """Who does what at first; one address may hold several."""

    verifier: Address
    compliance: Address
    treasury: Address


class ChangedCodeError(Exception):
    """The code built here is no longer the code that was planned."""


class ForgottenError(Exception):
    """The node no longer holds the ledger that was asked for; the message says what helps."""


class Plan(msgspec.Struct, frozen=True):
    """All that a deployment will do. `wasm` holds the SHA-256 of each contract's code.

    The addresses follow from network, owner and `name`: the same plan finds what was done of it,
    and one owner can have several platforms. It is made for the state that the ledger of the number
    `ledger` left: what was taken away later, it does not give back.
    """

    ledger: int
    network: str
    name: str
    owner: Address
    roles: Roles
    assets: tuple[Address, ...]
    parameters: escrow.Params
    wasm: dict[str, str]
    escrow: Address
    distributor: Address

    def hash(self) -> str:
        """What confirms exactly this plan: the ledger it was made for, and a SHA-256 in hex."""
        digest = hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()
        return f"{self.ledger}-{digest}"


def planned_ledger(confirmed: str) -> int:
    """The ledger for which the plan of this hash was made; raises `ValueError` if it is none."""
    ledger, _, digest = confirmed.partition("-")
    if not ledger.isdecimal() or len(digest) != 2 * hashlib.sha256().digest_size:
        raise ValueError(f"{confirmed} is no hash of a plan: `deploy --plan` prints one")
    return int(ledger)


def wasm(name: str) -> bytes:
    """The compiled contract `name`, as `make contracts` built it."""
    return (BUILD / "wasm" / f"{name}.wasm").read_bytes()


def code_hash(name: str) -> str:
    """The SHA-256 of the compiled contract `name`, in hex: how the ledger names its code."""
    return hashlib.sha256(wasm(name)).hexdigest()


def plan(  # noqa: PLR0913 -- all that a plan is made of
    network: str,
    owner: Address,
    roles: Roles,
    assets: Sequence[Address],
    parameters: escrow.Params = PARAMETERS,
    *,
    ledger: int,
    name: str = "main",
) -> Plan:
    """What deploying on the network of this passphrase would do; asks nobody, sends nothing.

    `ledger` is the newest one, or that of an earlier plan to make it again.
    """
    salts = [_salt(owner, name, contract) for contract in FIXED]
    at_escrow, at_distributor = (contract_address(network, owner, salt) for salt in salts)
    return Plan(
        ledger=ledger,
        network=network,
        name=name,
        owner=owner,
        roles=roles,
        assets=tuple(assets),
        parameters=parameters,
        wasm={contract: code_hash(contract) for contract in CONTRACTS},
        escrow=at_escrow,
        distributor=at_distributor,
    )


def steps(planned: Plan, *, check_assets: bool = True) -> list[Step]:
    """What a plan does, in order; each step knows whether it is done already."""
    codes = [Upload(name, planned.wasm[name]) for name in CONTRACTS]
    roles = [
        Grant(planned.escrow, role, holder)
        for role, holder in (
            ("verifier", planned.roles.verifier),
            ("compliance", planned.roles.compliance),
        )
    ]
    assets: list[Step] = []
    for asset in planned.assets:
        if check_assets:
            assets.append(Prove(asset, (planned.escrow, planned.distributor)))
        assets.append(Allow(planned.escrow, asset))
    return [*codes, _escrow(planned), _distributor(planned), *roles, *assets]


def carry_out(
    chain: Chain,
    owner: Keypair,
    planned: Plan,
    tell: Tell = lambda _: None,
    *,
    check_assets: bool = True,
) -> Deployment:
    """Do what of the plan is not done yet, signed and paid by `owner`; `tell` hears each step.

    Whatever ended an earlier attempt and when, another one goes on from there. Raises
    `ChangedCodeError` and `ChangedGroundError` before anything is sent, `OccupiedError` where
    another platform has the plan's addresses, `ChainError` where the ledger refuses, and
    `UnsafeAssetError` before an asset is allowed that its issuer could claw back; the contracts are
    there then, without it.
    """
    if {name: code_hash(name) for name in CONTRACTS} != planned.wasm:
        raise ChangedCodeError("the contracts were built again since this was planned: plan anew")
    todo = steps(planned, check_assets=check_assets)
    given = [step.key for step in todo if isinstance(step, Grant | Allow)]
    ground.require_unchanged(chain, planned.escrow, planned.ledger, given)
    here = None
    if instance.read(chain, planned.escrow) is None:
        here = chain.server.get_latest_ledger().sequence
    for step in todo:
        if step.done(chain):
            tell(f"was done: {step.words}")
        else:
            step.do(chain, owner)
            tell(f"done: {step.words}")
    return Deployment(
        planned.escrow, planned.distributor, first_ledger(chain, planned.escrow, here)
    )


def _salt(owner: Address, name: str, contract: str) -> bytes:
    return hashlib.sha256(f"StellarSettle\0{owner}\0{name}\0{contract}".encode()).digest()


def _escrow(planned: Plan) -> Create:
    params = planned.parameters
    shown = ", ".join(f"{name} {getattr(params, name)}" for name in params.__struct_fields__)
    made = escrow.constructor(
        owner=planned.owner,
        distributor=planned.distributor,
        token_wasm=bytes.fromhex(planned.wasm["invoice_token"]),
        params=params,
    )
    return Create(
        f"create the escrow {planned.escrow} with {shown}",
        planned.escrow,
        planned.wasm["invoice_escrow"],
        _salt(planned.owner, planned.name, "invoice_escrow"),
        made.arguments,
        {("Distributor",): planned.distributor, ("Params",): msgspec.to_builtins(params)},
    )


def _distributor(planned: Plan) -> Create:
    treasury = planned.roles.treasury
    made = distributor.constructor(owner=planned.owner, escrow=planned.escrow, treasury=treasury)
    return Create(
        f"create the distributor {planned.distributor}, treasury {treasury}",
        planned.distributor,
        planned.wasm["payment_distributor"],
        _salt(planned.owner, planned.name, "payment_distributor"),
        made.arguments,
        {("Escrow",): planned.escrow, ("Treasury",): treasury},
    )


def deploy(chain: Chain, owner: Keypair, roles: Roles, assets: Sequence[Address]) -> Deployment:
    """Plan and carry out at once on a ledger of one's own, where assets are taken on trust."""
    ledger = chain.server.get_latest_ledger().sequence
    planned = plan(chain.passphrase, Address(owner.public_key), roles, assets, ledger=ledger)
    return carry_out(chain, owner, planned, check_assets=False)


def first_ledger(chain: Chain, contract: Address, since: int | None = None) -> int:
    """The ledger of a contract's first event: that of its creation.

    `since` is a ledger before it, if one is known. Raises `ForgottenError` if the node no longer
    holds that ledger.
    """
    start = since or chain.server.get_health().oldest_ledger or 1
    created = next(chain.events(contract, start), None)
    if created is None:
        raise ForgottenError(
            f"the node no longer holds the ledger in which {contract} was created: take"
            " START_LEDGER from what `deploy` printed then, or ask a node that holds more"
        )
    return created.ledger

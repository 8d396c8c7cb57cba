"""Put the three contracts on a ledger: plan, upload, create, give roles, allow assets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import msgspec
from stellar_sdk import Keypair, TransactionBuilder, xdr

from contracts.addresses import contract_address
from contracts.build import BUILD, CONTRACTS
from contracts.calls import distributor, escrow
from contracts.wire import Address
from stellarsettle import asset_safety
from stellarsettle.chain import Chain

DAY = 86_400
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


class Plan(msgspec.Struct, frozen=True):
    """All that a deployment will do. `wasm` holds the SHA-256 of each contract's code.

    The salt comes from the owner's sequence number: a plan whose owner has sent anything since
    is another plan.
    """

    network: str
    owner: Address
    roles: Roles
    assets: tuple[Address, ...]
    parameters: escrow.Params
    wasm: dict[str, str]
    salts: tuple[str, str]
    escrow: Address
    distributor: Address

    def hash(self) -> str:
        """What confirms exactly this plan, in hex."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    def steps(self) -> list[str]:
        """What will be done, in order, one sentence each."""
        params = (
            f"{name} {getattr(self.parameters, name)}" for name in self.parameters.__struct_fields__
        )
        steps = [f"upload {name}.wasm, SHA-256 {self.wasm[name]}" for name in CONTRACTS]
        steps += [
            f"create the escrow {self.escrow} with {', '.join(params)}",
            f"create the distributor {self.distributor}, treasury {self.roles.treasury}",
            f"give the role verifier to {self.roles.verifier}",
            f"give the role compliance to {self.roles.compliance}",
        ]
        for asset in self.assets:
            steps.append(f"send one unit of {asset} to both contracts and see that it is safe")
            steps.append(f"allow the asset {asset}")
        return steps


def wasm(name: str) -> bytes:
    """The compiled contract `name`, as `make contracts` built it."""
    return (BUILD / "wasm" / f"{name}.wasm").read_bytes()


def code_hash(name: str) -> str:
    """The SHA-256 of the compiled contract `name`, in hex: how the ledger names its code."""
    return hashlib.sha256(wasm(name)).hexdigest()


def plan(
    chain: Chain,
    owner: Address,
    roles: Roles,
    assets: Sequence[Address],
    parameters: escrow.Params = PARAMETERS,
) -> Plan:
    """What deploying now would do; reads the owner's account, sends nothing."""
    sequence = chain.server.load_account(owner).sequence
    salt = hashlib.sha256(f"StellarSettle {owner} {sequence}".encode()).digest()
    other_salt = hashlib.sha256(salt).digest()
    return Plan(
        network=chain.passphrase,
        owner=owner,
        roles=roles,
        assets=tuple(assets),
        parameters=parameters,
        wasm={name: code_hash(name) for name in CONTRACTS},
        salts=(salt.hex(), other_salt.hex()),
        escrow=contract_address(chain.passphrase, owner, salt),
        distributor=contract_address(chain.passphrase, owner, other_salt),
    )


def carry_out(
    chain: Chain,
    owner: Keypair,
    planned: Plan,
    tell: Tell = lambda _: None,
    *,
    check_assets: bool = True,
) -> Deployment:
    """Do what was planned, signed and paid by `owner`; `tell` hears each step.

    Raises `ChangedCodeError` before anything is sent, `ChainError` where the ledger refuses, and
    `UnsafeAssetError` before an asset is allowed
    that its issuer could claw back from the contracts; the contracts are there then, without it.
    """
    codes = {name: wasm(name) for name in CONTRACTS}
    if {name: hashlib.sha256(code).hexdigest() for name, code in codes.items()} != planned.wasm:
        raise ChangedCodeError("the contracts were built again since this was planned: plan anew")
    start_ledger = chain.server.get_latest_ledger().sequence
    tell_next = iter(planned.steps())
    for code in codes.values():
        upload(chain, owner, code)
        tell(next(tell_next))
    _create_contracts(chain, owner, planned)
    tell(next(tell_next))
    tell(next(tell_next))
    roles = planned.roles
    for role, holder in (("verifier", roles.verifier), ("compliance", roles.compliance)):
        chain.invoke(owner, planned.escrow, escrow.grant_role(role=role, addr=holder))
        tell(next(tell_next))
    for asset in planned.assets:
        if check_assets:
            asset_safety.ensure(chain, owner, asset, (planned.escrow, planned.distributor))
            tell(next(tell_next))
        chain.invoke(owner, planned.escrow, escrow.set_asset(asset=asset, allowed=True))
        tell(f"allow the asset {asset}")
    return Deployment(planned.escrow, planned.distributor, start_ledger)


def deploy(chain: Chain, owner: Keypair, roles: Roles, assets: Sequence[Address]) -> Deployment:
    """Plan and carry out at once on a ledger of one's own, where assets are taken on trust."""
    planned = plan(chain, Address(owner.public_key), roles, assets)
    return carry_out(chain, owner, planned, check_assets=False)


def upload(chain: Chain, owner: Keypair, code: bytes) -> bytes:
    """Put code on the ledger; returns its SHA-256, by which contracts are created."""
    chain.execute(owner, lambda tx: tx.append_upload_contract_wasm_op(code))
    return hashlib.sha256(code).digest()


def create(
    chain: Chain,
    owner: Keypair,
    wasm_hash: bytes,
    salt: bytes,
    arguments: Sequence[xdr.SCVal],
) -> None:
    """Create a contract of uploaded code; its address follows from owner and salt."""

    def add(transaction: TransactionBuilder) -> TransactionBuilder:
        return transaction.append_create_contract_op(wasm_hash, owner.public_key, arguments, salt)

    chain.execute(owner, add)


def _create_contracts(chain: Chain, owner: Keypair, planned: Plan) -> None:
    code = {name: bytes.fromhex(digest) for name, digest in planned.wasm.items()}
    salt, other_salt = (bytes.fromhex(text) for text in planned.salts)
    made = escrow.constructor(
        owner=planned.owner,
        distributor=planned.distributor,
        token_wasm=code["invoice_token"],
        params=planned.parameters,
    )
    create(chain, owner, code["invoice_escrow"], salt, made.arguments)
    made = distributor.constructor(
        owner=planned.owner, escrow=planned.escrow, treasury=planned.roles.treasury
    )
    create(chain, owner, code["payment_distributor"], other_salt, made.arguments)

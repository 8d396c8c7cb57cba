"""Put the three contracts on a ledger: upload, create, give roles, allow assets."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

import msgspec
from stellar_sdk import Keypair, TransactionBuilder

from contracts.build import BUILD, CONTRACTS
from contracts.calls import distributor, escrow
from contracts.wire import Address, Invocation
from stellarsettle.chain import Chain, contract_address

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


def wasm(name: str) -> bytes:
    """The compiled contract `name`, as `make contracts` built it."""
    return (BUILD / "wasm" / f"{name}.wasm").read_bytes()


def deploy(
    chain: Chain,
    owner: Keypair,
    roles: Roles,
    assets: list[Address],
    tell: Callable[[str], None] = lambda _: None,
    parameters: escrow.Params = PARAMETERS,
) -> Deployment:
    """Deploy a platform owned by `owner`, who signs and pays; `tell` hears each step."""
    start_ledger = chain.server.get_latest_ledger().sequence
    hashes = {name: _upload(chain, owner, name, tell) for name in CONTRACTS}
    salt = secrets.token_bytes(32)
    other_salt = hashlib.sha256(salt).digest()
    deployment = Deployment(
        contract_address(chain.passphrase, owner.public_key, salt),
        contract_address(chain.passphrase, owner.public_key, other_salt),
        start_ledger,
    )
    owner_address = Address(owner.public_key)
    made = escrow.constructor(
        owner=owner_address,
        distributor=deployment.distributor,
        token_wasm=hashes["invoice_token"],
        params=parameters,
    )
    _create(chain, owner, hashes["invoice_escrow"], salt, made)
    tell(f"created the escrow {deployment.escrow}")
    made = distributor.constructor(
        owner=owner_address, escrow=deployment.escrow, treasury=roles.treasury
    )
    _create(chain, owner, hashes["payment_distributor"], other_salt, made)
    tell(f"created the distributor {deployment.distributor}")
    for role, holder in (("verifier", roles.verifier), ("compliance", roles.compliance)):
        chain.invoke(owner, deployment.escrow, escrow.grant_role(role=role, addr=holder))
        tell(f"gave the role {role} to {holder}")
    for asset in assets:
        chain.invoke(owner, deployment.escrow, escrow.set_asset(asset=asset, allowed=True))
        tell(f"allowed the asset {asset}")
    return deployment


def _upload(chain: Chain, owner: Keypair, name: str, tell: Callable[[str], None]) -> bytes:
    code = wasm(name)
    done = chain.execute(owner, lambda tx: tx.append_upload_contract_wasm_op(code))
    tell(f"uploaded {name}.wasm, {len(code):,} bytes, in ledger {done.ledger}")
    return hashlib.sha256(code).digest()


def _create(
    chain: Chain, owner: Keypair, wasm_hash: bytes, salt: bytes, constructor: Invocation
) -> None:
    def add(transaction: TransactionBuilder) -> TransactionBuilder:
        return transaction.append_create_contract_op(
            wasm_hash, owner.public_key, constructor.arguments, salt
        )

    chain.execute(owner, add)

"""The API under test: the real application, database and, where asked for, ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from stellar_sdk import Asset, Keypair

from api.app import create_app
from api.config import ApiConfig
from api.security import Tokens
from contracts.wire import Address
from stellarsettle import devnet
from stellarsettle.chain import Chain
from stellarsettle.deploy import Deployment, Roles, deploy

_CONTRACT = Address("CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC")


def _configuration(**changes: Any) -> ApiConfig:
    given: dict[str, Any] = {
        "database_url": "postgresql://127.0.0.1:1/nowhere",
        "rpc_url": "http://127.0.0.1:1",
        "network_passphrase": "Standalone Network ; February 2017",
        "escrow": _CONTRACT,
        "distributor": _CONTRACT,
        "home_domain": "settle.example",
        "public_url": "https://api.settle.example",
        "sign_in_seed": Keypair.from_raw_ed25519_seed(b"sign-in seed of the tests only!!").secret,
        "token_seed": b"token seed of the tests, 32 byte",
        "platform_key": b"platform key of the tests, 32 by",
    }
    return ApiConfig(**(given | changes))


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of asynchronous tests."""
    return "asyncio"


@pytest.fixture
def configuration() -> Callable[..., ApiConfig]:
    """Makes a configuration whose ledger and database are away, unless told otherwise."""
    return _configuration


@pytest.fixture(scope="session")
def ledger() -> Iterator[devnet.Devnet]:
    """A local ledger that closes with each transaction."""
    if not devnet.BINARY.exists():
        pytest.skip("the local ledger is not built: run `make devnet`")
    with devnet.running() as running:
        yield running


@pytest.fixture
def config(database: str, ledger: devnet.Devnet) -> ApiConfig:
    """A configuration with a database of its own and the local ledger."""
    return _configuration(database_url=database, rpc_url=ledger.rpc)


@pytest.fixture
async def client(config: ApiConfig) -> AsyncIterator[AsyncTestClient[Litestar]]:
    """The application on database and ledger."""
    async with AsyncTestClient(create_app(config), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
async def lonely(
    configuration: Callable[..., ApiConfig],
) -> AsyncIterator[AsyncTestClient[Litestar]]:
    """The application with neither database nor ledger."""
    app = create_app(configuration())
    async with AsyncTestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def bearer() -> Callable[[ApiConfig, Keypair], dict[str, str]]:
    """Makes the header of somebody who signed in."""

    def header(config: ApiConfig, keypair: Keypair) -> dict[str, str]:
        token = Tokens(config).issue(Address(keypair.public_key), home_domain=config.home_domain)
        return {"Authorization": f"Bearer {token}"}

    return header


@pytest.fixture
def funded(ledger: devnet.Devnet) -> Keypair:
    """A new account that exists on the ledger."""
    keypair = Keypair.random()
    ledger.fund(keypair.public_key)
    return keypair


class Platform(msgspec.Struct, frozen=True):
    """The contracts on the local ledger, an asset, and the keys of those who run them."""

    network: devnet.Devnet
    chain: Chain
    issuer: Keypair
    owner: Keypair
    verifier: Keypair
    compliance: Keypair
    treasury: Keypair
    asset: Asset
    deployment: Deployment

    @property
    def asset_address(self) -> str:
        """The asset's contract, C..."""
        return self.asset.contract_id(self.chain.passphrase)

    def person(self, amount: int = 0) -> Keypair:
        """A new account with a trustline and `amount` whole units of the asset."""
        keypair = Keypair.random()
        self.network.fund(keypair.public_key)
        self.chain.execute(keypair, lambda tx: tx.append_change_trust_op(self.asset))
        if amount:
            self.chain.execute(
                self.issuer,
                lambda tx: tx.append_payment_op(keypair.public_key, self.asset, str(amount)),
            )
        return keypair


@pytest.fixture(scope="session")
def platform(ledger: devnet.Devnet) -> Platform:
    """The three contracts, deployed once for all tests of the API."""
    keys = [Keypair.random() for _ in range(5)]
    for key in keys:
        ledger.fund(key.public_key)
    issuer, owner, verifier, compliance, treasury = keys
    chain = Chain(ledger.rpc, ledger.passphrase)
    asset = Asset("USDC", issuer.public_key)
    chain.execute(issuer, lambda tx: tx.append_create_stellar_asset_contract_from_asset_op(asset))
    chain.execute(treasury, lambda tx: tx.append_change_trust_op(asset))
    roles = Roles(
        verifier=Address(verifier.public_key),
        compliance=Address(compliance.public_key),
        treasury=Address(treasury.public_key),
    )
    contract = Address(asset.contract_id(ledger.passphrase))
    deployment = deploy(chain, owner, roles, [contract])
    return Platform(ledger, chain, issuer, owner, verifier, compliance, treasury, asset, deployment)


@pytest.fixture
def settled(database: str, platform: Platform) -> ApiConfig:
    """A configuration with a database of its own and the deployed contracts."""
    return _configuration(
        database_url=database,
        rpc_url=platform.network.rpc,
        network_passphrase=platform.network.passphrase,
        escrow=platform.deployment.escrow,
        distributor=platform.deployment.distributor,
    )

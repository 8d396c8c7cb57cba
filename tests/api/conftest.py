"""The API under test: the real application, database and, where asked for, ledger."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from stellar_sdk import Asset, Keypair, TransactionEnvelope

from api.app import create_app
from api.config import ApiConfig, Limits
from api.documents.storage.keys import MasterKeys
from api.tokens import Proof, Tokens
from contracts.wire import Address
from stellarsettle import devnet
from stellarsettle.chain import Chain
from stellarsettle.deploy import Deployment, Roles, deploy

Client = AsyncTestClient[Litestar]
Bearer = Callable[[ApiConfig, Keypair], dict[str, str]]
DAY = 86_400
UNIT = 10**7

_CONTRACT = Address("CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC")


def _configuration(**changes: Any) -> ApiConfig:
    given: dict[str, Any] = {
        "database_url": "postgresql://127.0.0.1:1/nowhere",
        "rpc_url": "http://127.0.0.1:1",
        "pool_wait_seconds": 0.3,
        "node_waits": (),
        "network_passphrase": "Standalone Network ; February 2017",
        "escrow": _CONTRACT,
        "distributor": _CONTRACT,
        "home_domain": "settle.example",
        "public_url": "https://api.settle.example",
        "sign_in_seed": Keypair.from_raw_ed25519_seed(b"sign-in seed of the tests only!!").secret,
        "token_seed": b"token seed of the tests, 32 byte",
        "platform_key": b"platform key of the tests, 32 by",
        "master_keys": MasterKeys({1: b"master key of the tests, 32 byte"}),
        "limits": Limits(address=0, sign_in=0, user=0, key=0, streams=0),
    }
    return ApiConfig(**(given | changes))


class Documented:
    """The OpenAPI document, held against every answer that a test receives."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._schemas = document["components"]["schemas"]
        self._paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "/?"), item)
            for path, item in document["paths"].items()
        ]

    async def check(self, response: httpx.Response) -> None:
        """Fail the test if the answer is not as documented."""
        await response.aread()
        method, path = response.request.method.lower(), response.request.url.path
        if path.startswith("/schema"):
            return
        if response.headers.get("content-type", "").startswith("text/html"):
            return
        operation = self._operation(method, path)
        if operation is None:
            # Pages for people are not in it; what is under /v1 is, or is not there.
            assert response.is_error or not path.startswith("/v1/"), (method, path)
            problem = response.headers.get("content-type") == "application/problem+json"
            assert problem or not response.is_error, (method, path, response.status_code)
            assert response.status_code != 500, (method, path)
            return
        documented = operation["responses"].get(str(response.status_code))
        assert documented is not None, f"{method} {path}: {response.status_code} not documented"
        media = response.headers.get("content-type", "").partition(";")[0]
        if "content" not in documented:
            assert response.content == b"", (method, path)
            return
        assert media in documented["content"], (method, path, media)
        if media.endswith("json"):
            self._value(response.json(), documented["content"][media]["schema"], path)

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        # Literal segments win over parameters, as in the router.
        fitting = sorted(
            (item for item in self._paths if item[0].fullmatch(path) and method in item[1]),
            key=lambda item: item[0].pattern.count("[^/]+"),
        )
        return fitting[0][1][method] if fitting else None

    def _value(self, value: Any, schema: dict[str, Any], at: str) -> None:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if "oneOf" in schema or "anyOf" in schema:
            self._one_of(value, schema.get("oneOf") or schema["anyOf"], at)
            return
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds:
            assert any(_fits(value, kind) for kind in kinds), f"{at}: {value!r} is no {kinds}"
        if "enum" in schema:
            assert value in schema["enum"], f"{at}: {value!r} is none of {schema['enum']}"
        if isinstance(value, str) and "pattern" in schema:
            assert re.search(schema["pattern"], value), f"{at}: {value!r} has another form"
        if isinstance(value, list):
            for place, item in enumerate(value):
                self._value(item, schema.get("items", {}), f"{at}[{place}]")
        if isinstance(value, dict):
            self._members(value, schema, at)

    def _members(self, value: dict[str, Any], schema: dict[str, Any], at: str) -> None:
        missing = set(schema.get("required", [])) - set(value)
        assert not missing, f"{at}: {missing} missing"
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, item in value.items():
            assert name in known or others or not known, f"{at}: {name} is not documented"
            inner = known.get(name, others if isinstance(others, dict) else {})
            self._value(item, inner, f"{at}.{name}")

    def _one_of(self, value: Any, choices: list[dict[str, Any]], at: str) -> None:
        reasons = []
        for choice in choices:
            try:
                self._value(value, choice, at)
            except AssertionError as error:
                reasons.append(str(error))
            else:
                return
        raise AssertionError(f"{at}: fits no choice: {reasons}")


def _fits(value: Any, kind: str) -> bool:
    types: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "integer": (int,),
        "number": (int, float),
        "boolean": (bool,),
        "array": (list,),
        "object": (dict,),
        "null": (type(None),),
    }
    return isinstance(value, types[kind]) and not (
        isinstance(value, bool) and kind in {"integer", "number"}
    )


_DOCUMENTED: list[Documented] = []


@asynccontextmanager
async def _checked(app: Litestar) -> AsyncIterator[Client]:
    """A client each of whose answers is held against the application's own OpenAPI document."""
    async with AsyncTestClient(app, raise_server_exceptions=False) as client:
        if not _DOCUMENTED:  # the routes of all applications are the same
            _DOCUMENTED.append(Documented((await client.get("/schema/openapi.json")).json()))
        client.event_hooks = {"request": [], "response": [_DOCUMENTED[0].check]}
        yield client


@pytest.fixture
def checked() -> Callable[[Litestar], AbstractAsyncContextManager[Client]]:
    """Makes a client of an application, each of whose answers must be as documented."""
    return _checked


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
        pytest.skip("the local ledger is not built: run `make built`")
    with devnet.running() as running:
        yield running


@pytest.fixture
def config(database: str, ledger: devnet.Devnet) -> ApiConfig:
    """A configuration with a database of its own and the local ledger."""
    return _configuration(database_url=database, rpc_url=ledger.rpc, pool_wait_seconds=5.0)


@pytest.fixture
async def client(config: ApiConfig) -> AsyncIterator[AsyncTestClient[Litestar]]:
    """The application on database and ledger."""
    async with _checked(create_app(config)) as client:
        yield client


@pytest.fixture
async def lonely(
    configuration: Callable[..., ApiConfig],
) -> AsyncIterator[AsyncTestClient[Litestar]]:
    """The application with neither database nor ledger."""
    async with _checked(create_app(configuration())) as client:
        yield client


class Reader:
    """Requests to the application on a database, without any ledger."""

    def __init__(self, client: Client, config: ApiConfig, bearer: Bearer) -> None:
        self.client = client
        self.config = config
        self._bearer = bearer

    async def get(self, who: Keypair, path: str) -> httpx.Response:
        """Read something as somebody."""
        return await self.client.get(path, headers=self._bearer(self.config, who))


@pytest.fixture
async def reader(
    database: str, configuration: Callable[..., ApiConfig], bearer: Bearer
) -> AsyncIterator[Reader]:
    """The application with a database of its own: enough for what is only read."""
    config = configuration(database_url=database, pool_wait_seconds=5.0)
    async with _checked(create_app(config)) as client:
        yield Reader(client, config, bearer)


@pytest.fixture
def bearer() -> Bearer:
    """Makes the header of somebody who signed in."""

    def header(config: ApiConfig, keypair: Keypair) -> dict[str, str]:
        token = Tokens(config).issue(Proof(owner=keypair.public_key, method="sep10"))
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
        pool_wait_seconds=5.0,
        rpc_url=platform.network.rpc,
        network_passphrase=platform.network.passphrase,
        escrow=platform.deployment.escrow,
        distributor=platform.deployment.distributor,
    )


class People:
    """Requests to the API as somebody, and that somebody's wallet."""

    def __init__(
        self, client: Client, config: ApiConfig, platform: Platform, bearer: Bearer
    ) -> None:
        self.client = client
        self.config = config
        self.platform = platform
        self._bearer = bearer

    async def ask(self, who: Keypair, action: str, **body: Any) -> httpx.Response:
        """Build an action; `idempotency_key` goes into the header."""
        headers = self._bearer(self.config, who)
        if key := body.pop("idempotency_key", None):
            headers["Idempotency-Key"] = key
        return await self.client.post(f"/v1/transactions/{action}", json=body, headers=headers)

    async def get(self, who: Keypair, path: str) -> httpx.Response:
        """Read something as somebody."""
        return await self.client.get(path, headers=self._bearer(self.config, who))

    async def prepare(self, who: Keypair, action: str, **body: Any) -> dict[str, Any]:
        """Build an action that must be possible."""
        answer = await self.ask(who, action, **body)
        assert answer.status_code == 201, answer.text
        intent: dict[str, Any] = answer.json()
        return intent

    def sign(self, who: Keypair, intent: dict[str, Any]) -> TransactionEnvelope:
        """What the wallet makes of an intent."""
        envelope = TransactionEnvelope.from_xdr(intent["xdr"], intent["network_passphrase"])
        envelope.sign(who)
        return envelope

    async def act(self, who: Keypair, action: str, **body: Any) -> dict[str, Any]:
        """Build, sign and submit."""
        intent = await self.prepare(who, action, **body)
        self.platform.chain.submit(self.sign(who, intent))
        return intent

    async def admit(self, *members: Keypair) -> None:
        """Make members, as compliance."""
        until = self.platform.chain.close_time() + 365 * DAY
        for member in members:
            await self.act(
                self.platform.compliance,
                "set-member",
                address=member.public_key,
                until=until,
                frozen=False,
            )

    async def listed(self, seller: Keypair, debtor: Keypair, number: str) -> str:
        """An open invoice of 10,000 asking for 9,500."""
        created = await self.act(seller, "create-escrow", **self.terms(debtor.public_key, number))
        invoice = str(created["invoice_id"])
        await self.act(self.platform.verifier, "approve", invoice_id=invoice)
        await self.act(debtor, "acknowledge", invoice_id=invoice)
        await self.act(seller, "publish", invoice_id=invoice)
        return invoice

    def terms(self, debtor: str, number: str) -> dict[str, Any]:
        """Terms that the platform accepts."""
        now = self.platform.chain.close_time()
        return {
            "debtor": debtor,
            "asset": self.platform.asset_address,
            "face": str(10_000 * UNIT),
            "target": str(9_500 * UNIT),
            "par": str(9_800 * UNIT),
            "min_raise": str(5_000 * UNIT),
            "fee_bps": 100,
            "late_bps": 10,
            "late_cap_bps": 1_000,
            "due_at": now + 60 * DAY,
            "deadline": now + 7 * DAY,
            "grace": 10 * DAY,
            "release_delay": 0,
            "needs_ack": True,
            "doc_hash": hashlib.sha256(number.encode()).hexdigest(),
            "natural_key": {
                "seller_tax_id": "DE811907980",
                "debtor_tax_id": "FR40303265045",
                "number": number,
                "amount": "10000.00",
                "currency": "EUR",
                "issue_date": "2026-11-01",
            },
        }


@pytest.fixture
async def people(settled: ApiConfig, platform: Platform, bearer: Bearer) -> AsyncIterator[People]:
    """The application on the deployed contracts."""
    async with _checked(create_app(settled)) as client:
        yield People(client, settled, platform, bearer)

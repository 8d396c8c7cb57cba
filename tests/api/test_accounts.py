"""SEP-10: whoever gets a token has shown control of the account, once per challenge."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import httpx
import jwt
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from stellar_sdk import (
    Keypair,
    Preconditions,
    SetOptions,
    Signer,
    TimeBounds,
    TransactionBuilder,
    TransactionEnvelope,
)
from stellar_sdk.operation import Operation
from stellar_sdk.sep.stellar_web_authentication import build_challenge_transaction

from api.config import ApiConfig
from api.tokens import Tokens
from stellarsettle.chain import Chain
from stellarsettle.devnet import Devnet

pytestmark = pytest.mark.anyio

Client = AsyncTestClient[Litestar]


async def _challenge(client: Client, account: str) -> str:
    answer = await client.get("/auth", params={"account": account})
    assert answer.status_code == 200, answer.text
    challenge: str = answer.json()["transaction"]
    return challenge


def _signed(config: ApiConfig, challenge: str, *signers: Keypair) -> str:
    envelope = TransactionEnvelope.from_xdr(challenge, config.network_passphrase)
    for signer in signers:
        envelope.sign(signer)
    return envelope.to_xdr()


async def _redeem(client: Client, transaction: str) -> httpx.Response:
    return await client.post("/auth", json={"transaction": transaction})


def _set_options(ledger: Devnet, config: ApiConfig, account: Keypair, **options: object) -> None:
    operation: Operation = SetOptions(**options)  # type: ignore[arg-type]

    def add(builder: TransactionBuilder) -> TransactionBuilder:
        return builder.append_operation(operation)

    Chain(ledger.rpc, config.network_passphrase).execute(account, add)


async def test_a_signed_challenge_gives_a_token(
    client: Client, config: ApiConfig, funded: Keypair
) -> None:
    transaction = _signed(config, await _challenge(client, funded.public_key), funded)
    answer = await _redeem(client, transaction)
    assert answer.status_code == 200, answer.text
    subject = Tokens(config).check(answer.json()["token"])
    assert subject.address == funded.public_key
    header = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert (await client.get("/v1/transactions", headers=header)).status_code == 200


async def test_wallets_may_post_a_form(client: Client, config: ApiConfig, funded: Keypair) -> None:
    transaction = _signed(config, await _challenge(client, funded.public_key), funded)
    answer = await client.post("/auth", data={"transaction": transaction})
    assert answer.status_code == 200, answer.text


async def test_a_challenge_is_good_once(client: Client, config: ApiConfig, funded: Keypair) -> None:
    transaction = _signed(config, await _challenge(client, funded.public_key), funded)
    assert (await _redeem(client, transaction)).status_code == 200
    again = await _redeem(client, transaction)
    assert again.status_code == 400
    assert again.json()["type"] == "/problems/challenge-refused"
    assert again.json()["error"] == "This challenge was used before."


async def test_an_account_not_on_the_ledger_signs_with_its_master_key(
    client: Client, config: ApiConfig
) -> None:
    nobody = Keypair.random()
    transaction = _signed(config, await _challenge(client, nobody.public_key), nobody)
    assert (await _redeem(client, transaction)).status_code == 200


async def test_a_stranger_cannot_sign_for_an_account(
    client: Client, config: ApiConfig, funded: Keypair
) -> None:
    challenge = await _challenge(client, funded.public_key)
    for signers in ((), (Keypair.random(),), (funded, Keypair.random())):
        answer = await _redeem(client, _signed(config, challenge, *signers))
        assert answer.status_code == 400, answer.text
        assert answer.json()["type"] == "/problems/challenge-refused"


async def test_several_signers_reach_the_medium_threshold_together(
    client: Client, config: ApiConfig, ledger: Devnet, funded: Keypair
) -> None:
    second = Keypair.random()
    _set_options(
        ledger,
        config,
        funded,
        signer=Signer.ed25519_public_key(second.public_key, 1),
        med_threshold=2,
        high_threshold=2,
    )
    for signers, status in (((funded,), 400), ((second,), 400), ((funded, second), 200)):
        challenge = await _challenge(client, funded.public_key)
        answer = await _redeem(client, _signed(config, challenge, *signers))
        assert answer.status_code == status, answer.text


async def test_a_master_key_without_weight_signs_for_nobody(
    client: Client, config: ApiConfig, ledger: Devnet, funded: Keypair
) -> None:
    """Even where the medium threshold is zero, a key that was taken away must not sign."""
    heir = Keypair.random()
    signer = Signer.ed25519_public_key(heir.public_key, 1)
    _set_options(ledger, config, funded, signer=signer, master_weight=0)
    for keypair, status in ((funded, 400), (heir, 200)):
        challenge = await _challenge(client, funded.public_key)
        answer = await _redeem(client, _signed(config, challenge, keypair))
        assert answer.status_code == status, answer.text


async def test_a_challenge_of_somebody_else_is_refused(
    client: Client, config: ApiConfig, funded: Keypair
) -> None:
    foreign = {
        "another server": (Keypair.random().secret, config.home_domain),
        "another domain": (config.sign_in_seed, "phish.example"),
    }
    for why, (seed, domain) in foreign.items():
        transaction = build_challenge_transaction(
            seed,
            funded.public_key,
            domain,
            config.web_auth_domain,
            config.network_passphrase,
        )
        answer = await _redeem(client, _signed(config, transaction, funded))
        assert answer.status_code == 400, why


async def test_a_challenge_whose_time_is_over_is_refused(
    client: Client, config: ApiConfig, funded: Keypair
) -> None:
    challenge = await _challenge(client, funded.public_key)
    envelope = TransactionEnvelope.from_xdr(challenge, config.network_passphrase)
    envelope.signatures.clear()
    envelope.transaction.preconditions = Preconditions(time_bounds=TimeBounds(1, 1_000))
    envelope.sign(config.sign_in_seed)
    envelope.sign(funded)
    assert (await _redeem(client, envelope.to_xdr())).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"account": "nobody"},
        {"account": "CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC"},
        {"memo": "0"},
        {"memo": "18446744073709551616"},
        {"memo": "hello"},
        {"home_domain": "phish.example"},
        {"client_domain": "localhost"},
        {"client_domain": "127.0.0.1:1"},
        {"client_domain": "[::1]"},
        {"client_domain": "10.0.0.1"},
        {"client_domain": "wallet.example/../x"},
    ],
)
async def test_what_is_not_supported_is_refused_politely(
    lonely: Client, query: dict[str, str]
) -> None:
    answer = await lonely.get("/auth", params={"account": Keypair.random().public_key} | query)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["pointer"] == f"?{next(iter(query))}"
    assert problem["error"] == problem["detail"]


@pytest.mark.parametrize("transaction", ["", "zzz", "AAAA", "A" * 3000, "ÿ"])
async def test_garbage_is_refused(lonely: Client, transaction: str) -> None:
    assert (await _redeem(lonely, transaction)).status_code in {400, 422}


async def test_the_service_describes_itself_to_wallets(
    lonely: Client, configuration: Callable[..., ApiConfig]
) -> None:
    answer = await lonely.get("/.well-known/stellar.toml")
    described = tomllib.loads(answer.text)
    config = configuration()
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert described["WEB_AUTH_ENDPOINT"] == f"{config.public_url}/auth"
    assert described["NETWORK_PASSPHRASE"] == config.network_passphrase
    assert described["SIGNING_KEY"] == Keypair.from_secret(config.sign_in_seed).public_key


async def test_tokens_verify_with_the_published_key(
    lonely: Client, configuration: Callable[..., ApiConfig], bearer: Callable[..., dict[str, str]]
) -> None:
    config, somebody = configuration(), Keypair.random()
    token = bearer(config, somebody)["Authorization"].partition(" ")[2]
    keys = jwt.PyJWKSet.from_dict((await lonely.get("/.well-known/jwks.json")).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["EdDSA"], audience=config.public_url)
    assert claims["sub"] == somebody.public_key
    assert claims["exp"] - claims["iat"] == 900

"""Signing in otherwise: signed texts, shared accounts, wallets with a domain of their own."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from stellar_sdk import Keypair, MuxedAccount, SetOptions, Signer

from api.app import create_app
from api.config import ApiConfig
from stellarsettle.chain import Chain
from stellarsettle.devnet import Devnet
from tests.api.signing import bearing, challenge, message, signed

pytestmark = pytest.mark.anyio

Client = AsyncTestClient[Litestar]


async def test_a_signed_text_begins_a_session_once(client: Client, funded: Keypair) -> None:
    for hexadecimal in (False, True):
        body = await message(client, funded.public_key, funded, hexadecimal=hexadecimal)
        answer = await client.post("/auth/message", json=body)
        assert answer.status_code == 200, answer.text
        token = answer.json()["token"]
        assert jwt.decode(token, options={"verify_signature": False})["amr"] == ["sep53"]
        who = await client.get("/v1/sessions/current", headers=bearing(token))
        assert who.json()["address"] == funded.public_key
        again = await client.post("/auth/message", json=body)
        assert again.json()["detail"] == "This challenge was used before."


async def test_the_text_says_what_is_signed(client: Client, config: ApiConfig) -> None:
    account = Keypair.random().public_key
    asked = (await client.get("/auth/message", params={"account": account})).json()
    for part in (config.home_domain, account, config.public_url, config.network_passphrase):
        assert part in asked["message"]


async def test_texts_of_others_are_refused(client: Client, funded: Keypair) -> None:
    stranger = Keypair.random()
    good = await message(client, funded.public_key, funded)
    forged = good["message"].replace("Nonce: ", "Nonce: x")
    wrong = [
        await message(client, funded.public_key, stranger),
        good | {"account": stranger.public_key},
        good | {"message": forged, "signature": funded.sign_message(forged).hex()},
        good | {"message": "\n.x", "signature": funded.sign_message("\n.x").hex()},
    ]
    for body in wrong:
        answer = await client.post("/auth/message", json=body)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/challenge-refused")
    for signature in ("!" * 88, "zz" * 64, "A" * 86):
        answer = await client.post("/auth/message", json=good | {"signature": signature})
        assert answer.status_code == 422
        assert answer.json()["pointer"] == "/signature"


async def test_a_text_whose_time_is_over_is_refused(client: Client, funded: Keypair) -> None:
    sign_in = client.app.dependencies["message_sign_in"].dependency()
    old = sign_in.challenge(funded.public_key, now=1_000_000_000)
    signature = funded.sign_message(old.message).hex()
    body = {"account": funded.public_key, "message": old.message, "signature": signature}
    answer = await client.post("/auth/message", json=body)
    assert answer.json()["detail"] == "The time of this message is over."


async def test_a_text_needs_one_key_that_is_enough(
    client: Client, config: ApiConfig, ledger: Devnet, funded: Keypair
) -> None:
    light, heavy = Keypair.random(), Keypair.random()
    chain = Chain(ledger.rpc, config.network_passphrase)
    signers = [Signer.ed25519_public_key(k.public_key, w) for k, w in ((light, 1), (heavy, 2))]
    chain.execute(
        funded,
        lambda tx: tx.append_operation(SetOptions(signer=signers[0])).append_operation(
            SetOptions(signer=signers[1], med_threshold=2)
        ),
    )
    for signer, status in ((light, 400), (funded, 400), (heavy, 200)):
        body = await message(client, funded.public_key, signer)
        answer = await client.post("/auth/message", json=body)
        assert answer.status_code == status, answer.text
        assert status == 200 or "the account wants 2" in answer.json()["detail"]


async def test_people_who_share_an_account_do_not_share_its_rows(
    client: Client, config: ApiConfig, funded: Keypair
) -> None:
    numbered = MuxedAccount(funded.public_key, 7).account_muxed
    assert numbered is not None
    owners = {}
    for account, query in (
        (funded.public_key, {}),
        (funded.public_key, {"memo": "7"}),
        (funded.public_key, {"memo": "8"}),
        (numbered, {}),
    ):
        asked = await challenge(client, account, **query)
        transaction = signed(config.network_passphrase, asked, funded)
        answer = await client.post("/auth", json={"transaction": transaction})
        assert answer.status_code == 200, answer.text
        header = bearing(answer.json()["token"])
        who = (await client.get("/v1/sessions/current", headers=header)).json()
        assert who["address"] == funded.public_key
        made = {"name": who["owner"], "scopes": ["read"]}
        assert (await client.post("/v1/keys", json=made, headers=header)).status_code == 201
        owners[who["owner"]] = header
    assert list(owners) == [
        funded.public_key,
        f"{funded.public_key}:7",
        f"{funded.public_key}:8",
        numbered,
    ]
    for owner, header in owners.items():
        keys = (await client.get("/v1/keys", headers=header)).json()["data"]
        assert [key["name"] for key in keys] == [owner]
    refused = await client.get("/auth", params={"account": numbered, "memo": "7"})
    assert refused.status_code == 422


@contextmanager
def _wallet(toml: str, status: int = 200) -> Iterator[str]:
    """A wallet's own domain on this machine."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1/")
            self.end_headers()
            self.wfile.write(toml.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"localhost:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
async def local(
    config: ApiConfig, configuration: Callable[..., ApiConfig]
) -> AsyncIterator[Client]:
    """The application, which may ask servers of this machine."""
    allowed = configuration(
        database_url=config.database_url, rpc_url=config.rpc_url, local_networks=True
    )
    async with AsyncTestClient(create_app(allowed)) as client:
        yield client


async def test_a_wallet_proves_its_domain_too(
    local: Client, config: ApiConfig, funded: Keypair
) -> None:
    wallet = Keypair.random()
    with _wallet(f'SIGNING_KEY = "{wallet.public_key}"') as domain:
        asked = await challenge(local, funded.public_key, client_domain=domain)
    for signers, status in (((funded,), 400), ((wallet,), 400), ((funded, wallet), 200)):
        transaction = signed(config.network_passphrase, asked, *signers)
        answer = await local.post("/auth", json={"transaction": transaction})
        assert answer.status_code == status, answer.text
    claims = jwt.decode(answer.json()["token"], options={"verify_signature": False})
    assert claims["client_domain"] == domain


@pytest.mark.parametrize(
    ("toml", "status"),
    [
        ("SIGNING_KEY = 7", 200),
        ("not toml", 200),
        ("", 200),
        ("x" * 200_000, 200),
        ("", 302),
    ],
)
async def test_a_wallet_without_a_key_is_refused(local: Client, toml: str, status: int) -> None:
    with _wallet(toml, status) as domain:
        query = {"account": Keypair.random().public_key, "client_domain": domain}
        answer = await local.get("/auth", params=query)
    assert (answer.status_code, answer.json()["pointer"]) == (422, "?client_domain"), answer.text
    assert "does not answer" not in answer.json()["detail"]

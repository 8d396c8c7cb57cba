"""A session goes on while its own client renews it, and ends when anybody else does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from stellar_sdk import Keypair

from api.app import create_app
from api.config import ApiConfig
from api.sessions.service import GRACE_SECONDS
from api.tokens import Proof, Tokens
from tests.api.signing import bearing, browser, cookie_of, session

pytestmark = pytest.mark.anyio

Client = AsyncTestClient[Litestar]
WHO = "/v1/sessions/current"


async def _refresh(client: Client, token: str) -> Any:
    return await client.post("/auth/refresh", json={"refresh_token": token})


def _later(config: ApiConfig, seconds: float) -> None:
    """Let time pass for all sessions."""
    with psycopg.connect(config.database_url, autocommit=True) as owner:
        owner.execute(
            "UPDATE app.session SET renewed_at = renewed_at - make_interval(secs => %s)", (seconds,)
        )


async def test_each_refresh_token_is_good_once(client: Client, config: ApiConfig) -> None:
    first = await session(client, config.network_passphrase, Keypair.random())
    second = (await _refresh(client, first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await client.get(WHO, headers=bearing(second["token"]))).status_code == 200
    third = await _refresh(client, second["refresh_token"])
    assert third.json()["session_id"] == first["session_id"]


async def test_a_token_used_before_ends_the_family(client: Client, config: ApiConfig) -> None:
    first = await session(client, config.network_passphrase, Keypair.random())
    second = (await _refresh(client, first["refresh_token"])).json()
    _later(config, GRACE_SECONDS + 1)
    stolen = await _refresh(client, first["refresh_token"])
    assert stolen.status_code == 401
    assert stolen.json()["type"] == "/problems/session-over"
    assert (await _refresh(client, second["refresh_token"])).status_code == 401
    assert (await client.get(WHO, headers=bearing(second["token"]))).status_code == 401


async def test_a_lost_answer_is_given_again(client: Client, config: ApiConfig) -> None:
    first = await session(client, config.network_passphrase, Keypair.random())
    second = (await _refresh(client, first["refresh_token"])).json()
    again = (await _refresh(client, first["refresh_token"])).json()
    assert again["refresh_token"] == second["refresh_token"]
    third = (await _refresh(client, again["refresh_token"])).json()
    assert (await _refresh(client, first["refresh_token"])).status_code == 401, "two behind"
    assert (await _refresh(client, third["refresh_token"])).status_code == 401


@pytest.mark.parametrize("token", ["x", "..", "0.0.0", "ÿ.0.0", "a" * 256])
async def test_what_we_never_gave_ends_nothing(
    client: Client, config: ApiConfig, token: str
) -> None:
    mine = await session(client, config.network_passphrase, Keypair.random())
    assert (await _refresh(client, token)).status_code == 401
    forged = mine["refresh_token"].rpartition(".")[0] + ".AAAA"
    assert (await _refresh(client, forged)).status_code == 401
    assert (await _refresh(client, mine["refresh_token"])).status_code == 200


async def test_sessions_are_listed_and_ended_by_their_owner(
    client: Client, config: ApiConfig
) -> None:
    me, other = Keypair.random(), Keypair.random()
    here = await session(client, config.network_passphrase, me)
    there = await session(client, config.network_passphrase, me)
    theirs = await session(client, config.network_passphrase, other)
    listed = (await client.get("/v1/sessions", headers=bearing(here["token"]))).json()["data"]
    assert [row["id"] for row in listed] == [there["session_id"], here["session_id"]]
    assert [row["current"] for row in listed] == [False, True]
    path = f"/v1/sessions/{there['session_id']}"
    assert (await client.delete(path, headers=bearing(theirs["token"]))).status_code == 404
    assert (await client.delete(path, headers=bearing(here["token"]))).status_code == 204
    assert (await client.get(WHO, headers=bearing(there["token"]))).status_code == 401
    assert (await _refresh(client, there["refresh_token"])).status_code == 401
    await session(client, config.network_passphrase, me)
    everywhere = await client.delete("/v1/sessions", headers=bearing(here["token"]))
    assert everywhere.json() == {"ended": 2}
    assert (await client.get(WHO, headers=bearing(here["token"]))).status_code == 401
    assert (await client.get(WHO, headers=bearing(theirs["token"]))).status_code == 200


async def test_a_session_that_nobody_uses_is_over(client: Client, config: ApiConfig) -> None:
    mine = await session(client, config.network_passphrase, Keypair.random())
    _later(config, config.session_idle_seconds + 1)
    assert (await _refresh(client, mine["refresh_token"])).status_code == 401


async def test_another_process_knows_what_was_ended(client: Client, config: ApiConfig) -> None:
    mine = await session(client, config.network_passphrase, Keypair.random())
    async with AsyncTestClient(create_app(config)) as elsewhere:
        await elsewhere.delete(WHO, headers=bearing(mine["token"]))
    assert (await client.get(WHO, headers=bearing(mine["token"]))).status_code == 401


async def test_a_page_needs_its_origin_and_its_token(client: Client, config: ApiConfig) -> None:
    cookie, headers = await browser(client, config.network_passphrase, Keypair.random())
    shown = (await client.get(WHO, headers={"Cookie": cookie})).json()
    assert (shown["via"], shown["csrf_token"]) == ("cookie", headers["X-CSRF-Token"])
    _, strangers = await browser(client, config.network_passphrase, Keypair.random())
    wanted = {"name": "k", "scopes": ["read"]}
    wrong: list[dict[str, str]] = [
        {"Cookie": cookie},
        headers | {"Sec-Fetch-Site": "cross-site"},
        headers | {"Sec-Fetch-Site": "same-site"},
        {name: value for name, value in headers.items() if name != "X-CSRF-Token"},
        headers | {"X-CSRF-Token": strangers["X-CSRF-Token"]},
    ]
    for each in wrong:
        answer = await client.post("/v1/keys", json=wanted, headers=each)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/cross-site"), each
    assert (await client.post("/v1/keys", json=wanted, headers=headers)).status_code == 201


async def test_a_form_without_scripts_carries_the_token_itself(
    client: Client, config: ApiConfig
) -> None:
    cookie, headers = await browser(client, config.network_passphrase, Keypair.random())
    page = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
    form = {"csrf_token": headers["X-CSRF-Token"]}
    refused = await client.post("/v1/keys", data={"csrf_token": "x"}, headers=page)
    assert refused.status_code == 403
    read = await client.post("/v1/keys", data=form, headers=page)
    assert read.status_code in {400, 422}, "the gate let it pass; this route wants JSON"


async def test_a_cookie_is_renewed_on_the_way_and_taken_away(
    client: Client, config: ApiConfig
) -> None:
    cookie, headers = await browser(client, config.network_passphrase, Keypair.random())
    assert "set-cookie" not in (await client.get(WHO, headers={"Cookie": cookie})).headers
    _later(config, config.token_seconds + 1)
    renewed = cookie_of(await client.get(WHO, headers={"Cookie": cookie}))
    assert renewed != cookie
    same = await client.get(WHO, headers={"Cookie": cookie})
    assert cookie_of(same) == renewed, "a request that was under way at the same time"
    _later(config, GRACE_SECONDS + 1)
    assert (await client.get(WHO, headers={"Cookie": renewed})).status_code == 200
    left = await client.delete(WHO, headers=headers | {"Cookie": renewed})
    assert "Max-Age=0" in left.headers["set-cookie"]
    assert (await client.get(WHO, headers={"Cookie": renewed})).status_code == 401


async def test_a_stolen_cookie_ends_the_session(client: Client, config: ApiConfig) -> None:
    cookie, _ = await browser(client, config.network_passphrase, Keypair.random())
    _later(config, config.token_seconds + 1)
    renewed = cookie_of(await client.get(WHO, headers={"Cookie": cookie}))
    _later(config, GRACE_SECONDS + 1)
    assert (await client.get(WHO, headers={"Cookie": cookie})).status_code == 401
    assert (await client.get(WHO, headers={"Cookie": renewed})).status_code == 401


async def test_a_cookie_is_no_bearer_token_and_the_other_way_round(
    client: Client, config: ApiConfig
) -> None:
    cookie, _ = await browser(client, config.network_passphrase, Keypair.random())
    assert (await _refresh(client, cookie.partition("=")[2])).status_code == 401
    mine = await session(client, config.network_passphrase, Keypair.random())
    sent = {"Cookie": f"__Host-session={mine['refresh_token']}"}
    assert (await client.get(WHO, headers=sent)).status_code == 401


async def test_only_our_pages_may_have_a_cookie_set(client: Client) -> None:
    answer = await client.post("/auth?session=cookie", json={"transaction": "AAAA"})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/cross-site")


async def test_a_key_that_was_replaced_stays_good_for_what_it_signed(
    configuration: Callable[..., ApiConfig],
) -> None:
    before = configuration()
    after = configuration(
        token_seed=b"the new token seed of the tests!", former_token_seeds=(before.token_seed,)
    )
    old, new = Tokens(before), Tokens(after)
    proof = Proof(owner=Keypair.random().public_key, method="sep10")
    for token in (old.issue(proof), new.issue(proof)):
        assert new.check(token).owner == proof.owner
    with pytest.raises(jwt.InvalidTokenError):
        old.check(new.issue(proof))
    published = [key["kid"] for key in new.jwks()["keys"]]
    assert jwt.get_unverified_header(new.issue(proof))["kid"] == published[0]
    assert jwt.get_unverified_header(old.issue(proof))["kid"] == published[1]


async def test_sessions_outlive_the_key_they_began_under(
    client: Client, config: ApiConfig, configuration: Callable[..., ApiConfig]
) -> None:
    mine = await session(client, config.network_passphrase, Keypair.random())
    rotated = configuration(
        database_url=config.database_url,
        rpc_url=config.rpc_url,
        token_seed=b"the new token seed of the tests!",
        former_token_seeds=(config.token_seed,),
    )
    async with AsyncTestClient(create_app(rotated)) as after:
        renewed = await after.post("/auth/refresh", json={"refresh_token": mine["refresh_token"]})
        assert renewed.status_code == 200
        who = await after.get(WHO, headers=bearing(renewed.json()["token"]))
        assert who.json()["session_id"] == mine["session_id"]

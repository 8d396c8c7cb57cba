"""Nobody asks more often than he may, whichever process he asks; everybody is told what is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar, get
from litestar.testing import AsyncTestClient
from stellar_sdk import Keypair, MuxedAccount

from api.access import PUBLIC, UNTIMED
from api.app import create_app
from api.config import ApiConfig, Limits
from api.database import Database
from api.errors import Problem, as_json, handlers
from api.keys.schemas import KeyRequest
from api.keys.service import Keys
from api.limits.counters import MemoryCounter, SharedCounter
from api.limits.law import WINDOW_SECONDS, Policy, ask, verdict
from api.limits.service import Limiter
from api.live.hub import Hub
from api.live.stream import Stream
from api.organisations.schemas import OrganisationRequest
from api.organisations.service import Organisations
from api.requests import Edge, TimeLimit
from api.tokens import Proof, Tokens
from tests.api.signing import bearing, session

pytestmark = pytest.mark.anyio

Client = AsyncTestClient[Litestar]
Configure = Callable[..., ApiConfig]


def _only(**quotas: Any) -> Limits:
    """These limits and no others."""
    return Limits(**({"address": 0, "sign_in": 0, "user": 0, "key": 0, "streams": 0} | quotas))


@given(
    quota=st.integers(1, 200),
    pauses=st.lists(st.floats(0, 30, allow_nan=False), min_size=1, max_size=300),
)
def test_no_window_holds_more_than_twice_the_quota(quota: int, pauses: list[float]) -> None:
    """A full bucket at once, and what is regained meanwhile; a whole quota after a whole window."""
    policy, now, full_at = Policy("p", quota), 1_000.0, 0.0
    answered: list[float] = []
    for pause in pauses:
        now += pause
        after = ask(policy, full_at, now)
        told = verdict(policy, full_at, now, allowed=after is not None)
        if after is None:
            assert told.retry_after >= 1
            retry = full_at - now + policy.interval - WINDOW_SECONDS
            assert ask(policy, full_at, now + retry + 1e-6) is not None
        else:
            full_at = after
            answered.append(now)
    for start in answered:
        assert sum(start <= at < start + WINDOW_SECONDS for at in answered) <= 2 * quota


@given(quota=st.integers(1, 500))
def test_a_quota_at_once_is_counted_down_to_nothing(quota: int) -> None:
    policy, full_at = Policy("p", quota), 0.0
    left: list[int] = []
    while (after := ask(policy, full_at, 5.0)) is not None and len(left) <= quota:
        full_at = after
        left.append(verdict(policy, full_at, 5.0, allowed=True).remaining)
    assert left == list(reversed(range(quota)))


@pytest.fixture
async def three(database: str) -> AsyncIterator[list[SharedCounter]]:
    """Three processes' counters: each with connections of its own."""
    pools = [Database(database, size=2, wait_seconds=5) for _ in range(3)]
    for pool in pools:
        await pool.open()
    yield [SharedCounter(pool) for pool in pools]
    for pool in pools:
        await pool.close()


async def test_three_processes_count_together(three: list[SharedCounter]) -> None:
    policy = Policy("user", 20)
    asked = await asyncio.gather(*(three[n % 3].count(policy, "ada") for n in range(60)))
    # One more for each three seconds that sixty statements may take.
    assert 20 <= sum(one.allowed for one in asked) <= 22
    assert all(one.retry_after <= 4 for one in asked if not one.allowed)
    assert (await three[0].count(policy, "grace")).remaining == 19


async def test_without_the_database_each_process_counts_alone() -> None:
    away = Database("postgresql://127.0.0.1:1/nowhere", size=1, wait_seconds=0.1)
    await away.open()
    counter, policy = SharedCounter(away), Policy("user", 1)
    assert (await counter.count(policy, "ada")).allowed
    assert not (await counter.count(policy, "ada")).allowed
    await away.close()


async def test_a_counter_in_memory_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.limits.counters._MOST", 10)
    counter, policy = MemoryCounter(lambda: 5.0), Policy("address", 1)
    for number in range(100):
        assert (await counter.count(policy, str(number))).allowed
    assert not (await counter.count(policy, "99")).allowed
    assert (await counter.count(policy, "0")).allowed


async def test_an_address_is_told_what_is_left_and_when_to_come_again(
    configuration: Configure,
) -> None:
    config = configuration(limits=_only(address=3))
    async with AsyncTestClient(create_app(config)) as client:
        told = [await client.get(path) for path in ("/problems", "/nowhere", "/problems")]
        assert [one.headers["ratelimit"].split(";")[1] for one in told] == ["r=2", "r=1", "r=0"]
        assert told[0].headers["ratelimit-policy"] == '"address";q=3;w=60'
        refused = await client.get("/problems")
        assert refused.status_code == 429
        assert refused.json()["type"] == "/problems/too-many-requests"
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 20
        assert refused.headers["x-request-id"] in refused.json()["instance"]
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert (await client.get("/health/live")).status_code == 200


async def test_signing_in_is_counted_more_strictly(configuration: Configure) -> None:
    config = configuration(limits=_only(sign_in=2))
    account = Keypair.random().public_key
    async with AsyncTestClient(create_app(config)) as client:
        asked = [(await client.get(f"/auth?account={account}")).status_code for _ in range(3)]
        assert asked == [200, 200, 429]
        assert (await client.get("/problems")).status_code == 200


async def test_people_and_keys_have_limits_of_their_own(
    config: ApiConfig, configuration: Configure
) -> None:
    limited = configuration(
        database_url=config.database_url,
        rpc_url=config.rpc_url,
        limits=_only(user=3, key=2, shared=True),
    )
    async with AsyncTestClient(create_app(limited)) as client:
        me, other = [
            bearing((await session(client, config.network_passphrase, Keypair.random()))["token"])
            for _ in range(2)
        ]
        wanted = {"name": "k", "scopes": ["read"]}
        key = (await client.post("/v1/keys", json=wanted, headers=me)).json()["key"]

        async def asked(headers: dict[str, str], times: int) -> list[int]:
            path = "/v1/sessions/current"
            return [(await client.get(path, headers=headers)).status_code for _ in range(times)]

        assert await asked(me, 3) == [200, 200, 429]
        assert await asked(bearing(key), 3) == [200, 200, 429]
        assert await asked(other, 1) == [200]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client", "network"),
    [
        (0, "9.9.9.9", "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 9.9.9.9", "10.0.0.1", "9.9.9.9"),
        (2, "6.6.6.6, 9.9.9.9, 10.0.0.2", "10.0.0.1", "9.9.9.9"),
        (1, "", "10.0.0.1", "10.0.0.1"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (0, "", "::ffff:1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 9.9.9.9:4711", "10.0.0.1", "9.9.9.9"),
        (1, "[2001:db8:1:2:3:4:5:6]:4711", "10.0.0.1", "2001:db8:1:2::/64"),
        (1, "2001:db8:1:2:3:4:5:6", "10.0.0.1", "2001:db8:1:2::/64"),
        (1, "unknown", "10.0.0.1", "unknown"),
    ],
)
async def test_whose_address_it_is(proxies: int, forwarded: str, client: str, network: str) -> None:
    counted: list[str] = []

    class Noting(MemoryCounter):
        async def count(self, policy: Policy, who: str) -> Any:
            counted.append(who)
            return await super().count(policy, who)

    limiter = Limiter(Limits(trusted_proxies=proxies), Noting())
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    await limiter.of_address({"client": (client, 1), "headers": headers, "state": {}})
    assert counted == [network]


async def test_another_memo_or_number_is_no_other_person(
    config: ApiConfig, configuration: Configure
) -> None:
    """One account signs in as many; it may ask no more often, and has no more of anything."""
    who = Keypair.random()
    limited = configuration(database_url=config.database_url, limits=_only(user=4, shared=True))
    owners = [
        who.public_key,
        f"{who.public_key}:1",
        *(MuxedAccount(who.public_key, number).account_muxed or "" for number in range(210)),
    ]

    def header(owner: str) -> dict[str, str]:
        return bearing(Tokens(limited).issue(Proof(owner=owner, method="sep10")))

    async with AsyncTestClient(create_app(limited)) as client:
        answers = [await client.get("/v1/keys", headers=header(owner)) for owner in owners[:6]]
        assert [one.status_code for one in answers] == [200] * 4 + [429] * 2
    pool = Database(config.database_url, size=4, wait_seconds=60)
    await pool.open()
    keys, organisations = Keys(pool), Organisations(pool)
    wanted = KeyRequest(name="k", scopes=("read",))

    async def make(owner: str) -> bool:
        try:
            await keys.make(owner, wanted)
        except Problem:
            return False
        return True

    with psycopg.connect(config.database_url) as superuser:
        superuser.execute(
            "INSERT INTO app.api_key (id, owner, name, scopes, digest, expires_at)"
            " SELECT gen_random_uuid(), o, 'k', '{read}', sha256(o::bytea), now() + '1 day'"
            " FROM unnest(%s::text[]) AS o",
            (owners[:190],),
        )
    made = await asyncio.gather(*(make(owner) for owner in owners[-20:]))
    assert sum(made) == 10, "ten times what one may have, however many come at once"
    stranger = Keypair.random().public_key
    assert await make(stranger), "another account is counted for itself"
    assert len(await keys.own(owners[5])) <= 2, "and what is counted is shown to nobody else"

    async def found(owner: str) -> bool:
        try:
            await organisations.found(owner, OrganisationRequest(name="O"))
        except Problem:
            return False
        return True

    assert sum(await asyncio.gather(*(found(stranger) for _ in range(30)))) == 20
    await pool.close()


async def test_one_address_cannot_take_every_place_of_live_streams(
    config: ApiConfig, configuration: Configure
) -> None:
    hub = Hub(config.database_url, Database(config.database_url, size=1, wait_seconds=1),
              most=10, of_address=3)  # fmt: skip
    streams = [Stream(["ledger"], address="1.2.3.4") for _ in range(6)]
    running = [hub.follow(stream, None) for stream in streams]
    # All asked before the first began: who comes too late is let go at once.
    begun = [await anext(one, None) for one in running]
    assert [one is not None for one in begun] == [True] * 3 + [False] * 3
    with pytest.raises(Problem, match="As many live streams"):
        hub.require_place("1.2.3.4")
    hub.require_place("5.6.7.8")
    await running[0].aclose()
    hub.require_place("1.2.3.4")
    for one in running:
        await one.aclose()
    limited = configuration(database_url=config.database_url, limits=_only(streams=1))
    app = create_app(limited)
    async with AsyncTestClient(app) as client:
        taken = app.state["hub"].follow(Stream(["ledger"], address="testclient"), None)
        await anext(taken)
        refused = await client.get("/v1/events?topics=ledger")
        assert refused.json()["type"] == "/problems/too-many-own-streams"
        await taken.aclose()


async def test_an_answer_that_takes_too_long_is_given_up(configuration: Configure) -> None:
    @get("/slow", opt=PUBLIC)
    async def slow() -> str:
        await anyio.sleep(30)
        return "never"

    @get("/stream", opt=PUBLIC | UNTIMED)
    async def stream() -> str:
        await anyio.sleep(0.3)
        return "whole"

    app = Litestar(
        [slow, stream],
        middleware=[TimeLimit(0.1)],
        exception_handlers=handlers(as_json),
        logging_config=None,
    )
    app.asgi_handler = Edge(app.asgi_handler, configuration(), Limiter(Limits(), MemoryCounter()))
    async with AsyncTestClient(app) as client:
        answer = await client.get("/slow")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/too-slow")
        assert (await client.get("/stream")).text == "whole"


async def test_every_answer_keeps_browsers_careful(lonely: Client) -> None:
    for path in ("/problems", "/nowhere", "/v1/me", "/health/live"):
        answer = await lonely.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["strict-transport-security"].startswith("max-age=")


async def test_only_listed_origins_may_ask_from_a_browser(configuration: Configure) -> None:
    config = configuration(cors_origins=("https://app.example",))
    async with AsyncTestClient(create_app(config)) as client:
        for origin, allowed in (("https://app.example", True), ("https://evil.example", False)):
            asked = {"Origin": origin, "Access-Control-Request-Method": "DELETE"}
            preflight = await client.options("/v1/keys", headers=asked)
            shown = preflight.headers.get("access-control-allow-origin")
            assert (shown == origin) == allowed, preflight.headers
            assert "access-control-allow-credentials" not in preflight.headers


async def test_a_body_beyond_the_limit_is_not_read(lonely: Client) -> None:
    body = b'{"refresh_token": "' + b"x" * 70_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    assert (await lonely.post("/auth/refresh", content=body, headers=headers)).status_code == 413

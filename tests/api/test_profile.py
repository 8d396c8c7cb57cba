"""Each person's own profile and preferences, read by a worker and by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from stellar_sdk import Keypair

from api.config import ApiConfig
from api.database import Database

pytestmark = pytest.mark.anyio

Client = AsyncTestClient[Litestar]
PROFILE, PREFERENCES = "/v1/me/profile", "/v1/me/preferences"


@pytest.fixture
def two(config: ApiConfig, bearer: Callable[..., dict[str, str]]) -> list[dict[str, str]]:
    """The headers of two people."""
    return [bearer(config, Keypair.random()) for _ in range(2)]


async def test_nothing_told_is_the_default(client: Client, two: list[dict[str, str]]) -> None:
    assert (await client.get(PROFILE, headers=two[0])).json() == {
        "name": None,
        "email": None,
        "email_confirmed_at": None,
    }
    assert (await client.get(PREFERENCES, headers=two[0])).json() == {
        "language": "en",
        "time_zone": "UTC",
        "number_format": "1,234.56",
        "notifications": {},
    }


async def test_each_says_it_for_himself(client: Client, two: list[dict[str, str]]) -> None:
    wanted = {
        "language": "de",
        "time_zone": "Europe/Berlin",
        "number_format": "1.234,56",
        "notifications": {"payment": {"email": False}},
    }
    for _ in range(2):
        told = await client.put(PREFERENCES, json=wanted, headers=two[0])
        assert told.json() == wanted
    assert (await client.get(PREFERENCES, headers=two[0])).json() == wanted
    assert (await client.get(PREFERENCES, headers=two[1])).json()["language"] == "en"


async def test_another_address_is_not_confirmed_any_more(
    client: Client, config: ApiConfig, two: list[dict[str, str]]
) -> None:
    me = {"name": "Ada", "email": "ada@example.com"}
    await client.put(PROFILE, json=me, headers=two[0])
    with psycopg.connect(config.database_url, autocommit=True) as owner:
        owner.execute("UPDATE app.profile SET email_confirmed_at = now()")
    kept = (await client.put(PROFILE, json=me | {"name": "A."}, headers=two[0])).json()
    assert kept["email_confirmed_at"] is not None
    moved = await client.put(PROFILE, json=me | {"email": "a@example.org"}, headers=two[0])
    assert moved.json()["email_confirmed_at"] is None


@pytest.mark.parametrize(
    ("path", "wanted", "pointer"),
    [
        (PREFERENCES, {"language": "german"}, "/language"),
        (PREFERENCES, {"time_zone": "Mars/Olympus"}, "/time_zone"),
        (PREFERENCES, {"time_zone": "../../etc/passwd"}, "/time_zone"),
        (PREFERENCES, {"number_format": "1.2"}, "/number_format"),
        (PREFERENCES, {"notifications": {"payment": {"pigeon": True}}}, "/notifications"),
        (PREFERENCES, {"theme": "dark"}, "/theme"),
        (PROFILE, {"email": "no address"}, "/email"),
        (PROFILE, {"email": "a@b.c\n"}, "/email"),
        (PROFILE, {"email": "a@b.c."}, "/email"),
        # Two addresses, or one in other words: mail would go to whom nobody asked.
        (PROFILE, {"email": "a,ada@example.com"}, "/email"),
        (PROFILE, {"email": "(a)ada@example.com"}, "/email"),
        (PROFILE, {"email": "a<ada@example.com>"}, "/email"),
        (PROFILE, {"email": '"a"ada@example.com'}, "/email"),
    ],
)
async def test_what_is_wrong_is_named(
    client: Client, two: list[dict[str, str]], path: str, wanted: Any, pointer: str
) -> None:
    answer = await client.put(path, json=wanted, headers=two[0])
    assert answer.status_code == 422
    assert answer.json()["pointer"].startswith(pointer), answer.text


async def test_a_worker_reads_all_and_writes_none(
    client: Client, config: ApiConfig, two: list[dict[str, str]]
) -> None:
    for each in two:
        assert (await client.put(PREFERENCES, json={}, headers=each)).is_success
        assert (await client.put(PROFILE, json={}, headers=each)).is_success
    pool = Database(config.database_url, size=1, wait_seconds=5)
    await pool.open()
    for table in (b"app.preference", b"app.profile"):
        async with pool.worker() as connection:
            rows = await connection.execute(b"SELECT * FROM " + table)
            assert len(await rows.fetchall()) == 2
            changed = await connection.execute(b"UPDATE " + table + b" SET owner = 'x'")
            assert changed.rowcount == 0
        async with pool.public() as connection:
            rows = await connection.execute(b"SELECT * FROM " + table)
            assert await rows.fetchall() == []
    await pool.close()


async def test_what_is_held_is_told_in_clear_bit_by_bit_and_to_its_person_only(
    client: Client, config: ApiConfig, two: list[dict[str, str]]
) -> None:
    """More rows than are read at once; what is sealed is opened, and no key is in it."""
    told = {"kind": "person", "fields": {"first_name": "Ada", "id_number": "X-998877"}}
    assert (await client.put("/v1/kyc", json=told, headers=two[0])).status_code == 200
    me = (await client.get("/v1/sessions/current", headers=two[0])).json()["owner"]
    key = (
        await client.post("/v1/keys", json={"name": "k", "scopes": ["read"]}, headers=two[0])
    ).json()
    with psycopg.connect(config.database_url) as owner:
        owner.execute(
            "INSERT INTO app.notification (owner, key, kind, topic, ledger, time, shown)"
            " SELECT %s, n::text, 'payout', 'payment', n, n, true"
            " FROM generate_series(1, 450) AS n",
            (me,),
        )
    answer = await client.get("/v1/me/data", headers=two[0])
    held = answer.json()
    assert [one["ledger"] for one in held["notification"]] == list(range(1, 451))
    (case,) = held["kyc_case"]
    assert case["fields"] == told["fields"]
    assert "wrapped" not in case
    (shown,) = held["api_key"]
    assert (shown["id"], "digest" in shown) == (key["id"], False)
    other = (await client.get("/v1/me/data", headers=two[1])).json()
    assert not any(other.values())
    assert set(other) == set(held)

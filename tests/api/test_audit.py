"""The audit log can be lengthened and nothing else, and shows where anybody touched it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from stellar_sdk import Keypair

from api.audit import log
from api.audit.chain import BrokenChainError, Head
from api.database import Database
from stellarsettle.cli import cli
from tests.api.following import indexing, shown
from tests.api.signing import bearing, session

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Database]:
    """The API's connections."""
    opened = Database(database, size=8, wait_seconds=5)
    await opened.open()
    yield opened
    await opened.close()


async def _write(pool: Database, *numbers: int) -> None:
    async def one(number: int) -> None:
        async with pool.private("GADA") as connection:
            await log.record(connection, "GADA", "test.did", f"thing {number}", text='é\n"', n=7)

    await asyncio.gather(*(one(number) for number in numbers))


def _tamper(database: str, statement: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(statement.encode())


async def test_many_at_once_make_one_chain(pool: Database, database: str) -> None:
    await _write(pool, *range(40))
    head = log.verify(database)
    assert head.number == 40
    assert log.verify(database, kept=head) == head
    await _write(pool, 41)
    assert log.verify(database, kept=head).number == 41


async def test_what_is_rolled_back_leaves_no_gap(pool: Database, database: str) -> None:
    async with pool.private("GADA") as connection:
        await log.record(connection, "GADA", "test.did", "nothing")
        raise psycopg.Rollback
    await _write(pool, 1)
    assert log.verify(database).number == 1


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE audit.entry SET actor = 'GEVE' WHERE number = 3", "Entry 3 is not what"),
        ("UPDATE audit.entry SET at = at + 1 WHERE number = 3", "Entry 3 is not what"),
        ("UPDATE audit.entry SET detail = '{}' WHERE number = 5", "Entry 5 is not what"),
        ("UPDATE audit.entry SET hash = sha256('') WHERE number = 2", "Entry 2 is not what"),
        ("DELETE FROM audit.entry WHERE number = 4", "Entry 4 is missing"),
        ("DELETE FROM audit.entry WHERE number = 1", "Entry 1 is missing"),
        ("DELETE FROM audit.entry WHERE number = 5", "Entry 5 is missing: the log was cut short"),
    ],
)
async def test_the_first_broken_entry_is_named(
    pool: Database, database: str, statement: str, words: str
) -> None:
    await _write(pool, *range(5))
    kept = log.verify(database)
    _tamper(database, statement)
    with pytest.raises(BrokenChainError, match=words):
        log.verify(database, kept=kept)


async def test_a_log_written_anew_is_known_by_an_earlier_head(
    pool: Database, database: str
) -> None:
    await _write(pool, 1, 2)
    kept = log.verify(database)
    _tamper(database, "DELETE FROM audit.entry")
    await _write(pool, 3, 4)
    assert log.verify(database).number == 2
    with pytest.raises(BrokenChainError, match="Up to entry 2 the log was written anew"):
        log.verify(database, kept=kept)


async def test_the_api_can_only_append(pool: Database) -> None:
    await _write(pool, 1)
    for statement in (
        b"UPDATE audit.entry SET actor = 'x'",
        b"DELETE FROM audit.entry",
        b"TRUNCATE audit.entry",
        b"DROP TABLE audit.entry",
        b"INSERT INTO audit.entry VALUES (2, 0, 'a', 'b', 'c', '{}', '')",
        b"ALTER TABLE audit.entry DISABLE ROW LEVEL SECURITY",
    ):
        async with pool.public() as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(statement)


async def test_only_readers_see_it(pool: Database) -> None:
    await _write(pool, 1)
    for roles, seen in (([], 0), (["staff:risk"], 0), (["admin"], 1), (["staff:compliance"], 1)):
        async with pool.staff("GADA", roles) as connection:
            found = await log.page(connection, before=None, actor=None, about=None, limit=9)
        assert len(found) == seen, roles


def test_the_command_names_what_is_broken(database: str) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(
            cli, ["audit", "verify", *arguments], env={"DATABASE_URL": database}
        )

    assert run().output.strip() == str(Head(0, bytes(32)))
    _tamper(database, "SELECT audit.append('a', 'b.c', 'd', '{}')")
    head = run().output.strip()
    assert run("--kept", head).exit_code == 0
    _tamper(database, "UPDATE audit.entry SET about = 'x'")
    broken = run()
    assert broken.exit_code == 1
    assert "Entry 1 is not what was written: b.c by a." in broken.output
    assert run("--kept", "nonsense").exit_code == 2


async def test_what_the_staff_does_is_in_it(people: Any) -> None:
    """Two people's privileged actions, read page by page by somebody who may."""
    platform, client = people.platform, people.client
    with indexing(people.config, platform.deployment.start_ledger):
        await people.admit(Keypair.random())
        await shown(people)
        passphrase = people.config.network_passphrase
        owner = bearing((await session(client, passphrase, platform.owner))["token"])
        hired = Keypair.random()
        path = f"/v1/staff/{hired.public_key}"
        wanted = {"scopes": ["operations", "risk"]}
        assert (await client.put(path, json=wanted, headers=owner)).status_code == 200
        reader = bearing((await session(client, passphrase, hired))["token"])
        first = (await client.get("/v1/audit?limit=1", headers=reader)).json()
        assert first["data"][0]["action"] == "staff.put"
        assert first["data"][0]["actor"] == platform.owner.public_key
        assert first["data"][0]["detail"] == {"scopes": ["operations", "risk"]}
        path = f"/v1/audit?before={first['next']}&actor={platform.compliance.public_key}"
        (built,) = (await client.get(path, headers=reader)).json()["data"]
        assert built["action"] == "transaction.set-member"
        assert built["detail"]["summary"].startswith("Set the membership of ")
        assert (await client.delete(f"/v1/staff/{hired.public_key}", headers=owner)).is_success
        assert (await client.get("/v1/audit", headers=reader)).status_code == 403
    assert log.verify(people.config.database_url).number == 3

"""Several people of one company; strangers see nothing of it, and it never loses its last owner."""

from __future__ import annotations

import asyncio
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
PATH = "/v1/organisations"
ACCEPT = f"{PATH}/invitations/accept"


class Company:
    """An organisation with its founder."""

    def __init__(
        self, client: Client, config: ApiConfig, bearer: Callable[..., dict[str, str]]
    ) -> None:
        self.client, self.config, self._bearer = client, config, bearer
        self.founder = Keypair.random()
        self.path = ""

    def head(self, who: Keypair) -> dict[str, str]:
        return self._bearer(self.config, who)

    async def found(self) -> None:
        wanted = {"name": "Sana Textiles", "tax_id": "DE811907980"}
        made = await self.client.post(PATH, json=wanted, headers=self.head(self.founder))
        assert made.status_code == 201, made.text
        assert made.json()["role"] == "owner"
        self.path = f"{PATH}/{made.json()['id']}"

    async def link(self, role: str = "viewer") -> dict[str, str]:
        answer = await self.client.post(
            f"{self.path}/invitations", json={"role": role}, headers=self.head(self.founder)
        )
        assert answer.status_code == 201, answer.text
        return {"token": answer.json()["token"], "id": answer.json()["id"]}

    async def join(self, who: Keypair, token: str) -> Any:
        return await self.client.post(ACCEPT, json={"token": token}, headers=self.head(who))

    async def member(self, role: str = "viewer") -> Keypair:
        who = Keypair.random()
        joined = await self.join(who, (await self.link(role))["token"])
        assert joined.json()["role"] == role, joined.text
        return who

    async def ask(self, who: Keypair, method: str, rest: str = "", **body: Any) -> Any:
        return await self.client.request(
            method, self.path + rest, json=body or None, headers=self.head(who)
        )


@pytest.fixture
async def company(client: Client, config: ApiConfig, bearer: Any) -> Company:
    """A company just founded."""
    made = Company(client, config, bearer)
    await made.found()
    return made


async def test_members_work_together_and_strangers_see_nothing(company: Company) -> None:
    viewer, stranger = await company.member(), Keypair.random()
    whole = (await company.ask(company.founder, "GET")).json()
    assert [(m["owner"], m["role"]) for m in whole["members"]] == [
        (company.founder.public_key, "owner"),
        (viewer.public_key, "viewer"),
    ]
    assert (await company.ask(viewer, "GET")).json()["role"] == "viewer"
    listed = await company.client.get(PATH, headers=company.head(viewer))
    assert [row["name"] for row in listed.json()["data"]] == ["Sana Textiles"]
    assert (await company.ask(stranger, "GET")).status_code == 404
    none = await company.client.get(PATH, headers=company.head(stranger))
    assert none.json() == {"data": []}


async def test_only_owners_change_it(company: Company) -> None:
    editor, other = await company.member("editor"), await company.member()
    member = f"/members/{other.public_key}"
    attempts: list[tuple[str, str, dict[str, Any]]] = [
        ("PUT", "", {"name": "Mine"}),
        ("POST", "/invitations", {"role": "owner"}),
        ("PUT", f"/members/{editor.public_key}", {"role": "owner"}),
        ("DELETE", member, {}),
    ]
    for method, rest, body in attempts:
        answer = await company.ask(editor, method, rest, **body)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden"), rest
    assert (await company.ask(company.founder, "PUT", "", name="Sana AG")).json()["tax_id"] is None
    changed = await company.ask(company.founder, "PUT", member, role="editor")
    assert changed.json()["role"] == "editor"
    assert (await company.ask(company.founder, "DELETE", member)).status_code == 204
    assert (await company.ask(other, "GET")).status_code == 404
    assert (await company.ask(company.founder, "DELETE", member)).status_code == 404


async def test_it_never_loses_its_last_owner(company: Company) -> None:
    me = f"/members/{company.founder.public_key}"
    for method, body in (("DELETE", {}), ("PUT", {"role": "viewer"})):
        answer = await company.ask(company.founder, method, me, **body)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/last-owner")
    second = await company.member("owner")
    both = await asyncio.gather(
        company.ask(company.founder, "DELETE", me),
        company.ask(second, "DELETE", f"/members/{second.public_key}"),
    )
    assert sorted(answer.status_code for answer in both) == [204, 409], "at the same time"


async def test_a_link_is_good_once_until_it_is_withdrawn_or_too_old(company: Company) -> None:
    first, second = Keypair.random(), Keypair.random()
    link = await company.link()
    assert (await company.join(first, link["token"])).status_code == 200
    used = await company.join(second, link["token"])
    assert (used.status_code, used.json()["type"]) == (409, "/problems/invitation-over")
    withdrawn = await company.link()
    rest = f"/invitations/{withdrawn['id']}"
    assert (await company.ask(company.founder, "DELETE", rest)).status_code == 204
    assert (await company.ask(company.founder, "DELETE", rest)).status_code == 404
    assert (await company.join(second, withdrawn["token"])).status_code == 409
    old = await company.link()
    with psycopg.connect(company.config.database_url, autocommit=True) as owner:
        owner.execute("UPDATE app.invitation SET expires_at = now()")
    assert (await company.join(second, old["token"])).status_code == 409
    assert (await company.join(second, "x" * 43)).status_code == 409


async def test_two_who_bring_one_link_do_not_both_join(company: Company) -> None:
    link = (await company.link())["token"]
    both = [company.join(Keypair.random(), link) for _ in range(4)]
    codes = [answer.status_code for answer in await asyncio.gather(*both)]
    assert sorted(codes) == [200, 409, 409, 409]


async def test_an_owner_who_uses_a_link_stays_an_owner(company: Company) -> None:
    link = (await company.link("viewer"))["token"]
    assert (await company.join(company.founder, link)).json()["role"] == "owner"


async def test_the_database_shows_a_company_to_its_members_only(company: Company) -> None:
    """The second wall: whatever a statement asks for, a stranger's transaction finds nothing."""
    await company.link()
    pool = Database(company.config.database_url, size=1, wait_seconds=5)
    await pool.open()
    for who, seen in ((company.founder.public_key, 1), (Keypair.random().public_key, 0)):
        async with pool.private(who) as connection:
            for table in (b"organisation", b"organisation_member"):
                rows = await connection.execute(b"SELECT * FROM app." + table)
                assert len(await rows.fetchall()) == seen
            rows = await connection.execute("SELECT * FROM app.invitation")
            assert await rows.fetchall() == []
    await pool.close()


async def test_who_invites_and_changes_is_in_the_audit_log(company: Company) -> None:
    link = await company.link("editor")
    assert (await company.ask(company.founder, "PUT", "", name="Sana AG")).status_code == 200
    rest = f"/invitations/{link['id']}"
    assert (await company.ask(company.founder, "DELETE", rest)).status_code == 204
    with psycopg.connect(company.config.database_url) as owner:
        rows = owner.execute(
            "SELECT actor, action, detail FROM audit.entry WHERE about = %s ORDER BY number",
            (company.path.rpartition("/")[2],),
        ).fetchall()
    assert {actor for actor, _, _ in rows} == {company.founder.public_key}
    assert [action for _, action, _ in rows] == [
        "organisation.found", "organisation.invite", "organisation.describe",
        "organisation.withdraw",
    ]  # fmt: skip
    assert link["id"] in rows[1][2]
    assert link["token"] not in str(rows)


async def test_there_are_twenty_invitations_however_many_come_at_once(company: Company) -> None:
    asked = (company.ask(company.founder, "POST", "/invitations", role="viewer") for _ in range(25))
    codes = [answer.status_code for answer in await asyncio.gather(*asked)]
    assert sorted(codes) == [201] * 20 + [409] * 5


async def test_keys_are_in_the_audit_log(company: Company) -> None:
    head = company.head(company.founder)
    wanted = {"name": "k", "scopes": ["read"]}
    made = (await company.client.post("/v1/keys", json=wanted, headers=head)).json()
    await company.client.delete(f"/v1/keys/{made['id']}", headers=head)
    with psycopg.connect(company.config.database_url) as owner:
        rows = owner.execute(
            "SELECT action, detail FROM audit.entry WHERE about = %s ORDER BY number", (made["id"],)
        ).fetchall()
    assert [action for action, _ in rows] == ["key.make", "key.revoke"]
    assert made["key"] not in str(rows)

"""Everybody asks for everything: the table of docs/access.md against the running application.

Real people: each signed in with a wallet, each role given on the chain or by the escrow's owner.
A route that is not in the table, and a thing that nobody here can make, fail.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from litestar import Litestar
from psycopg import sql
from psycopg.types.json import Jsonb
from stellar_sdk import Keypair, TransactionEnvelope

from api.access import ACCESS, ADMIN, CHAIN_ROLES, STAFF_SCOPES
from api.app import create_app
from api.config import ApiConfig
from api.database import Database
from api.debtors.bank import BankAccount
from api.debtors.schemas import Printed, Statement
from api.documents.config import DocumentsConfig
from api.documents.storage.keys import MasterKeys
from api.table import COLUMNS, NO, NOBODY, PAGE, PASS, SIGN_IN, YES, page
from api.table import SIGNED_IN as SIGNED
from tests.api.conftest import People, _checked
from tests.api.following import indexing, shown

pytestmark = pytest.mark.anyio

_ROW = re.compile(r"^\| `([A-Z]+) (\S+)` \|(.+)\|$", re.MULTILINE)
NOBODYS = "00000000-0000-4000-8000-000000000000"
UNUSED = {
    "slug": "not-found",
    "number": "0",
    "invoice_id": "5f" * 32,
    "address": "GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7",
}
"""Values for what a path names without it being anybody's own."""
_TABLES = """
SELECT relname AS name, relrowsecurity AND relforcerowsecurity AS forced
FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p')
"""
_ENDS = {
    ("DELETE", "/v1/sessions"),
    ("DELETE", "/v1/sessions/current"),
    ("POST", "/account/sessions/end"),
    ("POST", "/logout"),
}
"""Routes after which the asker has to sign in again."""


def written() -> dict[tuple[str, str], dict[str, str]]:
    """The table as it stands in the documentation: route to column to cell."""
    names = (*COLUMNS, "others", "key")
    return {
        (method, path): dict(zip(names, (cell.strip() for cell in cells.split("|")), strict=True))
        for method, path, cells in _ROW.findall(PAGE.read_text())
    }


def _routes(app: Litestar) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (str(method), route.path_format): dict(handler.opt)
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    }


_TOO_EARLY = {"document": {409, 412, 428}, "draft": {428}}
"""What the owner of a thing may be told instead: that it was found, and is not ready for this."""


class Everybody:
    """The people of the table, by its columns, and the things that belong to one of them."""

    def __init__(self, people: Any) -> None:
        self.people = people
        self.client: httpx.AsyncClient = people.client
        self.headers: dict[str, dict[str, str]] = {NOBODY: {}}
        self.keys: dict[str, Keypair] = {}
        self.owner = Keypair.random()
        self.invoice = ""
        self.examples: dict[tuple[str, str], Any] = {}

    async def come(self) -> None:
        """Give every role to somebody, and wait until that is shown."""
        platform = self.people.platform
        roles = {"verifier": platform.verifier, "compliance": platform.compliance}
        for role in CHAIN_ROLES:
            if role not in roles:
                roles[role] = platform.person()
                holder = roles[role].public_key
                await self.people.act(platform.owner, "grant-role", role=role, address=holder)
        seller, debtor = platform.person(), platform.person()
        await self.people.admit(seller)
        self.invoice = await self.people.listed(seller, debtor, f"access-{time.time_ns()}")
        platform.network.fund(self.owner.public_key)
        await shown(self.people)
        staff = {scope: Keypair.random() for scope in STAFF_SCOPES}
        self.keys = {
            **roles,
            ADMIN: platform.owner,
            SIGNED: Keypair.random(),
            **{f"staff:{scope}": who for scope, who in staff.items()},
        }
        for name, who in self.keys.items():
            self.headers[name] = await self.sign_in(who)
        for scope, who in staff.items():
            path, wanted = f"/v1/staff/{who.public_key}", {"scopes": [scope]}
            given = await self.client.put(path, json=wanted, headers=self.headers[ADMIN])
            assert given.status_code == 200, given.text
        self.examples = _examples((await self.client.get("/schema/openapi.json")).json())

    async def sign_in(self, who: Keypair) -> dict[str, str]:
        """The header of a new session."""
        return {"Authorization": f"Bearer {(await self.session(who))['token']}"}

    async def session(self, who: Keypair) -> dict[str, Any]:
        """A new session, by SEP-10."""
        passphrase = self.people.config.network_passphrase
        asked = await self.client.get("/auth", params={"account": who.public_key})
        envelope = TransactionEnvelope.from_xdr(asked.json()["transaction"], passphrase)
        envelope.sign(who)
        answer = await self.client.post("/auth", json={"transaction": envelope.to_xdr()})
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()
        return session

    async def ask(
        self, route: tuple[str, str], headers: dict[str, str], path: str, *, body: bool = False
    ) -> httpx.Response:
        """One request; without a body where only the gate is of interest."""
        content = self.examples.get(route) if body else None
        return await self.client.request(route[0], path, headers=headers, json=content)


async def _session(everybody: Everybody) -> str:
    return str((await everybody.session(everybody.owner))["session_id"])


async def _key(everybody: Everybody) -> str:
    headers = await everybody.sign_in(everybody.owner)
    wanted = {"name": "test", "scopes": ["read"]}
    made = await everybody.client.post("/v1/keys", json=wanted, headers=headers)
    return str(made.json()["id"])


async def _organisation(everybody: Everybody) -> dict[str, str]:
    """One with a second member, and an invitation that is open."""
    client, owner = everybody.client, await everybody.sign_in(everybody.owner)
    made = await client.post("/v1/organisations", json={"name": "O"}, headers=owner)
    path = f"/v1/organisations/{made.json()['id']}"
    friend = Keypair.random()
    invited = await client.post(f"{path}/invitations", json={"role": "viewer"}, headers=owner)
    joined = await client.post(
        "/v1/organisations/invitations/accept",
        json={"token": invited.json()["token"]},
        headers=await everybody.sign_in(friend),
    )
    assert joined.status_code == 200, joined.text
    invited = await client.post(f"{path}/invitations", json={"role": "viewer"}, headers=owner)
    return {
        "organisation_id": made.json()["id"],
        "member": friend.public_key,
        "invitation_id": invited.json()["id"],
    }


async def _intent(everybody: Everybody) -> str:
    headers = await everybody.sign_in(everybody.owner)
    wanted = {"contract": "distributor", "invoice_id": everybody.invoice}
    made = await everybody.client.post("/v1/transactions/bump", json=wanted, headers=headers)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def _webhook(everybody: Everybody) -> str:
    """With a delivery of the same id: a path that names both names the same twice."""
    headers = await everybody.sign_in(everybody.owner)
    wanted = {"url": "https://93.184.215.14/hook"}
    made = await everybody.client.post("/v1/webhooks", json=wanted, headers=headers)
    assert made.status_code == 201, made.text
    names = {"id": made.json()["id"], "owner": everybody.owner.public_key}
    with psycopg.connect(everybody.people.config.database_url) as superuser:
        superuser.execute(
            "WITH told AS (INSERT INTO app.notification"
            " (owner, key, kind, topic, ledger, time, shown)"
            " VALUES (%(owner)s, %(id)s, 'payout', 'payment', 1, 1, true) RETURNING number)"
            " INSERT INTO app.delivery (id, webhook, owner, notification)"
            " SELECT %(id)s::uuid, %(id)s::uuid, %(owner)s, number FROM told",
            names,
        )
    return str(names["id"])


async def _document(everybody: Everybody) -> dict[str, str]:
    """Another each time, as it came: nobody has scanned it yet."""
    made = await everybody.client.post(
        "/v1/documents",
        content=b"%%PDF-1.7\n%% %d\n" % time.time_ns(),
        headers=await everybody.sign_in(everybody.owner),
    )
    assert made.status_code == 201, made.text
    return {"document_id": made.json()["id"], "number": "0"}


async def _draft(everybody: Everybody) -> str:
    headers = await everybody.sign_in(everybody.owner)
    made = await everybody.client.post("/v1/drafts", json={}, headers=headers)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def _search(everybody: Everybody) -> str:
    headers = await everybody.sign_in(everybody.owner)
    made = await everybody.client.post("/v1/searches", json={"name": "S"}, headers=headers)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def _debtor(everybody: Everybody) -> str:
    """As if a mail had gone out: tests of debtors have the mail server and the invoice for it."""
    found = str(uuid.uuid4())
    statement = Statement(
        invoice=everybody.invoice, seller="S", seller_address=everybody.owner.public_key,
        debtor="D", face="1", asset=everybody.people.platform.asset_address, due_at=1,
        doc_hash="5f" * 32, pay_to=BankAccount("S", "DE89370400440532013000"), reference="RF00",
        printed=Printed(
            seller_tax_id="1", debtor_tax_id="2", number="3", amount="4.00", currency="EUR",
            issue_date="2026-01-01",
        ),
    )  # fmt: skip
    with psycopg.connect(everybody.people.config.database_url) as superuser:
        superuser.execute(
            "INSERT INTO app.debtor_invitation"
            " (id, owner, invoice, email, language, statement, expires_at)"
            " VALUES (%s, %s, %s, 'd@d.example', 'en', %s, now() + interval '1 day')",
            (
                found,
                everybody.owner.public_key,
                bytes.fromhex(everybody.invoice),
                Jsonb(msgspec.to_builtins(statement)),
            ),
        )
    return found


OWN: dict[str, Callable[[Everybody], Awaitable[str | dict[str, str]]]] = {
    "session": _session,
    "key": _key,
    "intent": _intent,
    "organisation": _organisation,
    "webhook": _webhook,
    "debtor": _debtor,
    "document": _document,
    "draft": _draft,
    "search": _search,
}
"""How the owner comes by a thing of his own, for each kind that a route declares with `own`: its
id, or where a path names more than one thing, each by its parameter."""


def _filled(path: str, thing: str | dict[str, str]) -> str:
    """The path about a thing; what it does not name is nobody's."""

    def value(parameter: re.Match[str]) -> str:
        return thing if isinstance(thing, str) else thing.get(parameter[1], NOBODYS)

    return re.sub(r"\{(\w+)\}", value, path)


def _examples(document: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """An example body for each route that takes one, from the OpenAPI document."""
    found = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None:
                found[(method.upper(), path)] = _example(content["schema"], document)
    return found


def _example(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("format") == "uuid":
        return NOBODYS
    needed = schema.get("required", [])
    return {name: _example(schema["properties"][name], document) for name in needed}


@pytest.fixture
async def everybody(
    settled: ApiConfig, platform: Any, bearer: Any, tmp_path: Path
) -> AsyncIterator[Everybody]:
    """Everybody, on the running application with its ledger and its indexer.

    It takes documents in; its scanner is away, so each stays what it is: received.
    """
    master_keys = MasterKeys({1: b"a document key of the tests, 32b"})
    kept = DocumentsConfig(
        folder=tmp_path / "documents", master_keys=master_keys, scanner="127.0.0.1:1"
    )
    config = msgspec.structs.replace(settled, documents=kept)
    async with _checked(create_app(config)) as client:
        found = Everybody(People(client, config, platform, bearer))
        with indexing(config, platform.deployment.start_ledger):
            await found.come()
            yield found


def test_the_table_is_the_code_and_names_every_route(
    configuration: Callable[..., ApiConfig],
) -> None:
    assert PAGE.read_text() == page(), "run `make docs`"
    routes = _routes(create_app(configuration()))
    schema = {route for route in routes if route[1].startswith("/schema")}
    assert set(written()) == set(routes) - schema
    for route, options in routes.items():
        assert ACCESS in options, f"{route} does not say who may"


async def test_everybody_is_answered_as_the_table_says(everybody: Everybody) -> None:
    answered = {SIGN_IN: {401}, NO: {403}, PASS: {401}}
    for route, cells in written().items():
        path = _filled(route[1], UNUSED)
        for who, headers in list(everybody.headers.items()):
            answer = await everybody.ask(route, headers, path)
            got, cell = answer.status_code, cells[who]
            right = got not in {401, 403} if cell == YES else got in answered[cell]
            assert right, (route, who, cell, answer.text)
            if route in _ENDS and who != NOBODY:
                everybody.headers[who] = await everybody.sign_in(everybody.keys[who])


async def test_everybody_is_told_his_own_roles(everybody: Everybody) -> None:
    for who, headers in everybody.headers.items():
        if who != NOBODY:
            told = await everybody.client.get("/v1/sessions/current", headers=headers)
            assert told.json()["roles"] == ([] if who == SIGNED else [who])


async def test_another_persons_things_are_found_by_nobody(everybody: Everybody) -> None:
    owner = await everybody.sign_in(everybody.owner)
    for route, options in _routes(everybody.people.client.app).items():
        if ACCESS not in options or (kind := options[ACCESS].own) is None:
            assert written().get(route, {}).get("others", "") == "", route
            continue
        thing = await OWN[kind](everybody)
        path = _filled(route[1], thing)
        for who, headers in everybody.headers.items():
            answer = await everybody.ask(route, headers, path, body=True)
            assert answer.status_code == (401 if who == NOBODY else 404), (route, who, answer.text)
        answer = await everybody.ask(route, owner, path, body=True)
        assert answer.is_success or answer.status_code in _TOO_EARLY.get(kind, ()), (
            route,
            answer.text,
        )


async def test_the_database_shows_a_stranger_nothing(everybody: Everybody) -> None:
    """The second wall: whatever a statement asks for, in whosever name, others' rows are not there.

    Tables without rows of anybody's own are named, with what they hold.
    """
    open_to_all = {"used_challenge": "hashes", "rate": "hashes", "mail_allowance": "hashes"}
    for make in OWN.values():
        await make(everybody)
    pool = Database(everybody.people.config.database_url, size=1, wait_seconds=5)
    await pool.open()
    async with pool.private(Keypair.random().public_key) as connection:
        tables = await (await connection.execute(_TABLES)).fetchall()
        walled = {row["name"] for row in tables if row["forced"]}
        assert {row["name"] for row in tables} - walled == set(open_to_all)
        for name in walled:
            found = await connection.execute(sql.SQL("TABLE app.{}").format(sql.Identifier(name)))
            assert await found.fetchall() == [], name
        role = await connection.execute(
            "SELECT rolsuper OR rolbypassrls AS above FROM pg_roles WHERE rolname = current_user"
        )
        assert await role.fetchone() == {"above": False}
    await pool.close()


async def test_an_api_key_does_what_its_scope_allows(everybody: Everybody) -> None:
    owner = await everybody.sign_in(everybody.owner)
    for scope in ("read", "write", "transactions"):
        wanted = {"name": scope, "scopes": [scope]}
        made = await everybody.client.post("/v1/keys", json=wanted, headers=owner)
        headers = {"Authorization": f"Bearer {made.json()['key']}"}
        for route, cells in written().items():
            if cells[NOBODY] in {YES, PASS}:
                continue
            answer = await everybody.ask(route, headers, _filled(route[1], UNUSED))
            allowed = cells["key"] == f"`{scope}`"
            assert (answer.status_code != 403) == allowed, (route, scope, answer.text)
            assert allowed or answer.json()["type"] == "/problems/key-scope", answer.text

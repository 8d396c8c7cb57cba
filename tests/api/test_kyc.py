"""KYC: what a person tells is sealed, two of the staff accept it, and that admits a member."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import uuid
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from cryptography.exceptions import InvalidTag
from litestar.testing import AsyncTestClient
from stellar_sdk import Keypair, TransactionEnvelope

from api.app import create_app
from api.database import Database
from api.documents.storage.keys import KeyLostError, MasterKeys
from api.kyc.fields import FIELDS
from api.kyc.schemas import KycRequest
from api.kyc.sealing import opened, sealed
from api.kyc.service import Kyc
from api.tokens import Proof, Tokens
from stellarsettle.cli import cli
from tests.api.following import indexing, shown
from tests.api.signing import bearing, session

pytestmark = pytest.mark.anyio

FIRST = secrets.token_bytes(32)
TOLD = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "birth_date": "1990-12-10",
    "address": "Ockham Park 1, Surrey",
    "address_country_code": "GBR",
    "email_address": "ada@example.com",
    "id_type": "passport",
    "id_country_code": "GBR",
    "id_number": "X-998877",
    "id_expiration_date": "2031-01-01",
}


class Desk:
    """A person and three of compliance: two of the staff, and the role's holder on the chain."""

    def __init__(self, people: Any) -> None:
        self.people, self.client = people, people.client
        self.ada = people.platform.person()
        self.heads: dict[str, dict[str, str]] = {}
        self.url: str = people.config.database_url

    async def come(self) -> None:
        platform = self.people.platform
        await shown(self.people)
        staff = {name: Keypair.random() for name in ("grace", "joan")}
        signing = {"ada": self.ada, "owner": platform.owner, "chain": platform.compliance, **staff}
        for name, who in signing.items():
            made = await session(self.client, self.people.config.network_passphrase, who)
            self.heads[name] = bearing(made["token"])
        for who in staff.values():
            path, wanted = f"/v1/staff/{who.public_key}", {"scopes": ["compliance"]}
            await self.ask("owner", "PUT", path, scopes=wanted["scopes"])

    async def ask(self, who: str, method: str, path: str, **body: Any) -> Any:
        return await self.client.request(method, path, json=body or None, headers=self.heads[who])

    async def tell(self, **fields: str) -> dict[str, Any]:
        answer = await self.ask("ada", "PUT", "/v1/kyc", kind="person", fields=fields)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def decide(self, who: str, case: str, what: str, **body: Any) -> Any:
        return await self.ask(who, "POST", f"/v1/admin/kyc/{case}/{what}", **body)


@pytest.fixture
async def desk(people: Any) -> AsyncIterator[Desk]:
    """Everybody at their place."""
    with indexing(people.config, people.platform.deployment.start_ledger):
        found = Desk(people)
        await found.come()
        yield found


async def test_two_people_accept_and_the_member_is_admitted(desk: Desk) -> None:
    case = (await desk.tell(**TOLD))["id"]
    (row,) = (await desk.ask("grace", "GET", "/v1/admin/kyc")).json()["data"]
    assert (row["id"], row["owner"], row["overdue"]) == (case, desk.ada.public_key, False)
    read = (await desk.ask("grace", "GET", f"/v1/admin/kyc/{case}")).json()
    assert read["fields"] == TOLD
    assigned = (await desk.decide("grace", case, "assignment")).json()
    assert assigned["assignee"] is not None
    first = (await desk.decide("grace", case, "approval", revision=1)).json()
    assert (first["case"]["status"], first["intent"]) == ("PROCESSING", None)
    again = await desk.decide("grace", case, "approval", revision=1)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/four-eyes")
    second = (await desk.decide("chain", case, "approval", revision=1, days=100)).json()
    assert second["case"]["status"] == "ACCEPTED"
    intent = second["intent"]
    assert intent["action"] == "set-member"
    envelope = TransactionEnvelope.from_xdr(intent["xdr"], intent["network_passphrase"])
    envelope.sign(desk.people.platform.compliance)
    desk.people.platform.chain.submit(envelope)
    await shown(desk.people)
    me = (await desk.ask("ada", "GET", "/v1/me")).json()["data"]["membership"]
    assert me["member"] is True
    assert me["until"] == second["case"]["expires_at"]
    assert (await desk.ask("ada", "GET", "/v1/kyc")).json()["status"] == "ACCEPTED"
    kept = await desk.ask("ada", "DELETE", "/v1/kyc")
    assert kept.json()["type"] == "/problems/kyc-kept"
    log = (await desk.ask("joan", "GET", f"/v1/audit?about={case}")).json()["data"]
    assert [entry["action"] for entry in reversed(log)] == [
        "kyc.tell", "kyc.open", "kyc.assign", "kyc.approve-first", "kyc.approve",
    ]  # fmt: skip


async def test_what_was_accepted_outlives_what_the_person_does(desk: Desk) -> None:
    """The way out that there was: tell something new, so that the case is open, and erase it."""
    case = (await desk.tell(**TOLD))["id"]
    await desk.decide("grace", case, "approval", revision=1)
    assert (await desk.decide("joan", case, "approval", revision=1)).status_code == 200
    assert (await desk.tell(id_number="Y-1"))["status"] == "PROCESSING"
    assert (await desk.ask("ada", "DELETE", "/v1/kyc")).status_code == 204
    assert (await desk.ask("grace", "GET", f"/v1/admin/kyc/{case}")).status_code == 404
    listing = f"/v1/admin/kyc/acceptances?owner={desk.ada.public_key}"
    (kept,) = (await desk.ask("grace", "GET", listing)).json()["data"]
    assert kept["kept_until"] - kept["expires_at"] > 5 * 365 * 86_400
    whole = (await desk.ask("joan", "GET", f"/v1/admin/kyc/acceptances/{kept['id']}")).json()
    assert whole["fields"] == TOLD, "what was accepted, not what was told later"
    assert whole["first_approver"] != whole["decided_by"]
    log = (await desk.ask("joan", "GET", f"/v1/audit?about={case}")).json()["data"]
    actions = [entry["action"] for entry in reversed(log)]
    assert actions[-3:] == ["kyc.tell", "kyc.forget", "kyc.open"]
    assert (await desk.ask("ada", "GET", listing)).status_code == 403
    pool = Database(desk.url, size=1, wait_seconds=5)
    await pool.open()
    for roles in ((), ("compliance", "staff:compliance", "admin")):
        async with pool.staff(desk.ada.public_key, roles) as connection:
            for change in (
                "DELETE FROM app.kyc_acceptance",
                "UPDATE app.kyc_acceptance SET kind = 'x'",
            ):
                assert (await connection.execute(change.encode())).rowcount == 0
    await pool.close()


async def test_the_staff_accepts_and_the_chains_role_builds(desk: Desk) -> None:
    case = (await desk.tell(**TOLD))["id"]
    early = await desk.decide("chain", case, "admission")
    assert early.json()["type"] == "/problems/kyc-undecidable"
    await desk.decide("grace", case, "approval", revision=1)
    done = (await desk.decide("joan", case, "approval", revision=1)).json()
    assert (done["case"]["status"], done["intent"]) == ("ACCEPTED", None)
    assert done["member"]["address"] == desk.ada.public_key
    assert (await desk.decide("joan", case, "admission")).status_code == 403
    built = (await desk.decide("chain", case, "admission")).json()["intent"]
    assert built["summary"].startswith("Set the membership of ")
    assert (await desk.decide("chain", case, "admission")).json()["intent"]["id"] == built["id"]


async def test_it_is_told_bit_by_bit_and_asked_again(desk: Desk) -> None:
    asked = (await desk.ask("ada", "GET", "/v1/kyc")).json()
    assert asked["status"] == "NEEDS_INFO"
    assert set(asked["fields"]) == set(FIELDS["person"])
    half = await desk.tell(**dict(list(TOLD.items())[:5]))
    assert (half["status"], set(half["provided_fields"])) == ("NEEDS_INFO", set(list(TOLD)[:5]))
    whole = await desk.tell(**dict(list(TOLD.items())[5:]))
    case = whole["id"]
    assert (whole["status"], case) == ("PROCESSING", half["id"])
    wrong = await desk.decide("grace", case, "question", revision=2, message="?", fields=["x"])
    assert wrong.json()["pointer"] == "/fields"
    question = {"revision": 2, "message": "It is out of date.", "fields": ["id_number"]}
    assert (await desk.decide("grace", case, "question", **question)).status_code == 200
    told = (await desk.ask("ada", "GET", "/v1/kyc")).json()
    assert (told["status"], told["message"]) == ("NEEDS_INFO", "It is out of date.")
    assert "id_number" in told["fields"]
    assert (await desk.tell(first_name="Ada"))["status"] == "NEEDS_INFO", "not what was asked"
    assert (await desk.tell(id_number="X-1"))["status"] == "PROCESSING"
    rejection = {"revision": 4, "message": "We cannot accept you."}
    rejected = await desk.decide("joan", case, "rejection", **rejection)
    assert rejected.json()["status"] == "REJECTED", rejected.text
    assert (await desk.ask("ada", "DELETE", "/v1/kyc")).status_code == 204
    assert (await desk.ask("ada", "GET", "/v1/kyc")).json()["id"] is None
    (last, *_) = (await desk.ask("joan", "GET", f"/v1/audit?about={case}")).json()["data"]
    assert (last["action"], last["actor"]) == ("kyc.forget", desk.ada.public_key)


async def test_nobody_approves_what_he_did_not_read_or_himself(desk: Desk) -> None:
    case = (await desk.tell(**TOLD))["id"]
    assert (await desk.decide("grace", case, "approval", revision=1)).is_success
    await desk.tell(address="Elsewhere 2")
    stale = await desk.decide("joan", case, "approval", revision=1)
    assert stale.json()["type"] == "/problems/kyc-changed"
    now = (await desk.ask("joan", "GET", f"/v1/admin/kyc/{case}")).json()
    assert (now["first_approver"], now["revision"]) == (None, 2)
    own = await desk.ask("grace", "PUT", "/v1/kyc", kind="person", fields=TOLD)
    himself = await desk.decide("grace", own.json()["id"], "approval", revision=1)
    assert himself.json()["type"] == "/problems/four-eyes"


async def test_an_acceptance_ends(desk: Desk) -> None:
    case = (await desk.tell(**TOLD))["id"]
    for who in ("grace", "joan"):
        await desk.decide(who, case, "approval", revision=1)
    with psycopg.connect(desk.url, autocommit=True) as owner:
        owner.execute("UPDATE app.kyc_case SET expires_at = now()")
    assert (await desk.ask("ada", "GET", "/v1/kyc")).json()["status"] == "NEEDS_INFO"
    over = await desk.decide("chain", case, "admission")
    assert over.json()["type"] == "/problems/kyc-undecidable"
    assert (await desk.tell(address="Still here"))["status"] == "PROCESSING"


async def test_the_database_holds_nothing_in_clear_and_shows_nobody_anothers(desk: Desk) -> None:
    await desk.tell(**TOLD)
    with psycopg.connect(desk.url) as owner:
        (row,) = owner.execute("SELECT k::text FROM app.kyc_case k").fetchall()
    for value in TOLD.values():
        assert value == "passport" or value not in row[0]
    pool = Database(desk.url, size=1, wait_seconds=5)
    await pool.open()
    seen = {}
    for roles in ((), ("staff:risk",), ("admin",), ("staff:compliance",), ("compliance",)):
        async with pool.staff(Keypair.random().public_key, roles) as connection:
            rows = await connection.execute("SELECT * FROM app.kyc_case")
            seen[roles] = len(await rows.fetchall())
    await pool.close()
    assert list(seen.values()) == [0, 0, 0, 1, 1]


async def test_one_person_cannot_be_both_approvers_even_in_sql(desk: Desk) -> None:
    await desk.tell(**TOLD)
    statement = "UPDATE app.kyc_case SET status = 'ACCEPTED', first_approver = %s, decided_by = %s"
    ada = desk.ada.public_key
    for first, second in (("a", "a"), (ada, "b"), ("a", ada)):
        with (
            psycopg.connect(desk.url) as owner,
            pytest.raises(psycopg.errors.CheckViolation),
        ):
            owner.execute(statement, (first, second))


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"birth_date": "10.12.1990"}, "/fields/birth_date"),
        ({"nickname": "A"}, "/fields/nickname"),
        ({"address_country_code": "DE"}, "/fields/address_country_code"),
        ({"first_name": " "}, "/fields/first_name"),
        ({"first_name": "x" * 501}, "/fields/first_name"),
    ],
)
async def test_wrong_fields_are_named(
    people: Any, bearer: Any, fields: dict[str, str], pointer: str
) -> None:
    body = {"kind": "person", "fields": fields}
    headers = bearer(people.config, Keypair.random())
    answer = await people.client.put("/v1/kyc", json=body, headers=headers)
    assert (answer.status_code, answer.json()["pointer"]) == (422, pointer)


async def test_keys_are_rotated(database: str) -> None:
    old, both = MasterKeys({1: FIRST}), {1: FIRST, 2: secrets.token_bytes(32)}
    pool = Database(database, size=2, wait_seconds=5)
    await pool.open()
    people = [Keypair.random().public_key for _ in range(3)]
    for who in people:
        await Kyc(pool, old).put(who, KycRequest(kind="person", fields={"first_name": "N"}))
    with psycopg.connect(database) as owner:
        owner.execute(
            "INSERT INTO app.kyc_acceptance SELECT gen_random_uuid(), id, owner, kind, 1, fields,"
            " key_version, wrapped, 'a', now(), 'b', now(), now(), now() + interval '1 day'"
            " FROM app.kyc_case WHERE owner = %s",
            (people[0],),
        )
    text = ",".join(f"{v}:{_base64(key)}" for v, key in both.items())
    environment = {"DATABASE_URL": database, "DOCUMENT_KEYS": text}
    run = await asyncio.to_thread(CliRunner().invoke, cli, ["kyc", "rotate"], env=environment)
    assert run.output == "4 keys are wrapped anew\n", run.output
    told = KycRequest(kind="person", fields={"last_name": "L"})
    with pytest.raises(KeyLostError):
        await Kyc(pool, old).put(people[0], told)
    newest = Kyc(pool, MasterKeys({2: both[2]}))
    again = await newest.put(people[0], told)
    assert set(again.provided_fields) == {"first_name", "last_name"}
    assert await newest.rotate() == 0
    with psycopg.connect(database) as owner:
        versions = owner.execute("SELECT key_version FROM app.kyc_acceptance").fetchall()
    assert versions == [(2,)]
    await pool.close()


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_a_value_put_elsewhere_does_not_open() -> None:
    key, case = secrets.token_bytes(32), uuid.uuid4()
    made = sealed(key, case, {"first_name": "Ada", "last_name": "L"})
    assert opened(key, case, made) == {"first_name": "Ada", "last_name": "L"}
    for where, name in ((case, "last_name"), (uuid.uuid4(), "first_name")):
        with pytest.raises(InvalidTag):
            opened(key, where, {name: made["first_name"]})
    assert json.dumps(made).count("Ada") == 0


async def test_an_account_that_people_share_cannot_be_a_member(people: Any) -> None:
    shared = f"{Keypair.random().public_key}:7"
    token = Tokens(people.config).issue(Proof(owner=shared, method="sep10"))
    body = {"kind": "person", "fields": {"first_name": "A"}}
    answer = await people.client.put("/v1/kyc", json=body, headers=bearing(token))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


async def test_without_keys_nothing_is_taken(configuration: Any, bearer: Any) -> None:
    config = configuration(master_keys=None)
    headers = bearer(config, Keypair.random())
    body = {"kind": "person", "fields": {"first_name": "A"}}
    async with AsyncTestClient(create_app(config)) as client:
        answer = await client.put("/v1/kyc", json=body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/kyc-unavailable")

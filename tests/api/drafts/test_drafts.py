"""Drafts: changed by who saw the newest, shared by an organisation, published as a transaction."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from stellar_sdk import Keypair

from api.drafts import service
from tests.api.following import indexing, shown

pytestmark = pytest.mark.anyio

PATH = "/v1/drafts"


class Desk:
    """People at their drafts."""

    def __init__(self, people: Any) -> None:
        self.people = people
        self.seller = people.platform.person()

    async def ask(
        self, who: Keypair, method: str, path: str = "", body: Any = None, seen: Any = None
    ) -> Any:
        """One request; `seen`: the ETag."""
        headers = self.people._bearer(self.people.config, who)
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        path = path if path.startswith("/v1") else PATH + path
        return await self.people.client.request(method, path, json=body, headers=headers)

    async def begin(self, who: Keypair, **content: Any) -> dict[str, Any]:
        made = await self.ask(who, "POST", "", content)
        assert made.status_code == 201, made.text
        assert made.headers["ETag"] == '"1"'
        draft: dict[str, Any] = made.json()
        return draft

    def whole(self, number: str) -> dict[str, Any]:
        """What a draft holds that can be published."""
        terms = self.people.terms("", number) | {"needs_ack": False}
        printed = terms.pop("natural_key")
        del terms["debtor"]
        return {"printed": {**printed, "debtor": "Dupont SA"}, "terms": terms}


@pytest.fixture
async def desk(people: Any) -> AsyncIterator[Desk]:
    """With a seller who may list."""
    with indexing(people.config, people.platform.deployment.start_ledger):
        found = Desk(people)
        await people.admit(found.seller)
        await shown(people)
        yield found


async def test_a_draft_grows_is_published_and_is_final_on_the_ledger(desk: Desk) -> None:
    seller, number = desk.seller, f"D-{uuid.uuid4().hex[:8]}"
    draft = await desk.begin(seller, printed={"number": number})
    path = f"/{draft['id']}"
    assert draft["state"] == "draft"
    assert "/terms/face" in {one["pointer"] for one in draft["problems"]}
    early = await desk.ask(seller, "POST", f"{path}/publication", seen=1)
    assert (early.status_code, early.json()["type"]) == (422, "/problems/invalid-field")
    assert "/terms/face" in {one["pointer"] for one in early.json()["errors"]}
    changed = await desk.ask(seller, "PATCH", path, desk.whole(number), seen=1)
    assert (changed.json()["problems"], changed.headers["ETag"]) == ([], '"2"'), changed.text
    built = await desk.ask(seller, "POST", f"{path}/publication", seen=2)
    assert built.status_code == 201, built.text
    intent = built.json()
    assert intent["action"] == "create-escrow"
    again = await desk.ask(seller, "GET", path)
    assert again.json()["state"] == "published"
    assert again.json()["invoice_id"] == intent["invoice_id"]
    desk.people.platform.chain.submit(desk.people.sign(seller, intent))
    await shown(desk.people)
    final = (await desk.ask(seller, "GET", path)).json()
    assert final["state"] == "on_ledger"
    for method, rest in (("PATCH", ""), ("POST", "/publication")):
        done = await desk.ask(seller, method, path + rest, {}, seen=final["version"])
        assert (done.status_code, done.json()["type"]) == (409, "/problems/draft-done")
    history = (await desk.ask(seller, "GET", f"{path}/history")).json()["data"]
    assert [one["action"] for one in history] == ["publish", "change", "begin"]
    assert {one["by"] for one in history} == {seller.public_key}
    assert history[1]["changes"]["/printed/debtor"] == "Dupont SA"
    assert history[2]["changes"] == {"/printed": {"number": number}}


async def test_who_did_not_see_the_newest_changes_nothing(desk: Desk) -> None:
    draft = await desk.begin(desk.seller, printed={"number": "A-1"})
    path = f"/{draft['id']}"
    assert (await desk.ask(desk.seller, "PATCH", path, {})).status_code == 428
    both = await asyncio.gather(
        *(
            desk.ask(desk.seller, "PATCH", path, {"printed": {"number": f"A-{n}"}}, seen=1)
            for n in (2, 3)
        )
    )
    assert sorted(one.status_code for one in both) == [200, 412]
    gone = await desk.ask(desk.seller, "PATCH", path, {"printed": {"number": None}}, seen=2)
    assert gone.json()["content"] == {"printed": {}}, "null takes away"
    same = await desk.ask(desk.seller, "PATCH", path, {}, seen=3)
    assert same.headers["ETag"] == '"3"', "nothing changed: the same version"
    wrongs: list[dict[str, Any]] = [
        {"terms": {"face": "1.5"}},
        {"printed": {"nummer": "A"}},
        {"lines": [{}]},
    ]
    for wrong in wrongs:
        said = await desk.ask(desk.seller, "PATCH", path, wrong, seen=3)
        assert said.status_code == 422, wrong
        assert said.json()["pointer"].startswith(f"/{next(iter(wrong))}"), said.text
    assert (await desk.ask(desk.seller, "DELETE", path, seen=2)).status_code == 412
    assert (await desk.ask(desk.seller, "DELETE", path, seen=3)).status_code == 204
    assert (await desk.ask(desk.seller, "GET", path)).status_code == 404


async def test_what_somebody_wrote_is_part_of_what_is_held_on_them(desk: Desk) -> None:
    draft = await desk.begin(desk.seller, printed={"number": "HELD-1"})
    held = (await desk.ask(desk.seller, "GET", "/v1/me/data")).json()
    assert [one["draft"] for one in held["draft_change"]] == [draft["id"]]
    assert "HELD-1" in str(held["draft_change"])
    other = (await desk.ask(Keypair.random(), "GET", "/v1/me/data")).json()
    assert other["draft_change"] == []


async def test_a_draft_is_not_changed_without_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_VERSIONS", 2)
    draft = await desk.begin(desk.seller)
    for version, status in ((1, 200), (2, 409)):
        change = {"printed": {"number": f"N-{version}"}}
        said = await desk.ask(desk.seller, "PATCH", f"/{draft['id']}", change, seen=version)
        assert said.status_code == status, said.text


async def test_drafts_are_found_by_their_words_page_by_page(desk: Desk) -> None:
    other = Keypair.random()
    for number in range(5):
        await desk.begin(
            desk.seller, printed={"number": f"X_{number}", "debtor": f"Firm {number % 2}"}
        )
    await desk.begin(other, printed={"number": "X_9", "debtor": "Firm 0"})
    found = (await desk.ask(desk.seller, "GET", "?q=firm 0")).json()["data"]
    assert [one["number"] for one in found] == ["X_4", "X_2", "X_0"]
    assert (await desk.ask(desk.seller, "GET", "?q=x%25")).json()["data"] == []
    first = (await desk.ask(desk.seller, "GET", "?limit=3")).json()
    rest = (await desk.ask(desk.seller, "GET", f"?limit=3&after={first['next']}")).json()
    assert [one["number"] for one in first["data"] + rest["data"]] == [
        "X_4", "X_3", "X_2", "X_1", "X_0",
    ]  # fmt: skip
    assert rest["next"] is None


async def test_an_organisations_drafts_are_its_members(desk: Desk) -> None:
    """All see them, editors write, viewers and strangers do not; who leaves sees no more."""
    founder, editor, viewer, stranger = (Keypair.random() for _ in range(4))
    made = await desk.ask(founder, "POST", "/v1/organisations", {"name": "O"})
    organisation = made.json()["id"]
    for who, role in ((editor, "editor"), (viewer, "viewer")):
        link = await desk.ask(
            founder, "POST", f"/v1/organisations/{organisation}/invitations", {"role": role}
        )
        token = {"token": link.json()["token"]}
        await desk.ask(who, "POST", "/v1/organisations/invitations/accept", token)
    draft = await desk.begin(editor, organisation_id=organisation, printed={"number": "O-1"})
    path = f"/{draft['id']}"
    change = {"printed": {"number": "O-2"}}
    assert (await desk.ask(founder, "PATCH", path, change, seen=1)).status_code == 200
    seen = await desk.ask(viewer, "GET", path)
    assert seen.json()["number"] == "O-2"
    refused = await desk.ask(viewer, "PATCH", path, change, seen=2)
    assert refused.json()["type"] == "/problems/forbidden"
    assert (await desk.ask(viewer, "DELETE", path, seen=2)).status_code == 403
    for method in ("GET", "PATCH", "DELETE"):
        body = change if method == "PATCH" else None
        assert (await desk.ask(stranger, method, path, body, seen=2)).status_code == 404
    for who, status in ((viewer, 403), (stranger, 404)):
        wanted = {"organisation_id": organisation}
        assert (await desk.ask(who, "POST", "", wanted)).status_code == status
    history = (await desk.ask(viewer, "GET", f"{path}/history")).json()["data"]
    assert [one["by"] for one in history] == [founder.public_key, editor.public_key]
    left = f"/v1/organisations/{organisation}/members/{editor.public_key}"
    assert (await desk.ask(founder, "DELETE", left)).status_code == 204
    assert (await desk.ask(editor, "GET", path)).status_code == 404, "who began it, too"
    with psycopg.connect(desk.people.config.database_url) as owner:
        kept = owner.execute("SELECT count(*) FROM app.draft").fetchone()
    assert kept == (1,)

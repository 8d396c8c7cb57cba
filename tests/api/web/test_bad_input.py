"""What nobody types by mistake into forms and addresses is told in words, too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from litestar import Litestar
from stellar_sdk import Keypair

from api.app import create_app
from api.config import ApiConfig
from api.errors import Problem
from api.transactions.actions import ACTIONS
from api.web.forms import body_of

pytestmark = pytest.mark.anyio

_LONG = "9" * 5_000


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        *(("grace", typed) for typed in ("Infinity", "-Infinity", "NaN", "1e999999", _LONG, "-1")),
        *(("attempt", typed) for typed in (_LONG, "1e9", "Infinity", "1_000", "1.5")),
        *(("due_at", typed) for typed in (_LONG, "²", "2027-02-30", "1e9")),
        *(("fee_bps", typed) for typed in (_LONG, "Infinity", "1e9")),
        *(("face", typed) for typed in (_LONG, "Infinity", "1e9", "-1")),
    ],
)
def test_a_number_that_is_none_is_a_fault_of_its_field(field: str, typed: str) -> None:
    with pytest.raises(Problem) as refused:
        body_of(ACTIONS["create-escrow"], {field: typed}, "en")
    assert [fault.pointer for fault in refused.value.faults] == [f"/{field}"]
    assert "sys." not in refused.value.detail


def test_days_and_counters_are_read() -> None:
    with pytest.raises(Problem) as refused:
        body_of(ACTIONS["create-escrow"], {"grace": "1.5", "attempt": "2", "due_at": "9"}, "en")
    assert refused.value.faults[0].pointer not in {"/grace", "/attempt", "/due_at"}


@pytest.fixture
async def pages(
    configuration: Callable[..., ApiConfig], database: str, checked: Callable[[Litestar], Any]
) -> AsyncIterator[Any]:
    """The application with a database and no ledger."""
    config = configuration(database_url=database, pool_wait_seconds=5.0)
    async with checked(create_app(config)) as client:
        client.config = config
        yield client


async def test_an_address_with_a_number_of_days_beyond_all_is_refused(pages: Any) -> None:
    answer = await pages.get("/market", params={"max_days": _LONG})
    assert (answer.status_code, answer.json()["pointer"]) == (422, "?max_days")


async def test_a_form_with_more_fields_than_any_has_is_refused(
    pages: Any, bearer: Callable[..., dict[str, str]]
) -> None:
    who = bearer(pages.config, Keypair.random())
    form = {f"field{number}": "x" for number in range(101)}
    for path in ("/act/fund", "/account/email"):
        answer = await pages.post(path, data=form, headers=who)
        assert answer.status_code == 400, (path, answer.text)


async def test_a_text_with_a_nul_is_the_caller_s_mistake(
    pages: Any, bearer: Callable[..., dict[str, str]]
) -> None:
    who = bearer(pages.config, Keypair.random())
    answers = [
        await pages.get("/market", params={"text": "INV-\0"}),
        await pages.put("/v1/me/profile", json={"name": "A\0da"}, headers=who),
        await pages.post("/v1/organisations", json={"name": "Stahl\0bau"}, headers=who),
    ]
    for answer in answers:
        assert answer.status_code == 400, answer.text
        assert answer.json()["type"] == "/problems/bad-request"

"""Lines of a request carry its ids; what is slow is told without what was asked."""

from __future__ import annotations

import logging
from typing import Any

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api import database as database_module
from api import tracing
from api.config import ApiConfig
from api.database import Database, NumberedCursor

pytestmark = pytest.mark.anyio

Client = AsyncTestClient[Litestar]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


async def test_a_failure_is_logged_under_both_ids(
    lonely: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.addFilter(tracing.WithIds())
    given = {"traceparent": PARENT, "X-Request-Id": "asked-by-a-test"}
    answer = await lonely.get("/v1/platform", headers=given)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    (line,) = (one for one in caplog.records if "unavailable" in one.message)
    assert _fields(line) == {"request": "asked-by-a-test", "trace": TRACE}
    assert tracing.NOW.get() is None


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        PARENT.upper(),
        f"{PARENT}\nforged",
    ],
)
def test_a_trace_that_is_none_is_replaced(parent: str) -> None:
    ids = tracing.given([(b"traceparent", parent.encode())])
    assert ids.trace not in (TRACE, "0" * 32)
    assert len(ids.trace) == 32


@pytest.mark.parametrize("name", ["short", "with space in it", "x" * 65, "forged\nline-of-a-log"])
def test_an_id_that_could_harm_a_log_is_replaced(name: str) -> None:
    assert tracing.given([(b"x-request-id", name.encode())]).request != name


async def test_slow_statements_are_told_without_their_values(
    database: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "SLOW_SECONDS", 0.0)
    pool = Database(database, size=1, wait_seconds=5.0)
    await pool.open()
    async with pool.public() as connection:
        await connection.execute("SELECT %(name)s::text", {"name": "somebody's secret"})
        await NumberedCursor(connection).execute("SELECT $1::text", ["somebody's secret"])
        with pytest.raises(psycopg.Error):
            await connection.execute("SELECT %s::int", ["somebody's secret"])
    await pool.close()
    told = [_fields(one) for one in caplog.records if one.message == "slow query"]
    assert [one["statement"] for one in told][-3:] == [
        "SELECT %(name)s::text",
        "SELECT $1::text",
        "SELECT %s::int",
    ]
    assert "secret" not in caplog.text


async def test_what_is_quick_is_not_told(
    config: ApiConfig, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert config.pool_size
    assert (await client.get("/health/live")).status_code == 200
    assert "slow query" not in caplog.text


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = getattr(record, "fields", {})
    return found

"""PostgreSQL, asynchronously: one bounded pool whose sessions act in the API's role.

Taking a role is a guard against our own mistakes, not against hostile SQL: `RESET ROLE` gives a
session back what its login may do. Where that matters, let the process log in as a user whose
only membership is `stellarsettle_api`; every statement's values are parameters either way.

The role may read `ledger` and `read` and owns `app`. Row-level security in `app` shows a
session only the rows of the subject set for the transaction, and is forced on the owner too.
"""

from __future__ import annotations

import logging
import select
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self

import psycopg
from psycopg import sql
from psycopg.abc import Params, QueryNoTemplate
from psycopg.rows import DictRow, Row, TupleRow, dict_row
from psycopg_pool import AsyncConnectionPool

ROLE = "stellarsettle_api"

Connection = psycopg.AsyncConnection[DictRow]

SLOW_SECONDS = 0.25
"""Statements that take longer are logged."""

_STATEMENT_CHARACTERS = 500
_log = logging.getLogger("stellarsettle.database")

_SET_SUBJECT = "SELECT set_config('stellarsettle.subject', %s, true)"
_SET_ROLES = "SELECT set_config('stellarsettle.roles', %s, true)"
_SET_WORKER = "SELECT set_config('stellarsettle.worker', 'on', true)"


class Database:
    """The pool. `open()` before use, `close()` at the end."""

    def __init__(self, url: str, *, size: int, wait_seconds: float) -> None:
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            connection_class=psycopg.AsyncConnection[DictRow],
            min_size=1,
            max_size=size,
            timeout=wait_seconds,
            kwargs={"autocommit": True, "row_factory": dict_row},
            configure=_prepare_connection,
            check=_still_there,
            open=False,
        )

    async def open(self) -> None:
        """Start the pool; a database that is down shows in requests, not here."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Give all connections back."""
        await self._pool.close()

    @asynccontextmanager
    async def public(self) -> AsyncIterator[Connection]:
        """A connection in autocommit, for what anyone may read."""
        async with self._pool.connection() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """A read-only transaction in which several statements see one and the same ledger."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection

    @asynccontextmanager
    async def private(self, subject: str) -> AsyncIterator[Connection]:
        """A short transaction that sees and writes only the rows of `subject` (a token's sub)."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_SET_SUBJECT, (subject,))
            yield connection

    @asynccontextmanager
    async def staff(self, subject: str, roles: Iterable[str]) -> AsyncIterator[Connection]:
        """The same, which also sees what policies show to holders of these roles."""
        async with self.private(subject) as connection:
            await connection.execute(_SET_ROLES, (",".join(sorted(roles)),))
            yield connection

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Connection]:
        """A transaction on nobody's behalf: it sees what policies show to the worker."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_SET_WORKER)
            yield connection


class WatchedCursor(psycopg.AsyncCursor[Row]):
    """Tells of statements that take long, never with which values."""

    async def execute(  # type: ignore[override]  # without t-strings, which nobody here writes
        self,
        query: QueryNoTemplate,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        """As psycopg does it."""
        with _told_if_slow(query):
            return await super().execute(query, params, prepare=prepare, binary=binary)


class NumberedCursor(psycopg.AsyncRawCursor[Row]):
    """The same for statements with `$1` in place of names."""

    async def execute(  # type: ignore[override]  # without t-strings, which nobody here writes
        self,
        query: QueryNoTemplate,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        """As psycopg does it."""
        with _told_if_slow(query):
            return await super().execute(query, params, prepare=prepare, binary=binary)


@contextmanager
def _told_if_slow(query: QueryNoTemplate) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - began
        if seconds >= SLOW_SECONDS:
            words = " ".join(_text(query).split())[:_STATEMENT_CHARACTERS]
            told = {"ms": round(seconds * 1000), "statement": words}
            _log.warning("slow query", extra={"fields": told})


def _text(query: QueryNoTemplate) -> str:
    if isinstance(query, sql.Composable):
        return query.as_string()
    return query.decode() if isinstance(query, bytes) else query


async def _prepare_connection(connection: Connection) -> None:
    connection.cursor_factory = WatchedCursor
    await prepare_session(connection)


async def _still_there(connection: Connection) -> None:
    """Raise psycopg.OperationalError for a connection that ended while nobody used it.

    One that has nothing to say is as it was: only an end, or a notice, makes the socket readable.
    """
    poll = select.poll()  # select() knows no descriptor above 1,023
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        await AsyncConnectionPool.check_connection(connection)


@contextmanager
def session(url: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """A session of its own in the API's role, in autocommit, for work that leaves the event loop.

    It sees nobody's private rows: no subject is set.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(ROLE)))
        yield connection


async def prepare_session(connection: psycopg.AsyncConnection[Any]) -> None:
    """Act in the API's role from here on; only `RESET ROLE`, which nothing here says, ends that.

    Compiling a plan costs hundreds of milliseconds, reading a few rows one: no JIT here.
    """
    await connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(ROLE)))
    await connection.execute("SET jit = off")

"""What the nouns' queries give to whoever runs them."""

from __future__ import annotations

from typing import Any

import msgspec


class Query(msgspec.Struct, frozen=True):
    """A statement for psycopg and its parameters.

    It gives exactly one row `(as_of_ledger, as_of_time, body)`: the ledger up to which everything
    is folded, its close time in Unix seconds, and JSON as text, or null when the thing is unknown.
    In the JSON amounts are strings of digits in base units, addresses strkeys, ids and hashes
    lower-case hex, times Unix seconds.
    """

    sql: str
    params: dict[str, Any]


class CursorError(ValueError):
    """A page's cursor is not one that an earlier page gave out: start from the first page."""


def single(body: str) -> str:
    """The statement that answers with the JSON expression `body` and the ledger it holds for.

    `body` is SQL and may refer to the mark as `applied.ledger` and `applied.closed_at`.
    """
    return f"""
        SELECT applied.ledger AS as_of_ledger, applied.closed_at AS as_of_time,
               ({body})::text AS body
        FROM read.applied AS applied
    """  # noqa: S608  # our own constants; values travel as parameters


def address(expression: str) -> str:
    """SQL for the strkey of an address id."""
    return f"(SELECT a.address FROM read.address AS a WHERE a.id = {expression})"  # noqa: S608

"""What the nouns' queries give to whoever runs them."""

from __future__ import annotations

import enum
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


def json_object(**members: str) -> str:
    """SQL for a JSON object; each member is an SQL expression."""
    return "json_build_object(" + ", ".join(f"'{key}', {sql}" for key, sql in members.items()) + ")"


def json_list(rows: str) -> str:
    """SQL for a JSON array of what `rows` (a SELECT of one column named item) gives, in order."""
    return f"(SELECT coalesce(json_agg(listed.item), '[]'::json) FROM ({rows}) AS listed)"  # noqa: S608


def address(number: str) -> str:
    """SQL for the strkey of an address id."""
    return f"(SELECT a.address FROM read.address AS a WHERE a.id = {number})"  # noqa: S608


def address_number(parameter: str) -> str:
    """SQL for the id of the strkey in a parameter; null for an address never seen."""
    return f"(SELECT a.id FROM read.address AS a WHERE a.address = %({parameter})s)"  # noqa: S608


def hexadecimal(value: str) -> str:
    """SQL for bytes as lower-case hex."""
    return f"encode({value}, 'hex')"


def digits(amount: str) -> str:
    """SQL for an amount as a string of digits."""
    return f"({amount})::text"


def name(enumeration: type[enum.IntEnum], number: str) -> str:
    """SQL for the name, in lower case, of a stored number. The numbers count from 0."""
    names = ", ".join(f"'{member.name.lower()}'" for member in sorted(enumeration))
    return f"(ARRAY[{names}])[{number} + 1]"


def ledger(position: str) -> str:
    """SQL for the ledger of an event's position."""
    return f"({position} >> 32)"


def ratio(numerator: str, denominator: str) -> str:
    """SQL for an exact quotient of integral numerics, neither below zero, as metrics are written.

    A text of six decimals, rounded once, half to even. The denominator must not be zero.
    """
    scaled = f"(({numerator}) * 1000000)"
    whole, rest = f"div({scaled}, {denominator})", f"mod({scaled}, {denominator})"
    up = f"(2 * {rest} > {denominator} OR (2 * {rest} = {denominator} AND mod({whole}, 2) = 1))"
    return f"round(({whole} + {up}::int) / 1000000, 6)::text"

"""The dictionary of addresses: strkey to integer and back. Rows hold strkeys, tables integers."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import psycopg
from psycopg import sql

from contracts.wire import Address
from projections.cache import Generations


class Addresses:
    """The dictionary in `schema`, of which at least `bound` entries are kept in memory.

    What `look_up`, `name` or `number` was asked for stays at hand until `trim`.
    """

    def __init__(self, schema: str, bound: int) -> None:
        table = sql.Identifier(schema, "address")
        self._select_ids = sql.SQL("SELECT address, id FROM {} WHERE address = ANY(%s)").format(
            table
        )
        self._select_names = sql.SQL("SELECT address, id FROM {} WHERE id = ANY(%s)").format(table)
        self._insert = sql.SQL(
            "INSERT INTO {} (address) SELECT unnest(%s::text[]) RETURNING address, id"
        ).format(table)
        self._numbers: Generations[Address, int] = Generations(bound)
        self._names: Generations[int, Address] = Generations(bound)

    @property
    def numbers(self) -> dict[Address, int]:
        """Integers of the addresses at hand; an address that nobody wrote yet is absent."""
        return self._numbers.current

    @property
    def names(self) -> dict[int, Address]:
        """Addresses at hand by their integers."""
        return self._names.current

    def look_up(self, connection: psycopg.Connection, addresses: Iterable[Address]) -> None:
        """Brings to hand those of `addresses` that the dictionary has."""
        if missing := self._numbers.missing(set(addresses)):
            self._keep(connection.execute(self._select_ids, (missing,)).fetchall())

    def name(self, connection: psycopg.Connection, numbers: Iterable[int]) -> None:
        """Brings to hand the addresses behind `numbers`."""
        if missing := self._names.missing(set(numbers)):
            self._keep(connection.execute(self._select_names, (missing,)).fetchall())

    def number(self, connection: psycopg.Connection, addresses: Collection[Address]) -> None:
        """Brings to hand all of `addresses`, entering into the dictionary what it lacks."""
        self.look_up(connection, addresses)
        if new := sorted(self._numbers.missing(addresses)):
            self._keep(connection.execute(self._insert, (new,)).fetchall())

    def trim(self) -> None:
        """Between batches: lets go of what was not used for long."""
        self._numbers.trim()
        self._names.trim()

    def clear(self) -> None:
        """Forgets everything kept in memory."""
        self._numbers.clear()
        self._names.clear()

    def _keep(self, rows: Iterable[tuple[str, int]]) -> None:
        for address, number in rows:
            self._numbers.current[Address(address)] = number
            self._names.current[number] = Address(address)

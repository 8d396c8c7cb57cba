"""The dictionary of addresses: strkey to integer and back. Rows hold strkeys, tables integers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import psycopg
from psycopg import sql

from contracts.wire import Address
from projections.cache import Generations
from projections.change import Step


class Addresses:
    """The dictionary in `schema`, of which at least `bound` entries are kept in memory.

    What `look_up`, `name` or `number` was asked for stays at hand until `trim`. New addresses are
    numbered here, by the one writer there is, and wait in `take` to be written.
    """

    def __init__(self, schema: str, bound: int) -> None:
        table = sql.Identifier(schema, "address")
        self._select_ids = sql.SQL("SELECT address, id FROM {} WHERE address = ANY(%s)").format(
            table
        )
        self._select_names = sql.SQL("SELECT address, id FROM {} WHERE id = ANY(%s)").format(table)
        self._select_last = sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(table)
        self._copy = sql.SQL("COPY {} (address, id) FROM STDIN").format(table)
        self._last = 0
        self._new: list[Address] = []
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

    def load(self, connection: psycopg.Connection) -> None:
        """Goes on numbering where the dictionary ends."""
        row = connection.execute(self._select_last).fetchone()
        self._last = row[0] if row else 0

    def number(self, connection: psycopg.Connection, addresses: Collection[Address]) -> None:
        """Brings to hand all of `addresses`, giving numbers to those the dictionary lacks."""
        self.look_up(connection, addresses)
        for address in sorted(self._numbers.missing(addresses)):
            self._last += 1
            self._new.append(address)
            self._keep([(address, self._last)])

    def take(self) -> Iterator[Step]:
        """Writes the addresses that are new since the last time."""
        if self._new:
            numbers = self._numbers.current
            lines = [f"{address}\t{numbers[address]}\n" for address in self._new]
            self._new = []
            yield Step(self._copy, "".join(lines))

    def trim(self) -> None:
        """Between batches: lets go of what was not used for long."""
        self._numbers.trim()
        self._names.trim()

    def clear(self) -> None:
        """Forgets everything kept in memory."""
        self._numbers.clear()
        self._names.clear()
        self._new = []

    def _keep(self, rows: Iterable[tuple[str, int]]) -> None:
        for address, number in rows:
            self._numbers.current[Address(address)] = number
            self._names.current[number] = Address(address)

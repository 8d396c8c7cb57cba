"""What a view for analysts is: rows with a key, columns with meanings, and the SQL behind both.

Every column is declared once; the view in the database, its comments, the data dictionary and the
schema of exported files come from the declaration.
"""

from __future__ import annotations

import enum

import msgspec

from projections.query import hexadecimal

DECIMALS = 7
"""Assets of the ledger have seven decimals: a base unit is 10^-7."""

_SCALED = "0." + "1".zfill(DECIMALS)
_LAST_SECOND = 253_402_300_799
"""Of the year 9999: later times are no dates, they mean "for ever"."""


class Type(enum.Enum):
    """What a column holds: its type in the database, and its unit where no other is given."""

    AMOUNT = ("bigint", "base units of the asset")
    WIDE = ("numeric", "base units of the asset")
    SCALED = (f"numeric(38,{DECIMALS})", "the asset")
    RATIO = ("numeric(38,6)", "ratio")
    NUMBER = ("bigint", "number")
    PLACE = ("bigint", "TOID")
    FLAG = ("boolean", "yes or no")
    TIME = ("timestamptz", "UTC")
    DATE = ("date", "UTC")
    TEXT = ("text", "text")

    @property
    def sql(self) -> str:
        """The type's name in PostgreSQL."""
        return self.value[0]

    @property
    def unit(self) -> str:
        """In what it is counted."""
        return self.value[1]


class Column(msgspec.Struct, frozen=True):
    """A column of any table: what it holds, what that means, in which unit."""

    name: str
    type: Type
    meaning: str
    unit: str


class Field(Column, frozen=True):
    """A column of a view: SQL over the view's source. `join` brings in what the SQL needs."""

    sql: str
    join: str = ""


class View(msgspec.Struct, frozen=True):
    """A row for each `key`; `source` is what follows FROM."""

    name: str
    meaning: str
    key: tuple[str, ...]
    source: str
    fields: tuple[Field, ...]
    condition: str = "true"

    @property
    def sql(self) -> str:
        """The SELECT."""
        columns = ",\n    ".join(f"({f.sql})::{f.type.sql} AS {f.name}" for f in self.fields)
        joins = "\n".join(field.join for field in self.fields if field.join)
        return f"SELECT\n    {columns}\nFROM {self.source}\n{joins}\nWHERE {self.condition}"


def plain(name: str, sql: str, kind: Type, meaning: str, unit: str = "") -> tuple[Field, ...]:
    """A column of any type; its unit is the type's where none is given."""
    return (Field(name, kind, meaning, unit or kind.unit, sql),)


def amount(name: str, sql: str, meaning: str, *, wide: bool = False) -> tuple[Field, ...]:
    """Money: whole base units, and the same with a decimal point. `wide`: 64 bits may not do."""
    kind = Type.WIDE if wide else Type.AMOUNT
    return (
        Field(name, kind, meaning, kind.unit, sql),
        Field(
            f"{name}_scaled",
            Type.SCALED,
            f"{name} with {DECIMALS} decimals",
            Type.SCALED.unit,
            f"({sql})::numeric * {_SCALED}",
        ),
    )


def time(name: str, seconds: str, meaning: str) -> tuple[Field, ...]:
    """A moment, from Unix seconds."""
    sql = f"CASE WHEN {seconds} <= {_LAST_SECOND} THEN to_timestamp({seconds}) END"
    return (Field(name, Type.TIME, meaning, Type.TIME.unit, sql),)


def address(name: str, number: str, meaning: str) -> tuple[Field, ...]:
    """An account or a contract, from its number in the dictionary."""
    named = f"{name}_address"
    join = f"LEFT JOIN read.address AS {named} ON {named}.id = {number}"
    return (Field(name, Type.TEXT, meaning, "strkey", f"{named}.address", join),)


def hash_of(name: str, sql: str, meaning: str) -> tuple[Field, ...]:
    """An id or a hash."""
    return (Field(name, Type.TEXT, meaning, "lower-case hex", hexadecimal(sql)),)


def place(alias: str) -> tuple[Field, ...]:
    """Where on the chain a fact comes from: the columns that every view of facts begins with."""
    return (
        *plain(
            "position",
            f"{alias}.position",
            Type.PLACE,
            "Place of the event on the chain: ledger << 32 | transaction << 12 | operation",
        ),
        *plain("event_index", f"{alias}.event_index", Type.NUMBER, "Number within the operation"),
        *plain("ledger", f"{alias}.position >> 32", Type.NUMBER, "The ledger that holds the event"),
        *time("happened_at", f"{alias}.closed_at", "Close time of that ledger"),
    )


PLACE = ("position", "event_index")
"""The key of every view of facts."""


def columns(*groups: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields of a view, in order."""
    return tuple(field for group in groups for field in group)

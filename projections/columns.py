"""How a row's fields are stored: derived from their types, so that a row is described once."""

from __future__ import annotations

import enum
import types
import typing
from typing import Any

import msgspec

from contracts.wire import Address
from projections.model import Model, Wide


class Kind(enum.Enum):
    """What a column holds; a text is a name or a symbol (letters, digits, underscores)."""

    ADDRESS = "address"
    BYTES = "bytes"
    INTEGER = "integer"
    WIDE = "wide"
    SMALL = "small"
    BOOLEAN = "boolean"
    TEXT = "text"


class Column(msgspec.Struct, frozen=True):
    """A stored field; `enumeration` is the type of a SMALL one."""

    name: str
    kind: Kind
    nullable: bool
    enumeration: type[enum.IntEnum] | None = None


_KINDS: dict[Any, Kind] = {
    Address: Kind.ADDRESS,
    bytes: Kind.BYTES,
    int: Kind.INTEGER,
    bool: Kind.BOOLEAN,
    str: Kind.TEXT,
}


def columns_of(model: Model[Any]) -> tuple[Column, ...]:
    """The columns of a model's table in the order of its row's fields.

    Raises TypeError for a field whose type has no column.
    """
    hints = typing.get_type_hints(model.row, include_extras=True)
    return tuple(_column(model, name, hints[name]) for name in model.row.__struct_fields__)


def _column(model: Model[Any], name: str, hint: Any) -> Column:
    nullable = typing.get_origin(hint) in (types.UnionType, typing.Union)
    if nullable:
        (hint,) = (part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is typing.Annotated and Wide in hint.__metadata__:
        return Column(name, Kind.WIDE, nullable)
    if isinstance(hint, type) and issubclass(hint, enum.IntEnum):
        return Column(name, Kind.SMALL, nullable, hint)
    if hint not in _KINDS:
        raise TypeError(f"{model.name}.{name}: no column for the type {hint!r}")
    return Column(name, _KINDS[hint], nullable)

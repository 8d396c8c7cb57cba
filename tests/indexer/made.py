"""Random values of any type of the wire format, made from its definitions."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

from indexer.xdr import generate
from indexer.xdr.language import (
    Array,
    Bytes,
    Definition,
    Enum,
    Fixed,
    Named,
    Optional,
    Struct,
    Type,
    Union,
    parse,
)

NEW: Final = {
    "StellarValueExt": {3, 4},
    "StellarValueType": {3, 4},
    "SCAddress": {5},
    "SCAddressType": {5},
}
"""What SDKs of Protocol 28 do not know, by union or enum."""

_DEEPEST: Final = 3
"""How often a type may stand inside itself."""


def definitions() -> dict[str, Definition]:
    """All of them by name."""
    found: dict[str, Definition] = {}
    for room in generate.ROOMS:
        text = (Path(generate.HERE) / "definitions" / f"{room}.x").read_text(encoding="utf-8")
        found |= parse(text, found)
    return found


class Maker:
    """Makes values as `chance` decides; `without` are cases and numbers not to be used."""

    def __init__(self, chance: random.Random, without: dict[str, set[int]] | None = None) -> None:
        self._chance = chance
        self._without = without or {}
        self._inside: list[str] = []

    def value(self, name: str, case: int | None = None) -> bytes:
        """The XDR of a value of type `name`; of a union, with this case."""
        self._inside.append(name)
        try:
            return self._definition(name, TYPES[name], case)
        finally:
            self._inside.pop()

    def _definition(self, name: str, definition: Definition, case: int | None) -> bytes:
        unwanted = self._without.get(name, set())
        match definition:
            case Enum(members):
                return _number(self._chance.choice(sorted({*members.values()} - unwanted)))
            case Struct(fields):
                return b"".join(self._of(field.type) for field in fields)
            case Union(_, arms):
                types = {
                    one: arm.field.type if arm.field else None
                    for arm in arms
                    for one in arm.cases
                    if one not in unwanted
                }
                chosen = self._case(types) if case is None else case
                return _number(chosen) + self._arm(types[chosen])
            case _:
                return self._of(definition)

    def _case(self, types: dict[int, Type | None]) -> int:
        """Deep inside, one that ends the nesting if there is one."""
        small = [one for one, type_ in types.items() if isinstance(type_, Fixed | Bytes | None)]
        return self._chance.choice(small if small and self._is_deep() else sorted(types))

    def _arm(self, type_: Type | None) -> bytes:
        return b"" if type_ is None else self._of(type_)

    def _of(self, type_: Type) -> bytes:
        match type_:
            case Fixed(4):
                made = _number(self._chance.randrange(2))
            case Fixed(size):
                made = self._chance.randbytes(size)
            case Bytes():
                data = self._chance.randbytes(self._chance.randrange(7))
                made = _number(len(data)) + data + bytes(-len(data) % 4)
            case Optional(of):
                there = self._chance.random() < 0.5 and not self._is_deep()
                made = _number(1) + self._of(of) if there else _number(0)
            case Array(of, count):
                many = self._chance.randrange(3) * (not self._is_deep())
                made = b"".join(self._of(of) for _ in range(many if count is None else count))
                made = _number(many) + made if count is None else made
            case Named(name):
                made = self.value(name)
        return made

    def _is_deep(self) -> bool:
        return self._inside.count(self._inside[-1]) > _DEEPEST


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big", signed=value < 0)


TYPES: Final = definitions()

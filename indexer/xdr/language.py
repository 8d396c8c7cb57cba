"""Reads definitions in XDR language (RFC 4506): as much of it as Stellar's wire format uses.

Each type has a name: nested anonymous ones are written apart. Numbers stand in place of constants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

_TOKEN: Final = re.compile(r"//[^\n]*|[A-Za-z_][A-Za-z0-9_]*|-?\d+|[^\s]")
_SIZES: Final = {"int": 4, "hyper": 8, "bool": 4}


class DefinitionError(ValueError):
    """The text is not in the language; the message says where."""


class Fixed(msgspec.Struct, frozen=True):
    """Always `size` bytes: a number, a flag, an opaque[n]."""

    size: int


class Bytes(msgspec.Struct, frozen=True):
    """opaque<> or string<>: a length, so many bytes, padding."""


class Named(msgspec.Struct, frozen=True):
    """A type defined elsewhere."""

    name: str


class Optional(msgspec.Struct, frozen=True):
    """A flag, and `of` if it is 1."""

    of: Type


class Array(msgspec.Struct, frozen=True):
    """`count` of `of`, or as many as a length in front says."""

    of: Type
    count: int | None


Type: TypeAlias = Fixed | Bytes | Named | Optional | Array


class Field(msgspec.Struct, frozen=True):
    """A member of a struct, or what an arm of a union holds."""

    name: str
    type: Type


class Enum(msgspec.Struct, frozen=True):
    """Four bytes; the names are for reading."""

    members: dict[str, int]


class Struct(msgspec.Struct, frozen=True):
    """Fields, one after the other."""

    fields: list[Field]


class Arm(msgspec.Struct, frozen=True):
    """What follows where the switch is one of `cases`; `field` is None for void."""

    cases: list[int]
    field: Field | None


class Union(msgspec.Struct, frozen=True):
    """A switch of four bytes and one of the arms."""

    switch: str
    arms: list[Arm]


Definition: TypeAlias = Enum | Struct | Union | Type


def parse(text: str, known: dict[str, Definition] | None = None) -> dict[str, Definition]:
    """The definitions of `text` by name, in their order; `known` enums may be used in cases."""
    return _Parser(text, known or {}).definitions()


class _Parser:
    """One pass over the tokens."""

    def __init__(self, text: str, known: dict[str, Definition]) -> None:
        tokens: list[str] = _TOKEN.findall(text)
        self._tokens = [token for token in tokens if not token.startswith("//")]
        self._at = 0
        self._numbers = {
            name: value
            for enum in known.values()
            if isinstance(enum, Enum)
            for name, value in enum.members.items()
        }

    def definitions(self) -> dict[str, Definition]:
        found: dict[str, Definition] = {}
        while self._at < len(self._tokens):
            name, definition = self._definition()
            if name in found:
                raise DefinitionError(f"{name} is defined twice")
            found[name] = definition
        return found

    def _definition(self) -> tuple[str, Definition]:
        keyword = self._take()
        if keyword == "typedef":
            field = self._declaration()
            self._expect(";")
            return field.name, field.type
        name = self._take()
        match keyword:
            case "enum":
                definition: Definition = self._enum()
            case "struct":
                definition = Struct(list(self._fields()))
            case "union":
                definition = self._union()
            case _:
                raise DefinitionError(f"{keyword!r} before {name!r} begins no definition")
        self._expect(";")
        return name, definition

    def _enum(self) -> Enum:
        members: dict[str, int] = {}
        self._expect("{")
        while True:
            name = self._take()
            self._expect("=")
            members[name] = int(self._take())
            if self._take() == "}":
                self._numbers |= members
                return Enum(members)

    def _fields(self) -> Iterator[Field]:
        self._expect("{")
        while not self._accept("}"):
            yield self._declaration()
            self._expect(";")

    def _union(self) -> Union:
        self._expect("switch")
        self._expect("(")
        switch = self._declaration().name
        self._expect(")")
        self._expect("{")
        arms = []
        while not self._accept("}"):
            cases = []
            while self._accept("case"):
                cases.append(self._number())
                self._expect(":")
            arms.append(Arm(cases, None if self._accept("void") else self._declaration()))
            self._expect(";")
        return Union(switch, arms)

    def _declaration(self) -> Field:
        word = self._take()
        if word == "unsigned":
            word = self._take()
        pointer = self._accept("*")
        name = self._take()
        if word in {"opaque", "string"}:
            size = self._bounds()
            return Field(name, Bytes() if size is None else Fixed(size + -size % 4))
        of: Type = Fixed(_SIZES[word]) if word in _SIZES else Named(word)
        if pointer:
            return Field(name, Optional(of))
        if self._peek() in {"<", "["}:
            return Field(name, Array(of, self._bounds()))
        return Field(name, of)

    def _bounds(self) -> int | None:
        """The count in `[n]`, None for `<n>` and `<>`: a reader takes what is there."""
        fixed = self._take() == "["
        count = None
        if self._peek() not in {">", "]"}:
            count = self._number()
        self._take()
        return count if fixed else None

    def _number(self) -> int:
        token = self._take()
        if token in self._numbers:
            return self._numbers[token]
        if not re.fullmatch(r"-?\d+", token):
            raise DefinitionError(f"{token!r} is neither a number nor a known name of one")
        return int(token)

    def _peek(self) -> str:
        if self._at >= len(self._tokens):
            raise DefinitionError("the text ends inside a definition")
        return self._tokens[self._at]

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _accept(self, token: str) -> bool:
        found = self._peek() == token
        self._at += found
        return found

    def _expect(self, token: str) -> None:
        if (found := self._take()) != token:
            raise DefinitionError(f"{token!r} expected, {found!r} found")

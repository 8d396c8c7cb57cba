"""Python for one definition at a time: skip it, or walk it and note places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from indexer.xdr.language import (
    Array,
    Bytes,
    Definition,
    DefinitionError,
    Enum,
    Field,
    Fixed,
    Named,
    Optional,
    Struct,
    Type,
    Union,
)
from indexer.xdr.places import Walk

_INDENT: Final = "    "


class Functions:
    """Makes functions for `types`; `called` collects the types whose skip function is used."""

    def __init__(self, types: dict[str, Definition]) -> None:
        self.types = types
        self.called: set[str] = set()
        self._reached: dict[str, frozenset[str]] = {}

    def skip(self, name: str) -> Emitter:
        """`skip_NAME(b, p)`: where the value that begins at `p` ends."""
        emitter = Emitter(self, name)
        emitter.line(f"def skip_{name}(b: bytes, p: int) -> int:")
        recursive = name in self.reached(name)
        with emitter:
            if recursive:
                emitter.line("left = 1")
                emitter.line("while left:")
                emitter.indent += 1
                emitter.line("left -= 1")
                emitter.head = name
            emitter.definition(name)
            emitter.indent -= recursive
            emitter.line("return p")
        return emitter

    def walks(self, walk: Walk) -> Iterator[Emitter]:
        """`walk(b, p, out)`: the same, adding `(place, start, end)` to `out`; helpers first."""
        places = {place: constant for constant, names in walk.places.items() for place in names}
        closed = frozenset(walk.closed)
        holders = {place.partition(".")[0] for place in places}
        leading = {
            name
            for name in self._within(walk.root, closed) | {walk.root}
            if name in holders or not holders.isdisjoint(self._within(name, closed))
        }
        order = [name for name in self.types if name in leading and name != walk.root]
        for name in [*order, walk.root]:
            if not isinstance(self.types[name], (Struct, Union)):
                continue
            if name in self.reached(name):
                raise DefinitionError(f"{walk.name}: {name} is recursive and cannot be walked")
            emitter = Emitter(self, name, places, leading, walk.cut)
            title = "walk" if name == walk.root else f"walk_{name}"
            emitter.line(f"def {title}(b: bytes, p: int, out: Places) -> int:")
            with emitter:
                emitter.definition(name)
                emitter.line("return p")
            yield emitter

    def reached(self, name: str) -> frozenset[str]:
        """The types that `name` is made of, directly or not; itself only if it is recursive."""
        if name not in self._reached:
            self._reached[name] = self._within(name, frozenset())
        return self._reached[name]

    def _within(self, name: str, closed: frozenset[str]) -> frozenset[str]:
        """The same without the types in `closed` and what only they are made of."""
        found: set[str] = set()
        waiting = list(_names_in(self.types[name]))
        while waiting:
            one = waiting.pop()
            if one not in found and one not in closed:
                found.add(one)
                waiting += _names_in(self.types[one])
        return frozenset(found)

    def size(self, type_: Type) -> int | None:
        """The bytes it always has, None if that differs."""
        match type_:
            case Fixed(size):
                return size
            case Named(name):
                definition = self.types[name]
                if isinstance(definition, Enum):
                    return 4
                if isinstance(definition, Struct):
                    sizes = [self.size(field.type) for field in definition.fields]
                    return None if None in sizes else sum(size or 0 for size in sizes)
                return None if isinstance(definition, Union) else self.size(definition)
            case Array(of, int(count)):
                each = self.size(of)
                return None if each is None else each * count
        return None


class Emitter:
    """Lines of one function; `_ahead` bytes are behind the place but not yet added to `p`."""

    def __init__(
        self,
        functions: Functions,
        name: str,
        places: dict[str, str] | None = None,
        leading: set[str] | None = None,
        cut: tuple[str, ...] = (),
    ) -> None:
        self.lines: list[str] = []
        self.calls: set[str] = set()
        self.head = ""
        self.indent = 0
        self._functions = functions
        self._name = name
        self._places = places or {}
        self._leading = leading or set()
        self._cut = cut
        self._ahead = 0
        self._starts = 0

    def __enter__(self) -> None:
        self.indent += 1

    def __exit__(self, *_: object) -> None:
        self.indent -= 1

    def line(self, text: str) -> None:
        """One line at the present indentation."""
        self.lines.append(_INDENT * self.indent + text)

    def definition(self, name: str) -> None:
        """The value of type `name`, from beginning to end."""
        definition = self._functions.types[name]
        begun = self._begin(name)
        match definition:
            case Struct(fields):
                if name in self._cut:
                    fields = fields[: 1 + self._last_leading(name, fields)]
                for field in fields:
                    self._value(f"{name}.{field.name}", field.type, last=field is fields[-1])
            case Union():
                self._union(name, definition)
            case Enum():
                self._ahead += 4
            case _:
                self._type(definition, last=True)
        self._end(begun, name)
        self._flush()

    def _value(self, place: str, type_: Type, *, last: bool) -> None:
        """A field: of an optional one, the value inside is the place."""
        if isinstance(type_, Optional):
            self._optional(type_, place, last=last)
            return
        begun = self._begin(place)
        self._type(type_, last=last)
        self._end(begun, place)

    def _type(self, type_: Type, *, last: bool) -> None:
        size = self._functions.size(type_)
        if size is not None and not self._is_walked(type_):
            self._ahead += size
            return
        match type_:
            case Bytes():
                self._read("n")
                self.line(f"p += {self._ahead + 4} + (n + 3 & -4)")
                self._ahead = 0
            case Optional():
                self._optional(type_, "", last=last)
            case Array(of, None):
                self._array(of, last=last)
            case Array(of, int(count)):
                for _ in range(count):
                    self._type(of, last=False)
            case Named(name):
                self._named(name, last=last)

    def _last_leading(self, name: str, fields: list[Field]) -> int:
        """The last of the fields that is a place, or leads to one."""
        return max(
            number
            for number, field in enumerate(fields)
            if f"{name}.{field.name}" in self._places or self._is_walked(field.type)
        )

    def _named(self, name: str, *, last: bool) -> None:
        functions = self._functions
        definition = functions.types[name]
        if self.head and (name == self.head or self.head in functions.reached(name)):
            if not last:
                raise DefinitionError(f"{name} in {self._name}: recursion not at the end")
            if name == self.head:
                self.line("left += 1")
            else:
                self.definition(name)
        elif name in self._leading and isinstance(definition, (Struct, Union)):
            self._flush()
            self.line(f"p = walk_{name}(b, p, out)")
        elif isinstance(definition, Union) and not any(arm.field for arm in definition.arms):
            self._void_union(name, definition)
        elif isinstance(definition, (Struct, Union)) or name in functions.reached(name):
            self._call(name)
        else:
            self.definition(name)

    def _call(self, name: str) -> None:
        self.calls.add(name)
        self._functions.called.add(name)
        self.line(f"p = skip_{name}(b, p{_plus(self._ahead)})")
        self._ahead = 0

    def _optional(self, type_: Optional, place: str, *, last: bool) -> None:
        self._read("n")
        self._ahead += 4
        self._flush()
        self.line("if n == 1:")
        with self:
            begun = self._begin(place)
            self._type(type_.of, last=last)
            self._end(begun, place)
            self._flush()
        self.line("elif n:")
        with self:
            self.line("raise bad_flag(n, p - 4)")

    def _array(self, of: Type, *, last: bool) -> None:
        self._read("n")
        size = self._functions.size(of)
        if size is not None and not self._is_walked(of):
            self.line(f"p += {self._ahead + 4} + n * {size}")
            self._ahead = 0
            return
        self._ahead += 4
        self._flush()
        if self.head and isinstance(of, Named) and (count := self._heads_in(of.name)):
            if not last:
                raise DefinitionError(f"{of.name}<> in {self._name}: recursion not at the end")
            self.line("left += n" if count == 1 else f"left += {count} * n")
            return
        self.line("for _ in range(n):")
        with self:
            self._type(of, last=False)
            self._flush()

    def _heads_in(self, name: str) -> int:
        """How many recursive values `name` is, if it is nothing else; 0 if there is none in it."""
        definition = self._functions.types[name]
        if name == self.head:
            return 1
        if self.head not in self._functions.reached(name):
            return 0
        if isinstance(definition, Struct):
            counts = [
                self._heads_in(field.type.name) if isinstance(field.type, Named) else 0
                for field in definition.fields
            ]
            if all(counts):
                return sum(counts)
        raise DefinitionError(f"{name}<> in {self._name} holds more than recursive values")

    def _union(self, name: str, union: Union) -> None:
        begun = self._begin(f"{name}.{union.switch}")
        self._switch(union)
        self._ahead += 4
        self._end(begun, f"{name}.{union.switch}")
        self._flush()
        arms: dict[tuple[str, ...], list[int]] = {}
        for arm in union.arms:
            lines = self._arm(name, arm.field.name, arm.field.type) if arm.field else ("pass",)
            arms.setdefault(lines, []).extend(arm.cases)
        keyword = "if"
        for lines, cases in arms.items():
            self.line(f"{keyword} {_is_one_of(cases)}:")
            self.lines += [_INDENT * (self.indent + 1) + line for line in lines]
            keyword = "elif"
        self.line("else:")
        with self:
            self.line(f'raise UnknownArmError("{name}", k, p - 4)')

    def _arm(self, union: str, name: str, type_: Type) -> tuple[str, ...]:
        """The lines of an arm, not indented, so that equal arms are found."""
        lines, indent = self.lines, self.indent
        self.lines, self.indent = [], 0
        self._value(f"{union}.{name}", type_, last=True)
        self._flush()
        arm = tuple(self.lines) or ("pass",)
        self.lines, self.indent = lines, indent
        return arm

    def _void_union(self, name: str, union: Union) -> None:
        self._switch(union)
        cases = [case for arm in union.arms for case in arm.cases]
        self.line(f"if {_is_none_of(cases)}:")
        with self:
            self.line(f'raise UnknownArmError("{name}", k, p{_plus(self._ahead)})')
        self._ahead += 4

    def _switch(self, union: Union) -> None:
        signed = any(case < 0 for arm in union.arms for case in arm.cases)
        self.line(f"(k,) = {'I32' if signed else 'U32'}(b, p{_plus(self._ahead)})")

    def _read(self, name: str) -> None:
        self.line(f"({name},) = U32(b, p{_plus(self._ahead)})")

    def _is_walked(self, type_: Type) -> bool:
        """Whether a place lies in it, so that it cannot be stepped over."""
        return isinstance(type_, Named) and type_.name in self._leading

    def _begin(self, place: str) -> str:
        """Remember where a place begins; the variable that holds it, "" if it is none."""
        if place not in self._places:
            return ""
        self._flush()
        self._starts += 1
        self.line(f"s{self._starts} = p")
        return f"s{self._starts}"

    def _end(self, begun: str, place: str) -> None:
        if begun:
            self._flush()
            self.line(f"out.append(({self._places[place]}, {begun}, p))")

    def _flush(self) -> None:
        if self._ahead:
            self.line(f"p += {self._ahead}")
            self._ahead = 0


def _names_in(definition: Definition) -> Iterator[str]:
    match definition:
        case Named(name):
            yield name
        case Optional(of) | Array(of, _):
            yield from _names_in(of)
        case Struct(fields):
            for field in fields:
                yield from _names_in(field.type)
        case Union(_, arms):
            for arm in arms:
                if arm.field:
                    yield from _names_in(arm.field.type)


def _plus(ahead: int) -> str:
    return f" + {ahead}" if ahead else ""


def _is_one_of(cases: list[int]) -> str:
    if len(cases) == 1:
        return f"k == {cases[0]}"
    if (span := _span(cases)) is not None:
        return span
    return f"k in {{{', '.join(map(str, sorted(cases)))}}}"


def _is_none_of(cases: list[int]) -> str:
    if cases == [0]:
        return "k"
    return f"not {_is_one_of(cases)}" if _span(cases) else f"k not in {tuple(sorted(cases))}"


def _span(cases: list[int]) -> str | None:
    """A comparison with both ends, if nothing is left out between them."""
    low, high = min(cases), max(cases)
    return f"{low} <= k <= {high}" if high - low == len(cases) - 1 > 1 else None

"""Writes the functions that skip and walk ledgers, from the definitions.

    python -m indexer.xdr.generate

A skip function takes a buffer and where a value begins, and returns where it ends. Runs of fixed
size fold into one addition. A recursive type becomes a loop over how many values are still to
come, so that no depth of nesting is too deep; that works because everything recursive in this
format stands at the end of what holds it, and a definition of which that is not true is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from indexer.xdr.emit import Emitter, Functions
from indexer.xdr.language import Definition, DefinitionError, Enum, parse
from indexer.xdr.places import NAMES, WALKS, Walk

HERE: Final = Path(__file__).parent
ROOMS: Final = (
    "types",
    "values",
    "settings",
    "entries",
    "invocations",
    "operations",
    "transactions",
    "results",
    "ledgers",
)
"""The files of definitions; each knows those before it."""

_RUNTIME: Final = ("I32", "U32", "Places", "UnknownArmError", "bad_flag")
_MADE: Final = "Made from the definitions by `python -m indexer.xdr.generate`; do not edit."


def main() -> None:
    """Write the package `indexer.xdr.generated`."""
    folder = HERE / "generated"
    folder.mkdir(exist_ok=True)
    for name, text in generated().items():
        (folder / name).write_text(text, encoding="utf-8")


def generated() -> dict[str, str]:
    """What the package consists of: file name to text."""
    rooms = _read_rooms()
    room_of = {name: room for room, definitions in rooms.items() for name in definitions}
    types = {name: one for definitions in rooms.values() for name, one in definitions.items()}
    functions = Functions(types)
    walks = [_walk_module(walk, functions, room_of) for walk in WALKS]
    skips = _skip_functions(functions)
    files = {"__init__.py": f'"""Functions that skip and walk ledgers.\n\n{_MADE}\n"""\n'}
    for room, definitions in rooms.items():
        bodies = {name: skips[name] for name in definitions if name in skips}
        if bodies:
            title = f"Skips the values of `definitions/{room}.x`."
            files[f"{room}.py"] = _module(title, bodies.values(), room, room_of)
    files |= {f"walk_{walk.name}.py": text for walk, text in zip(WALKS, walks, strict=True)}
    files["names.py"] = _names_module(types)
    return files


def _read_rooms() -> dict[str, dict[str, Definition]]:
    rooms: dict[str, dict[str, Definition]] = {}
    known: dict[str, Definition] = {}
    for room in ROOMS:
        text = (HERE / "definitions" / f"{room}.x").read_text(encoding="utf-8")
        rooms[room] = parse(text, known)
        known |= rooms[room]
    return rooms


def _skip_functions(functions: Functions) -> dict[str, Emitter]:
    """Those that are called from the walks, or from one another."""
    found: dict[str, Emitter] = {}
    while missing := functions.called - found.keys():
        for name in sorted(missing):
            found[name] = functions.skip(name)
    return found


def _module(
    title: str, bodies: Iterable[Emitter], room: str, room_of: dict[str, str], head: str = ""
) -> str:
    """A module of functions, with the imports that they need."""
    texts = list(bodies)
    code = "\n\n\n".join("\n".join(one.lines) for one in texts)
    called = {name for one in texts for name in one.calls if room_of[name] != room}
    rooms = {room_of[name] for name in called}
    imports = [
        _import(f"indexer.xdr.generated.{one}", [f"skip_{n}" for n in called if room_of[n] == one])
        for one in sorted(rooms)
    ]
    imports.append(_import("indexer.xdr.runtime", [name for name in _RUNTIME if name in code]))
    typing = "from typing import Final\n\n" if head else ""
    lines = "\n".join(one for one in imports if one)
    top = f'"""{title}\n\n{_MADE}\n"""\n\nfrom __future__ import annotations\n'
    return f"{top}\n{typing}{lines}\n{head}\n\n{code}\n"


def _import(module: str, names: list[str]) -> str:
    if not names:
        return ""
    names = sorted(names, key=_import_order)
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= 100:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _import_order(name: str) -> tuple[int, list[str]]:
    """As linters want it: constants, classes, functions; numbers by their size."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, [part.zfill(4) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def _walk_module(walk: Walk, functions: Functions, room_of: dict[str, str]) -> str:
    constants = "".join(f"{name}: Final = {n}\n" for n, name in enumerate(walk.places))
    bodies = list(functions.walks(walk))
    title = f"Walks a {walk.root}: where the places in it begin and end."
    return _module(title, bodies, "", room_of, head=f"\n{constants}")


def _names_module(types: dict[str, Definition]) -> str:
    enums = "\n".join(_names_of(name, types[name]) for name in NAMES)
    return f'"""Names of numbers.\n\n{_MADE}\n"""\n\nfrom typing import Final\n\n{enums}'


def _names_of(name: str, enum: Definition) -> str:
    if not isinstance(enum, Enum):
        raise DefinitionError(f"{name} is no enum")
    members = "".join(f'    {value}: "{member}",\n' for member, value in enum.members.items())
    return f"{name}: Final = {{\n{members}}}\n"


if __name__ == "__main__":
    main()

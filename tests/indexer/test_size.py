"""The indexer reads in an hour: what a ledger passes on its way to rows stays small.

The core is `indexer.pipeline` and `indexer.reading` with every module of the room that they import,
directly or not, and what reads the bytes of events, which is at home with the contracts; where
ledgers come from (`sources/`), the wire format (`xdr/`) and what checks, rebuilds or tells of the
result are rooms or modules of their own. Lines are all lines.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOM = Path(__file__).parents[2] / "indexer"
_READING = ("layouts", "scval", "strkey")
_CORE_LINES = 2_500
_FILE_LINES = 500


def _imported(path: Path) -> set[str]:
    """Modules of the room that a module of it imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    found = {name.removeprefix("indexer.") for name in names if name.startswith("indexer.")}
    return {name for name in found if (ROOM / f"{name}.py").exists()}


def _core() -> set[str]:
    core: set[str] = set()
    waiting = {"pipeline", "reading"}
    while waiting:
        name = waiting.pop()
        core.add(name)
        waiting |= _imported(ROOM / f"{name}.py") - core
    return core


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_the_core_is_small() -> None:
    core = _core()
    assert core >= {"writer", "folding", "decode", "coverage", "quarantine"}
    files = [ROOM / f"{name}.py" for name in core]
    files += [ROOM.parent / "contracts" / f"{name}.py" for name in _READING]
    assert sum(map(_lines, files)) < _CORE_LINES


def test_no_file_is_long() -> None:
    """What is generated from definitions is not read by people."""
    written = [path for path in ROOM.rglob("*.py") if "generated" not in path.parts]
    assert len(written) > 40
    assert [path.name for path in written if _lines(path) > _FILE_LINES] == []

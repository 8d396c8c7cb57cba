"""Writes docs/settings.md from the settings' declarations: `make docs`."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from stellarsettle import settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

_HEAD = """\
# Settings

Written by `make docs` from `stellarsettle/settings.py`: edit the declarations instead.

Everything comes from the environment and is checked when a part starts; `stellarsettle doctor`
shows what is set and what is missing. The indexer needs `ESCROW`, `DISTRIBUTOR` and `START_LEDGER`,
API and worker `ESCROW`, `DISTRIBUTOR`, `SIGNING_SEED`, `TOKEN_KEY` and `NATURAL_KEY`:
`stellarsettle deploy` and `stellarsettle keys` print them. Everything else has a default. Services
that work together need the same settings. `DEPLOYER_SEED`, the secret of the account that deploys,
is asked for by `stellarsettle deploy` alone: keep it out of the services' environment.

| setting | default | what it is |
|---|---|---|
"""


def meanings() -> Iterator[tuple[str, str]]:
    """Each setting's field and what its declaration says of it; "" where it says nothing."""
    module = ast.parse(inspect.getsource(settings.Settings))
    declared = next(node for node in module.body if isinstance(node, ast.ClassDef))
    for field, after in pairwise(declared.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            yield field.target.id, _text(after)


def _text(node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return inspect.cleandoc(str(node.value.value))
    return ""


def render() -> str:
    """The page."""
    chosen = settings.Settings()
    rows = (
        f"| `{name.upper()}` | {_shown(getattr(chosen, name))} | {' '.join(meaning.split())} |"
        for name, meaning in meanings()
    )
    return _HEAD + "\n".join(rows) + "\n"


def _shown(value: object) -> str:
    return "" if value == "" else f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")

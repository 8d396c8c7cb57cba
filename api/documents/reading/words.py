"""Words that readers need beside the labels (`words.toml`): currencies, months, legal forms."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any, Final

_FILE: Final = Path(__file__).with_suffix(".toml")


@functools.cache
def _all() -> dict[str, Any]:
    with _FILE.open("rb") as file:
        return tomllib.load(file)


def words(name: str) -> tuple[str, ...]:
    """A list of the file, in its order."""
    return tuple(_all()[name])


def table(name: str) -> dict[str, str]:
    """A table of the file."""
    return dict(_all()[name])

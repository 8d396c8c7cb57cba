"""Writes the generated part of docs/read-models.md: `make docs`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from contracts.events import EVENTS
from contracts.wire import Contract, Event
from projections.registry import MODELS

PAGE: Final = Path(__file__).parents[1] / "docs" / "read-models.md"

_BEGIN: Final = "<!-- made by `make docs` from projections/: edit the declarations -->\n"
_END: Final = "<!-- end of what is made -->\n"


def render() -> str:
    """Both tables: what is kept, and what each event changes."""
    return "\n".join((*_models(), "", *_events(), ""))


def written(page: str) -> str:
    """The page with its generated part made anew. Raises ValueError where it has no such part."""
    head, begun, rest = page.partition(_BEGIN)
    _, ended, tail = rest.partition(_END)
    if not (begun and ended):
        raise ValueError(f"docs/read-models.md has no part between {_BEGIN!r} and {_END!r}")
    return f"{head}{begun}{render()}{ended}{tail}"


def changed_by(event: type[Event]) -> list[str]:
    """Names of the read models that an event may change, in the order of the registry."""
    return [model.name for model in MODELS if event in model.rules]


def _models() -> Iterator[str]:
    yield "| read model | key | kept | a row is |"
    yield "|---|---|---|---|"
    for model in MODELS:
        kept = "facts" if model.append_only else "every version"
        keys = ", ".join(f"`{name}`" for name in model.key)
        yield f"| `{model.name}` | {keys} | {kept} | {_sentence(model.row)} |"


def _events() -> Iterator[str]:
    yield "| event | of | what it says | read models that it changes |"
    yield "|---|---|---|---|"
    kinds: dict[type[Event], list[Contract]] = {}
    for contract, named in EVENTS.items():
        for kind in named.values():
            kinds.setdefault(kind, []).append(contract)
    for kind, contracts in sorted(kinds.items(), key=lambda item: item[0].NAME):
        models = ", ".join(f"`{name}`" for name in changed_by(kind)) or "none: see below"
        yield f"| `{kind.NAME}` | {', '.join(contracts)} | {_sentence(kind)} | {models} |"


def _sentence(documented: type[Any]) -> str:
    """The first sentence of its docstring."""
    text = " ".join((inspect.getdoc(documented) or "").partition("\n\n")[0].split())
    return text.partition(". ")[0].rstrip(".")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))

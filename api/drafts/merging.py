"""JSON merge patch (RFC 7396), and what it changed as JSON pointers (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def merged(before: Any, change: Any) -> Any:
    """`before` with `change`: members are merged, null takes one away, all else replaces."""
    if not isinstance(change, dict):
        return change
    result = dict(before) if isinstance(before, dict) else {}
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def differences(before: Any, after: Any, at: str = "") -> dict[str, Any]:
    """Pointers to what is another, and the new value; None where there is none any more."""
    return dict(_differences(before, after, at))


def _differences(before: Any, after: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            step = str(name).replace("~", "~0").replace("/", "~1")
            yield from _differences(before.get(name), after.get(name), f"{at}/{step}")
    elif before != after:
        yield at, after

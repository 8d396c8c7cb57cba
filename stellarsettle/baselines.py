"""What documents were read like once, to see what a change of the reader makes better or worse.

A baseline keeps the shares and none of the documents. Times are not in it: they are the machine's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

_TOLERANCE: Final = 0.05
"""Percent points that are rounding."""


class Change(msgspec.Struct, frozen=True):
    """A figure that is another than it was; `better` says which way is up."""

    figure: str
    was: float
    now: float
    up: bool = True

    @property
    def worse(self) -> bool:
        """Whether the change is a loss."""
        return (self.now < self.was) == self.up

    def __str__(self) -> str:
        """For people."""
        return f"{'worse ' if self.worse else 'better'} {self.figure}: {self.was} -> {self.now}"


def save(file: Path, key: str, report: Mapping[str, Any]) -> None:
    """Keep the report's figures under `key`, beside those of other keys. Raises OSError."""
    kept = _load(file) if file.exists() else {}
    kept[key] = dict(_figures(report))
    lines = (
        f"  {msgspec.json.encode(name).decode()}: {msgspec.json.encode(figures).decode()}"
        for name, figures in sorted(kept.items())
    )
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def compare(file: Path, key: str, report: Mapping[str, Any]) -> list[Change]:
    """What is other than in the baseline, of figures that both have.

    Raises OSError and msgspec.DecodeError for a file that is none.
    """
    was, now = _load(file).get(key, {}), dict(_figures(report))
    return [
        Change(name, was[name], now[name], up=not name.startswith("-"))
        for name in was
        if name in now and abs(was[name] - now[name]) > (_TOLERANCE if "%" in name else 0.002)
    ]


def _load(file: Path) -> dict[str, dict[str, float]]:
    return msgspec.json.decode(file.read_bytes(), type=dict[str, dict[str, float]])


def _figures(report: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Each figure by name; those that begin with `-` are better if they are less."""
    for group, found in report["groups"].items():
        size = f"{group} ({found['documents']})"
        if found["whole"] is not None:
            yield f"{size} whole %", found["whole"]
        for field, figures in found["fields"].items():
            yield f"{size} {field} %", figures["macro"]
    accepted = report["accepted"]
    if accepted["coverage"] is not None:
        yield "coverage", accepted["coverage"]
    yield "- accepted and wrong", accepted["wrong"]
    if report["calibration_error"] is not None:
        yield "- calibration error", report["calibration_error"]

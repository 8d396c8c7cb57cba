"""Scripts are played through the RPC with real signatures; a wrong script is found out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stellarsettle.histories import player
from stellarsettle.histories.player import Difference

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def scripts(corpus: Path) -> list[Path]:
    found = player.scripts(corpus / "histories")
    if len(found) < 2:
        pytest.skip("the corpus holds no histories")
    return found


@pytest.mark.parametrize("number", [4, 8])
def test_a_history_is_played_without_a_difference(scripts: list[Path], number: int) -> None:
    played = player.play(scripts[number % len(scripts)])
    assert played.steps > 0
    assert played.views > 0
    assert 0 < played.failed_in_ledger <= played.refusals


def _first(lines: Lines, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    return next(line for line in lines if line["kind"] == "step" and wanted(line))


def _another_refusal(lines: Lines) -> None:
    _first(lines, lambda step: "any" in step["expect"])["expect"]["any"] = ["NoPendingOwner"]


def _a_refusal_that_is_none(lines: Lines) -> None:
    _first(lines, lambda step: "ok" in step["expect"])["expect"] = {"err": "X", "any": ["X"]}


def _another_event(lines: Lines) -> None:
    _first(lines, lambda step: bool(step["events"]))["events"][0]["topics"][0] = "guardian"


def _a_missing_event(lines: Lines) -> None:
    _first(lines, lambda step: bool(step["events"]))["events"].clear()


def _another_view(lines: Lines) -> None:
    _first(lines, lambda step: bool(step["views"]))["views"][0]["result"]["raised"] = "1"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_another_refusal, "expected [NoPendingOwner]"),
        (_a_refusal_that_is_none, "expected [X]"),
        (_another_event, "events of @escrow"),
        (_a_missing_event, "events of"),
        (_another_view, "raised: 1"),
    ],
)
def test_a_difference_is_named_with_its_step(
    scripts: list[Path], tmp_path: Path, spoil: Callable[[Lines], None], words: str
) -> None:
    lines = [msgspec.json.decode(line) for line in scripts[8].read_bytes().splitlines()]
    spoil(lines)
    script = tmp_path / "spoiled.jsonl"
    script.write_bytes(b"\n".join(msgspec.json.encode(line) for line in lines))
    with pytest.raises(Difference, match="step ") as found:
        player.play(script)
    assert words in str(found.value)

"""Golden vectors: events in, figures out, worked by hand; they are data beside this file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from projections.analytics.facts import ATTRIBUTES, Rules, remembered
from projections.analytics.metric import Metric, tabulate
from projections.analytics.registry import METRICS
from projections.analytics.workings import Workings
from tests.projections.analytics import given
from tests.projections.analytics.narrator import Narrator, asset, person
from tests.projections.support import identifier

FOLDER = Path(__file__).parent / "vectors"
BY_ID = {metric.id: metric for metric in METRICS}
VECTORS = {
    f"{file.stem}: {vector['name']}": (BY_ID[file.stem], vector)
    for file in sorted(FOLDER.glob("*.toml"))
    for vector in tomllib.loads(file.read_text())["vector"]
}


def workings_of(vector: dict[str, Any]) -> Workings:
    """The read models after a vector's events, and the frames that it gives."""
    narrator = Narrator().tell(vector.get("events", ""))
    future = narrator.future
    rows = [
        dict.fromkeys(ATTRIBUTES) | row | {"invoice": identifier(row["invoice"]).hex()}
        for row in vector.get("attributes", [])
    ]
    return Workings(
        remembered(
            future.memory,
            future.mark,
            rules=Rules(**vector.get("rules", {})),
            attributes=pl.DataFrame(rows, schema=ATTRIBUTES),
            **given.frames(vector),
        )
    )


def _key(name: str, word: str) -> Any:
    """A key's value as a vector writes it."""
    match name:
        case "asset":
            return asset(word)
        case "invoice":
            return identifier(word).hex()
        case "holder":
            return person(word)
        case "name":
            return {asset(word), person(word), identifier(word).hex(), word}
        case "seller" | "debtor" | "party":
            return {person(word), word}
    return word


def _matches(row: dict[str, Any], key: tuple[str, ...], words: list[str]) -> bool:
    for name, word in zip(key, words, strict=True):
        expected = _key(name, word)
        found = row[name]
        if isinstance(expected, set):
            if found not in expected:
                return False
        elif str(found) != str(expected):
            return False
    return True


def _shown(row: dict[str, Any], figure: str) -> str:
    reason = row[f"{figure}_null"]
    return f"null:{reason}" if reason is not None else str(row[figure]).lower()


def _found(metric: Metric, workings: Workings, line: str) -> tuple[list[str], list[str]]:
    """What a line expects, and what is there: `table key... figure=value ...`."""
    name, *words = line.split()
    table = next(table for table in metric.tables if table.name == name)
    wanted = [word for word in words if "=" in word]
    values = [word.replace("_", " ") for word in words if "=" not in word]
    if "asset" in table.key and len(values) == len(table.key) - 1:
        values.insert(table.key.index("asset"), "USDC")
    rows = [
        row
        for row in tabulate(table, workings).iter_rows(named=True)
        if _matches(row, table.key, values)
    ]
    if wanted == ["absent=true"]:
        return wanted, [f"absent={str(not rows).lower()}"]
    (row,) = rows
    return wanted, [f"{word.split('=')[0]}={_shown(row, word.split('=')[0])}" for word in wanted]


@pytest.mark.parametrize("name", VECTORS)
def test_vector(name: str) -> None:
    metric, vector = VECTORS[name]
    workings = workings_of(vector)
    assert vector["expect"]
    for line in vector["expect"]:
        wanted, found = _found(metric, workings, line)
        assert found == wanted, f"{line}: {vector['note']}"


def test_every_metric_has_five_vectors_and_every_null_reason_one() -> None:
    for metric in METRICS:
        vectors = [vector for other, vector in VECTORS.values() if other is metric]
        assert len(vectors) >= 5, metric.id
        lines = " ".join(line for vector in vectors for line in vector["expect"])
        for table in metric.tables:
            for figure in table.figures:
                for reason in figure.nulls:
                    assert f"null:{reason.value}" in lines, f"{metric.id} {reason.value}"


def test_every_vector_says_how_it_was_worked_out() -> None:
    for name, (_, vector) in VECTORS.items():
        assert len(vector["note"]) > 10, name

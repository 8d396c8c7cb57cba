"""Whatever goes wrong, and whenever: what is left is what an undisturbed run leaves.

Each seed draws faults of the node, the database and the process. `make test` plays thirty,
`make test-faults N=1000` a thousand, `make test-faults SEED=7` one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import world
from tests.faults.contents import contents, difference
from tests.faults.plan import Act, draw
from tests.faults.program import POINTS
from tests.faults.simulation import simulate

_FIRST = int(os.environ.get("FAULT_SEED", "0"))
_COUNT = int(os.environ.get("FAULT_COUNT", "30"))


@pytest.fixture(scope="module")
def place() -> Iterator[world.World]:
    with world.made() as made:
        yield made


@pytest.mark.parametrize("seed", range(_FIRST, _FIRST + _COUNT))
def test_a_run_that_was_disturbed_leaves_what_an_undisturbed_leaves(
    place: world.World, tmp_path: Path, seed: int
) -> None:
    """Pain 4: the same run gives different events on different days. Pain 6: recovery fails."""
    simulate(place, seed, tmp_path)


def test_the_comparison_sees_a_difference(place: world.World) -> None:
    """A row less, another digest: nothing is compared for show."""
    for name, rows in place.expected.items():
        assert difference({name: rows}, {name: rows[:-1]}) or not rows, name
    assert len(place.expected["ledger.event"]) > 30
    assert len(place.expected["read.position_history"]) > 10
    with place.database("untouched") as url:
        assert difference(place.expected, contents(url))


def test_plans_differ_and_a_seed_is_always_the_same_plan() -> None:
    plans = [draw(seed, 100) for seed in range(300)]
    assert [draw(seed, 100) for seed in range(300)] == plans
    assert {act for plan in plans for act, _, _ in plan.acts} == set(Act)
    died_at = {point.split(":")[0] for plan in plans for _, point, _ in plan.acts if point}
    assert died_at == set(POINTS)
    assert len({rule["fault"] for plan in plans for rule in plan.node}) >= 12

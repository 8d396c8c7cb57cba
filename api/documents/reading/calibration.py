"""What a score is worth: the share of fields of such a score that are right.

A score orders answers; how often they are right depends on the reader and the field. The curve is a
logistic one with few numbers (a slope for each reader, an offset for each of its fields), fitted to
labelled documents, layout families counting alike, with its doubt pulled towards a prior: where
little was seen, the prior holds. People's confirmations move it further from the shipped one.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from api.documents.reading.field import Field

_FILE: Final = Path(__file__).with_suffix(".json")
_LOWEST, _HIGHEST = 0.02, 0.99
_ROUNDS: Final = 50
_SLOPE_WEIGHT: Final = 4.0
_OFFSET_WEIGHT: Final = 1.0
"""How strongly numbers are held to the prior's: about as many documents have to say otherwise."""


class Sample(msgspec.Struct, frozen=True):
    """A field that was read with a score, whether it was right, and how much that counts."""

    source: str
    field: str
    score: float
    right: bool
    weight: float = 1.0


class Curve(msgspec.Struct, frozen=True):
    """From scores to confidence: `slopes` by reader, `offsets` by `reader/field`."""

    slopes: dict[str, float] = {}
    offsets: dict[str, float] = {}

    def confidence(self, source: str, field: str, score: float) -> float:
        """How surely a field of this score is right, 0 to 1."""
        slope = self.slopes.get(source, 1.0)
        offset = self.offsets.get(f"{source}/{field}", 0.0)
        return min(_HIGHEST, _share(slope * _odds(score) + offset))


@functools.cache
def shipped() -> Curve:
    """The one that was fitted to the labelled documents of development."""
    return msgspec.json.decode(_FILE.read_bytes(), type=Curve)


def calibrated(fields: Mapping[str, Field], curve: Curve) -> dict[str, Field]:
    """The fields with what their scores are worth; what has no score is as sure as it says."""
    return {
        name: field
        if field.score is None
        else msgspec.structs.replace(
            field,
            confidence=round(curve.confidence(field.source.value, name, field.score), 3),
        )
        for name, field in fields.items()
    }


def fitted(samples: Sequence[Sample], prior: Curve) -> Curve:
    """The curve that explains the samples best without leaving the prior for little."""
    slopes, offsets = dict(prior.slopes), dict(prior.offsets)
    for source in sorted({each.source for each in samples}):
        own = [each for each in samples if each.source == source]
        slopes[source], found = _fit(own, prior, source)
        offsets |= found
    return Curve(
        {name: round(value, 3) for name, value in slopes.items()},
        {name: round(value, 3) for name, value in offsets.items()},
    )


def _fit(samples: Sequence[Sample], prior: Curve, source: str) -> tuple[float, dict[str, float]]:
    """Newton's method on the penalised likelihood: a slope, and an offset for each field."""
    import numpy as np  # noqa: PLC0415 -- a tenth of a second that reading need not wait for

    names = sorted({each.field for each in samples})
    given = np.zeros((len(samples), 1 + len(names)))
    given[:, 0] = [_odds(each.score) for each in samples]
    for row, each in enumerate(samples):
        given[row, 1 + names.index(each.field)] = 1.0
    right = np.array([float(each.right) for each in samples])
    weight = np.array([each.weight for each in samples])
    start = np.array(
        [
            prior.slopes.get(source, 1.0),
            *(prior.offsets.get(f"{source}/{name}", 0.0) for name in names),
        ]
    )
    pull = np.array([_SLOPE_WEIGHT] + [_OFFSET_WEIGHT] * len(names))
    numbers = start.copy()
    for _ in range(_ROUNDS):
        share = 1 / (1 + np.exp(-np.clip(given @ numbers, -30, 30)))
        slope = given.T @ (weight * (right - share)) - pull * (numbers - start)
        bend = (given * (weight * share * (1 - share))[:, None]).T @ given + np.diag(pull)
        numbers = numbers + np.linalg.solve(bend, slope)
    offsets = {
        f"{source}/{name}": float(number) for name, number in zip(names, numbers[1:], strict=True)
    }
    return max(0.1, float(numbers[0])), offsets


def error(pairs: Sequence[tuple[float, bool]]) -> float | None:
    """Expected calibration error over ten bins of confidence; None for nothing."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in pairs:
        bins.setdefault(min(int(confidence * 10), 9), []).append((confidence, right))
    gaps = (abs(sum(sure - right for sure, right in found)) for found in bins.values())
    return round(sum(gaps) / len(pairs), 4) if pairs else None


def _odds(score: float) -> float:
    bounded = min(max(score, _LOWEST), _HIGHEST)
    return math.log(bounded / (1 - bounded))


def _share(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))

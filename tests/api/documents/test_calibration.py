"""Confidence is the share that is right: of the reader's fields, of few samples only a little."""

from __future__ import annotations

import random

from api.documents.reading.calibration import Curve, Sample, calibrated, error, fitted, shipped
from api.documents.reading.field import Field, Source


def _samples(count: int, right: float, score: float = 0.6) -> list[Sample]:
    chance = random.Random(5)
    return [Sample("text", "total", score, chance.random() < right) for _ in range(count)]


def test_without_a_curve_a_score_is_what_it_says() -> None:
    assert round(Curve().confidence("text", "total", 0.6), 6) == 0.6


def test_a_curve_learns_what_a_score_is_worth() -> None:
    samples = [*_samples(300, 0.95), *_samples(300, 0.5, 0.3)]
    curve = fitted(samples, Curve())
    assert abs(curve.confidence("text", "total", 0.6) - 0.95) < 0.04
    assert abs(curve.confidence("text", "total", 0.3) - 0.5) < 0.06
    pairs = [(curve.confidence("text", "total", each.score), each.right) for each in samples]
    assert (error(pairs) or 1) < 0.05 < (error([(each.score, each.right) for each in samples]) or 0)


def test_little_moves_a_curve_little() -> None:
    once = fitted(_samples(2, 1.0), Curve()).confidence("text", "total", 0.6)
    assert 0.6 < once < 0.75
    assert fitted([], shipped()) == shipped()


def test_a_field_without_a_score_stays_as_sure_as_it_is() -> None:
    known = Field("Lindenwerk", 0.98, Source.TEXT, 0, None, ())
    guess = Field("Lindenwerk", 0.5, Source.TEXT, 0, None, (), score=0.5)
    curve = Curve(offsets={"text/seller": 2.0})
    found = calibrated({"buyer": known, "seller": guess}, curve)
    assert found["buyer"] == known
    assert (found["seller"].score, found["seller"].confidence) == (0.5, 0.881)


def test_the_shipped_curve_never_falls() -> None:
    curve = shipped()
    for source in ("text", "ocr"):
        for field in ("number", "date", "due_date", "currency", "total", "seller", "buyer"):
            worth = [curve.confidence(source, field, score / 50) for score in range(51)]
            assert worth == sorted(worth)
            assert 0 <= worth[0] <= worth[-1] <= 0.99

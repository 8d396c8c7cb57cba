"""What grows is told from what fills up once and from what comes and goes."""

from __future__ import annotations

from tests.bench.soak import Sample, grown


def samples(*mb: float) -> list[Sample]:
    return [Sample(one, 40, 12) for one in mb]


def test_getting_warm_is_no_growth() -> None:
    assert grown(samples(*range(100, 300, 10), *[300] * 60)) == {}


def test_a_moment_s_need_is_no_growth() -> None:
    assert grown(samples(*[300] * 70, 500, *[300] * 9)) == {}


def test_a_leak_is_found() -> None:
    assert "mb" in grown(samples(*(300 + number for number in range(80))))


def test_connections_that_stay_open_are_found() -> None:
    taken = [Sample(300, 40 + number // 2, 12 + number // 8) for number in range(80)]
    assert set(grown(taken)) == {"sockets", "sessions"}

"""A quote's parts are the payment, to the last unit; its rates are those of the definitions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api.quotes.pricing import quote
from api.quotes.schemas import QuoteRequest
from api.values import Amount

DAY = 86_400
YEAR = 365


def _terms(face: int, target: int, par: int, fee_bps: int, days: int) -> QuoteRequest:
    return QuoteRequest(
        face=Amount(face), target=Amount(target), par=Amount(par), fee_bps=fee_bps,
        due_at=(100 + days) * DAY, deadline=99 * DAY, release_delay=DAY,
    )  # fmt: skip


@given(
    st.integers(1, 10**16), st.data(), st.integers(0, 1_000), st.integers(1, 700),
)  # fmt: skip
def test_the_parts_are_the_face(face: int, data: st.DataObject, fee: int, days: int) -> None:
    target = data.draw(st.integers(1, face))
    par = data.draw(st.integers(target, face))
    raised = data.draw(st.integers(1, target))
    found = quote(_terms(face, target, par, fee, days), raised)
    assert int(found.fee) + int(found.investors) + int(found.residual) == face
    assert int(found.cash) + int(found.residual) + int(found.cost) == face
    assert int(found.investors) >= raised, "nobody is promised less than he pays"
    assert found.days == days


def test_an_example_by_hand() -> None:
    """9,500 for 60 days cost 300 to investors and 1 % of 10,000: 400 / 9,500 * 365 / 60."""
    found = quote(_terms(10_000, 9_500, 9_800, 100, 60), 9_500)
    assert (found.fee, found.residual, found.cost) == ("100", "100", "400")
    assert (found.cost_rate, found.investor_yield) == ("0.256140", "0.192105")


def test_without_a_day_there_is_no_rate() -> None:
    found = quote(_terms(10, 9, 9, 0, 0), 9)
    assert (found.days, found.cost_rate, found.investor_yield) == (0, None, None)

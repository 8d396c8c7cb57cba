"""How values are written, by locale, and read back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.numbers import PlainWriter, Writer, label, short, typed_amount

ENGLISH, GERMAN = Writer("en"), Writer("de")


def test_amounts_have_two_decimals_in_lists_and_all_that_count_in_details() -> None:
    assert ENGLISH.amount(12_345_678_901) == "1,234.57"
    assert ENGLISH.exact(12_345_678_901) == "1,234.5678901"
    assert ENGLISH.exact("10000000") == "1.00"
    assert GERMAN.amount(12_345_678_901) == "1.234,57"
    assert ENGLISH.amount(-5_000_000) == "-0.50"


def test_halves_go_to_the_even_neighbour() -> None:
    assert [ENGLISH.amount(units) for units in (50_000, 150_000)] == ["0.00", "0.02"]


def test_what_is_undefined_is_a_dash() -> None:
    for write in (ENGLISH.amount, ENGLISH.exact, ENGLISH.percent, ENGLISH.date, ENGLISH.count):
        assert write(None) == "\N{EN DASH}"


def test_programs_are_given_every_decimal_and_nothing_else() -> None:
    plain = PlainWriter("de")
    assert plain.amount(12_345_678_901) == plain.exact("12345678901") == "1234.5678901"
    assert plain.amount(10**20) == "10000000000000"
    assert plain.percent("0.195432") == "0.195432"
    assert plain.count(1_000) == "1000"


def test_rates_and_points() -> None:
    assert ENGLISH.percent("0.195432") == "19.54\u00a0%"
    assert GERMAN.percent(Decimal("-0.5")) == "-50,00\u00a0%"
    assert ENGLISH.bps(125) == "1.25\u00a0%"


def test_moments_are_written_in_the_reader_s_zone() -> None:
    assert ENGLISH.moment(1_800_000_000) == "2027-01-15 08:00 UTC"
    assert Writer("de", "Europe/Berlin").moment(1_800_000_000) == "2027-01-15 09:00 CET"
    assert Writer("de", "Europe/Berlin").date(1_799_967_600 - 1) == "2027-01-14"
    assert ENGLISH.moment(2**62) == "\N{EN DASH}"
    assert ENGLISH.machine(2**62) == "9999-12-31T23:59:59Z"


@given(st.integers(min_value=1, max_value=2**100), st.sampled_from(["en", "de"]))
def test_what_is_written_is_read_back_to_the_last_unit(units: int, locale: str) -> None:
    assert typed_amount(Writer(locale).exact(units), locale) == units


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "1e5", "ten", "1.00000001", "NaN", "Infinity", "1,00,0", "9" * 60]
)
def test_what_is_no_amount_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        typed_amount(text, "en")


def test_names_show_both_ends() -> None:
    assert short("GABCDEFGHWXYZ") == "GABC…WXYZ"
    assert label("5f" * 32) == "INV-5F5F5F5F"

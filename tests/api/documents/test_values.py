"""Typed values: what a text means as an amount, a date, an IBAN."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.documents.reading import values


@pytest.mark.parametrize(
    ("text", "value", "mark"),
    [
        ("1.234,56", "1234.56", None),
        ("1,234.56", "1234.56", None),
        ("1'234.56", "1234.56", None),
        ("1 234,56 €", "1234.56", "EUR"),
        ("1,23,456.00", "123456.00", None),
        ("€ 2.321,00", "2321.00", "EUR"),
        ("$4.11", "4.11", "USD"),
        ("Rs 1939", "1939", "INR"),
        ("0.025", "0.025", None),
        ("5,4900", "5.4900", None),
        ("1.234", "1234", None),
        ("17.808,00-", "-17808.00", None),
        ("(12.50)", "-12.50", None),
        ("CHF 12,-", "12.00", "CHF"),
        ("34,73EUR", "34.73", "EUR"),
    ],
)
def test_amounts_are_read_in_every_notation(text: str, value: str, mark: str | None) -> None:
    amount = values.amount(text)
    assert amount is not None
    assert (amount.value, amount.mark) == (Decimal(value), mark)


@pytest.mark.parametrize("text", ["", "abc", "12a", "1.2.3.4", "1234567890123456", "--5", "EUR"])
def test_what_is_no_amount_is_none(text: str) -> None:
    assert values.amount(text) is None


_STYLES = [(",", "."), (".", ","), ("'", "."), (" ", ","), ("\u202f", ",")]


@given(
    cents=st.integers(min_value=0, max_value=10**14),
    style=st.sampled_from(_STYLES),
    mark=st.sampled_from(["", "€ ", "USD ", "Rs. "]),
)
def test_every_written_amount_is_read_back(cents: int, style: tuple[str, str], mark: str) -> None:
    group, point = style
    text = f"{cents // 100:,}".replace(",", group) + f"{point}{cents % 100:02d}"
    amount = values.amount(mark + text)
    assert amount is not None
    assert amount.value * 100 == cents


@given(st.text(max_size=40))
def test_no_text_breaks_the_parsers(text: str) -> None:
    values.amount(text)
    values.dates(text)
    values.ibans(text)
    values.vat_ids(text)
    values.currency(text)
    values.plain(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("August 3 , 2014", dt.date(2014, 8, 3)),
        ("7. Mai 2014", dt.date(2014, 5, 7)),
        ("29 maart 2014", dt.date(2014, 3, 29)),
        ("05 Juillet 2015", dt.date(2015, 7, 5)),
        ("1 de enero de 2021", dt.date(2021, 1, 1)),
        ("vom 25.04.2018", dt.date(2018, 4, 25)),
        ("2019-06-10", dt.date(2019, 6, 10)),
        ("03/20/2023", dt.date(2023, 3, 20)),
        ("Date : 20260815", dt.date(2026, 8, 15)),
        ("01.05.14", dt.date(2014, 5, 1)),
    ],
)
def test_dates_are_read_in_every_notation(text: str, day: dt.date) -> None:
    ((_, _, date),) = values.dates(text)
    assert date == values.Date(day, day)


def test_a_date_that_can_mean_two_days_keeps_both() -> None:
    ((start, end, date),) = values.dates("due 8-9-2022.")
    assert (start, end) == (4, 12)
    assert date == values.Date(dt.date(2022, 9, 8), dt.date(2022, 8, 9))


@pytest.mark.parametrize("text", ["RE-20150613/503", "31.02.2020", "12.13.14.15", "1/2", "2014"])
def test_numbers_that_only_look_like_dates_are_none(text: str) -> None:
    assert values.dates(text) == []


@given(st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31)))
def test_every_day_is_read_back(day: dt.date) -> None:
    for text in (day.isoformat(), day.strftime("%d.%m.%Y"), day.strftime("%d %B %Y")):
        ((_, _, date),) = values.dates(text)
        assert day in (date.day_first, date.month_first)


def test_ibans_need_right_check_digits() -> None:
    assert values.ibans("IBAN: DE88 2008 0000 0970 3757 00 BIC") == ["DE88200800000970375700"]
    assert values.ibans("DE89 2008 0000 0970 3757 00") == []

"""UTC dates, weeks and months, counted in days since 1970-01-01."""

from __future__ import annotations

import datetime as dt

import polars as pl

_EPOCH = dt.date(1970, 1, 1)
WEEK = 7


def week(day: pl.Expr) -> pl.Expr:
    """The Monday of a day's week, as a date."""
    return (day.cast(pl.Int32).cast(pl.Date)).dt.truncate("1w")


def month(day: pl.Expr) -> pl.Expr:
    """The first of a day's month, as a date."""
    return (day.cast(pl.Int32).cast(pl.Date)).dt.truncate("1mo")


def next_month(first: pl.Expr) -> pl.Expr:
    """The first day of the month after `first`, as days since 1970."""
    return number(first.dt.offset_by("1mo"))


def number(date: pl.Expr) -> pl.Expr:
    """A date as days since 1970."""
    return date.cast(pl.Date).cast(pl.Int32).cast(pl.Int64)


def date(day: int) -> dt.date:
    """Days since 1970 as a date."""
    return _EPOCH + dt.timedelta(days=day)


def months(first: int, last: int) -> list[dt.date]:
    """The first days of all months from that of day `first` to that of day `last`."""
    found = []
    at = date(first).replace(day=1)
    while at <= date(last):
        found.append(at)
        at = (at + dt.timedelta(days=32)).replace(day=1)
    return found

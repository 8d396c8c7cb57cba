"""Exact arithmetic: ratios of integers rounded once, half to even, and powers by `decimal`."""

from __future__ import annotations

import decimal
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import polars as pl

PLACES = 6
"""Decimals of every ratio that is shown."""

MILLIONTH = 10**PLACES
RATIO = pl.Decimal(38, PLACES)
_LARGEST = 10**30

CONTEXT = decimal.Context(prec=40, rounding=decimal.ROUND_HALF_EVEN, Emax=10**6, Emin=-(10**6))
"""Powers are worked out to 40 significant digits."""


def money(*names: str) -> list[pl.Expr]:
    """Amounts of 64 bits as 128: their sums and products must not run over."""
    return [pl.col(name).cast(pl.Int128) for name in names]


def divided(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """The nearest integer to the quotient, half to even; null where the denominator is not > 0.

    Both are integers of at most 126 bits.
    """
    over = pl.when(denominator > 0).then(denominator.cast(pl.Int128))
    above = numerator.cast(pl.Int128)
    quotient = above // over
    twice = 2 * (above - quotient * over)
    up = (twice > over) | ((twice == over) & (quotient % 2 == 1))
    return quotient + up.cast(pl.Int128)


def ratio(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """The quotient with six decimals, half to even; null where the denominator is not > 0.

    The numerator is an integer below 10^31.
    """
    millionths = divided(numerator.cast(pl.Int128) * MILLIONTH, denominator)
    return millionths.cast(pl.Decimal(38, 0)) * pl.lit(Decimal("0.000001"))


def six(value: Fraction | Decimal | None) -> Decimal | None:
    """A number with six decimals, half to even; None for one too large to be written so."""
    if isinstance(value, Fraction):
        millionths = round(value * MILLIONTH)
        return Decimal(millionths).scaleb(-PLACES, CONTEXT) if abs(value) < _LARGEST else None
    if value is None or abs(value) >= _LARGEST:
        return None
    return value.quantize(Decimal("0.000001"), context=CONTEXT)


def power(base: Fraction, exponent: Fraction) -> Decimal:
    """`base ** exponent` to 40 digits; `base` is positive."""
    return CONTEXT.power(_decimal(base), _decimal(exponent))


def _decimal(value: Fraction) -> Decimal:
    return CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))


def ratios(name: str, values: Iterable[Fraction | Decimal | None]) -> pl.Series:
    """A column of ratios."""
    return pl.Series(name, map(six, values), dtype=RATIO)


def amounts(name: str, values: Iterable[int | None]) -> pl.Series:
    """A column of amounts."""
    return pl.Series(name, values, dtype=pl.Int128)

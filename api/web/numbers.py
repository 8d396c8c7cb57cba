"""How amounts, rates, dates and addresses are written on pages, by locale.

Values stay integers or exact decimals until they are written; rounding is half to even, once.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from zoneinfo import ZoneInfo

import msgspec
from babel.numbers import NumberFormatError, format_decimal, parse_decimal

from api.web.words import marked

NONE = "\N{EN DASH}"
"""Stands where a value is undefined; the reason stands beside it."""

_DECIMALS = 7
_DAY = 86_400
_END_OF_CALENDAR = 253_402_300_800
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
"""More digits than any amount of the ledger has."""
_TYPED = re.compile(r"[0-9][0-9.,]{0,60}")

_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip
"""What a browser's name is known by; those that name others' too come first."""
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


class Writer(msgspec.Struct, frozen=True):
    """Writes values for one reader: `locale` as Babel names it, `zone` as IANA does."""

    locale: str = "en"
    zone: str = "UTC"

    def amount(self, units: int | str | None) -> str:
        """Base units (7 decimals) with two decimals, for lists: 1,234.56."""
        if units is None:
            return NONE
        return self._decimal(_scaled(units), "#,##0.00")

    def exact(self, units: int | str | None) -> str:
        """Base units with every decimal that is not zero, at least two, for details."""
        if units is None:
            return NONE
        return self._decimal(_scaled(units), "#,##0.00#####")

    def count(self, number: int | str | None) -> str:
        """A whole number with its groups: 12,345."""
        if number is None:
            return NONE
        return self._decimal(Decimal(number), "#,##0")

    def decimal(self, number: str | Decimal | None) -> str:
        """A number with at most two decimals."""
        if number is None:
            return NONE
        return self._decimal(Decimal(number), "#,##0.##")

    def percent(self, ratio: str | Decimal | None) -> str:
        """A ratio as a percentage with two decimals: 12.34 %."""
        if ratio is None:
            return NONE
        return self._decimal(Decimal(ratio), "#,##0.00\u00a0%")

    def difference(self, before: str, after: str, *, ratio: bool, decimals: int = 0) -> str:
        """How much more or less, with its sign: of ratios in percentage points."""
        with localcontext(_WIDE):
            more = Decimal(after) - Decimal(before)
            value = more * 100 if ratio else more.scaleb(-decimals)
            exact = "0.00" if ratio or decimals else "0.##"
            return self._decimal(value, f"+#,##{exact};-#,##{exact}")

    def bps(self, points: int) -> str:
        """Basis points as a percentage."""
        return self.percent(Decimal(points) / 10_000)

    def days(self, seconds: int) -> str:
        """A duration in whole days, rounded down: 45 d."""
        return f"{seconds // _DAY:,}\u00a0d"

    def typed_bps(self, points: int) -> str:
        """Basis points as a person types a percentage: 1.25."""
        return self._decimal(Decimal(points) / 100, "0.##")

    def typed_days(self, seconds: int) -> str:
        """A duration as a person types days: 30, or 0.5; to ten decimals."""
        return f"{Decimal(seconds) / _DAY:.10f}".rstrip("0").rstrip(".")

    def date(self, seconds: int | None) -> str:
        """The day of a moment (Unix seconds): 2027-01-10."""
        moment = self._local(seconds)
        return NONE if moment is None else f"{moment:%Y-%m-%d}"

    def time(self, seconds: int | None) -> str:
        """The time of a moment within its day: 14:03:25."""
        moment = self._local(seconds)
        return NONE if moment is None else f"{moment:%H:%M:%S}"

    def moment(self, seconds: int | None) -> str:
        """Day, minute and zone of a moment: 2027-01-10 14:03 UTC."""
        moment = self._local(seconds)
        return NONE if moment is None else f"{moment:%Y-%m-%d %H:%M %Z}"

    def machine(self, seconds: int) -> str:
        """A moment for the `datetime` attribute."""
        if seconds >= _END_OF_CALENDAR:
            return "9999-12-31T23:59:59Z"
        return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%SZ}"

    def _decimal(self, value: Decimal, pattern: str) -> str:
        """By the pattern, rounded half to even; percentages are scaled by theirs."""
        with localcontext(_WIDE):
            return str(format_decimal(value, format=pattern, locale=self.locale))

    def _local(self, seconds: int | None) -> dt.datetime | None:
        if seconds is None or seconds >= _END_OF_CALENDAR:
            return None
        return dt.datetime.fromtimestamp(seconds, ZoneInfo(self.zone))


class PlainWriter(Writer, frozen=True):
    """Writes values for programs: digits, every decimal, no groups; ratios as ratios."""

    def _decimal(self, value: Decimal, _: str) -> str:
        return f"{value.normalize(_WIDE):f}"


def typed_amount(text: str, locale: str = "en") -> int:
    """What a person typed as an amount of an asset, in base units: "1,000.5" -> 10005000000.

    Raises ValueError with a sentence where it is no amount above zero with at most 7 decimals.
    """
    plain = "".join(text.split())
    with localcontext(_WIDE):
        try:
            value = parse_decimal(plain, locale=locale, strict=True)
        except NumberFormatError:
            value = None
        if value is None or _TYPED.fullmatch(plain) is None:
            raise ValueError(marked("Write an amount such as 1000 or 1000.50."))
        units = value.scaleb(_DECIMALS)
        if units != units.to_integral_value():
            raise ValueError(marked("An amount has at most seven decimals."))
        if not 0 < units < 2**127:
            raise ValueError(marked("An amount is above zero."))
        return int(units)


def typed_percent(text: str, locale: str = "en") -> int:
    """What a person typed as a percentage, in basis points: "1.25" -> 125.

    Raises ValueError with a sentence where it is none, or finer than a basis point.
    """
    plain = "".join(text.split()).removesuffix("%")
    with localcontext(_WIDE):
        try:
            points = parse_decimal(plain, locale=locale, strict=True) * 100
        except NumberFormatError:
            raise ValueError(marked("Write a percentage such as 1 or 1.25.")) from None
        if _TYPED.fullmatch(plain) is None or points != points.to_integral_value():
            raise ValueError(marked("Write a percentage such as 1 or 1.25."))
        return int(points)


def short(address: str | None) -> str:
    """The two ends of an address, which people compare: GABC…WXYZ."""
    return NONE if address is None else f"{address[:4]}…{address[-4:]}"


def browser(agent: str | None) -> str:
    """A browser and its system by their names, from what it says of itself: Firefox, Linux."""
    said = agent or ""
    found = [
        next((name for sign, name in kinds if sign in said), "") for kinds in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(name for name in found if name) or said[:40]


def label(invoice_id: str) -> str:
    """An invoice by the name of its share token: INV-5F5F5F5F, from its id in hex."""
    return f"INV-{invoice_id[:8].upper()}"


def _scaled(units: int | str) -> Decimal:
    return Decimal(int(units)).scaleb(-_DECIMALS, context=_WIDE)

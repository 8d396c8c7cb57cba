"""What a piece of text means as a typed value: amounts, dates, currencies, ids. Pure functions.

Amounts come as `decimal.Decimal` in major units (12.34), dates as `datetime.date`. Where a text
can mean two dates, both are given and the document as a whole decides (`Date`).
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import string
import unicodedata
from decimal import Decimal
from typing import Final

import msgspec
from stdnum import ean

from api.documents.reading.words import table, words

_SPACES: Final = " \u00a0\u202f\u2009'\u2019`"
_NUMBER: Final = re.compile(
    rf"""
    (?P<sign>[-\u2212\u2013(])?\s?
    (?P<whole>\d{{1,3}}(?:[.,{_SPACES}]\d{{2,3}})*[.,{_SPACES}]\d{{3}}|\d+)
    (?:(?P<point>[.,])(?P<cents>\d{{1,4}}|[-\u2013]{{1,2}}))?
    (?P<after>[-)])?
    """,
    re.VERBOSE,
)
_SEPARATORS: Final = re.compile(rf"[.,{_SPACES}]")

SYMBOLS: Final = table("symbols")
CURRENCIES: Final = frozenset(words("currencies"))
_MARK: Final = re.compile(
    "^(?:"
    + "|".join(sorted(map(re.escape, [*SYMBOLS, *map(str.lower, CURRENCIES)]), key=len)[::-1])
    + r")(?=[\d\s.,(\-\u2212]|$)",
    re.IGNORECASE,
)
_MARK_AFTER: Final = re.compile(
    r"(?<=[\d\s.,)\-])(?:"
    + "|".join(sorted(map(re.escape, [*SYMBOLS, *map(str.lower, CURRENCIES)]), key=len)[::-1])
    + r")[.,;:]?$",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Text for comparing: no case, no accents, letters and digits and `#%&` only, one space."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("ł", "l"))
    kept = "".join(
        letter if letter.isalnum() or letter in "#%&" else " "
        for letter in folded
        if not unicodedata.combining(letter)
    )
    return " ".join(kept.split())


def currency(text: str) -> str | None:
    """The ISO code that a word alone stands for: `EUR`, `€`, `Rs.`."""
    word = text.strip(string.whitespace + ":;,()[]*")
    if word.upper() in CURRENCIES and (word.isupper() or word.istitle()):
        return word.upper()
    return SYMBOLS.get(word.casefold())


class Amount(msgspec.Struct, frozen=True):
    """An amount, the digits written after its decimal point, and the currency written with it."""

    value: Decimal
    decimals: int
    mark: str | None


def amount(text: str) -> Amount | None:
    """The amount that `text` as a whole stands for, with or without its currency.

    The last separator is the decimal point if one or two digits follow, or if it differs from the
    others; three digits after the only separator are thousands. Swiss, Indian and spaced groups
    are understood, negative amounts in every notation.
    """
    rest = text.strip().strip("*:;=|")
    mark = None
    if found := _MARK.match(rest):
        mark = currency(found.group())
        rest = rest[found.end() :].strip()
    if found := _MARK_AFTER.search(rest):
        mark = mark or currency(found.group().rstrip(".,;:")) or currency(found.group())
        rest = rest[: found.start()].strip()
    rest = rest.removesuffix("*").strip()
    number = _NUMBER.fullmatch(rest)
    if number is None:
        return None
    whole, cents = number["whole"], number["cents"] or ""
    if not cents.isdigit():
        cents = "00" if cents else ""
    if number["point"] and len(cents) == 3 and whole.strip("0"):
        inner = set(_SEPARATORS.findall(whole))
        if not inner or number["point"] in inner:
            whole, cents = f"{whole},{cents}", ""
    elif not number["point"]:
        whole, cents = _split(whole)
    digits = _SEPARATORS.sub("", whole)
    if len(digits) > 15:  # a reference, not money
        return None
    negative = number["sign"] is not None or number["after"] is not None
    value = Decimal(("-" if negative else "") + digits + ("." + cents if cents else ""))
    return Amount(value, len(cents), mark)


def _split(whole: str) -> tuple[str, str]:
    """Whole and cents of digits whose last group could be either."""
    marks = _SEPARATORS.findall(whole)
    mixed = len(marks) > 1 and marks[-1] != marks[-2]
    if marks and marks[-1] in ".," and (mixed or whole.startswith("0")):
        head, _, tail = whole.rpartition(marks[-1])
        return head, tail
    return whole, ""


@functools.cache
def _month_numbers() -> dict[str, int]:
    return {
        name: number
        for number, names in enumerate(words("months"), start=1)
        for name in names.split()
    }


_NUMERIC: Final = re.compile(r"(\d{1,4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})\b")
_COMPACT: Final = re.compile(r"(20\d{2})([01]\d)([0-3]\d)\b")
_DAY_MONTH: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|\.|º|°)?[\s\-./]*(?:de\s+|di\s+|of\s+)?([^\W\d]{3,12})[\s.\-,/]*"
    r"(?:de\s+|del\s+)?(\d{4}|(?<=[\-/'\u2019])\d{2})\b"
)
_MONTH_DAY: Final = re.compile(r"([^\W\d]{3,12})[\s.\-]*(\d{1,2})(?:st|nd|rd|th)?\s*,?\s*(\d{4})\b")


class Date(msgspec.Struct, frozen=True):
    """What a text means as a date; two readings where only the document can choose between them."""

    day_first: dt.date
    month_first: dt.date


_INSIDE: Final = frozenset("/-#_")
"""A date right behind one of these is part of a number."""


def dates(text: str) -> list[tuple[int, int, Date]]:
    """All dates in `text`: where each begins and ends, and what it means."""
    found: list[tuple[int, int, Date]] = []
    taken: list[tuple[int, int]] = []
    folded = _fold_keeping_length(text)
    for pattern, read in _PATTERNS:
        for match in pattern.finditer(folded):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            before, after = folded[: match.start()][-1:], folded[match.end() :][:1]
            if before.isalnum() or after.isdigit() or before in _INSIDE or after == "/":
                continue
            meaning = read(match)
            if meaning:
                taken.append(match.span())
                found.append((*match.span(), meaning))
    return sorted(found, key=lambda each: each[0])


def _fold_keeping_length(text: str) -> str:
    """Lower case without accents, each character still in its place."""
    return "".join(unicodedata.normalize("NFKD", letter)[0].lower()[:1] or " " for letter in text)


def _meaning(*readings: dt.date | None) -> Date | None:
    known = [each for each in readings if each is not None]
    return Date(known[0], known[-1]) if known else None


def _date(year: str, month: int, day: int) -> dt.date | None:
    number = int(year)
    if len(year) == 2:
        number += 2000
    if not 1990 <= number <= 2100:  # invoices, not birthdays
        return None
    try:
        return dt.date(number, month, day)
    except ValueError:
        return None


def _numeric(match: re.Match[str]) -> Date | None:
    first, mark, second, third = match.groups()
    if len(first) == 4:
        return _meaning(_date(first, int(second), int(third))) if len(third) == 2 else None
    if len(first) == 3:
        return None
    day_first = _date(third, int(second), int(first))
    month_first = None if mark == "." else _date(third, int(first), int(second))
    return _meaning(day_first, month_first)


def _day_month(match: re.Match[str]) -> Date | None:
    month = _month_numbers().get(match[2])
    return _meaning(_date(match[3], month, int(match[1]))) if month else None


def _month_day(match: re.Match[str]) -> Date | None:
    month = _month_numbers().get(match[1])
    return _meaning(_date(match[3], month, int(match[2]))) if month else None


def _compact(match: re.Match[str]) -> Date | None:
    return _meaning(_date(match[1], int(match[2]), int(match[3])))


_PATTERNS: Final = (
    (_NUMERIC, _numeric),
    (_COMPACT, _compact),
    (_DAY_MONTH, _day_month),
    (_MONTH_DAY, _month_day),
)

_IBAN: Final = re.compile(r"\b([A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,4})?)\b")


def ibans(text: str) -> list[str]:
    """IBANs in `text` whose check digits are right (ISO 13616, mod 97), without spaces."""
    found = []
    for match in _IBAN.finditer(text):
        groups = match[1].split()
        # Words that follow may look like more groups: the longest valid beginning counts.
        for count in range(len(groups), 0, -1):
            iban = "".join(groups[:count])
            if 15 <= len(iban) <= 34 and _mod97(iban) == 1:
                found.append(iban)
                break
    return found


def _mod97(iban: str) -> int:
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97


_VAT: Final = re.compile(
    r"\b((?:AT\s?U|BE\s?[01]|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO"
    r"|SE|SI|SK|CHE)[\s.-]?[0-9A-Z](?:[\s.-]?[0-9A-Z]){6,12})\b"
)


def vat_ids(text: str) -> list[str]:
    """What looks like a European VAT id in `text`, without spaces."""
    found = (re.sub(r"[\s.-]", "", match[1]) for match in _VAT.finditer(text))
    return [each for each in found if sum(map(str.isdigit, each)) >= 7]


def is_gs1(text: str) -> bool:
    """Whether `text` is a number of GS1 (GLN, GTIN) with its right check digit."""
    return len(text) in {13, 14} and ean.is_valid(text)

"""How amounts, invoices, addresses and times are written for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

_END_OF_CALENDAR = 253_402_300_800
"""The first second of the year 10000."""


def money(amount: int) -> str:
    """An amount as people write it: assets of the ledger have seven decimals."""
    whole, part = divmod(amount, 10**7)
    decimals = f"{part:07d}".rstrip("0")
    return f"{whole:,}.{decimals:0<2}"


def label(invoice_id: bytes) -> str:
    """The invoice as its share token is called."""
    return f"INV-{invoice_id[:4].hex().upper()}"


def short(address: str) -> str:
    """The two ends of an address, which people compare."""
    return f"{address[:4]}…{address[-4:]}"


def moment(seconds: int) -> str:
    """A time as people write it; what lies beyond the calendar is never."""
    if seconds >= _END_OF_CALENDAR:
        return "the end of time"
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d %H:%M} UTC"


def until(seconds: int) -> str:
    """The end of a term."""
    return "without end" if seconds >= _END_OF_CALENDAR else f"until {moment(seconds)}"


def either(names: Iterable[str]) -> str:
    """Alternatives as a sentence has them: a, b or c."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last

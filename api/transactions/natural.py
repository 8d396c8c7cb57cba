"""The natural identity of an invoice: one real invoice has one name, whoever lists it.

`natural = HMAC-SHA256(platform key, canonical form)`. The canonical form is the six facts in the
order seller tax id, debtor tax id, number, amount, currency, issue date, each normalised, each
preceded by its length in bytes (UTF-8) and a colon, so that no two sets of facts share a form:

    13:DE123456789AB11:FR1234567897:INV-00118:1000.003:EUR10:2026-01-31

Normalised means: Unicode NFKC; spaces, dots, dashes and slashes removed from tax ids and all
letters upper-case; spaces removed from the number and letters upper-case; the amount without
leading zeros and with exactly two decimals; the currency upper-case; the date as YYYY-MM-DD.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import unicodedata
from typing import Annotated

import msgspec

_PUNCTUATION = re.compile(r"[\s.\-/]")
_SPACE = re.compile(r"\s")

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class NaturalKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The facts printed on an invoice that make it that invoice. They are not stored."""

    seller_tax_id: Annotated[Text, msgspec.Meta(examples=["DE123456789"])]
    debtor_tax_id: Annotated[Text, msgspec.Meta(examples=["FR12345678901"])]
    number: Annotated[Text, msgspec.Meta(examples=["INV-0001"])]
    amount: Annotated[
        str,
        msgspec.Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,2})?$", examples=["1000.00"]),
    ]
    """The invoice's total in its own currency, as printed: digits, at most two decimals."""
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Za-z]{3}$", examples=["EUR"])]
    issue_date: dt.date


def canonical(key: NaturalKey) -> bytes:
    """The canonical form described above."""
    facts = (
        _PUNCTUATION.sub("", _folded(key.seller_tax_id)),
        _PUNCTUATION.sub("", _folded(key.debtor_tax_id)),
        _SPACE.sub("", _folded(key.number)),
        _amount(key.amount),
        key.currency.upper(),
        key.issue_date.isoformat(),
    )
    return b"".join(b"%d:%s" % (len(fact), fact) for fact in (fact.encode() for fact in facts))


def identity(platform_key: bytes, key: NaturalKey) -> bytes:
    """The 32 bytes that stand for the invoice on chain; nobody without the key can guess them."""
    return hmac.new(platform_key, canonical(key), hashlib.sha256).digest()


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper()


def _amount(text: str) -> str:
    whole, _, cents = text.partition(".")
    return f"{whole.lstrip('0') or '0'}.{cents:0<2}"

"""The natural identity of an invoice: one real invoice has one name, whoever lists it.

`natural = HMAC-SHA256(platform key, canonical form)`. The canonical form is the six facts in the
order seller tax id, debtor tax id, number, amount, currency, issue date, each normalised, each
preceded by its length in bytes and a colon, so that no two sets of facts share a form:

    13:de123456789ab11:fr12345678907:inv00118:1000.003:EUR10:2026-01-31

Normalised means:

- tax ids and number: Unicode's compatibility caseless form (NFKC and case folding); then spaces
  (Zs), punctuation (P*) and symbols (S*) are left out; what stays is one or more of a-z and 0-9.
  A text of which anything else stays is refused: control and format characters, line breaks,
  accents, letters and digits of other scripts. So is one of which nothing stays;
- amount: above zero, without leading zeros, with exactly two decimals;
- currency: three Latin letters, upper-case;
- issue date: YYYY-MM-DD.

Refusing can be relaxed later; two names for one invoice could not be undone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import Annotated

import msgspec

from api.values import Currency, PrintedAmount, PrintedText


class NaturalKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The facts printed on an invoice that make it that invoice, normalised; never stored."""

    seller_tax_id: PrintedText
    debtor_tax_id: PrintedText
    number: PrintedText
    amount: PrintedAmount
    """The invoice's total in its own currency."""
    currency: Currency
    issue_date: Annotated[dt.date, msgspec.Meta(examples=["2026-01-31"])]


def canonical(key: NaturalKey) -> bytes:
    """The canonical form described above."""
    facts = (
        key.seller_tax_id,
        key.debtor_tax_id,
        key.number,
        key.amount,
        key.currency,
        key.issue_date.isoformat(),
    )
    return b"".join(b"%d:%s" % (len(fact), fact) for fact in (fact.encode() for fact in facts))


def identity(platform_key: bytes, key: NaturalKey) -> bytes:
    """The 32 bytes that stand for the invoice on chain; nobody without the key can guess them."""
    return hmac.new(platform_key, canonical(key), hashlib.sha256).digest()

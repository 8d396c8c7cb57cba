"""The account that debtors without a wallet pay into, and the reference by which money is known.

Whoever services the platform's invoices receives there and pays on chain; no seller chooses it.
"""

from __future__ import annotations

import re
from typing import Self

import msgspec

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_FORM = "a bank account is written HOLDER; IBAN; BIC, the BIC may be missing"
_MODULUS = 97


class BankAccount(msgspec.Struct, frozen=True):
    """Where debtors pay: as transfers name it."""

    holder: str
    iban: str
    bic: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `HOLDER; IBAN; BIC`; raises ValueError for another form or a mistyped number."""
        holder, *numbers = (part.strip() for part in text.split(";"))
        iban, bic, *rest = ("".join(part.split()).upper() for part in (*numbers, "", ""))
        if not holder or rest != [""] * len(numbers):
            raise ValueError(_FORM)
        if _IBAN.fullmatch(iban) is None or _rest(iban) != 1:
            raise ValueError(f"{iban or 'nothing'} is no IBAN")
        if bic and _BIC.fullmatch(bic) is None:
            raise ValueError(f"{bic} is no BIC")
        return cls(holder, iban, bic or None)


def reference(invoice: bytes) -> str:
    """The creditor reference (ISO 11649, RF...) that a transfer for an invoice carries."""
    body = invoice[:8].hex().upper()
    return f"RF{_MODULUS + 1 - _rest(f'RF00{body}'):02d}{body}"


def _rest(number: str) -> int:
    """ISO 7064's check of an IBAN or a creditor reference: 1 where it holds."""
    turned = number[4:] + number[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % _MODULUS

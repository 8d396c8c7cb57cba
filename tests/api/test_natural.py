"""One real invoice has one natural identity, and different ones have different ones."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from api.transactions.natural import NaturalKey, canonical, identity

KEY = b"k" * 32
INVOICE = NaturalKey(
    seller_tax_id="DE 123.456-789/AB",
    debtor_tax_id="fr1234567",
    number=" inv-0011 ",
    amount="01000",
    currency="eur",
    issue_date=dt.date(2026, 1, 31),
)
_texts = st.text(st.characters(codec="ascii", categories=("Lu", "Nd")), min_size=1, max_size=8)
_keys = st.builds(
    NaturalKey,
    seller_tax_id=_texts,
    debtor_tax_id=_texts,
    number=_texts,
    amount=st.from_regex(r"[1-9][0-9]{0,5}\.[0-9]{2}", fullmatch=True),
    currency=st.sampled_from(["EUR", "USD"]),
    issue_date=st.dates(),
)


def test_the_canonical_form_is_as_documented() -> None:
    expected = b"13:DE123456789AB9:FR12345678:INV-00117:1000.003:EUR10:2026-01-31"
    assert canonical(INVOICE) == expected
    assert identity(KEY, INVOICE) == hmac.new(KEY, expected, hashlib.sha256).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"seller_tax_id": "de123456789ab"},
        {"debtor_tax_id": "FR-123.45 67"},
        {"number": "\uff29\uff2e\uff36-0011"},
        {"amount": "1000.0"},
        {"currency": "EUR"},
    ],
)
def test_another_way_of_writing_it_is_the_same_invoice(change: dict[str, str]) -> None:
    assert identity(KEY, msgspec.structs.replace(INVOICE, **change)) == identity(KEY, INVOICE)


@given(_keys, _keys)
def test_different_invoices_never_share_a_form(one: NaturalKey, other: NaturalKey) -> None:
    assume(one != other)
    assert canonical(one) != canonical(other)


def test_the_platform_key_matters() -> None:
    assert identity(b"x" * 32, INVOICE) != identity(KEY, INVOICE)

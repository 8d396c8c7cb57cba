"""One real invoice has one natural identity, and different ones have different ones."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import string
import sys
import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from api.transactions.natural import NaturalKey, canonical, identity
from api.values import Currency, PrintedAmount, PrintedText

KEY = b"k" * 32
PRINTED = {
    "seller_tax_id": "DE 123.456-789/AB",
    "debtor_tax_id": "fr1234567",
    "number": " inv-0011 ",
    "amount": "01000",
    "currency": "eur",
    "issue_date": "2026-01-31",
}
FORM = b"13:de123456789ab9:fr12345677:inv00117:1000.003:EUR10:2026-01-31"


def _read(printed: dict[str, str]) -> NaturalKey:
    """What a request becomes, by the decoder that requests go through."""

    def decoded(kind: Any, raw: object) -> Any:
        return kind.parse(raw)

    return msgspec.json.decode(msgspec.json.encode(printed), type=NaturalKey, dec_hook=decoded)


_texts = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8).map(
    PrintedText.parse
)
_keys = st.builds(
    NaturalKey,
    seller_tax_id=_texts,
    debtor_tax_id=_texts,
    number=_texts,
    amount=st.from_regex(r"[1-9][0-9]{0,5}\.[0-9]{2}", fullmatch=True).map(PrintedAmount.parse),
    currency=st.sampled_from(["EUR", "USD"]).map(Currency.parse),
    issue_date=st.dates(),
)


def test_the_canonical_form_is_as_documented() -> None:
    assert canonical(_read(PRINTED)) == FORM
    assert identity(KEY, _read(PRINTED)) == hmac.new(KEY, FORM, hashlib.sha256).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"seller_tax_id": "de123456789ab"},
        {"seller_tax_id": "\u00a0DE\u2011123_456789\u2014AB\u3000"},
        {"debtor_tax_id": "FR-123.45 67"},
        {"number": "\uff29\uff2e\uff36-0011"},
        {"number": "INV/0011"},
        {"number": "\u24d8nv \u2070\u2070\u00b9\u00b9"},
        {"amount": "1000.0"},
        {"amount": "1000.00"},
        {"currency": "EUR"},
    ],
)
def test_another_way_of_writing_it_is_the_same_invoice(change: dict[str, str]) -> None:
    assert canonical(_read(PRINTED | change)) == FORM


@pytest.mark.parametrize(
    ("field", "text"),
    [
        *((field, text + "\n") for field, text in PRINTED.items()),
        *((field, "\n" + text) for field, text in PRINTED.items()),
        *((field, "") for field in PRINTED),
        ("seller_tax_id", "---"),
        ("debtor_tax_id", "./-"),
        ("number", " "),
        ("number", "INV\u200b0011"),
        ("number", "INV\u00ad0011"),
        ("number", "INV\t0011"),
        ("number", "INV\u20280011"),
        ("number", "INV0011\ufe0f"),
        ("number", "I\u034fNV0011"),
        ("number", "INV\u31640011"),
        ("number", "\u0406NV0011"),
        ("number", "INV\u066011"),
        ("number", "\u0130NV0011"),
        ("number", "I" * 65),
        ("amount", "0"),
        ("amount", "000.00"),
        ("amount", "-1"),
        ("amount", "+1"),
        ("amount", "1.000"),
        ("amount", "1."),
        ("amount", "1,00"),
        ("amount", " 1"),
        ("amount", "\u0661"),
        ("amount", "1" * 16),
        ("currency", "EU"),
        ("currency", "EUR "),
        ("currency", "\uff25UR"),
        ("issue_date", "2026-1-31"),
        ("issue_date", "2026-01-31T00:00:00Z"),
    ],
)
def test_what_could_give_a_second_name_is_refused(field: str, text: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=field):
        _read(PRINTED | {field: text})


def _looks_like(letter: str) -> list[str]:
    """Every character that Unicode calls a way of writing this one."""
    return [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.normalize("NFKC", chr(code)).casefold() == letter
    ]


_SPELLINGS = {letter: _looks_like(letter) for letter in "dv1"}
_cosmetics = st.characters(
    categories=("Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Me", "Pd", "Pc", "Po", "Ps", "Pe", "Sk", "So")
)


@given(st.data(), st.sampled_from(["seller_tax_id", "debtor_tax_id", "number"]))
def test_a_cosmetic_variant_is_refused_or_is_the_same_invoice(
    data: st.DataObject, field: str
) -> None:
    plain = "dv1" * 3
    variant = ""
    for letter in plain:
        variant += data.draw(st.one_of(st.just(""), _cosmetics))
        variant += data.draw(st.sampled_from(_SPELLINGS[letter]))
    variant += data.draw(st.one_of(st.just(""), _cosmetics))
    try:
        written = _read(PRINTED | {field: variant})
    except msgspec.ValidationError:
        return
    # Signs such as the trade mark's are letters in small print: those are letters.
    added = [c for c in variant if unicodedata.category(c)[0] in "SP"]
    assume(not any(unicodedata.normalize("NFKC", c).isalnum() for c in added))
    assert canonical(written) == canonical(_read(PRINTED | {field: plain}))


@given(st.text(min_size=1, max_size=64))
@example("\u03d3\u0301")
@example("\u1e9e\ufb03")
def test_the_canonical_form_of_a_text_is_its_own(text: str) -> None:
    try:
        once = PrintedText.parse(text)
    except ValueError:
        return
    assert once.isascii()
    assert once.isalnum()
    if len(once) <= 64:
        assert PrintedText.parse(str(once)) == once
        assert PrintedText.parse(once.upper()) == once


@given(_keys, _keys)
def test_different_invoices_never_share_a_form(one: NaturalKey, other: NaturalKey) -> None:
    assume(one != other)
    assert canonical(one) != canonical(other)


def test_dates_are_written_one_way() -> None:
    assert _read(PRINTED).issue_date == dt.date(2026, 1, 31)


def test_the_platform_key_matters() -> None:
    assert identity(b"x" * 32, _read(PRINTED)) != identity(KEY, _read(PRINTED))

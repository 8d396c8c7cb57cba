"""Tokens, codes, passes, and the account to pay into: right ones open, all others do not."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import hypothesis
import hypothesis.strategies as st
import pytest

from api.config import ApiConfig
from api.debtors import links
from api.debtors.bank import BankAccount, reference
from api.debtors.passes import Passes
from api.seals import Seals

KEY, OTHER = b"k" * 32, b"o" * 32


@hypothesis.given(st.uuids(), st.integers(0, 74), st.characters(codec="utf-8"))
def test_a_token_opens_its_invitation_and_no_other_does(
    invitation: uuid.UUID, place: int, sign: str
) -> None:
    token = links.token(KEY, invitation)
    assert links.opened(KEY, token) == invitation
    assert links.opened(OTHER, token) is None
    changed = token[:place] + sign + token[place + 1 :]
    # Upper-case digits name the same id, and are refused all the same: one link has one form.
    assert (links.opened(KEY, changed) is None) == (changed != token)
    assert links.opened(KEY, token[:-1]) is None
    assert links.opened(KEY, "") is None


def test_codes_are_six_digits_and_follow_from_nothing_that_is_sent() -> None:
    invitation = uuid.uuid4()
    codes = [links.code(KEY, invitation, number) for number in range(1, 500)]
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(set(codes)) > 490
    assert links.code(KEY, uuid.uuid4(), 1) != codes[0] or links.code(OTHER, invitation, 1)


def test_a_pass_says_who_for_half_an_hour(
    configuration: Callable[..., ApiConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = Passes(Seals(configuration()))
    invitation = uuid.uuid4()
    text, guest = passes.write(invitation, 7)
    assert passes.read(text) == guest
    assert (guest.invitation, guest.code) == (invitation, 7)
    for wrong in ("", ".", "a.b", text[:-1], text.replace(".7.", ".8."), f"{text}="):
        assert passes.read(wrong) is None, wrong
    elsewhere = Passes(Seals(configuration(token_seed=b"another seed of the tests, 32 b.")))
    assert elsewhere.read(text) is None
    later = time.time() + 1_801
    monkeypatch.setattr(time, "time", lambda: later)
    assert passes.read(text) is None


def test_an_account_is_read_as_people_write_it() -> None:
    written = "Servicing; DE89 3704 0044 0532 0130 00; cobadeffxxx"
    account = BankAccount.parse(written)
    assert account == BankAccount("Servicing", "DE89370400440532013000", "COBADEFFXXX")
    assert BankAccount.parse("S;DE89370400440532013000").bic is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Servicing",
        "; DE89370400440532013000",
        "S; DE89370400440532013001",
        "S; DE98370400440532013000",
        "S; DE89370400440532013000; COBA",
        "S; DE89370400440532013000; COBADEFFXXX; more",
    ],
)
def test_a_mistyped_account_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"IBAN|BIC"):
        BankAccount.parse(text)


@hypothesis.given(st.binary(min_size=32, max_size=32))
def test_a_reference_keeps_the_check_of_iso_11649(invoice: bytes) -> None:
    text = reference(invoice)
    assert len(text) == 20
    turned = text[4:] + text[:4]
    assert int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1

"""Amounts, hashes and addresses are read exactly or refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.values import Amount, AnyAddress, ContractAddress, Hash32, encode

ACCOUNT = "GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7"
CONTRACT = "CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC"


@given(st.integers(min_value=1, max_value=2**127 - 1))
def test_every_amount_the_ledger_can_count_survives(amount: int) -> None:
    read = Amount.parse(str(amount))
    assert read == amount
    assert encode(read) == str(amount)


@pytest.mark.parametrize(
    "value",
    ["0", "-1", "01", "1.0", "1e3", "", " 1", "+1", "\u0661", 1, 1.0, True, None, f"{2**127}"],
)
def test_anything_else_is_no_amount(value: object) -> None:
    with pytest.raises(ValueError, match="amount"):
        Amount.parse(value)


@given(st.binary(min_size=32, max_size=32))
def test_hashes_survive(raw: bytes) -> None:
    assert encode(Hash32.parse(raw.hex())) == raw.hex()


@pytest.mark.parametrize("value", ["", "5f", "5F" * 32, "0x" + "5f" * 31, "zz" * 32, 5, None])
def test_anything_else_is_no_hash(value: object) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        Hash32.parse(value)


def test_addresses_need_their_checksum() -> None:
    assert AnyAddress.parse(ACCOUNT) == ACCOUNT
    assert AnyAddress.parse(CONTRACT) == CONTRACT
    assert ContractAddress.parse(CONTRACT) == CONTRACT


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (AnyAddress, ACCOUNT[:-1] + "A"),
        (AnyAddress, "S" + ACCOUNT[1:]),
        (AnyAddress, 7),
        (ContractAddress, ACCOUNT),
        (ContractAddress, CONTRACT.lower()),
    ],
)
def test_other_addresses_are_refused(kind: Any, value: object) -> None:
    with pytest.raises(ValueError, match="checksum"):
        kind.parse(value)

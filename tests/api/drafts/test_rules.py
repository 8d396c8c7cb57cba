"""A draft is refused where the contract would refuse it, nowhere else; each fault has a place."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.drafts.merging import differences, merged
from api.drafts.rules import MAX_FACE, Bounds, faults
from api.drafts.schemas import Content
from api.values import decode

DAY = 86_400
NOW = 1_800_000_000
ASSET = "CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC"
SELLER = "GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7"
BOUNDS = Bounds(
    now=NOW,
    fee_bps=(0, 300),
    late_bps=(0, 50),
    late_cap_bps=(0, 2_000),
    grace=(0, 30 * DAY),
    release_delay=(0, 3 * DAY),
    tenor=(7 * DAY, 180 * DAY),
    allowed_assets=(ASSET,),
)
WHOLE: dict[str, Any] = {
    "printed": {
        "seller_tax_id": "DE811907980",
        "debtor_tax_id": "FR40303265045",
        "number": "INV-1",
        "amount": "119.00",
        "currency": "EUR",
        "issue_date": "2026-11-01",
        "due_date": "2026-12-31",
    },
    "lines": [
        {"description": "Linen", "quantity": "3", "unit_price": "25.00", "amount": "75.00",
         "tax_percent": "19"},
        {"description": "Wool", "unit_price": "25.00", "amount": "25.00", "tax_percent": "19"},
    ],
    "terms": {
        "asset": ASSET, "face": "1000", "target": "900", "par": "950", "min_raise": "500",
        "fee_bps": 100, "late_bps": 10, "late_cap_bps": 1_000, "due_at": NOW + 60 * DAY,
        "deadline": NOW + 7 * DAY, "grace": 10 * DAY, "release_delay": DAY, "needs_ack": False,
        "doc_hash": "5f" * 32,
    },
}  # fmt: skip


def _faults(content: Any) -> dict[str, str]:
    read = msgspec.convert(content, Content, dec_hook=decode)
    return {one.pointer: one.detail for one in faults(read, BOUNDS, SELLER)}


@pytest.mark.parametrize("written", ["20261101", "2026-W44-7", "2026-1-1", "01.11.2026"])
def test_a_date_has_one_form(written: str) -> None:
    content = {**WHOLE, "printed": {**WHOLE["printed"], "issue_date": written}}
    assert set(_faults(content)) == {"/printed/issue_date"}


def test_a_whole_draft_has_no_fault() -> None:
    assert _faults(WHOLE) == {}


def test_an_empty_draft_says_all_that_is_needed() -> None:
    found = _faults({})
    assert "/printed/number" in found
    assert "/terms/face" in found
    assert len(found) == 20


@pytest.mark.parametrize(
    ("section", "change", "pointer"),
    [
        ("terms", {"face": str(MAX_FACE + 1)}, "/terms/face"),
        ("terms", {"min_raise": "901"}, "/terms/min_raise"),
        ("terms", {"target": "951"}, "/terms/par"),
        ("terms", {"par": "991"}, "/terms/par"),
        ("terms", {"deadline": NOW}, "/terms/deadline"),
        ("terms", {"deadline": NOW + 59 * DAY}, "/terms/deadline"),
        ("terms", {"due_at": NOW + 181 * DAY}, "/terms/due_at"),
        ("terms", {"due_at": 0}, "/terms/due_at"),
        ("terms", {"fee_bps": 301}, "/terms/fee_bps"),
        ("terms", {"grace": 31 * DAY}, "/terms/grace"),
        ("terms", {"asset": "CAS3J7GYLGXMF6TDJBBYYSE3HQ6BBSMLNUQ34T6TZMYMW2EVH34XOWMA"},
         "/terms/asset"),
        ("terms", {"debtor": SELLER}, "/terms/debtor"),
        ("terms", {"needs_ack": True}, "/terms/needs_ack"),
        ("printed", {"number": "\u0406NV"}, "/printed/number"),
        ("printed", {"issue_date": "1.11.2026"}, "/printed/issue_date"),
        ("printed", {"due_date": "2026-10-31"}, "/printed/due_date"),
        ("printed", {"amount": "120.00"}, "/printed/amount"),
    ],
)  # fmt: skip
def test_each_rule_names_its_field(section: str, change: dict[str, Any], pointer: str) -> None:
    assert pointer in _faults({**WHOLE, section: {**WHOLE[section], **change}})


def test_par_is_bounded_by_what_the_fee_leaves() -> None:
    for par, wrong in ((990, False), (991, True)):
        terms = {**WHOLE["terms"], "par": str(par)}
        assert ("/terms/par" in _faults({**WHOLE, "terms": terms})) == wrong


def test_a_line_is_quantity_times_price() -> None:
    lines = [{**WHOLE["lines"][0], "amount": "74.00"}, WHOLE["lines"][1]]
    found = _faults({**WHOLE, "lines": lines})
    assert found["/lines/0/amount"] == "3 times 25.00 is 75.00."


_JSON = st.recursive(
    st.integers(0, 9) | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("ab/~"), inner, max_size=3),
    max_leaves=8,
)
_OBJECT = st.dictionaries(st.sampled_from("ab/~"), _JSON, max_size=4)


@given(_OBJECT, _OBJECT)
def test_merging_tells_what_it_changed_and_again_nothing(before: Any, change: Any) -> None:
    after = merged(before, change)
    assert merged(after, change) == after
    assert merged(before, {}) == before
    assert (differences(before, after) == {}) == (before == after)
    assert merged(before, dict.fromkeys(before)) == {}

"""What counts as a difference, and what is a reason for one."""

from __future__ import annotations

from typing import Any

import pytest
from stellar_sdk import scval

from stellarsettle.conformance import compare, explain
from stellarsettle.conformance.compare import ABSENT
from stellarsettle.conformance.recording import Request

NO_FACTS = explain.Facts("a network", frozenset(), frozenset(), set(), {}, {0})


def found(method: str, recorded: Any, ours: Any) -> list[tuple[str, Any, Any]]:
    return [
        (one.where, one.recorded, one.ours) for one in compare.differences(method, recorded, ours)
    ]


@pytest.mark.parametrize(
    ("recorded", "ours", "difference"),
    [
        ({"a": 1}, {"a": 1.0}, ("a", 1, 1.0)),
        ({"a": 1}, {"a": True}, ("a", 1, True)),
        ({"a": "1"}, {"a": 1}, ("a", "1", 1)),
        ({"a": 1}, {}, ("a", 1, ABSENT)),
        ({}, {"a": None}, ("a", ABSENT, None)),
        ({"a": [1, 2]}, {"a": [1]}, ("a.*", 2, ABSENT)),
        ("text", {"a": 1}, ("", "text", {"a": 1})),
    ],
)
def test_types_missing_and_unknown_fields_are_differences(
    recorded: Any, ours: Any, difference: tuple[str, Any, Any]
) -> None:
    assert found("getHealth", recorded, ours) == [difference]


def test_values_are_compared_by_what_they_decode_to() -> None:
    left, right = (scval.to_uint32(number).to_xdr() for number in (1, 2))
    assert found("getEvents", {"value": left}, {"value": right}) == [("value.u32", 1, 2)]


def test_text_that_is_no_value_is_compared_as_it_is() -> None:
    assert found("getEvents", {"value": "AAAA"}, {"value": "!"}) == [("value", "AAAA", "!")]


def test_items_with_a_name_are_compared_by_it() -> None:
    """A missing event does not make all that follow differ."""
    recorded = {"events": [{"id": "1", "x": 1}, {"id": "2", "x": 2}]}
    ours = {"events": [{"id": "2", "x": 2}]}
    assert found("getEvents", recorded, ours) == [("events.*", recorded["events"][0], ABSENT)]


def test_changes_in_another_order_are_one_difference() -> None:
    def change(kind: str, account: str) -> dict[str, Any]:
        return {kind: {"data": {"account": {"account_id": account}}}}

    recorded = [change("state", "A"), change("updated", "A"), change("created", "B")]
    ours = [change("created", "B"), change("state", "A"), change("updated", "A")]
    (difference,) = compare.differences("", {"changes": recorded}, {"changes": ours})
    assert difference.where == "changes.order"
    swapped = [change("updated", "A"), change("state", "A"), change("created", "B")]
    assert "order" not in str(found("", {"changes": recorded}, {"changes": swapped}))


def reasons(method: str, recorded: Any, ours: Any) -> list[str | None]:
    differences = tuple(compare.differences(method, recorded, ours))
    request = Request(1, "a/step", method, {}, 0.0, response=recorded)
    case = explain.Case(request, differences, NO_FACTS)
    return [explain.reason(case, one) for one in differences]


@pytest.mark.parametrize(
    ("method", "recorded", "ours"),
    [
        ("getTransaction", {"result": {"status": "SUCCESS"}}, {"result": {"status": "FAILED"}}),
        (
            "getTransaction",
            {"resultXdr": {"fee_charged": "100"}},
            {"resultXdr": {"fee_charged": "101"}},
        ),
        ("getLedgers", {"header": {"fee_pool": "100"}}, {"header": {"fee_pool": "101"}}),
        ("getEvents", {"result": {"cursor": "1"}}, {"result": {"cursor": "2"}}),
        (
            "simulateTransaction",
            {"result": {"minResourceFee": "100"}},
            {"result": {"minResourceFee": "200"}},
        ),
        ("sendTransaction", {"result": {"hash": "aa"}}, {"result": {"hash": "bb"}}),
        ("getHealth", {"result": {"status": "healthy"}}, {"error": {"code": -32603}}),
    ],
)
def test_what_must_agree_has_no_reason_to_differ(method: str, recorded: Any, ours: Any) -> None:
    assert set(reasons(method, recorded, ours)) == {None}


def test_a_build_may_have_another_name() -> None:
    told = reasons("getVersionInfo", {"result": {"version": "1"}}, {"result": {"version": "2"}})
    assert told == ["names, versions and addresses of the build"]

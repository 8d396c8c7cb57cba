"""What was documented at the last release still works; what would break it is found."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from api.compatibility import PAGE, breaks, document

Document = dict[str, Any]


@pytest.fixture(scope="module")
def now() -> Document:
    return document()


def test_nothing_that_was_documented_is_taken_away(now: Document) -> None:
    assert breaks(json.loads(PAGE.read_text(encoding="utf-8")), now) == []


def test_every_schema_has_a_name_of_its_own(now: Document) -> None:
    """Of two alike the longer names of their modules would be told, and generators stumble."""
    assert [name for name in now["components"]["schemas"] if "_" in name] == []


def _fields(document: Document, name: str) -> Any:
    return document["components"]["schemas"][name]["properties"]


def _get(document: Document, path: str) -> Any:
    return document["paths"][path]["get"]


def _fund(document: Document) -> Any:
    body = document["paths"]["/v1/transactions/fund"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    (reference,) = schema["allOf"]
    return document["components"]["schemas"][reference["$ref"].rpartition("/")[2]]


def _wanted_field(document: Document) -> None:
    _fund(document)["properties"]["colour"] = {"type": "string"}
    _fund(document)["required"].append("colour")


def _wanted_parameter(document: Document) -> None:
    wanted = {"in": "query", "name": "colour", "required": True, "schema": {"type": "string"}}
    _get(document, "/v1/platform").setdefault("parameters", []).append(wanted)


def _fewer_sorts(document: Document) -> None:
    (sort,) = (
        one for one in _get(document, "/v1/marketplace")["parameters"] if one["name"] == "sort"
    )
    schema = sort["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    schema["enum"].remove("closing")


def _fewer_at_once(document: Document) -> None:
    (limit,) = (
        one for one in _get(document, "/v1/marketplace")["parameters"] if one["name"] == "limit"
    )
    limit["schema"]["maximum"] = 1


BREAKS: dict[str, Callable[[Document], object]] = {
    "GET /v1/platform is gone": lambda now: now["paths"].pop("/v1/platform"),
    "GET /v1/platform does not answer 200 any more": lambda now: _get(now, "/v1/platform")[
        "responses"
    ].pop("200"),
    "ticket is gone": lambda now: _fields(now, "Offer").pop("ticket"),
    "investors was integer, is string": lambda now: _fields(now, "Offer").update(
        investors={"type": "string"}
    ),
    "ticket may be missing now": lambda now: now["components"]["schemas"]["Offer"][
        "required"
    ].remove("ticket"),
    "colour is wanted now": _wanted_field,
    "wants colour now": _wanted_parameter,
    "does not know sort any more": lambda now: _get(now, "/v1/marketplace").update(
        parameters=[
            one for one in _get(now, "/v1/marketplace")["parameters"] if one["name"] != "sort"
        ]
    ),
    "does not take closing any more": _fewer_sorts,
    "has maximum 1 now": _fewer_at_once,
    "wants another pattern": lambda now: _fund(now)["properties"]["amount"].update(pattern="^7$"),
    "takes only red now": lambda now: _fund(now)["properties"]["amount"].update(enum=["red"]),
}


@pytest.mark.parametrize("words", BREAKS)
def test_what_would_break_somebody_is_found(now: Document, words: str) -> None:
    changed = copy.deepcopy(now)
    BREAKS[words](changed)
    found = breaks(now, changed)
    assert found
    assert any(words in one for one in found), found


def test_more_of_everything_breaks_nobody(now: Document) -> None:
    changed = copy.deepcopy(now)
    changed["paths"]["/v1/more"] = copy.deepcopy(changed["paths"]["/v1/platform"])
    _fields(changed, "Offer")["colour"] = {"type": "string"}
    _fund(changed)["properties"]["colour"] = {"type": "string"}
    _get(changed, "/v1/platform").setdefault("parameters", []).append(
        {"in": "query", "name": "colour", "required": False, "schema": {"type": "string"}}
    )
    assert breaks(now, changed) == []

"""One schema of all events: contracts, Python and pages agree, and old ledgers stay readable."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stellar_sdk.sep.contract_spec import ContractSpec

from contracts import build, generate
from contracts.decoding import UndecodableEventError, decode
from contracts.event_schema import EventForm, Field, Schema, forms
from contracts.events import EVENTS
from contracts.wire import Contract

_FOLDER = generate.PACKAGE / "schema"
_RELEASED = sorted((_FOLDER / "released").glob("*.json"))
_VALUES: dict[str, Any] = {
    "address": "GBRPYHIL2CI3FNQ4BXLFMNDLFJUNPU2HY3ZMFSHONUCEOASW7QC7OX2H",
    "bool": True,
    "bytes32": bytes(range(32)),
    "i128": 2**100,
    "symbol": "arbiter",
    "u32": 7,
    "u64": 2**40,
}


def schema() -> Schema:
    loaded: Schema = json.loads((_FOLDER / "events.json").read_text())
    return loaded


def value(field: Schema) -> Any:
    """A value of this form, as it comes from the ledger."""
    if "prefixItems" in field:
        return [value(part) for part in field["prefixItems"]]
    return _VALUES.get(field["$ref"].removeprefix("#/$defs/"), 3)


def plain(seen: Any) -> Any:
    return list(seen) if isinstance(seen, tuple) else seen


def unread(form: EventForm, fields: list[Field]) -> list[str]:
    """What the decoder does not read of an event with these fields of data."""
    topics = [form.name, *(value(topic.schema) for topic in form.topics)]
    data = {field.name: value(field.schema) for field in fields}
    name = f"{form.contract}.{form.name}"
    try:
        event = decode(form.contract, topics, data)
    except UndecodableEventError as error:
        return [f"{name}: {error}"]
    return [
        f"{name}: {field.name} is lost or changed"
        for field in [*form.topics, *fields]
        if plain(getattr(event, field.name, getattr(event, f"{field.name}_", None)))
        != value(field.schema)
    ]


def unreadable(released: Schema) -> list[str]:
    """What cannot be read any more of ledgers written under a schema."""
    return [
        problem
        for form in forms(released)
        for fields in ([*form.data], [field for field in form.data if field.required])
        for problem in unread(form, fields)
    ]


def test_there_is_a_released_schema() -> None:
    assert [path.stem for path in _RELEASED] == [str(n + 1) for n in range(len(_RELEASED))]
    assert _RELEASED


@pytest.mark.parametrize("path", [*_RELEASED, _FOLDER / "events.json"], ids=lambda path: path.stem)
def test_ledgers_written_under_every_schema_can_be_read(path: Path) -> None:
    assert unreadable(json.loads(path.read_text())) == []


def old_forms() -> Iterator[tuple[str, Schema]]:
    """Schemas of the past from which the present differs by a change that breaks."""

    def changed(name: str) -> tuple[Schema, dict[str, Any]]:
        old = copy.deepcopy(schema())
        properties: dict[str, Any] = old["$defs"][f"escrow.{name}"]["properties"]
        return old, properties

    old, properties = changed("asset_set")
    properties["name"]["const"] = "asset_listed"
    yield "an event renamed or removed", old
    old, properties = changed("asset_set")
    properties["data"]["properties"]["permitted"] = properties["data"]["properties"].pop("allowed")
    properties["data"]["required"] = ["permitted"]
    yield "a field renamed", old
    old, properties = changed("asset_set")
    properties["data"]["properties"]["allowed"] = {"$ref": "#/$defs/u32"}
    yield "a field retyped", old
    old, properties = changed("asset_set")
    properties["data"]["properties"]["since"] = {"$ref": "#/$defs/u64"}
    yield "a field removed", old
    old, properties = changed("asset_set")
    properties["data"]["properties"].pop("allowed")
    properties["data"]["required"] = []
    yield "a field added that is required", old
    old, properties = changed("dispute_opened")
    properties["topics"]["prefixItems"].pop()
    yield "a topic added", old


@pytest.mark.parametrize("old", [pytest.param(old, id=name) for name, old in old_forms()])
def test_a_change_that_breaks_old_ledgers_is_seen(old: Schema) -> None:
    assert unreadable(old)


def test_an_optional_field_may_be_added() -> None:
    old = schema()
    data = old["$defs"]["distributor.payout"]["properties"]["data"]
    del data["properties"]["to"]
    assert unreadable(old) == []


def test_contract_python_and_documents_name_the_same_events() -> None:
    """One name from the wasm to the page: what an indexer waits for is what is emitted."""
    named = {(form.contract, form.name) for form in forms(schema())}
    assert named == {(contract, name) for contract, kinds in EVENTS.items() for name in kinds}
    for contract, name in generate.WASM.items():
        page = (generate.PACKAGE / name.replace("_", "-") / "README.md").read_text()
        rows = page.split("<!-- events -->")[1].split("<!-- end -->")[0].splitlines()[3:]
        told = {row.split("`")[1] for row in rows}
        assert told == {event for emitter, event in named if emitter is contract}
    code = {(Contract(c), n) for c, n in emitted()}
    assert code == named


def emitted() -> Iterator[tuple[str, str]]:
    """Contract and name of every event in the wasm's own specification."""
    for contract, name in generate.WASM.items():
        spec = ContractSpec.from_wasm_file(build.BUILD / "wasm" / f"{name}.wasm")
        for event in spec.events:
            yield contract, event.prefix_topics[0].sc_symbol.decode()


def test_every_event_of_an_invoice_begins_with_its_id() -> None:
    """Topic 1 is the invoice's id; of administrative events the account, role or asset."""
    for form in forms(schema()):
        assert len(form.topics) <= 3, "a node indexes four topics, the name among them"
        if "seq" in {field.name for field in form.data}:
            assert form.topics[0].name == "id"

"""The events of the contracts as one JSON Schema, and what is made from it.

`schema/events.json` is written from the spec inside the wasm; the Python structs and the pages'
tables of events are written from `schema/events.json`. Values are in JSON: i128 as decimal text,
32 bytes as hex, addresses as strkeys.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from stellar_sdk import xdr
from stellar_sdk.sep.contract_spec import ContractSpec

from contracts.wire import Contract

Schema = dict[str, Any]

_T = xdr.SCSpecType
_IN_TOPICS = xdr.SCSpecEventParamLocationV0.SC_SPEC_EVENT_PARAM_LOCATION_TOPIC_LIST
_MAP = xdr.SCSpecEventDataFormat.SC_SPEC_EVENT_DATA_FORMAT_MAP
_ONE = xdr.SCSpecEventDataFormat.SC_SPEC_EVENT_DATA_FORMAT_SINGLE_VALUE
_REF = "#/$defs/"

_VALUES: dict[xdr.SCSpecType, str] = {
    _T.SC_SPEC_TYPE_BOOL: "bool",
    _T.SC_SPEC_TYPE_U32: "u32",
    _T.SC_SPEC_TYPE_U64: "u64",
    _T.SC_SPEC_TYPE_I128: "i128",
    _T.SC_SPEC_TYPE_BYTES_N: "bytes32",
    _T.SC_SPEC_TYPE_SYMBOL: "symbol",
    _T.SC_SPEC_TYPE_ADDRESS: "address",
}
_DEFINITIONS: dict[str, Schema] = {
    "address": {"type": "string", "pattern": "^[GC][A-Z2-7]{55}$", "description": "a strkey"},
    "bool": {"type": "boolean"},
    "bytes32": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "i128": {"type": "string", "pattern": "^-?[0-9]{1,39}$", "description": "base units"},
    "symbol": {"type": "string", "pattern": "^[a-zA-Z0-9_]{1,32}$"},
    "u32": {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    "u64": {"type": "integer", "minimum": 0, "maximum": 2**64 - 1},
}
_PYTHON = {
    "address": "Address",
    "bool": "bool",
    "bytes32": "bytes",
    "i128": "int",
    "symbol": "str",
    "u32": "int",
    "u64": "int",
}


class SchemaError(Exception):
    """The contracts' spec holds an event that has no form in the schema."""


class Field(NamedTuple):
    """One field of an event: its name, its schema, and whether every such event has it."""

    name: str
    schema: Schema
    required: bool


class EventForm(NamedTuple):
    """One event as the schema describes it; `topics` are those behind its name."""

    contract: Contract
    name: str
    title: str
    doc: str
    topics: list[Field]
    data: list[Field]


def schema_of(specs: Mapping[Contract, ContractSpec], document: Callable[[bytes], str]) -> Schema:
    """The JSON Schema of all events of these contracts."""
    definitions: dict[str, Schema] = dict(_DEFINITIONS)
    events: dict[str, Schema] = {}
    for contract, spec in specs.items():
        for enum in spec.enums:
            definitions[enum.name.decode()] = _enum(enum)
        groups: dict[str, list[xdr.SCSpecEventV0]] = {}
        for event in spec.events:
            name = event.prefix_topics[0].sc_symbol.decode()
            groups.setdefault(name, []).append(event)
        for name, shapes in sorted(groups.items()):
            doc = document(shapes[0].doc)
            events[f"{contract}.{name}"] = _event(contract, name, shapes, doc)
    used = str(events)
    shared = {name: form for name, form in sorted(definitions.items()) if f"'{_REF}{name}'" in used}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Events of the StellarSettle contracts",
        "oneOf": [{"$ref": f"{_REF}{name}"} for name in events],
        "$defs": shared | events,
    }


def forms(schema: Schema) -> Iterator[EventForm]:
    """Every event of a schema, by contract and name."""
    for reference in schema["oneOf"]:
        form = schema["$defs"][reference["$ref"].removeprefix(_REF)]
        properties = form["properties"]
        topics = [
            Field(topic["title"], topic, required=True)
            for topic in properties["topics"].get("prefixItems", [])
        ]
        yield EventForm(
            Contract(properties["contract"]["const"]),
            properties["name"]["const"],
            form["title"],
            form["description"],
            topics,
            list(_data_fields(properties["data"])),
        )


def python_type(schema: Schema) -> str:
    """The annotation of a value in the typed events."""
    if "prefixItems" in schema:
        return f"tuple[{', '.join(python_type(part) for part in schema['prefixItems'])}]"
    return _PYTHON.get(schema["$ref"].removeprefix(_REF), "int")


def type_name(schema: Schema) -> str:
    """A value's type in words, for tables."""
    if "prefixItems" in schema:
        return f"({', '.join(type_name(part) for part in schema['prefixItems'])})"
    return str(schema["$ref"].removeprefix(_REF))


def table(schema: Schema, contract: Contract) -> str:
    """A contract's events as a Markdown table."""
    rows = ["| event | topics behind the name | data | meaning |", "|---|---|---|---|"]
    for form in forms(schema):
        if form.contract is contract:
            topics = ", ".join(_cell(field) for field in form.topics) or "none"
            data = ", ".join(_cell(field) for field in form.data) or "none"
            rows.append(f"| `{form.name}` | {topics} | {data} | {form.doc} |")
    return "\n".join(rows)


def _cell(field: Field) -> str:
    return f"`{field.name}`{'' if field.required else '?'} {type_name(field.schema)}"


def _enum(enum: xdr.SCSpecUDTEnumV0) -> Schema:
    return {
        "type": "integer",
        "oneOf": [{"const": case.value.uint32, "title": case.name.decode()} for case in enum.cases],
    }


def _event(contract: Contract, name: str, shapes: list[xdr.SCSpecEventV0], doc: str) -> Schema:
    title = min((shape.name.sc_symbol.decode() for shape in shapes), key=len)
    topics = [
        {"title": param.name.decode(), **_value(param.type)}
        for param in shapes[0].params
        if param.location == _IN_TOPICS
    ]
    data = [_data(shape) for shape in shapes]
    return {
        "title": title,
        "description": doc or f"The event `{name}`.",
        "type": "object",
        "properties": {
            "contract": {"const": contract.value},
            "name": {"const": name},
            "topics": {
                "type": "array",
                "prefixItems": topics,
                "minItems": len(topics),
                "items": False,
            },
            "data": data[0] if len(data) == 1 else {"oneOf": data},
        },
        "required": ["contract", "name", "topics", "data"],
    }


def _data(shape: xdr.SCSpecEventV0) -> Schema:
    """The form of an event's data: a map by name, one bare value, or values in order."""
    fields = [param for param in shape.params if param.location != _IN_TOPICS]
    named = [{"title": field.name.decode(), **_value(field.type)} for field in fields]
    if shape.data_format == _MAP:
        optional = _T.SC_SPEC_TYPE_OPTION
        return {
            "type": "object",
            "properties": {field.name.decode(): _value(field.type) for field in fields},
            "required": [field.name.decode() for field in fields if field.type.type != optional],
        }
    if shape.data_format == _ONE:
        return named[0]
    return {"type": "array", "prefixItems": named, "minItems": len(named), "items": False}


def _data_fields(data: Schema) -> Iterator[Field]:
    """The fields of all forms of the data; one that a form lacks is not required."""
    alternatives = [list(_fields(form)) for form in data.get("oneOf", [data])]
    seen: set[str] = set()
    for fields in alternatives:
        for field in fields:
            if field.name in seen:
                continue
            seen.add(field.name)
            everywhere = all(
                any(other.name == field.name and other.required for other in others)
                for others in alternatives
            )
            yield field._replace(required=everywhere)


def _fields(form: Schema) -> Iterator[Field]:
    if form.get("type") == "object":
        for name, value in form["properties"].items():
            yield Field(name, value, name in form["required"])
    elif form.get("type") == "array":
        for value in form["prefixItems"]:
            yield Field(value["title"], value, required=True)
    else:
        yield Field(form["title"], form, required=True)


def _value(kind: xdr.SCSpecTypeDef) -> Schema:
    if kind.option is not None:
        return _value(kind.option.value_type)
    if kind.tuple is not None:
        parts = [_value(part) for part in kind.tuple.value_types]
        return {"type": "array", "prefixItems": parts, "minItems": len(parts), "items": False}
    if kind.udt is not None:
        return {"$ref": f"{_REF}{kind.udt.name.decode()}"}
    if kind.type not in _VALUES:
        raise SchemaError(f"no form in the schema for {kind.type.name}")
    return {"$ref": f"{_REF}{_VALUES[kind.type]}"}


def identifier(name: str) -> str:
    """A field's name as Python can have it."""
    return f"{name}_" if keyword.iskeyword(name) else name

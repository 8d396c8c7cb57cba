"""The tables of the contracts' pages: functions, errors and events, from the spec in the wasm.

A page holds each table between `<!-- functions -->` and `<!-- end -->` (or `errors`, `events`);
the text around them is written by people.
"""

from __future__ import annotations

import re

from stellar_sdk import xdr
from stellar_sdk.sep.contract_spec import ContractSpec

from contracts.event_schema import Schema, table
from contracts.wire import Contract

_LISTED = re.compile(r"# Errors\s(.*)", re.DOTALL)
_NAME = re.compile(r"`([A-Z][A-Za-z]+)`")
_LIKE = re.compile(r"As `(\w+)`")


def page(text: str, contract: Contract, spec: ContractSpec, schema: Schema) -> str:
    """The page with its tables as the spec says now."""
    tables = {
        "functions": _functions(spec),
        "errors": _errors(spec),
        "events": table(schema, contract),
    }
    for name, rows in tables.items():
        head, begin, rest = text.partition(f"<!-- {name} -->\n")
        _, end, tail = rest.partition("<!-- end -->")
        if not (begin and end):
            raise ValueError(f"the page of the {contract} has no place for its {name}")
        text = f"{head}{begin}{rows}\n{end}{tail}"
    return text


def _functions(spec: ContractSpec) -> str:
    rows = ["| function | what it does | errors |", "|---|---|---|"]
    for function in sorted(spec.functions, key=_function_name):
        name = _function_name(function)
        inputs = ", ".join(argument.name.decode() for argument in function.inputs)
        does = " ".join(function.doc.decode().split("\n\n")[0].split())
        errors = ", ".join(f"`{error}`" for error in _errors_of(spec, name)) or "none"
        rows.append(f"| `{name}({inputs})` | {does} | {errors} |")
    return "\n".join(rows)


def _errors(spec: ContractSpec) -> str:
    named = {
        error for function in spec.functions for error in _errors_of(spec, _function_name(function))
    }
    rows = ["| code | error | what happened, and what to do |", "|---|---|---|"]
    cases = [case for enum in spec.error_enums for case in enum.cases]
    for case in sorted(cases, key=lambda case: case.value.uint32):
        if case.name.decode() in named:
            doc = " ".join(case.doc.decode().split())
            rows.append(f"| {case.value.uint32} | `{case.name.decode()}` | {doc} |")
    unknown = named - {case.name.decode() for case in cases}
    if unknown:
        raise ValueError(f"functions name errors that do not exist: {sorted(unknown)}")
    return "\n".join(rows)


def _errors_of(spec: ContractSpec, name: str) -> list[str]:
    """The errors in a function's doc, with those of the function that it says it is like."""
    (doc,) = (f.doc.decode() for f in spec.functions if _function_name(f) == name)
    listed = _LISTED.search(doc)
    if listed is None:
        return []
    like = _LIKE.search(listed[1])
    inherited = _errors_of(spec, like[1]) if like else []
    return [*inherited, *(error for error in _NAME.findall(listed[1]) if error not in inherited)]


def _function_name(function: xdr.SCSpecFunctionV0) -> str:
    return function.name.sc_symbol.decode()

"""Write the Python half of this package from the spec inside the contracts' wasm.

`python -m contracts.generate` reads `build/wasm/*.wasm` and writes `schema/events.json` and
`spec.json`, `events.py` from the schema, `errors.py`, `calls/` and the tables of the contracts'
pages; with `--check` it writes nothing and fails when they would change.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from stellar_sdk import xdr
from stellar_sdk.sep.contract_spec import ContractSpec

from contracts.event_schema import EventForm, Schema, forms, identifier, python_type, schema_of
from contracts.pages import page
from contracts.wire import Contract

PACKAGE = Path(__file__).resolve().parent
WASM = {
    Contract.ESCROW: "invoice_escrow",
    Contract.DISTRIBUTOR: "payment_distributor",
    Contract.TOKEN: "invoice_token",
}
_T = xdr.SCSpecType
_DOC_WIDTH = 88
_NOTE = "Written by `make contracts` from their spec: edit the contracts instead."

# The native type of a value, and the stellar_sdk function that makes an SCVal of it.
_SIMPLE: dict[xdr.SCSpecType, tuple[str, str]] = {
    _T.SC_SPEC_TYPE_BOOL: ("bool", "scval.to_bool"),
    _T.SC_SPEC_TYPE_U32: ("int", "scval.to_uint32"),
    _T.SC_SPEC_TYPE_I32: ("int", "scval.to_int32"),
    _T.SC_SPEC_TYPE_U64: ("int", "scval.to_uint64"),
    _T.SC_SPEC_TYPE_I64: ("int", "scval.to_int64"),
    _T.SC_SPEC_TYPE_U128: ("int", "scval.to_uint128"),
    _T.SC_SPEC_TYPE_I128: ("int", "scval.to_int128"),
    _T.SC_SPEC_TYPE_BYTES: ("bytes", "scval.to_bytes"),
    _T.SC_SPEC_TYPE_BYTES_N: ("bytes", "scval.to_bytes"),
    _T.SC_SPEC_TYPE_STRING: ("str", "scval.to_string"),
    _T.SC_SPEC_TYPE_SYMBOL: ("str", "scval.to_symbol"),
    _T.SC_SPEC_TYPE_ADDRESS: ("Address", "scval.to_address"),
    _T.SC_SPEC_TYPE_MUXED_ADDRESS: ("Address", "scval.to_address"),
}


class SpecError(Exception):
    """The contracts' spec holds something that this generator does not know."""


def render(folder: Path) -> dict[str, str]:
    """All generated files of this package, by path relative to it, from the wasm in `folder`."""
    specs = {
        contract: ContractSpec.from_wasm_file(folder / f"{name}.wasm")
        for contract, name in WASM.items()
    }
    schema = schema_of(specs, lambda doc: _document(doc, ""))
    files = {"events.py": _events(schema), "errors.py": _errors(specs)}
    for contract, spec in specs.items():
        files[f"calls/{contract}.py"] = _calls(contract, spec)
    files = {name: _formatted(text) for name, text in files.items()}
    files["schema/events.json"] = json.dumps(schema, indent=1) + "\n"
    files["spec.json"] = json.dumps(_summary(specs), indent=1) + "\n"
    for contract, spec in specs.items():
        name = f"{WASM[contract].replace('_', '-')}/README.md"
        files[name] = page((PACKAGE / name).read_text(), contract, spec, schema)
    return files


def _events(schema: Schema) -> str:
    """The typed events, from the schema alone."""
    classes: dict[str, str] = {}
    registry: dict[Contract, list[str]] = {contract: [] for contract in WASM}
    for form in forms(schema):
        text = _event(form)
        if classes.setdefault(form.title, text) != text:
            raise SpecError(f"two contracts emit different events named {form.title}")
        registry[form.contract].append(f"{form.name!r}: {form.title}")
    table = "\n".join(
        f"Contract.{contract.name}: {{{', '.join(rows)}}}," for contract, rows in registry.items()
    )
    return (
        f'"""The contracts\' events, typed.\n\n{_NOTE}\n"""\n'
        "from __future__ import annotations\n"
        "from typing import ClassVar\n"
        "from contracts.wire import Address, Contract, Event\n\n"
        + "\n\n".join(classes.values())
        + f"\n\nEVENTS: dict[Contract, dict[str, type[Event]]] = {{\n{table}\n}}\n"
        '"""The events of each contract by their first topic."""\n'
    )


def _event(form: EventForm) -> str:
    """The class of one event: required fields first."""
    fields = form.topics + form.data
    lines = [
        f"class {form.title}(Event, frozen=True):",
        _docstring(form.doc),
        f"    NAME: ClassVar[str] = {form.name!r}",
        f"    TOPICS: ClassVar[tuple[str, ...]] = {tuple(field.name for field in form.topics)!r}",
    ]
    for field in sorted(fields, key=lambda field: not field.required):
        optional = "" if field.required else " | None = None"
        lines.append(f"    {identifier(field.name)}: {python_type(field.schema)}{optional}")
    return "\n".join(lines)


def _errors(specs: dict[Contract, ContractSpec]) -> str:
    rows: dict[int, str] = {}
    for spec in specs.values():
        for case in (case for enum in spec.error_enums for case in enum.cases):
            sentence, _, remedy = _document(case.doc, "").partition(". ")
            if not sentence or not remedy:
                raise SpecError(f"{_text(case.name)} needs a sentence and a remedy as its doc")
            code = case.value.uint32
            values = (code, _text(case.name), f"{sentence}.", remedy)
            row = f"ContractError({', '.join(_literal(value) for value in values)})"
            if rows.setdefault(code, row) != row:
                raise SpecError(f"code {code} stands for two different errors")
    table = "\n".join(f"{code}: {rows[code]}," for code in sorted(rows))
    return (
        f'"""The contracts\' errors by code.\n\n{_NOTE}\n"""\n'
        "from __future__ import annotations\n"
        "from contracts.wire import ContractError\n\n"
        f"ERRORS: dict[int, ContractError] = {{\n{table}\n}}\n"
        '"""Every refusal of the contracts; codes below 16 are the asset\'s own."""\n'
    )


def _calls(contract: Contract, spec: ContractSpec) -> str:
    enums = _enum_names(spec)
    used = set(_structs_in_arguments(spec))
    structs = [struct for struct in spec.structs if _text(struct.name) in used]
    functions = [
        function for function in spec.functions if _symbol(function.name) != "__check_auth"
    ]
    parts = [_struct(struct, enums) for struct in structs]
    parts += [_call(contract, function, enums) for function in functions]
    body = "\n\n".join(parts)
    names = (
        ["Address", "Contract", "Invocation"] if "Address" in body else ["Contract", "Invocation"]
    )
    return (
        f'"""Calls of the {contract} contract.\n\n{_NOTE}\n"""\n'
        "from __future__ import annotations\n"
        + ("import msgspec\n" if structs else "")
        + "from stellar_sdk import scval, xdr\n" * ("xdr." in body)
        + "from stellar_sdk import scval\n" * ("xdr." not in body)
        + f"from contracts.wire import {', '.join(names)}\n\n"
        + body
        + "\n"
    )


def _struct(struct: xdr.SCSpecUDTStructV0, enums: set[str]) -> str:
    name = _text(struct.name)
    fields = [(_text(field.name), field.type) for field in struct.fields]
    ordered = sorted(fields, key=lambda field: _native(field[1], enums).endswith("None"))
    lines = [
        f"class {name}(msgspec.Struct, frozen=True, kw_only=True):",
        _docstring(_document(struct.doc, f"The structure `{name}` of the contract.")),
    ]
    for field, kind in ordered:
        default = " = None" if kind.type == _T.SC_SPEC_TYPE_OPTION else ""
        lines.append(f"    {identifier(field)}: {_native(kind, enums)}{default}")
    lines += [
        "    def to_scval(self) -> xdr.SCVal:",
        '        """The value as the host takes it."""',
    ]
    pairs = ", ".join(
        f"{field!r}: {_to_scval(kind, f'self.{identifier(field)}', enums)}"
        for field, kind in fields
    )
    lines.append(f"        return scval.to_struct({{{pairs}}})")
    return "\n".join(lines)


def _call(contract: Contract, function: xdr.SCSpecFunctionV0, enums: set[str]) -> str:
    name = _symbol(function.name)
    arguments = [(_text(argument.name), argument.type) for argument in function.inputs]
    required = [pair for pair in arguments if pair[1].type != _T.SC_SPEC_TYPE_OPTION]
    optional = [pair for pair in arguments if pair[1].type == _T.SC_SPEC_TYPE_OPTION]
    signature = [f"{identifier(field)}: {_native(kind, enums)}" for field, kind in required]
    signature += [f"{identifier(field)}: {_native(kind, enums)} = None" for field, kind in optional]
    values = [_to_scval(kind, identifier(field), enums) for field, kind in arguments]
    listed = f"({', '.join(values)}{',' if len(values) == 1 else ''})"
    python_name = "constructor" if name == "__constructor" else identifier(name)
    star = "*, " if signature else ""
    return (
        f"def {python_name}({star}{', '.join(signature)}) -> Invocation:\n"
        f"{_docstring(_document(function.doc, f'Call `{name}`.'))}\n"
        f"    return Invocation(Contract.{contract.name}, {name!r}, {listed})"
    )


def _native(kind: xdr.SCSpecTypeDef, enums: set[str]) -> str:
    """The Python annotation of a spec type."""
    if kind.type in _SIMPLE:
        return _SIMPLE[kind.type][0]
    if kind.option is not None:
        return f"{_native(kind.option.value_type, enums)} | None"
    if kind.vec is not None:
        return f"list[{_native(kind.vec.element_type, enums)}]"
    if kind.tuple is not None:
        return f"tuple[{', '.join(_native(part, enums) for part in kind.tuple.value_types)}]"
    if kind.udt is not None:
        name = _text(kind.udt.name)
        return "int" if name in enums else name
    raise SpecError(f"no Python type for {kind.type.name}")


def _to_scval(kind: xdr.SCSpecTypeDef, value: str, enums: set[str]) -> str:
    """The expression that makes an SCVal of the expression `value`."""
    if kind.type in _SIMPLE:
        return f"{_SIMPLE[kind.type][1]}({value})"
    if kind.option is not None:
        inner = _to_scval(kind.option.value_type, value, enums)
        return f"scval.to_void() if {value} is None else {inner}"
    if kind.vec is not None:
        return (
            f"scval.to_vec([{_to_scval(kind.vec.element_type, 'item', enums)} for item in {value}])"
        )
    if kind.tuple is not None:
        parts = [
            _to_scval(part, f"{value}[{place}]", enums)
            for place, part in enumerate(kind.tuple.value_types)
        ]
        return f"scval.to_vec([{', '.join(parts)}])"
    if kind.udt is not None:
        return (
            f"scval.to_uint32({value})" if _text(kind.udt.name) in enums else f"{value}.to_scval()"
        )
    raise SpecError(f"no SCVal for {kind.type.name}")


def _structs_in_arguments(spec: ContractSpec) -> Iterator[str]:
    known = {_text(struct.name): struct for struct in spec.structs}

    def walk(kind: xdr.SCSpecTypeDef) -> Iterator[str]:
        if kind.udt is not None and (name := _text(kind.udt.name)) in known:
            yield name
            for field in known[name].fields:
                yield from walk(field.type)
        for inner in (kind.option and kind.option.value_type, kind.vec and kind.vec.element_type):
            if inner:
                yield from walk(inner)
        for part in kind.tuple.value_types if kind.tuple else []:
            yield from walk(part)

    for function in spec.functions:
        for argument in function.inputs:
            yield from walk(argument.type)


def _summary(specs: dict[Contract, ContractSpec]) -> dict[str, Any]:
    """The spec as data, for readers in any language."""
    return {
        contract.value: {
            "functions": [
                {
                    "name": _symbol(function.name),
                    "arguments": _named(((a.name, a.type) for a in function.inputs), spec),
                    "returns": [_native_result(kind, spec) for kind in function.outputs],
                    "doc": _document(function.doc, ""),
                }
                for function in spec.functions
            ],
            "errors": {
                _text(case.name): case.value.uint32
                for enum in spec.error_enums
                for case in enum.cases
            },
        }
        for contract, spec in specs.items()
    }


def _named(
    fields: Iterable[tuple[bytes, xdr.SCSpecTypeDef]], spec: ContractSpec
) -> list[dict[str, str]]:
    enums = _enum_names(spec)
    return [{"name": _text(name), "type": _native(kind, enums)} for name, kind in fields]


def _native_result(kind: xdr.SCSpecTypeDef, spec: ContractSpec) -> str:
    if kind.result is not None:
        return _native_result(kind.result.ok_type, spec)
    return "None" if kind.type == _T.SC_SPEC_TYPE_VOID else _native(kind, _enum_names(spec))


def _enum_names(spec: ContractSpec) -> set[str]:
    return {_text(enum.name) for enum in spec.enums}


def _text(value: bytes) -> str:
    return value.decode()


def _symbol(value: xdr.SCSymbol) -> str:
    return value.sc_symbol.decode()


def _document(doc: bytes, default: str) -> str:
    """A doc comment's first paragraph on one line."""
    paragraph = doc.decode().split("\n\n")[0]
    return " ".join(paragraph.split()).replace('"', "'") or default


def _docstring(text: str) -> str:
    """An indented docstring: on one line if it fits, else the first sentence and the rest."""
    if len(text) <= _DOC_WIDTH + 2:
        return f'    """{text}"""'
    summary, *rest = re.split(r"(?<=[.;]) ", text, maxsplit=1)
    lines = [f'    """{summary.rstrip(".;")}.']
    if rest:
        further = rest[0][:1].upper() + rest[0][1:]
        lines += ["", *(f"    {line}" for line in textwrap.wrap(further, _DOC_WIDTH))]
    return "\n".join([*lines, '    """'])


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _formatted(text: str) -> str:
    ruff = [sys.executable, "-m", "ruff"]
    for command in ([*ruff, "check", "--quiet", "--select", "I", "--fix"], [*ruff, "format"]):
        words = [*command, "--stdin-filename", str(PACKAGE / "generated.py"), "-"]
        text = subprocess.run(words, input=text, capture_output=True, text=True, check=True).stdout
    return text


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` tell which would change."""
    files = render(PACKAGE.parent / "build" / "wasm")
    stale = [
        name
        for name, text in files.items()
        if not (PACKAGE / name).exists() or (PACKAGE / name).read_text() != text
    ]
    if "--check" in arguments:
        for name in stale:
            sys.stderr.write(f"contracts/{name} is not what the contracts' spec says\n")
        return 1 if stale else 0
    for name in stale:
        (PACKAGE / name).parent.mkdir(parents=True, exist_ok=True)
        (PACKAGE / name).write_text(files[name])
        sys.stderr.write(f"wrote contracts/{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

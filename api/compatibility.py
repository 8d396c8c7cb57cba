"""What a change of the OpenAPI document takes away from those who built on the one before.

`python -m api.compatibility` writes the document of these routes to docs/openapi.json: that is done
for a release. Until then it is what was promised, and a test compares. With a path it is written
there.

Nothing that could be asked may be refused, and nothing that was told may be missing: routes,
parameters and fields stay; what is asked may become optional, not required; what is told may gain
fields; types stay, choices of what is asked only grow.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from stellar_sdk import Keypair

from api.app import create_app
from api.config import ApiConfig
from contracts.wire import Address

PAGE = Path(__file__).parents[1] / "docs" / "openapi.json"

_HIGHEST = ("maximum", "maxLength", "maxItems")
_LOWEST = ("minimum", "minLength", "minItems")
_METHODS = ("get", "put", "post", "delete", "patch")

Document = dict[str, Any]
Schema = dict[str, Any]
Way = Literal["asked", "told"]


def breaks(before: Document, after: Document) -> list[str]:
    """Each thing that worked with `before` and does not with `after`, in a line."""
    return list(_Comparison(before, after).all())


class _Comparison:
    def __init__(self, before: Document, after: Document) -> None:
        self._before = before
        self._after = after
        self._seen: set[tuple[str, str, Way]] = set()

    def all(self) -> Iterator[str]:
        for path, item in self._before["paths"].items():
            for method in (one for one in _METHODS if one in item):
                where = f"{method.upper()} {path}"
                new = self._after["paths"].get(path, {}).get(method)
                if new is None:
                    yield f"{where} is gone"
                else:
                    yield from self._operation(where, item[method], new)

    def _operation(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        yield from self._parameters(where, old, new)
        asked, asks = _bodies(old.get("requestBody")), _bodies(new.get("requestBody"))
        if new.get("requestBody", {}).get("required") and not asked:
            yield f"{where} wants a body"
        for media, schema in asked.items():
            if media in asks:
                yield from self._schema(f"{where} body", schema, asks[media], "asked")
            else:
                yield f"{where} takes no {media} any more"
        for status, response in old["responses"].items():
            if not status.startswith("2"):
                continue
            if status not in new["responses"]:
                yield f"{where} does not answer {status} any more"
                continue
            told = _bodies(new["responses"][status])
            for media, schema in _bodies(response).items():
                if media in told:
                    yield from self._schema(f"{where} {status}", schema, told[media], "told")
                else:
                    yield f"{where} {status} is no {media} any more"

    def _parameters(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        before, after = _parameters(old), _parameters(new)
        for key, parameter in before.items():
            if key not in after:
                yield f"{where} does not know {key[1]} any more"
                continue
            if after[key].get("required") and not parameter.get("required"):
                yield f"{where} wants {key[1]} now"
            yield from self._schema(
                f"{where} {key[1]}", parameter.get("schema", {}), after[key].get("schema", {}),
                "asked",
            )  # fmt: skip
        for key in after.keys() - before.keys():
            if after[key].get("required"):
                yield f"{where} wants {key[1]} now"

    def _schema(self, where: str, old: Schema, new: Schema, way: Way) -> Iterator[str]:
        old, new = _plain(old), _plain(new)
        names = (old.get("$ref", ""), new.get("$ref", ""), way)
        if names[0] and names in self._seen:
            return
        self._seen.add(names)
        old, new = _resolved(old, self._before), _resolved(new, self._after)
        yield from self._types(where, old, new, way)
        yield from self._fields(where, old, new, way)
        if "items" in old and "items" in new:
            yield from self._schema(f"{where}[]", old["items"], new["items"], way)
        for one, another in zip(_objects(old), _objects(new), strict=False):
            yield from self._schema(where, one, another, way)

    def _types(self, where: str, old: Schema, new: Schema, way: Way) -> Iterator[str]:
        before, after = _kinds(old), _kinds(new)
        wider, narrower = (after, before) if way == "asked" else (before, after)
        if before and after and not narrower <= wider:
            yield f"{where} was {_either(before)}, is {_either(after)}"
        missing = set(map(str, old.get("enum", ()))) - set(map(str, new.get("enum", ())))
        if way == "asked" and "enum" in new and missing:
            yield f"{where} does not take {_either(missing)} any more"
        if way == "asked":
            yield from _bounds(where, old, new)

    def _fields(self, where: str, old: Schema, new: Schema, way: Way) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name not in after:
                yield f"{where}.{name} is gone"
            else:
                yield from self._schema(f"{where}.{name}", schema, after[name], way)
        must, may = set(old.get("required", ())), set(new.get("required", ()))
        changed = may - must if way == "asked" else (must - may) & after.keys()
        words = "is wanted now" if way == "asked" else "may be missing now"
        for name in sorted(changed):
            yield f"{where}.{name} {words}"


def _bounds(where: str, old: Schema, new: Schema) -> Iterator[str]:
    """What was taken and is beyond a bound now."""
    if "enum" in new and "enum" not in old:
        yield f"{where} takes only {_either(set(map(str, new['enum'])))} now"
    for names, sign in ((_HIGHEST, 1), (_LOWEST, -1)):
        for name in names:
            if name in new and (name not in old or sign * new[name] < sign * old[name]):
                yield f"{where} has {name} {new[name]} now"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"{where} wants another pattern"


def _bodies(holder: Schema | None) -> dict[str, Schema]:
    content = (holder or {}).get("content", {})
    return {media: one.get("schema", {}) for media, one in content.items()}


def _parameters(operation: Schema) -> dict[tuple[str, str], Schema]:
    return {(one["in"], one["name"]): one for one in operation.get("parameters", ())}


def _plain(schema: Schema) -> Schema:
    """Without the wrapping that holds an example beside a reference."""
    return schema["allOf"][0] if len(schema.get("allOf", ())) == 1 else schema


def _resolved(schema: Schema, document: Document) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _objects(schema: Schema) -> list[Schema]:
    """The choices of a schema that are more than a plain type, in order."""
    choices = schema.get("oneOf") or schema.get("anyOf") or ()
    return [one for one in choices if "$ref" in one or "items" in one or "properties" in one]


def _kinds(schema: Schema) -> set[str]:
    """The JSON types that a schema allows; empty where it does not say."""
    if choices := schema.get("oneOf") or schema.get("anyOf"):
        return {kind for one in choices for kind in _kinds(one) or {"object"}}
    kinds = schema.get("type", ())
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _either(words: set[str]) -> str:
    return " or ".join(sorted(words))


def document() -> Document:
    """The OpenAPI document of these routes; nothing is opened for it."""
    nowhere = ApiConfig(
        database_url="",
        rpc_url="",
        network_passphrase="",
        escrow=Address(""),
        distributor=Address(""),
        home_domain="",
        public_url="",
        sign_in_seed=Keypair.from_raw_ed25519_seed(bytes(32)).secret,
        token_seed=bytes(32),
        platform_key=bytes(32),
    )
    found: Document = json.loads(
        msgspec.json.encode(create_app(nowhere).openapi_schema.to_schema())
    )
    return found


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(document(), indent=1, sort_keys=True) + "\n", encoding="utf-8")

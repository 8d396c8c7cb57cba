"""From what a person typed into a form to the body of an action, as JSON clients send it."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec

from api.errors import Problem, invalid_field
from api.transactions import requests
from api.transactions.action import Action
from api.transactions.natural import NaturalKey
from api.transactions.requests import Body
from api.values import DECODERS, Amount, AmountOrNothing
from api.web.numbers import typed_amount, typed_percent
from api.web.words import marked

_Body = TypeVar("_Body", bound=msgspec.Struct)
_DAY = 86_400
_MOST_FIELDS = 100
_LONGEST_NUMBER = 16
"""Signs that a number of days or a counter has at most: no more is asked for anywhere."""
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_ENDS = ("low", "high")
"""The ends of a pair of bounds: `grace.low`, `grace.high`."""
_PRIVATE = frozenset({"csrf_token", "back"})
"""Fields that belong to the form and not to the action."""


def typed_into(form: bytes) -> dict[str, str]:
    """A form's fields as they came; raises "bad-request" for more than any form has."""
    try:
        return dict(parse_qsl(form.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise Problem("bad-request", f"A form has {_MOST_FIELDS} fields at most.") from error


def body_of(action: Action, fields: Mapping[str, str], locale: str) -> Body:
    """The action's request: amounts in whole assets, dates as days, durations in days, rates in %.

    A field `natural_key.number` is a member of `natural_key`, `grace.low` an end of a pair, and of
    `reason.text` only its SHA-256 is sent. Raises "invalid-field" naming the
    field that is wrong, in words.
    """
    hints = get_type_hints(action.request, include_extras=True)
    nested = get_type_hints(NaturalKey, include_extras=True)
    plain: dict[str, Any] = {}
    for name, typed in fields.items():
        if name in _PRIVATE or not typed.strip():
            continue
        outer, _, inner = name.partition(".")
        whole = hints.get(_argument(action.request, outer))
        kind = _part(whole, inner, nested) if inner else whole
        value = _value(name, kind, typed.strip(), locale)
        if inner == "text":
            plain[outer] = hashlib.sha256(typed.strip().encode()).hexdigest()
        elif inner:
            plain.setdefault(outer, {})[inner] = value
        else:
            plain[outer] = value
    for name, kind in hints.items():
        if get_origin(kind) is tuple and isinstance(pair := plain.get(name), dict):
            plain[name] = [pair.get(end) for end in _ENDS]
        if kind is bool:
            plain.setdefault(name, False)  # a box that is not ticked is not sent
    return converted(plain, action.request)


def converted(plain: Mapping[str, Any], kind: type[_Body]) -> _Body:
    """What JSON clients would send as `kind`; raises "invalid-field" in words."""
    try:
        return msgspec.convert(dict(plain), kind, dec_hook=_decoded)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error


def _part(whole: Any, inner: str, nested: Mapping[str, Any]) -> Any:
    """The type of a member: of the natural key, an end of a pair, or a text that is hashed."""
    if get_origin(whole) is tuple and inner in _ENDS:
        return get_args(whole)[_ENDS.index(inner)]
    return nested.get(inner)


def _argument(request: type[Body], name: str) -> str:
    """The attribute behind a field's name (`from` is `from_`)."""
    for field in msgspec.structs.fields(request):
        if field.encode_name == name:
            return field.name
    raise invalid_field(f"/{name}", f"There is no field {name} here.")


def _value(name: str, kind: Any, typed: str, locale: str) -> Any:
    try:
        if kind in (Amount, AmountOrNothing):
            return str(typed_amount(typed, locale))
        if kind == requests.Seconds:
            return _end_of_day(typed)
        if kind == requests.Duration:
            return int(_number(typed) * _DAY)
        if kind == requests.BasisPoints:
            return typed_percent(typed, locale)
        if kind == requests.Counter:
            return _whole(typed)
    except ValueError as error:
        raise invalid_field(f"/{name}", str(error)) from error
    return typed == "on" if kind is bool else typed


def _number(typed: str) -> Decimal:
    """Digits, perhaps with a point; Decimal alone takes "Infinity" and "1e999999" as well."""
    if len(typed) > _LONGEST_NUMBER or _NUMBER.fullmatch(typed) is None:
        raise ValueError(marked("Write a number such as 30."))
    return Decimal(typed)


def whole(name: str, typed: str) -> int:
    """A whole number that was typed; raises "invalid-field" in words."""
    try:
        return _whole(typed.strip())
    except ValueError as error:
        raise invalid_field(f"/{name}", str(error)) from error


def _whole(typed: str) -> int:
    """The same without anything behind the point."""
    if (number := _number(typed)) % 1:
        raise ValueError(marked("Write a whole number such as 30."))
    return int(number)


def _end_of_day(typed: str) -> int:
    """The last second of a day (UTC), in Unix seconds; Unix seconds stay what they are."""
    if _NUMBER.fullmatch(typed):
        return _whole(typed)
    day = dt.datetime.combine(dt.date.fromisoformat(typed), dt.time.max, dt.UTC)
    return int(day.timestamp())


def _decoded(kind: type[Any], value: Any) -> Any:
    if isinstance(value, kind):
        return value
    for fits, decode in DECODERS:
        if fits(kind):
            return decode(kind, value)
    raise NotImplementedError(f"{kind.__name__} has no form")


def _invalid(text: str) -> Problem:
    """Msgspec names the place behind its sentence: "... - at `$.face`"."""
    sentence, _, place = text.partition(" - at `$")
    pointer = place.rstrip("`").replace(".", "/") or "/"
    return invalid_field(pointer, f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}.")

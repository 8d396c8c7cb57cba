"""Compares two answers: JSON by fields, XDR by what it decodes to."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from stellar_sdk import xdr

ABSENT: Final = "(absent)"
"""Stands for a field or an item that one side does not have."""

_XDR: Final[dict[str, Any]] = {
    "auth": xdr.SorobanAuthorizationEntry,
    "contractEventsXdr": xdr.ContractEvent,
    "diagnosticEventsXdr": xdr.DiagnosticEvent,
    "envelopeXdr": xdr.TransactionEnvelope,
    "errorResultXdr": xdr.TransactionResult,
    "extXdr": xdr.LedgerEntryExt,
    "headerXdr": xdr.LedgerHeaderHistoryEntry,
    "metadataXdr": xdr.LedgerCloseMeta,
    "resultMetaXdr": xdr.TransactionMeta,
    "resultXdr": xdr.TransactionResult,
    "topic": xdr.SCVal,
    "transactionData": xdr.SorobanTransactionData,
    "transactionEventsXdr": xdr.TransactionEvent,
    "value": xdr.SCVal,
}
"""What the base64 texts of these fields are."""
_XDR_OF_METHOD: Final[dict[tuple[str, str], Any]] = {
    ("getLatestLedger", "headerXdr"): xdr.LedgerHeader,
    ("getLedgerEntries", "key"): xdr.LedgerKey,
    ("getLedgerEntries", "xdr"): xdr.LedgerEntryData,
    ("simulateTransaction", "after"): xdr.LedgerEntry,
    ("simulateTransaction", "before"): xdr.LedgerEntry,
    ("simulateTransaction", "events"): xdr.DiagnosticEvent,
    ("simulateTransaction", "key"): xdr.LedgerKey,
    ("simulateTransaction", "xdr"): xdr.SCVal,
}
"""The same for fields that mean something else in other methods."""
_NAMED: Final = {"events": "id", "transactions": "txHash", "ledgers": "sequence"}
"""What names the items of these lists."""
_CHANGES: Final = {"state", "created", "updated", "removed", "restored"}
_KEY_FIELDS: Final = ("account_id", "asset", "contract", "key", "durability", "hash", "key_hash")


class Place(msgspec.Struct, frozen=True):
    """Where in an answer: the fields and items on the way, and the transaction it belongs to."""

    method: str
    path: tuple[str | int, ...] = ()
    transaction: str | None = None

    def at(self, part: str | int) -> Place:
        """A field or an item inside."""
        return Place(self.method, (*self.path, part), self.transaction)

    def of(self, transaction: str | None) -> Place:
        """The same, known to belong to a transaction."""
        return Place(self.method, self.path, transaction or self.transaction)


class Difference(msgspec.Struct, frozen=True):
    """One place where two answers differ."""

    place: Place
    recorded: Any
    ours: Any

    @property
    def where(self) -> str:
        """The path as text, items as stars."""
        return ".".join("*" if isinstance(part, int) else part for part in self.place.path)


def differences(method: str, recorded: Any, ours: Any) -> list[Difference]:
    """Every difference between two answers of a method."""
    return list(_walk(Place(method), recorded, ours))


def decoded(kind: Any, text: str) -> Any:
    """The JSON tree of a value in base64 XDR.

    Raises:
        ValueError, EOFError: It is none.
    """
    return json.loads(kind.from_xdr(text).to_json())


def _walk(place: Place, recorded: Any, ours: Any) -> Iterator[Difference]:
    if isinstance(recorded, dict) and isinstance(ours, dict):
        metric = _metric(recorded)
        inside = place.of(_transaction(recorded))
        inside = inside.at(metric) if metric else inside
        for name in {**recorded, **ours}:
            left, right = recorded.get(name, ABSENT), ours.get(name, ABSENT)
            yield from _walk(inside.at(name), left, right)
    elif isinstance(recorded, list) and isinstance(ours, list):
        yield from _walk_list(place, recorded, ours)
    else:
        yield from _walk_leaf(place, recorded, ours)


def _walk_list(place: Place, recorded: list[Any], ours: list[Any]) -> Iterator[Difference]:
    if _are_changes(recorded) and _are_changes(ours):
        left, right = _in_order(recorded), _in_order(ours)
        if left == right and recorded != ours:
            yield Difference(place.at("order"), _keys(recorded), _keys(ours))
            return
        recorded, ours = left, right
    for index, (one, other) in enumerate(_pairs(place, recorded, ours)):
        yield from _walk(place.at(index), one, other)


def _pairs(place: Place, recorded: list[Any], ours: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Items that belong together: by their name where they have one, else by their place."""
    name = _NAMED.get(str(place.path[-1])) if place.path else None
    if name is None or not (_all_have(name, recorded) and _all_have(name, ours)):
        yield from itertools.zip_longest(recorded, ours, fillvalue=ABSENT)
        return
    left = {item[name]: item for item in recorded}
    right = {item[name]: item for item in ours}
    for key in {**left, **right}:
        yield left.get(key, ABSENT), right.get(key, ABSENT)


def _walk_leaf(place: Place, recorded: Any, ours: Any) -> Iterator[Difference]:
    if type(recorded) is type(ours) and recorded == ours:
        return
    one_side = recorded if ours == ABSENT else ours
    if ABSENT in (recorded, ours) and isinstance(one_side, dict):
        place = place.of(_transaction(one_side))
    kind = _kind(place)
    if kind is None or not (isinstance(recorded, str) and isinstance(ours, str)):
        yield Difference(place, recorded, ours)
        return
    try:
        left, right = decoded(kind, recorded), decoded(kind, ours)
    except (ValueError, EOFError):
        yield Difference(place, recorded, ours)
        return
    yield from _walk(Place("", place.path, place.transaction), left, right)


def _kind(place: Place) -> Any:
    name = next((part for part in reversed(place.path) if isinstance(part, str)), "")
    return _XDR_OF_METHOD.get((place.method, name)) or _XDR.get(name)


def _transaction(fields: dict[str, Any]) -> str | None:
    """The hash of the transaction these fields tell of, if they name one."""
    result = fields.get("result")
    hashed = result.get("transaction_hash") if isinstance(result, dict) else None
    named = hashed or fields.get("txHash")
    return named if isinstance(named, str) else None


def _metric(fields: dict[str, Any]) -> str | None:
    """The name of the figure, if the fields are the event that tells one of an invocation."""
    try:
        heading, figure = fields["event"]["body"]["v0"]["topics"]
        return f"core_metrics {figure['symbol']}" if heading == {"symbol": "core_metrics"} else None
    except (KeyError, ValueError, TypeError):
        return None


def _all_have(name: str, items: list[Any]) -> bool:
    names = [item[name] for item in items if isinstance(item, dict) and name in item]
    return len(names) == len(items) == len(set(names))


def _are_changes(items: list[Any]) -> bool:
    return bool(items) and all(
        isinstance(item, dict) and len(item) == 1 and item.keys() <= _CHANGES for item in items
    )


def _in_order(changes: list[Any]) -> list[Any]:
    """Changes by the entry they belong to; those of one entry stay as they follow each other."""
    return sorted(changes, key=_key)


def _keys(changes: list[Any]) -> list[str]:
    return [_key(change) for change in changes]


def _key(change: dict[str, Any]) -> str:
    """What names the entry of a change."""
    ((kind, entry),) = change.items()
    data = entry if kind == "removed" else entry["data"]
    ((name, fields),) = data.items()
    if name == "config_setting":
        return f"{name} {next(iter(fields))}"
    return json.dumps([name, *(fields.get(field) for field in _KEY_FIELDS)])

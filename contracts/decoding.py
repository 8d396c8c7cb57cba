"""From decoded topics and data to a typed event, or a clear refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

import msgspec

from contracts.events import EVENTS
from contracts.wire import Contract, Event

SCHEMA: Final = "schema"
"""The key under which an upgraded contract numbers the shape of an event's data; absent: 1."""

_ID_BYTES: Final = 32


class UndecodableEventError(Exception):
    """An event that this version cannot read. It is kept aside and tried again, never dropped."""


class UnknownEventError(UndecodableEventError):
    """The contract emitted an event whose name is not in its spec."""


class UnknownSchemaError(UndecodableEventError):
    """The event has a known name, and a shape of a later version of the contract."""


class MalformedEventError(UndecodableEventError):
    """The event has a known name, but not the topics and data of its spec."""


class ExecutableUpdated(Event, frozen=True):
    """The host's own event (type `system`): the contract runs other code from here on.

    `old` and `new` are executables: `["Wasm", hash]`. Source: rs-soroban-env,
    `update_current_contract_wasm`.
    """

    NAME: ClassVar[str] = "executable_update"
    TOPICS: ClassVar[tuple[str, ...]] = ("old", "new")

    old: list[Any]
    new: list[Any]


HOST_EVENTS: dict[str, type[Event]] = {ExecutableUpdated.NAME: ExecutableUpdated}
"""Events that the host emits in a contract's name, beside those of its spec."""


SHAPES: dict[Contract, dict[str, dict[int, type[Event]]]] = {
    contract: {name: {kind.SCHEMA: kind} for name, kind in (kinds | HOST_EVENTS).items()}
    for contract, kinds in EVENTS.items()
}
"""What can be read: by contract, by the event's name, by the number of its shape."""


def decode(contract: Contract, topics: Sequence[Any], data: Any) -> Event:
    """Make the typed event of native `topics` and `data`.

    Values are ints, bytes, str, lists, dicts, None; addresses are strkeys. A key that is absent
    from the data is None, one that is not known is left out. Share tokens may carry the bare amount
    instead of a map (SEP-41). Raises `UnknownEventError`, `UnknownSchemaError` or
    `MalformedEventError`.
    """
    name = topics[0] if topics else None
    shapes = SHAPES[contract].get(name) if isinstance(name, str) else None
    if shapes is None:
        raise UnknownEventError(f"the {contract} contract has no event named {name!r}")
    schema = data.get(SCHEMA, 1) if isinstance(data, dict) else 1
    kind = shapes.get(schema) if isinstance(schema, int) else None
    if kind is None:
        known = ", ".join(map(str, sorted(shapes)))
        raise UnknownSchemaError(f"{name} has schema {schema!r}, known is {known}")
    if len(topics) != len(kind.TOPICS) + 1:
        raise MalformedEventError(f"{name} has {len(topics)} topics, not {len(kind.TOPICS) + 1}")
    if data is None or data == []:
        data = {}
    elif contract is Contract.TOKEN and not isinstance(data, dict):
        data = _named(kind, data)
    if not isinstance(data, dict):
        raise MalformedEventError(f"the data of {name} is no map")
    try:
        return msgspec.convert({**data, **dict(zip(kind.TOPICS, topics[1:], strict=True))}, kind)
    except msgspec.ValidationError as error:
        raise MalformedEventError(f"{name}: {error}") from error


def invoice_of(topics: Sequence[Any]) -> bytes | None:
    """The invoice that an event of these native topics is about, even if it cannot be decoded.

    All events about an invoice name it in their second topic; None for any other event.
    """
    subject = topics[1] if len(topics) > 1 else None
    return subject if isinstance(subject, bytes) and len(subject) == _ID_BYTES else None


def _named(kind: type[Event], data: Any) -> dict[str, Any]:
    """SEP-41's bare amount, or list of values, under the names of the fields."""
    values = data if isinstance(data, list) else [data]
    fields = [name for name in kind.__struct_fields__ if name.rstrip("_") not in kind.TOPICS]
    return dict(zip(fields, values, strict=False))

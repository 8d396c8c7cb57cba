"""Events read by the layout of others like them: several times as fast as value by value.

Two events of a kind differ in a few fields of fixed width; everything between them (names, types,
lengths) is the same bytes at the same places. The first body of a kind is decoded with care, and
its layout is kept: which bytes are constant and which hold a field. A later body whose constant
bytes are the very same differs in nothing but these fields, and one `struct.unpack` reads it.
What has no such layout (values of any length, numbers beyond 64 bits, unknown arms) is decoded
with care each time.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

import msgspec

from contracts import decoding, scval
from contracts.wire import Contract, Event

_LAYOUTS_OF_A_NAME: Final = 8
"""Optional fields and kinds of addresses make several; beyond these events are read with care."""

_NUMBERS: Final = {3: ("I", 4), 4: ("i", 4), 5: ("Q", 8), 6: ("q", 8), 7: ("Q", 8), 8: ("Q", 8)}
"""u32, i32, u64, i64, time point, duration: format and width by SCVal arm."""

_MAP: Final = 17
_U32: Final = struct.Struct(">I").unpack_from
_UPPER_HALF: Final = bytes(8)
_ACCOUNT: Final = bytes(8)
"""What precedes an account's key: SCAddress arm 0 and PublicKeyType 0."""

_CONTRACT: Final = bytes((0, 0, 0, 1))


class EventReader:
    """Decodes the bodies of one contract's events, learning their layouts as they come."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._layouts: dict[bytes, list[_Layout]] = {}

    def read(self, body: bytes) -> Event:
        """The event in `body` (ContractEventV0: topics and data).

        Raises as `contracts.scval.decode_body` and `contracts.decoding.decode` do.
        """
        size = len(body)
        name = body[12 : 12 + body[11]] if size > 12 else b""
        for layout in self._layouts.get(name, ()):
            if layout.size == size and (event := layout.read(body)) is not None:
                return event
        return self._read_with_care(name, body)

    def _read_with_care(self, name: bytes, body: bytes) -> Event:
        event = decoding.decode(self._contract, *scval.decode_body(body))
        known = self._layouts.setdefault(name, [])
        if len(known) < _LAYOUTS_OF_A_NAME and (layout := _learned(body, event)):
            known.append(layout)
        return event


class _Layout:
    """Where the fields of an event are in bodies of `size` bytes, and what is between them."""

    def __init__(self, walk: _Walk, event: Event) -> None:
        self.size = walk.size
        self._kind = type(event)
        self._unpack = struct.Struct(walk.format).unpack
        self._constants = tuple(walk.constants)
        names = [field.encode_name for field in msgspec.structs.fields(self._kind)]
        places = {name: 2 * place + 1 for place, name in enumerate(walk.names)}
        absent = [name for name in names if name not in places]
        end = 2 * len(walk.names) + 1
        places |= {name: end + place for place, name in enumerate(absent)}
        values = dict(zip(names, msgspec.structs.astuple(event), strict=True))
        self._absent = tuple(values[name] for name in absent)
        self._places = [places[name] for name in names]
        self._flags = [names.index(name) for name in walk.flags if name in names]
        self._addresses = [
            (names.index(name), head) for name, head in walk.addresses.items() if name in names
        ]

    def read(self, body: bytes) -> Event | None:
        """The event in `body` of the right size; None if its constant bytes are others."""
        parts = self._unpack(body)
        if parts[::2] != self._constants:
            return None
        parts += self._absent
        values = [parts[place] for place in self._places]
        for place in self._flags:
            if values[place] > 1:
                return None
            values[place] = bool(values[place])
        for place, head in self._addresses:
            values[place] = scval.address(head + values[place])
        return self._kind(*values)


def _learned(body: bytes, event: Event) -> _Layout | None:
    """The layout of `body`, which holds `event`; None if it has none."""
    walk = _Walk(body, type(event).TOPICS)
    if not walk.complete:
        return None
    layout = _Layout(walk, event)
    return layout if layout.read(body) == event else None


class _Walk:
    """Goes through a body that was decoded before, and notes its fields of fixed width.

    `constants` are the bytes before each field and after the last one.
    """

    def __init__(self, body: bytes, topics: Sequence[str]) -> None:
        self.size = len(body)
        self.format = ">"
        self.constants: list[bytes] = []
        self.names: list[str] = []
        self.flags: list[str] = []
        self.addresses: dict[str, bytes] = {}
        self._body = body
        self._place = self._begin = 0
        read = self._topics(topics) and self._data() and self._place == self.size
        self._end_constant(self.size)
        self.complete = read and len(set(self.names)) == len(self.names)

    def _topics(self, names: Sequence[str]) -> bool:
        """The name of the event, which is constant, and its topics."""
        _, self._place = scval.read_value(self._body, 4)
        return all(self._value(name) for name in names)

    def _data(self) -> bool:
        """A map from symbols to values; nothing else has names for its values."""
        arm, present, count = struct.unpack_from(">III", self._body.ljust(12), self._place)
        if (arm, present) != (_MAP, 1):
            return False
        self._place += 12
        return all(self._entry() for _ in range(count))

    def _entry(self) -> bool:
        name, self._place = scval.read_value(self._body, self._place)
        if name == decoding.SCHEMA:  # what chose the kind of event stays as it is
            _, self._place = scval.read_value(self._body, self._place)
            return True
        return isinstance(name, str) and self._value(name)

    def _value(self, name: str) -> bool:
        """One value; False for one that has no fixed width."""
        body, place = self._body, self._place + 4
        match _U32(body, self._place)[0]:
            case 0:
                self.flags.append(name)
                self._field(name, place, "I", 4)
            case 1:
                self._place = place
            case arm if arm in _NUMBERS:
                self._field(name, place, *_NUMBERS[arm])
            case 9 | 10 if body[place : place + 8] == _UPPER_HALF:
                self._field(name, place + 8, "Q", 8)
            case 13 if (width := _U32(body, place)[0]) % 4 == 0:
                self._field(name, place + 4, f"{width}s", width)
            case 18:
                return self._address(name, place)
            case _:
                return False
        return True

    def _address(self, name: str, place: int) -> bool:
        for head in (_ACCOUNT, _CONTRACT):
            if self._body.startswith(head, place):
                self.addresses[name] = head
                self._field(name, place + len(head), "32s", 32)
                return True
        return False

    def _field(self, name: str, place: int, code: str, width: int) -> None:
        self._end_constant(place)
        self.names.append(name)
        self.format += code
        self._place = self._begin = place + width

    def _end_constant(self, place: int) -> None:
        self.constants.append(self._body[self._begin : place])
        self.format += f"{place - self._begin}s"

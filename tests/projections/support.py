"""Tools of these tests: events with their places, the scripted histories."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from contracts import events
from contracts.wire import Address, Contract, Event
from projections.model import Mark, Record, Row

USDC = 10_000_000
"""Base units in one: seven decimals."""

START = 1_900_000_000
DAY = 86_400

_DISTRIBUTOR = (
    events.PoolOpened,
    events.DistributionRecorded,
    events.Payout,
    events.ResidualClaimed,
    events.FeesCollected,
    events.TreasurySet,
)


def address(alias: str) -> Address:
    """A made-up strkey for an alias: 56 characters, the same every time."""
    body = base64.b32encode(hashlib.sha256(alias.encode()).digest()).decode()
    return Address(("C" if ":" in alias else "G") + body[:55])


def identifier(label: str) -> bytes:
    """32 bytes for a label."""
    return hashlib.sha256(label.encode()).digest()


class Chain:
    """Makes records: each `close` begins a ledger at a time, each `tell` adds an event to it."""

    def __init__(self, at: int = START, ledger: int = 1000) -> None:
        self.mark = Mark(ledger, at)
        self.records: list[Record] = []
        self._index = 0

    def close(self, at: int, ledgers: int = 1) -> Chain:
        """The following events are in a later ledger that closes at `at` (Unix seconds)."""
        self.mark = Mark(self.mark.ledger + ledgers, at)
        self._index = 0
        return self

    def tell(self, *told: Event, contract: Contract | None = None) -> Chain:
        """Adds one transaction's events to the ledger; the contract follows from the event."""
        for event in told:
            default = Contract.DISTRIBUTOR if isinstance(event, _DISTRIBUTOR) else Contract.ESCROW
            self.records.append(
                Record(
                    contract=contract or default,
                    event=event,
                    mark=self.mark,
                    position=self.mark.ledger << 32 | 1 << 12,
                    index=self._index,
                    tx_hash=identifier(f"{self.mark.ledger}"),
                )
            )
            self._index += 1
        return self


@dataclasses.dataclass
class Step:
    """A step of a history: what was emitted, and what the views showed right after."""

    number: int
    records: list[Record]
    at: int
    views: list[dict[str, Any]]


class History:
    """A scripted history of the contracts, its names turned into addresses and hashes."""

    def __init__(self, path: Path) -> None:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        self.name = path.stem
        self._lines = lines

    def steps(self) -> Iterator[Step]:
        """All steps in order, the final one last; each is a ledger of its own."""
        chain = Chain()
        for number, line in enumerate(self._lines):
            seconds = line.get("at", 0)
            chain.close(START + seconds)
            before = len(chain.records)
            for entry in line.get("events", []):
                if not entry["contract"].startswith("@token"):
                    contract = Contract(entry["contract"].removeprefix("@"))
                    chain.tell(self._event(contract, entry), contract=contract)
            views = [self._view(view) for view in line.get("views", [])]
            yield Step(number, chain.records[before:], START + seconds, views)

    def _event(self, contract: Contract, entry: dict[str, Any]) -> Event:
        kind = events.EVENTS[contract][entry["name"]]
        values = dict(zip(kind.TOPICS, entry["topics"], strict=True))
        values |= entry["data"]
        return kind(
            **{
                "from_" if name == "from" else name: value if name == "role" else self.value(value)
                for name, value in values.items()
            }
        )

    def _view(self, view: dict[str, Any]) -> dict[str, Any]:
        arguments = {name: self.value(value) for name, value in view["args"].items()}
        return {**view, "args": arguments, "result": self.value(view["result"])}

    def value(self, value: Any) -> Any:
        """A value of a script as the contracts' types have it."""
        match value:
            case {"t": seconds}:
                return START + seconds
            case {"ledger": number}:
                return number
            case dict():
                return {name: self.value(part) for name, part in value.items()}
            case list():
                return tuple(self.value(part) for part in value)
            case str():
                return _named(value)
        return value


def _named(text: str) -> Any:
    """What a string of a script stands for: an address, a hash, an amount, or itself."""
    if text.startswith("@"):
        return address(text)
    if text.startswith(("%", "#")):
        return identifier(text)
    return int(text) if text.lstrip("-").isdigit() else text


def event_types() -> set[type[Event]]:
    """Every kind of event that the contracts emit."""
    return {kind for kinds in events.EVENTS.values() for kind in kinds.values()}


def as_dict(row: Row) -> dict[str, Any]:
    """The row's fields by name."""
    return msgspec.structs.asdict(row)

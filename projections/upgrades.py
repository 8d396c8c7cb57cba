"""New code for a contract, or for the share tokens to come: announced, in force, called off."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from contracts.events import (
    TokenWasmCancelled,
    TokenWasmSet,
    UpgradeApplied,
    UpgradeCancelled,
    UpgradeProposed,
)
from projections.model import Model, Record, Row, View
from projections.query import Query, hexadecimal, json_list, json_object, ledger, name, single


class Code(enum.IntEnum):
    """Whose code: the number is stored, the name in lower case is shown."""

    CONTRACT = 0
    TOKEN = 1


class Step(enum.IntEnum):
    """What happened; a token's code takes effect by itself at its time."""

    ANNOUNCED = 0
    APPLIED = 1
    CANCELLED = 2


class Upgrade(Row, frozen=True, array_like=True):
    """A step on the way to the code with SHA-256 `hash`, which is in force from `at` (Unix s)."""

    position: int
    event_index: int
    contract: str
    code: Code
    step: Step
    hash: bytes
    at: int | None
    closed_at: int
    tx_hash: bytes


UPGRADE = Model("upgrade", Upgrade, key=("position", "event_index"), version=1, append_only=True)


def _step(
    record: Record, code: Code, step: Step, wasm: bytes, at: int | None = None
) -> Iterable[Upgrade]:
    yield Upgrade(
        position=record.position,
        event_index=record.index,
        contract=str(record.contract),
        code=code,
        step=step,
        hash=wasm,
        at=at,
        closed_at=record.mark.closed_at,
        tx_hash=record.tx_hash,
    )


@UPGRADE.on(UpgradeProposed)
def _proposed(_: View, record: Record, event: UpgradeProposed) -> Iterable[Upgrade]:
    return _step(record, Code.CONTRACT, Step.ANNOUNCED, event.hash, event.at)


@UPGRADE.on(UpgradeApplied)
def _applied(_: View, record: Record, event: UpgradeApplied) -> Iterable[Upgrade]:
    return _step(record, Code.CONTRACT, Step.APPLIED, event.hash)


@UPGRADE.on(UpgradeCancelled)
def _cancelled(_: View, record: Record, event: UpgradeCancelled) -> Iterable[Upgrade]:
    return _step(record, Code.CONTRACT, Step.CANCELLED, event.hash)


@UPGRADE.on(TokenWasmSet)
def _token_set(_: View, record: Record, event: TokenWasmSet) -> Iterable[Upgrade]:
    return _step(record, Code.TOKEN, Step.ANNOUNCED, event.hash, event.at)


@UPGRADE.on(TokenWasmCancelled)
def _token_cancelled(_: View, record: Record, event: TokenWasmCancelled) -> Iterable[Upgrade]:
    return _step(record, Code.TOKEN, Step.CANCELLED, event.hash)


_ITEM = json_object(
    ledger=ledger("u.position"),
    time="u.closed_at",
    contract="u.contract",
    code=name(Code, "u.code"),
    step=name(Step, "u.step"),
    hash=hexadecimal("u.hash"),
    at="u.at",
    tx_hash=hexadecimal("u.tx_hash"),
)

_ALL = single(
    json_object(
        items=json_list(
            f"SELECT {_ITEM} AS item FROM read.upgrade AS u ORDER BY u.position, u.event_index"  # noqa: S608
        )
    )
)


def all_steps() -> Query:
    """Every step in order, few by nature; never null."""
    return Query(_ALL, {})

"""Whether a deployment's plan still stands on the ground that it was made for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from stellar_sdk import scval
from stellar_sdk.soroban_rpc import EventInfo

from stellarsettle import instance
from stellarsettle.chain import Chain


class ChangedGroundError(Exception):
    """What a plan would give was taken away since it was made; the message names it."""


def require_unchanged(
    chain: Chain, escrow: str, ledger: int, given: Collection[instance.Key]
) -> None:
    """Refuse to give back what somebody took away after `ledger`, for which the plan was made.

    `given` are the keys, in the escrow's instance, of the roles and assets that the plan gives.
    What an interrupted attempt has given is no change, nor what was taken away and given again.
    Raises `ChangedGroundError`, also where the node cannot tell what has happened since.
    """
    if instance.read(chain, escrow) is None:
        return
    health = chain.server.get_health()
    oldest, latest = health.oldest_ledger or 0, health.latest_ledger or 0
    if not oldest <= ledger <= latest:
        raise ChangedGroundError(
            f"the plan was made for ledger {ledger} and the node holds {oldest} to {latest}: it"
            " cannot tell what was taken away since. Plan anew"
        )
    taken = _taken(chain, escrow, ledger)
    if words := [f"{_words(key)} in ledger {taken[key]}" for key in given if key in taken]:
        raise ChangedGroundError(
            f"since this was planned for ledger {ledger}, {' and '.join(words)}. Plan anew"
        )


def _taken(chain: Chain, escrow: str, ledger: int) -> dict[instance.Key, int]:
    """What was taken away behind `ledger` and not given again, with the ledger of it."""
    taken: dict[instance.Key, int] = {}
    for event in chain.events(escrow, ledger):
        found = _change(event)
        if found is None or event.ledger <= ledger:
            continue
        key, holds = found
        if holds:
            taken.pop(key, None)
        else:
            taken[key] = event.ledger
    return taken


def _change(event: EventInfo) -> tuple[instance.Key, bool] | None:
    """Which role or asset an event is about, and whether it is given."""
    match scval.from_symbol(event.topic[0]):
        case "role_granted" | "role_revoked" as name:
            role, holder = scval.from_symbol(event.topic[1]), scval.from_address(event.topic[2])
            return ("Role", role, holder.address), name == "role_granted"
        case "asset_set":
            asset = scval.from_address(event.topic[1]).address
            data: Any = scval.to_native(event.value)
            return ("Asset", asset), bool(data["allowed"])
        case _:
            return None


def _words(key: instance.Key) -> str:
    match key:
        case ("Role", role, holder):
            return f"the role {role} was taken from {holder}"
        case _:
            return f"the asset {key[-1]} was taken off the list"

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
    found = instance.read(chain, escrow)
    missing = [] if found is None else [key for key in given if key not in found.storage]
    if not missing:
        return
    health = chain.server.get_health()
    oldest, latest = health.oldest_ledger or 0, health.latest_ledger or 0
    if not oldest <= ledger <= latest:
        raise ChangedGroundError(
            f"the plan was made for ledger {ledger} and the node holds {oldest} to {latest}: it"
            " cannot tell what was taken away since. Ask a node that can, or plan anew"
        )
    events = [event for event in chain.events(escrow, ledger) if event.ledger > ledger]
    taken = {_taken_by(event): event.ledger for event in events}
    if words := [f"{_words(key)} in ledger {taken[key]}" for key in missing if key in taken]:
        raise ChangedGroundError(
            f"since this was planned for ledger {ledger}, {' and '.join(words)}. Plan anew"
        )


def _taken_by(event: EventInfo) -> instance.Key | None:
    """The key of the role or asset that an event took away; None if it took none."""
    match scval.from_symbol(event.topic[0]):
        case "role_revoked":
            role, holder = scval.from_symbol(event.topic[1]), scval.from_address(event.topic[2])
            return ("Role", role, holder.address)
        case "asset_set":
            data: Any = scval.to_native(event.value)
            asset = scval.from_address(event.topic[1]).address
            return None if data["allowed"] else ("Asset", asset)
        case _:
            return None


def _words(key: instance.Key) -> str:
    match key:
        case ("Role", role, holder):
            return f"the role {role} was taken from {holder}"
        case _:
            return f"the asset {key[-1]} was taken off the list"

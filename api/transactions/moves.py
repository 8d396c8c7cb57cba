"""What a simulated transaction would move, from the events that token contracts emit (SEP-41)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from stellar_sdk import StrKey, scval, xdr

_UNREADABLE = (ValueError, KeyError, IndexError, TypeError, EOFError, AttributeError)
_PARTIES = {"transfer": ("from", "to"), "mint": ("to",), "burn": ("from",)}


class Move(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}, omit_defaults=True):
    """Base units of `token` that leave `from` for `to`.

    Without `from` they are made, without `to` they end. `token` is the contract of the asset or
    of the invoice's shares.
    """

    token: str
    amount: str
    from_: str | None = None
    to: str | None = None


def moves(events: Iterable[str]) -> tuple[Move, ...]:
    """The movements that diagnostic events (XDR, base64) tell of, in their order."""
    found = (_move(event) for event in events)
    return tuple(move for move in found if move is not None)


def _move(event: str) -> Move | None:
    """None for what is no movement, or speaks a protocol newer than the SDK."""
    try:
        told = xdr.DiagnosticEvent.from_xdr(event).event
        body = told.body.v0
        if told.type != xdr.ContractEventType.CONTRACT or body is None or told.contract_id is None:
            return None
        parties = _PARTIES[scval.from_symbol(body.topics[0])]
        people = [scval.from_address(topic).address for topic in body.topics[1 : len(parties) + 1]]
        where = dict(zip(parties, people, strict=True))
        return Move(
            token=StrKey.encode_contract(told.contract_id.contract_id.hash),
            amount=str(_amount(body.data)),
            from_=where.get("from"),
            to=where.get("to"),
        )
    except _UNREADABLE:
        return None


def _amount(data: xdr.SCVal) -> int:
    """SEP-41 has two forms: the number, or a map with the number and a destination's own id."""
    if data.i128 is not None:
        return scval.from_int128(data)
    return scval.from_int128(scval.from_struct(data)["amount"])

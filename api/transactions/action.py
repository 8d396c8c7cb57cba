"""What an action is: one declaration tells who may ask, for what, and what it will do.

The calls are the contracts' own, generated from their spec: an argument is filled from the field
of the request that has its name, from the caller, or from what the declaration derives.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from api.transactions.conditions import Condition
from api.transactions.requests import Body
from api.transactions.words import label, money, short, until
from api.values import Amount, AnyAddress, Hash32
from contracts.wire import Address, Invocation

Call = Callable[..., Invocation]
Derive = Callable[["Caller", Any], Any]

_FIELDS = {"id": "invoice_id", "addr": "address", "reason_hash": "reason"}
"""Arguments whose field has another name."""


class Caller(msgspec.Struct, frozen=True):
    """Who acts, and the key under which natural invoices are named."""

    address: Address
    platform_key: bytes


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """How one action is asked for, built and told.

    `call` is the contract's function, or one for each value of the request's `contract`.
    `caller` names the argument that is the one signed in; `derived` arguments are computed.
    `summary` may name fields of the request, `{invoice}`, and `{returned}`: what the simulation
    returned, as money. `needs` are conditions beside `who`; `warns` are those that the contracts
    do not make, told with the transaction. `pays`: it returns what it pays, and paying nothing is
    refused. `two_signers`: another's authorization comes before the caller's signature.
    """

    name: str
    title: str
    request: type[Body]
    who: Condition
    call: Call | Mapping[str, Call]
    summary: str
    caller: str = ""
    derived: Mapping[str, Derive] = {}
    needs: tuple[Condition, ...] = ()
    warns: tuple[Condition, ...] = ()
    pays: bool = False
    two_signers: bool = False

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Who may ask, and all else that must hold."""
        return (self.who, *self.needs)

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every function that it may call."""
        return (self.call,) if callable(self.call) else tuple(self.call.values())

    def invocation(self, caller: Caller, body: Body) -> Invocation:
        """The call that does it."""
        call = self.call if callable(self.call) else self.call[getattr(body, "contract")]  # noqa: B009 -- only bodies with a choice of contract have it
        return call(**{name: self._argument(name, caller, body) for name in parameters(call)})

    def told(self, body: Body, returned: Any = None) -> str:
        """What it will do, in a sentence for the person who signs."""
        return self.summary.format_map(_Words(body, returned))

    def _argument(self, name: str, caller: Caller, body: Body) -> Any:
        if name in self.derived:
            return self.derived[name](caller, body)
        if name == self.caller:
            return caller.address
        return getattr(body, field_of(name))


def parameters(call: Call) -> tuple[str, ...]:
    """The names of a call's arguments."""
    return tuple(inspect.signature(call).parameters)


def field_of(argument: str) -> str:
    """The field of the request that an argument is filled from."""
    return _FIELDS.get(argument, argument)


class _Words(dict[str, str]):
    """The words of a summary, made when they are asked for."""

    def __init__(self, body: Body, returned: Any) -> None:
        super().__init__()
        self._body = body
        self._returned = returned

    def __missing__(self, name: str) -> str:
        match name:
            case "invoice":
                return label(getattr(self._body, "invoice_id"))  # noqa: B009 -- where it is named, it is there
            case "returned":
                return money(sum(amounts(self._returned)))
            case "for_holder":
                holder = getattr(self._body, "holder", None)
                return "" if holder is None else f" for {short(holder)}"
            case _:
                return _word(name, getattr(self._body, name))


def amounts(returned: Any) -> tuple[int, ...]:
    """What a paying function returned: one amount, or one for each of a batch."""
    return tuple(returned) if isinstance(returned, list) else (int(returned or 0),)


def _word(name: str, value: Any) -> str:
    """A field's value as people read it: by its name where that decides, else by its type."""
    if name in _BY_NAME:
        return _BY_NAME[name](value)
    return next((say(value) for kind, say in _BY_TYPE if isinstance(value, kind)), str(value))


def _accounts(holders: tuple[str, ...]) -> str:
    return f"{len(holders)} account{'s' * (len(holders) != 1)}"


_BY_NAME: Mapping[str, Callable[[Any], str]] = {
    "until": until,
    "frozen": lambda frozen: "frozen" if frozen else "not frozen",
    "allowed": lambda allowed: "Allow" if allowed else "Stop",
    "holders": _accounts,
}
_BY_TYPE: tuple[tuple[type[Any], Callable[[Any], str]], ...] = (
    (Amount, money),
    (AnyAddress, short),
    (Hash32, lambda value: f"{value[:4].hex()}…"),
)

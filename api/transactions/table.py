"""The table of actions for people, made from their declarations."""

from __future__ import annotations

from api.transactions.action import Action, field_of, parameters
from api.transactions.actions import ACTIONS

_HEAD = "| action | what | who | call |\n|---|---|---|---|"


def table() -> str:
    """All actions as Markdown, in the order of an invoice's life."""
    return "\n".join([_HEAD, *(_row(action) for action in ACTIONS.values())])


def _row(action: Action) -> str:
    calls = " or ".join(
        f"`{call.__module__.rpartition('.')[2]}.{call.__name__}"
        f"({', '.join(_argument(action, name) for name in parameters(call))})`"
        for call in action.calls
    )
    return f"| `{action.name}` | {action.title} | {action.who.who} | {calls} |"


def _argument(action: Action, name: str) -> str:
    """An argument by the field of the request that fills it; the signer where he is it."""
    return "signer" if name == action.caller else field_of(name).rstrip("_")

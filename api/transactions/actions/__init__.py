"""Every action a wallet can be asked to sign, by the name it has in the URL."""

from __future__ import annotations

from api.transactions.action import Action
from api.transactions.actions import administration, financing, listing, repayment, shares

ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        *listing.ACTIONS,
        *financing.ACTIONS,
        *repayment.ACTIONS,
        *shares.ACTIONS,
        *administration.ACTIONS,
    )
}
"""All of them, in the order of an invoice's life."""

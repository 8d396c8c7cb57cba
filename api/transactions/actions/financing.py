"""Investors' money in, to the seller, or back; and disputes, which stop it for a while."""

from __future__ import annotations

from typing import Any

from api.transactions import conditions as c
from api.transactions import requests
from api.transactions.action import Action, Caller
from contracts.calls import escrow
from contracts.wire import Address

_OUTCOMES = {"resume": 0, "void": 1}


def holder(caller: Caller, body: Any) -> Address:
    """Whose money a payout is: the caller's own unless another is named."""
    return caller.address if body.holder is None else Address(body.holder)


ACTIONS: tuple[Action, ...] = (
    Action(
        name="fund",
        title="Invest in an open invoice",
        request=requests.Fund,
        who=c.MEMBER,
        call=escrow.fund_escrow,
        caller="investor",
        needs=(
            c.OPEN,
            c.BEFORE_DEADLINE,
            c.IS_MEMBER,
            c.UNFROZEN,
            c.NO_PARTY,
            c.UNDISPUTED,
            c.RUNNING,
            c.ASSET_LISTED,
            c.WITHIN_TARGET,
            c.TICKET,
        ),
        summary="Invest {amount} in {invoice}",
    ),
    Action(
        name="close-funding",
        title="Close funding early",
        request=requests.OneInvoice,
        who=c.SELLER,
        call=escrow.close_funding,
        caller="seller",
        needs=(c.OPEN, c.ENOUGH_RAISED, c.TIME_TO_RELEASE),
        summary="Close the funding of {invoice} with what was raised",
    ),
    Action(
        name="expire",
        title="Expire an invoice whose time has passed",
        request=requests.OneInvoice,
        who=c.ANYONE,
        call=escrow.expire,
        needs=(c.RAISING, c.OVERDUE),
        summary="End the overdue funding of {invoice}",
    ),
    Action(
        name="cancel",
        title="Cancel before release",
        request=requests.OneInvoice,
        who=c.SELLER,
        call=escrow.cancel,
        caller="seller",
        needs=(c.UNRELEASED,),
        summary="Cancel {invoice} and give investors their money back",
    ),
    Action(
        name="refund",
        title="Refund a stake, to its holder",
        request=requests.ForHolder,
        who=c.ANYONE,
        call=escrow.refund,
        derived={"holder": holder},
        needs=(c.REFUNDING, c.HOLDER_UNFROZEN),
        pays=True,
        summary="Take the stake of {returned} in {invoice} back{for_holder}",
    ),
    Action(
        name="refund-to",
        title="Refund an own stake to another address",
        request=requests.ToAnother,
        who=c.HOLDER,
        call=escrow.refund_to,
        caller="holder",
        needs=(c.REFUNDING, c.UNFROZEN),
        pays=True,
        summary="Take the stake of {returned} in {invoice} back, to {to}",
    ),
    Action(
        name="refund-batch",
        title="Refund the stakes of up to 20 holders",
        request=requests.RefundBatch,
        who=c.ANYONE,
        call=escrow.refund_batch,
        needs=(c.REFUNDING,),
        pays=True,
        summary="Pay {returned} of {invoice} back to {holders}",
    ),
    Action(
        name="release",
        title="Pay the seller out",
        request=requests.OneInvoice,
        who=c.ANYONE,
        call=escrow.release,
        needs=(
            c.FUNDED,
            c.RELEASABLE,
            c.TIME_TO_RELEASE,
            c.ACKNOWLEDGED,
            c.UNDISPUTED,
            c.RUNNING,
        ),
        summary="Release the money raised for {invoice} to the seller",
    ),
    Action(
        name="dispute",
        title="Open a dispute",
        request=requests.Reasoned,
        who=c.DISPUTER,
        call=escrow.dispute,
        caller="by",
        needs=(c.DISPUTABLE, c.UNDISPUTED),
        summary="Dispute {invoice}",
    ),
    Action(
        name="resolve-dispute",
        title="End a dispute",
        request=requests.Resolve,
        who=c.ARBITER,
        call=escrow.resolve_dispute,
        caller="arbiter",
        derived={"outcome": lambda _, body: _OUTCOMES[body.outcome]},
        needs=(c.DISPUTED, c.IMPARTIAL),
        summary="End the dispute of {invoice}: {outcome}",
    ),
)

"""What holders do with shares, and how a lost wallet's are moved."""

from __future__ import annotations

from api.transactions import conditions as c
from api.transactions import requests
from api.transactions.action import Action
from contracts.calls import distributor, escrow, token

_SALE = (c.TRADED, c.RUNNING, c.UNDISPUTED, c.TO_MEMBER, c.TO_UNFROZEN, c.TO_NO_PARTY)


ACTIONS: tuple[Action, ...] = (
    Action(
        name="transfer-shares",
        title="Give shares to another member",
        request=requests.TransferShares,
        who=c.HOLDER,
        call=token.transfer,
        caller="from_",
        needs=(c.IS_MEMBER, c.UNFROZEN, *_SALE),
        summary="Give {amount} shares of {invoice} to {to}",
    ),
    Action(
        name="transfer-shares-from",
        title="Move shares that their holder allowed to move",
        request=requests.TransferSharesFrom,
        who=c.SPENDER,
        call=token.transfer_from,
        caller="spender",
        needs=_SALE,
        summary="Move {amount} shares of {invoice} from {from_} to {to}",
    ),
    Action(
        name="allow-shares",
        title="Allow another to move or end own shares",
        request=requests.AllowShares,
        who=c.HOLDER,
        call=token.approve,
        caller="from_",
        summary="Let {spender} move {amount} shares of {invoice} through ledger"
        " {live_until_ledger}",
    ),
    Action(
        name="burn-shares",
        title="End own shares of a settled invoice",
        request=requests.BurnShares,
        who=c.HOLDER,
        call=token.burn,
        caller="from_",
        needs=(c.SETTLED,),
        summary="End {amount} own shares of {invoice} for ever",
    ),
    Action(
        name="burn-shares-from",
        title="End shares that their holder allowed to end",
        request=requests.BurnSharesFrom,
        who=c.SPENDER,
        call=token.burn_from,
        caller="spender",
        needs=(c.SETTLED,),
        summary="End {amount} shares of {invoice} of {from_} for ever",
    ),
    Action(
        name="recover-position",
        title="Move what a lost wallet has to another member",
        request=requests.Recover,
        who=c.TWO_ROLES,
        call=escrow.recover_position,
        two_signers=True,
        needs=(
            c.ROLES_HELD,
            c.LOST,
            c.LOST_LONG_ENOUGH,
            c.TO_MEMBER,
            c.TO_UNFROZEN,
            c.TO_NO_PARTY,
        ),
        summary="Move all that {from_} has of {invoice} to {to}",
    ),
    Action(
        name="bump",
        title="Keep an invoice's entries from being archived",
        request=requests.Lifetimes,
        who=c.ANYONE,
        call={"escrow": escrow.bump, "distributor": distributor.bump, "token": token.bump},
        summary="Keep {invoice} from being archived ({contract})",
    ),
)

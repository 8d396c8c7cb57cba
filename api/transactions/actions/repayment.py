"""The debtor's money in, and everybody's part of it out; or the end of waiting for it."""

from __future__ import annotations

from api.transactions import conditions as c
from api.transactions import requests
from api.transactions.action import Action
from api.transactions.actions.financing import holder
from contracts.calls import distributor, escrow

ACTIONS: tuple[Action, ...] = (
    Action(
        name="pay",
        title="Pay an invoice",
        request=requests.Pay,
        who=c.PAYER,
        call=escrow.record_payment,
        caller="payer",
        needs=(c.OWING, c.REFERENCE_RULE),
        warns=(c.WITHIN_DUE,),
        summary="Pay {amount} towards {invoice}",
    ),
    Action(
        name="claim",
        title="Claim repayments, for their holder",
        request=requests.ForHolder,
        who=c.ANYONE,
        call=distributor.claim,
        derived={"holder": holder},
        needs=(c.HOLDER_UNFROZEN,),
        pays=True,
        summary="Claim {returned} from {invoice}{for_holder}",
    ),
    Action(
        name="claim-to",
        title="Claim own repayments to another address",
        request=requests.ToAnother,
        who=c.HOLDER,
        call=distributor.claim_to,
        caller="holder",
        needs=(c.UNFROZEN,),
        pays=True,
        summary="Claim {returned} from {invoice} to {to}",
    ),
    Action(
        name="distribute",
        title="Pay out to up to 25 holders",
        request=requests.PayoutBatch,
        who=c.ANYONE,
        call=distributor.distribute,
        pays=True,
        summary="Pay {returned} of {invoice} out to {holders}",
    ),
    Action(
        name="claim-residual",
        title="Claim the seller's remainder, for the payee",
        request=requests.OneInvoice,
        who=c.ANYONE,
        call=distributor.claim_residual,
        pays=True,
        summary="Claim the seller's remainder of {invoice}: {returned}",
    ),
    Action(
        name="claim-residual-to",
        title="Claim the seller's remainder to another address",
        request=requests.ToAnother,
        who=c.PAYEE,
        call=distributor.claim_residual_to,
        needs=(c.UNFROZEN,),
        pays=True,
        summary="Claim the seller's remainder of {invoice} to {to}: {returned}",
    ),
    Action(
        name="collect-fees",
        title="Collect fees, for the treasury",
        request=requests.OneAsset,
        who=c.ANYONE,
        call=distributor.collect_fees,
        pays=True,
        summary="Collect the platform's fees in {asset}: {returned}",
    ),
    Action(
        name="mark-default",
        title="Mark an overdue invoice as defaulted",
        request=requests.OneInvoice,
        who=c.ANYONE,
        call=escrow.mark_default,
        needs=(c.ACTIVE, c.GRACE_OVER),
        summary="Mark {invoice} as defaulted",
    ),
    Action(
        name="write-off",
        title="Give up after the recovery window",
        request=requests.OneInvoice,
        who=c.ARBITER,
        call=escrow.write_off,
        caller="arbiter",
        needs=(c.DEFAULTED, c.RECOVERY_OVER, c.IMPARTIAL),
        summary="Write {invoice} off",
    ),
)

"""From an invoice on paper to an offer."""

from __future__ import annotations

from api.transactions import conditions as c
from api.transactions import requests
from api.transactions.action import Action, Caller
from api.transactions.natural import identity
from contracts.calls import escrow
from contracts.wire import Address


def _terms(caller: Caller, body: requests.CreateEscrow) -> escrow.Terms:
    return escrow.Terms(
        debtor=None if body.debtor is None else Address(body.debtor),
        asset=Address(body.asset),
        natural=identity(caller.platform_key, body.natural_key),
        doc_hash=bytes(body.doc_hash),
        face=body.face,
        target=body.target,
        par=body.par,
        min_raise=body.min_raise,
        fee_bps=body.fee_bps,
        late_bps=body.late_bps,
        late_cap_bps=body.late_cap_bps,
        due_at=body.due_at,
        deadline=body.deadline,
        grace=body.grace,
        release_delay=body.release_delay,
        needs_ack=body.needs_ack,
    )


ACTIONS: tuple[Action, ...] = (
    Action(
        name="create-escrow",
        title="Create an invoice on chain",
        request=requests.CreateEscrow,
        who=c.MEMBER,
        call=escrow.create_escrow,
        caller="seller",
        derived={"terms": _terms},
        needs=(c.IS_MEMBER, c.UNFROZEN, c.RUNNING, c.ASSET_OFFERED),
        summary="Create an invoice of {face} asking for {target}",
    ),
    Action(
        name="approve",
        title="Approve an invoice",
        request=requests.OneInvoice,
        who=c.VERIFIER,
        call=escrow.approve,
        caller="verifier",
        needs=(c.CREATED, c.UNAPPROVED, c.IMPARTIAL),
        summary="Approve {invoice} for listing",
    ),
    Action(
        name="reject",
        title="Reject an invoice",
        request=requests.Reasoned,
        who=c.VERIFIER,
        call=escrow.reject,
        caller="verifier",
        needs=(c.CREATED, c.IMPARTIAL),
        summary="Reject {invoice}",
    ),
    Action(
        name="publish",
        title="Publish an approved invoice",
        request=requests.OneInvoice,
        who=c.SELLER,
        call=escrow.publish,
        caller="seller",
        needs=(c.CREATED, c.APPROVED, c.BEFORE_DEADLINE, c.ASSET_LISTED, c.RUNNING),
        summary="Open {invoice} for funding",
    ),
    Action(
        name="acknowledge",
        title="Confirm the debt",
        request=requests.OneInvoice,
        who=c.DEBTOR,
        call=escrow.acknowledge,
        caller="debtor",
        needs=(c.CONFIRMABLE, c.UNACKNOWLEDGED),
        summary="Confirm the debt of {invoice}",
    ),
)
